"""Files: photographs and files of a person, sealed (clauses data.profile, services.storage).

The order of a write survives a crash: a row `writing`, the blob, the row `held` with its ledger entry. The order
of a removal too: the row `gone`, the blob, then no row. `sweep` finishes what a crash left of either, and removes
blobs that no row names. Content opens only on a `Recorded[Permit]` that names its address.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from bailee.contract.ruling import Permit
from bailee.infra.blobs import BlobGone, Blobs, key
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.ledger.appending import Recorded
from bailee.vault import chunks, queries
from bailee.vault.chunks import CHUNK, STORED, Place, Sums
from bailee.vault.holding import Row
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import Address

PHOTO, FILES = "photo", "files"
WINDOW = 16  # chunks that are read together: 1 MiB
GROWN_UP = timedelta(hours=1)
MANY = 500


class Metadata(msgspec.Struct, frozen=True):
    """What is sealed about a file. `parts` are renditions that lie in one blob: name -> (first byte, length)."""

    name: str
    media_type: str
    category: str
    sha256: str
    parts: dict[str, tuple[int, int]] = {}


class Stored(msgspec.Struct, frozen=True):
    """A file as its row says: where it is, bytes of content, SHA-256 of the ciphertext, sealed metadata."""

    place: Place
    key_id: UUID
    size: int
    digest: bytes
    sealed: bytes
    created_at: datetime


class NotRecorded(RuntimeError):
    """Someone tried to open a file that the recorded permit does not name: a defect, never an answer."""


def stored(controller: UUID, row: Row) -> Stored:
    """A row as this module knows it."""
    address = Address(controller=controller, person=row["person_id"], type=row["type"], record=row["file_id"])
    return Stored(
        Place(address, row["blob"]), row["key_id"], row["size"], row["digest"], row["sealed"], row["created_at"]
    )


def seal_metadata(person_key: Key, place: Place, sums: Sums, metadata: Metadata) -> bytes:
    """The sealed metadata, bound to the file's address, its blob, its size and its ciphertext's digest."""
    aad = _bound(place, person_key.key_id, sums.size, sums.sealed)
    return person_key.seal(msgspec.json.encode(metadata), aad)


def open_metadata(recorded: Recorded[Permit], person_key: Key, file: Stored) -> Metadata:
    """The metadata of a file that the recorded permit names, or `Altered`."""
    _named(recorded, file)
    aad = _bound(file.place, file.key_id, file.size, file.digest)
    try:
        plain = person_key.unseal(file.sealed, aad)
    except InvalidTag as problem:
        raise Altered(file.place.address) from problem
    return msgspec.json.decode(plain, type=Metadata)


class Files:
    """Blobs and their rows."""

    def __init__(self, database: Database, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    async def write(self, person_key: Key, place: Place, pieces: AsyncIterator[bytes]) -> Sums:
        """Seal content into its blob as it comes; what is known of it afterwards."""
        sums = Sums()
        await self._blobs.put(_key(place), chunks.seal(person_key, place, pieces, sums))
        return sums

    async def pieces(
        self, recorded: Recorded[Permit], person_key: Key, file: Stored, start: int, stop: int
    ) -> AsyncIterator[bytes]:
        """The content from byte `start` up to `stop`, at most 1 MiB at a time; only the chunks needed are read."""
        _named(recorded, file)
        if start >= stop and file.size:
            return
        box, whole = chunks.cipher(person_key, file.place), chunks.count(file.size)
        first, last = start // CHUNK, max(0, stop - 1) // CHUNK
        for number in range(first, last + 1, WINDOW):
            end = min(number + WINDOW, last + 1)
            content = chunks.unseal(box, file.place, number, whole, await self._window(file, number, end))
            offset = number * CHUNK
            yield content[max(0, start - offset) : stop - offset]

    async def let_go(self, controller: UUID, person: UUID, file: UUID) -> None:
        """Mark one file as gone and remove it: for a write that was not finished."""
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.LET_FILE_GO, controller, person, file)
        await self.remove(controller, person)

    async def remove(self, controller: UUID, person: UUID | None = None) -> int:
        """Remove the blobs, then the rows, of files that are gone (of one person); how many there were."""
        count = 0
        while rows := await self._gone(controller, person):
            for row in rows:
                await self._blobs.delete(key(controller, row["person_id"], row["blob"]))
            async with self._database.transaction(controller) as tx:
                await tx.executemany(
                    queries.DELETE_FILE, [(controller, row["person_id"], row["file_id"]) for row in rows]
                )
            count += len(rows)
        return count

    async def finish(self, controller: UUID) -> int:
        """Finish what was left half done: writes an hour old that never ended, removals."""
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.LET_UNFINISHED_GO, controller, self._clock.now() - GROWN_UP)
        return await self.remove(controller)

    async def sweep(self, controller: UUID) -> int:
        """Remove blobs without a row; how many there were."""
        count = 0
        keys = await self._blobs.list(str(controller))  # listed before the rows are: a row comes before its blob
        for start in range(0, len(keys), MANY):
            for orphan in await self._orphans(controller, keys[start : start + MANY]):
                await self._blobs.delete(orphan)
                count += 1
        return count

    async def destroy(self, controller: UUID) -> None:
        """Remove every blob of a controller."""
        await self._blobs.clear(str(controller))

    async def left(self, controller: UUID) -> int:
        """Read back how many blobs of a controller there are."""
        return len(await self._blobs.list(str(controller)))

    async def _gone(self, controller: UUID, person: UUID | None) -> list[Row]:
        async with self._database.transaction(controller) as tx:
            rows: list[Row] = await tx.fetch(queries.GONE_FILES, controller, person, MANY)
            return rows

    async def _orphans(self, controller: UUID, keys: Sequence[str]) -> list[str]:
        blobs = {one: _blob(one) for one in keys}
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.KNOWN_BLOBS, controller, [blob for blob in blobs.values() if blob])
        known = {row["blob"] for row in rows}
        return [one for one, blob in blobs.items() if blob not in known]

    async def _window(self, file: Stored, first: int, end: int) -> bytes:
        """The stored bytes of chunks, or `Altered`: also where the blob is gone or has another size."""
        expected = chunks.stored_size(file.size)
        try:
            content, size = await self._blobs.read(_key(file.place), first * STORED, min(end * STORED, expected))
        except BlobGone as gone:
            raise Altered(file.place.address) from gone
        if size != expected or len(content) != min(end * STORED, expected) - first * STORED:
            raise Altered(file.place.address)
        return content


def _named(recorded: Recorded[Permit], file: Stored) -> None:
    if file.place.address not in recorded.fact.request.addresses:
        raise NotRecorded(file.place.address)


def _bound(place: Place, key_id: UUID, size: int, digest: bytes) -> bytes:
    return b"bailee/file-metadata/1" + key_id.bytes + size.to_bytes(8, "big") + digest + place.name


def _key(place: Place) -> str:
    return key(place.address.controller, place.address.person, place.blob)


def _blob(key: str) -> UUID | None:
    """The id at the end of a key; None where there is none (nothing of ours)."""
    try:
        return UUID(key.rpartition("/")[2])
    except ValueError:
        return None
