"""Restoring: a copy is looked through to the last byte, unpacked beside, and only then put in its place.

What stood there before is set aside, never removed. The ordinary start looks the servers over: who was erased stays
erased, and logs that came back shorter than was published of them go on in a next generation.
"""

import os
import shutil
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pyrage

from bailee.infra.settings import Settings
from bailee.processing.backup.copying import servers
from bailee.processing.backup.events import DATA, FILES, KEYS
from bailee.processing.backup.manifest import Damaged, Manifest, check_parts
from bailee.processing.backup.parts import PartReader, Told, nobody
from bailee.processing.backup.shelf import Shelf

FRESH = ".restoring"


class Live(Exception):
    """Something stands where a copy would be put; the message says what to do."""


class Source:
    """A whole copy, and the copy of the key store that goes with it."""

    def __init__(self, shelf: Shelf, name: str, identity: pyrage.x25519.Identity, told: Told = nobody) -> None:
        self.whole, self.keys = shelf.chosen(name)
        self._shelf = shelf
        self._identity = identity
        self.told = told

    @property
    def size(self) -> int:
        """How many bytes are gone through in all, told as they are: looked at, then opened."""
        return 2 * sum(one.size for one in self._manifests())

    def check(self) -> None:
        """Every byte of every part as it was made, or `Damaged`: before anything is touched."""
        for manifest in self._manifests():
            check_parts(self._shelf.folder / manifest.name, manifest, self.told)

    def unpack(self, into: Path, stores: tuple[str, ...]) -> None:
        """Open and unpack into a folder that is made; nothing of it is left where a part turns out to be damaged."""
        into.mkdir(mode=0o700)
        try:
            for store in stores:
                manifest = self.keys if store == KEYS else self.whole
                reader = PartReader(self._shelf.folder / manifest.name, manifest, store, self._identity, told=self.told)
                place = into if store == FILES else into / store
                place.mkdir(mode=0o700, exist_ok=True)
                _extract(reader, place, manifest.name)
        except BaseException:
            shutil.rmtree(into)
            raise
        os.sync()

    def _manifests(self) -> list[Manifest]:
        return [self.whole] if self.whole is self.keys else [self.whole, self.keys]


def restore(settings: Settings, source: Source, *, over: bool, at: datetime) -> Path | None:
    """Put a copy in its place; where what stood there before was set aside, if anything did. `Live` where something
    stands and `over` was not said; `Damaged` before anything was touched."""
    data, named = settings.data, [*servers(settings), FILES]
    standing = [data / one for one in (DATA, KEYS) if (data / one / "PG_VERSION").exists()]
    if standing and not over:
        raise Live(f"{standing[0]} holds a server: say --over to have it set aside, not removed, and replaced")
    source.check()
    fresh = data.with_name(data.name + FRESH)
    if fresh.exists():  # a restore that was ended in the middle
        shutil.rmtree(fresh)
    data.parent.mkdir(parents=True, exist_ok=True)
    source.unpack(fresh, tuple(one for one in named if one == KEYS or one in source.whole.stores))
    data.mkdir(mode=0o700, exist_ok=True)
    aside = _swap(settings, fresh, at)
    shutil.rmtree(fresh)
    return aside


def _swap(settings: Settings, fresh: Path, at: datetime) -> Path | None:
    """Put what was unpacked in its place. The passwords go first: while they stand alone, no start begins a server anew
    where one is missing, however this ends."""
    data, aside = settings.data, settings.set_aside / f"{at:%Y%m%dT%H%M%SZ}"
    for one in sorted(fresh.iterdir(), key=lambda one: (one.is_dir(), one.name)):
        there = data / one.name
        if there.exists() and one.name == settings.certificates.name:
            continue  # those that stand are newer
        if there.exists():
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            if one.is_dir():
                there.rename(aside / one.name)
            else:
                shutil.copy2(there, aside / one.name)
        one.replace(there)
    return aside if aside.exists() else None


def _extract(reader: PartReader, into: Path, name: str) -> None:
    try:
        with tarfile.open(fileobj=cast(Any, reader), mode="r|") as tar:
            tar.extractall(into, filter="data")
    except tarfile.TarError as broken:
        raise Damaged("part-plain", name) from broken
