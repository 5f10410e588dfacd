"""Copying: what lies on this host of one platform, into parts.

The data server first, the key store after it, the files last: a key is committed before the data that need it, and a
file before its row, so whatever the copy of one names is in the copy of the next. What was destroyed in between is named
by the destruction log, and looked for at the start of whatever is restored.
"""

import asyncio
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from bailee.infra.blobs import STAGED
from bailee.infra.postgres import copying
from bailee.infra.postgres.cluster import Cluster
from bailee.infra.settings import Settings
from bailee.processing.backup.events import DATA, FILES, KEYS, Kind
from bailee.processing.backup.manifest import Part
from bailee.processing.backup.parts import PartWriter

CHUNK = 1024 * 1024

Writer = Callable[[str], PartWriter]


def servers(settings: Settings) -> dict[str, Cluster]:
    """The embedded servers, by store, in the order in which they are copied."""
    named = ((DATA, settings.database_url), (KEYS, settings.key_store_url))
    return {store: Cluster(settings.data / store) for store, address in named if not address}


def wholly_here(settings: Settings) -> bool:
    """Whether every server is embedded: only then can a copy be started on, aside, without touching a living one."""
    return len(servers(settings)) == 2 and not settings.control_url


def outside(settings: Settings) -> list[str]:
    """The stores that lie on servers of the operator's own."""
    named = (
        ("data server", settings.database_url), ("control server", settings.control_url),
        ("key store", settings.key_store_url), ("blobs", settings.blobs),
    )  # fmt: skip
    return [store for store, address in named if address]


async def copied(settings: Settings, kind: Kind, writer: Writer) -> list[Part]:
    """The parts of every store of a copy of that kind."""
    found: list[Part] = []
    for store, cluster in servers(settings).items():
        if kind == "full" or store == KEYS:
            into = writer(store)
            await copying.copy(cluster, lambda tar, into=into: _pour(tar, into))  # type: ignore[misc]  # bound as it is now
            found += await asyncio.to_thread(into.finish)
    if kind == "full":
        into = writer(FILES)
        await asyncio.to_thread(_files, settings, into)
        found += await asyncio.to_thread(into.finish)
    return found


def _pour(tar: IO[bytes], into: PartWriter) -> None:
    while piece := tar.read(CHUNK):
        into.write(piece)


def _files(settings: Settings, into: PartWriter) -> None:
    """Files and certificates, and the passwords of the servers' roles: without them nobody enters what is restored."""
    with tarfile.open(fileobj=cast(Any, into), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for file in _listed(settings):
            try:
                with file.open("rb") as content:
                    entry = tar.gettarinfo(arcname=str(file.relative_to(settings.data)), fileobj=content)
                    entry.uid = entry.gid = 0
                    entry.uname = entry.gname = ""
                    tar.addfile(entry, content)
            except FileNotFoundError:  # removed since it was listed
                continue


def _listed(settings: Settings) -> Iterator[Path]:
    for store in servers(settings):
        yield settings.data / f"{store}.passwords"
    folders = [settings.certificates] if settings.blobs else [settings.certificates, settings.blobs_folder]
    for folder in folders:
        yield from (one for one in sorted(folder.rglob("*")) if one.is_file() and STAGED not in one.name)
