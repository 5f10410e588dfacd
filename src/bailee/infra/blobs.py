"""Blobs: sealed content too large for a row, by key, in a local folder or an object store.

A key is `<controller>/<person>/<blob>`, all random ids. What is put here is ciphertext already; this module
knows nothing of keys and opens nothing. A local blob is on the disk when `put` returns. A store that is away is
`Unavailable`; a blob that is not there is `BlobGone`.
"""

import os
import shutil
from asyncio import to_thread
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError, UnknownConfigurationKeyError
from obstore.store import AzureStore, LocalStore, S3Store

from bailee.infra.database import Unavailable
from bailee.infra.settings import RefusedSettings, Settings

PART_BYTES = 5 * 1024 * 1024
PARTS_AT_ONCE = 2
AWAY_SECONDS = 5.0
# A local store writes beside the blob, under its name with this and a number, until it is whole.
STAGED = "#"

Store = LocalStore | S3Store | AzureStore


class BlobGone(Exception):
    """There is no blob of that key."""


def key(controller: UUID, person: UUID, blob: UUID) -> str:
    """Where a blob lies."""
    return f"{controller}/{person}/{blob}"


class Blobs:
    """One store of blobs."""

    def __init__(self, store: Store, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def of(cls, settings: Settings) -> "Blobs":
        """The store that the settings name; the local folder is made, for its owner alone."""
        if not settings.blobs:
            folder = settings.blobs_folder
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(LocalStore(folder, automatic_cleanup=True), folder)
        config = _credentials(settings.blobs_credentials)
        plain = config.pop("allow_http", "") == "true"
        if plain and not settings.sandbox:
            raise RefusedSettings(["allow_http is for a sandbox: a store is spoken to by https"])
        kind: Any = S3Store if urlsplit(settings.blobs).scheme == "s3" else AzureStore
        try:
            return cls(kind.from_url(settings.blobs, config=config, client_options={"allow_http": plain}))
        except UnknownConfigurationKeyError as error:
            raise RefusedSettings(["BAILEE_BLOBS_CREDENTIALS names something that this store does not know"]) from error

    async def put(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Write a blob as it comes, in parts of 5 MiB, two under way at most; nothing stands if a piece raises."""
        try:
            await obstore.put_async(
                self._store, key, pieces, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
            )  # fmt: skip
            if self._folder is not None:
                await to_thread(_settle, self._folder, self._folder / key)
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def read(self, key: str, start: int, stop: int) -> tuple[bytes, int]:
        """The bytes from `start` up to `stop` (as far as there are any), and the size of the whole."""
        try:
            found = await obstore.get_async(self._store, key, options={"range": (start, stop)})
            return bytes(await found.bytes_async()), found.meta["size"]
        except FileNotFoundError as error:
            raise BlobGone(key) from error
        except BaseError as error:
            if await self._size(key) <= start:
                return b"", await self._size(key)
            raise _away(error) from error
        except OSError as error:
            raise _away(error) from error

    async def get(self, key: str) -> AsyncIterator[bytes]:
        """The whole blob, piece by piece."""
        try:
            found = await obstore.get_async(self._store, key)
            async for piece in found.stream():
                yield bytes(piece)
        except FileNotFoundError as error:
            raise BlobGone(key) from error
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def delete(self, key: str) -> None:
        """Remove a blob and what a writer that died left of it; one that is not there is no matter."""
        try:
            if self._folder is not None:
                await to_thread(_unlink, self._folder / key)
            else:
                await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def list(self, prefix: str) -> "list[str]":
        """The keys below a prefix (`<controller>` or `<controller>/<person>`), unfinished ones of a folder too."""
        try:
            if self._folder is not None:
                return sorted(set(await to_thread(lambda: list(_walk(self._folder, prefix)))))
            found = []
            async for chunk in obstore.list(self._store, prefix):
                found += [one["path"] for one in chunk]
            return sorted(found)
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def clear(self, prefix: str) -> None:
        """Remove everything below a prefix."""
        for one in await self.list(prefix):
            await self.delete(one)
        if self._folder is not None:
            await to_thread(shutil.rmtree, self._folder / prefix, True)

    async def _size(self, key: str) -> int:
        try:
            return int((await obstore.head_async(self._store, key))["size"])
        except FileNotFoundError as error:
            raise BlobGone(key) from error
        except (BaseError, OSError) as error:
            raise _away(error) from error


def _away(error: Exception) -> Unavailable:
    return Unavailable(f"the blob store: {type(error).__name__}", retry_after=AWAY_SECONDS)


def _credentials(path: str) -> dict[str, str]:
    """`name=value` lines of the file of BAILEE_BLOBS_CREDENTIALS; without one, AWS_* and AZURE_* variables count."""
    if not path:
        return {}
    file = Path(path)
    try:
        if file.stat().st_mode & 0o077:
            raise RefusedSettings(["the file of BAILEE_BLOBS_CREDENTIALS can be read by others: chmod 600"])
        lines = [line.strip() for line in file.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedSettings(["the file of BAILEE_BLOBS_CREDENTIALS cannot be read"]) from error
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    if not pairs or not all(name.strip() and value.strip() for name, _, value in pairs):
        raise RefusedSettings(["the file of BAILEE_BLOBS_CREDENTIALS must hold name=value lines"])
    return {name.strip(): value.strip() for name, _, value in pairs}


def _settle(root: Path, file: Path) -> None:
    """Have a new file and its folders, up to the root, survive a power cut."""
    for place in (file, *_above(file, root)):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _above(file: Path, root: Path) -> Sequence[Path]:
    return [folder for folder in file.parents if folder == root or root in folder.parents]


def _walk(root: Path | None, prefix: str) -> Iterator[str]:
    assert root is not None
    for folder, _, files in os.walk(root / prefix):
        for name in files:
            yield str((Path(folder) / name.partition(STAGED)[0]).relative_to(root))


def _unlink(file: Path) -> None:
    for one in (file, *file.parent.glob(f"{file.name}{STAGED}*")):
        one.unlink(missing_ok=True)
    for folder in file.parents[:2]:  # the person's, the controller's: as long as nothing is left in them
        try:
            folder.rmdir()
        except OSError:
            return


__all__ = ["BlobGone", "Blobs", "key"]
