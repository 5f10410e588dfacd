"""Reading the ledger: checkpoints, entries, proofs, receipts, and the whole log for its owner."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Connection, Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger import queries
from bailee.ledger.sealing import (
    CLEAR,
    COMMITMENT,
    TAG,
    Opened,
    hash_of_commitment,
    open_batch,
    person_tags,
    read_clear,
)
from bailee.ledger.sequencing import Head
from bailee.proof import receipt as receipts
from bailee.proof import tree
from bailee.proof.checkpoint import Checkpoint
from bailee.proof.entries import extra as packed

# What is in memory at once when a log is read through: so many batches, and no more entries than this and a batch.
BATCHES, ENTRIES = 500, 10_000
FIRST = UUID(int=0)


class Entry(msgspec.Struct, frozen=True):
    """An entry as its owner sees it: index, commitment, and (unless pruned) salt and body."""

    index: int
    commitment: bytes
    opened: Opened | None

    @property
    def leaf(self) -> bytes:
        """The leaf hash."""
        return hash_of_commitment(self.commitment)


class Told(msgspec.Struct, frozen=True):
    """An entry about a person: its name, its index (None until integrated), and what it says."""

    name: str
    index: int | None
    opened: Opened


class Closed(msgspec.Struct, frozen=True):
    """A generation of a log that was closed, and the checkpoint it had come back with."""

    generation: int
    checkpoint: str
    reason: str
    closed_at: datetime


class NoSuchEntry(Exception):
    """The log has no entry of that name or index."""


class Pending(Exception):
    """The entry is durable but not integrated yet: ask again within a second (202)."""


class Reading:
    """One controller's log, read."""

    def __init__(self, database: Database, keys: KeyStore, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    async def head(self, controller: UUID) -> Head | None:
        """The newest signed checkpoint; None before the first integration."""
        async with self._database.transaction(controller) as tx:
            return _head(await tx.fetchrow(queries.HEAD, controller))

    async def tile(self, controller: UUID, generation: int, level: int, position: int) -> bytes | None:
        """The hashes of a tile, 32 bytes each."""
        async with self._database.transaction(controller) as tx:
            hashes: bytes | None = await tx.fetchval(queries.TILE, controller, generation, level, position)
            return hashes

    async def receipt(self, controller: UUID, batch_id: UUID, position: int, *, body: bool = True) -> str:
        """The offline receipt of an entry (C2SP tlog-proof), its body and salt beside it."""
        async with self._database.transaction(controller) as tx:
            place = await tx.fetchrow(queries.PLACE, controller, batch_id)
            if place is None or not 0 <= position < place["entries"]:
                raise NoSuchEntry(f"{batch_id}.{position}")
            head = _head(await tx.fetchrow(queries.HEAD, controller))
            if place["first_index"] is None or head is None:
                raise Pending
            if place["generation"] != head.generation:
                head = await self._closed_head(tx, controller, place["generation"])
            index = place["first_index"] + position
            if index >= head.size:
                raise Pending
            proof = await self._inclusion(tx, controller, head, index)
        opened = await self._open(controller, batch_id, place) if body else None
        entry = opened[position] if opened else None
        extra = packed(entry.salt, entry.body.decode()) if entry else None
        return receipts.make(index, proof, head.checkpoint, extra)

    async def proven(self, controller: UUID, entry: Entry, head: Head) -> str:
        """The offline receipt of an entry that was read, under a checkpoint of its log: the same one, the same bytes."""
        async with self._database.transaction(controller) as tx:
            proof = await self._inclusion(tx, controller, head, entry.index)
        extra = packed(entry.opened.salt, entry.opened.body.decode()) if entry.opened else None
        return receipts.make(entry.index, proof, head.checkpoint, extra)

    async def body(self, controller: UUID, batch_id: UUID, position: int) -> bytes | None:
        """What an entry says, by its name; None where it was forgotten."""
        async with self._database.transaction(controller) as tx:
            place = await tx.fetchrow(queries.PLACE, controller, batch_id)
        if place is None or not 0 <= position < place["entries"]:
            raise NoSuchEntry(f"{batch_id}.{position}")
        opened = await self._open(controller, batch_id, place)
        entry = opened[position] if opened else None
        return entry.body if entry else None

    async def consistency(self, controller: UUID, older: int, newer: int) -> list[bytes]:
        """Proof that the log of size `newer` begins with the log of size `older`."""
        async with self._database.transaction(controller) as tx:
            head = _head(await tx.fetchrow(queries.HEAD, controller))
            if head is None or not 0 < older <= newer <= head.size:
                raise NoSuchEntry(f"{older}..{newer}")
            needed = tree.consistency_nodes(older, newer)
            hashes = await self._nodes(tx, controller, head.generation, needed)
        return tree.assemble(needed, hashes)

    async def entries(self, controller: UUID, start: int, stop: int) -> AsyncIterator[Entry]:
        """Entries with start <= index < stop, in order; `ENTRIES` and a batch in memory at most."""
        async with self._database.transaction(controller) as tx:
            head = _head(await tx.fetchrow(queries.HEAD, controller))
            first = await tx.fetchrow(queries.BATCH_HOLDING, controller, head.generation, start) if head else None
        if head is None or first is None:
            return
        at, stop = first["first_index"], min(stop, head.size)
        while at < stop:
            until = min(stop, at + ENTRIES)
            async with self._database.transaction(controller) as tx:
                rows = await tx.fetch(queries.BATCHES_FROM, controller, head.generation, at, until, BATCHES)
            for row in rows:
                for entry in await self._entries_of(controller, row):
                    if start <= entry.index < stop:
                        yield entry
                at = row["first_index"] + row["entries"]
            if not rows:
                return

    async def written(
        self, controller: UUID, since: datetime, until: datetime
    ) -> AsyncIterator[Sequence[Opened | None]]:
        """What was appended from one instant to another, batch by batch in the order of their ids, whatever generation of
        the log it stands in and whether it is integrated yet; None in the place of an entry that says nothing any more."""
        after = FIRST
        while True:
            async with self._database.transaction(controller) as tx:
                rows = await tx.fetch(queries.WRITTEN, controller, after, BATCHES)
            for row in [one for one in rows if since <= one["appended_at"] <= until]:
                async with self._database.transaction(controller) as tx:
                    [place] = await tx.fetch(queries.PLACE, controller, row["batch_id"])
                yield await self._open(controller, row["batch_id"], place) or [None] * place["entries"]
            if len(rows) < BATCHES:
                return
            after = rows[-1]["batch_id"]

    async def about(self, controller: UUID, person: UUID) -> AsyncIterator[Told]:
        """Every entry about a person, by the index of their keyed tag; what is not integrated yet comes last."""
        try:
            key = await self._keys.controller_key(controller, "person-tag", create=False)
        except KeyGone:
            return
        tag = person_tags(key.secret, [person.bytes])
        async with self._database.transaction(controller) as tx:
            tail = await tx.fetch(queries.PENDING_TAIL, controller)  # first: what is placed meanwhile is in the index
            named = [row["batch_id"] for row in await tx.fetch(queries.PERSON_BATCHES, controller, tag)]
        named += [row["batch_id"] for row in tail if tag in _cut(row["person_tags"]) and row["batch_id"] not in named]
        for batch_id in named:
            async with self._database.transaction(controller) as tx:
                [place] = await tx.fetch(queries.PLACE, controller, batch_id)
            for position, opened in enumerate(await self._open(controller, batch_id, place) or ()):
                if opened is not None and _mentions(opened.body, str(person)):
                    first = place["first_index"]
                    yield Told(f"{batch_id}.{position}", None if first is None else first + position, opened)

    async def closed(self, controller: UUID) -> list[Closed]:
        """The generations of the log that were closed."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.CLOSED_LOGS, controller)
        return [Closed(row["generation"], row["checkpoint"], row["reason"], row["closed_at"]) for row in rows]

    async def waiting(self, controller: UUID) -> int:
        """How many entries are durable and not under an anchored checkpoint yet."""
        async with self._database.transaction(controller) as tx:
            count: int = await tx.fetchval(queries.WAITING, controller)
        return count

    async def integrated(self, controller: UUID, *, within: float = 30.0) -> Head:
        """Wait until nothing of the controller's log is pending; its head then."""
        deadline = self._clock.monotonic() + within
        while True:
            async with self._database.transaction(controller) as tx:
                pending = await tx.fetchval(queries.PENDING_COUNT, controller)
                head = _head(await tx.fetchrow(queries.HEAD, controller))
            if not pending and head is not None:
                return head
            if self._clock.monotonic() > deadline:
                raise Pending
            await asyncio.sleep(0.05)

    async def _closed_head(self, tx: Connection, controller: UUID, generation: int) -> Head:
        """The last checkpoint of a generation that was closed."""
        closed = {row["generation"]: row for row in await tx.fetch(queries.CLOSED_LOGS, controller)}
        if generation not in closed:
            raise Pending
        row = closed[generation]
        said = Checkpoint.parse(row["checkpoint"].partition("\n\n")[0] + "\n")
        return Head(generation, said.size, row["checkpoint"], row["closed_at"])

    async def _entries_of(self, controller: UUID, row: Record) -> list[Entry]:
        opened = await self._open(controller, row["batch_id"], row)
        commitments = row["commitments"]
        return [
            Entry(
                index=row["first_index"] + n,
                commitment=commitments[n * COMMITMENT : (n + 1) * COMMITMENT],
                opened=opened[n] if opened else None,
            )
            for n in range(row["entries"])
        ]

    async def _open(self, controller: UUID, batch_id: UUID, row: Record) -> Sequence[Opened | None] | None:
        """A batch's entries; None where the batch is forgotten, or in the place of one that may not be shown."""
        if row["body"] is None:
            return None
        if row["body_key"] == CLEAR:
            return read_clear(row["body"])
        try:
            key = await self._keys.controller_key(controller, row["body_key"], create=False)
        except KeyGone:
            return None
        return open_batch(key, batch_id, controller, row["body"])

    async def _inclusion(self, tx: Connection, controller: UUID, head: Head, index: int) -> list[bytes]:
        needed = tree.inclusion_nodes(index, head.size)
        return tree.assemble(needed, await self._nodes(tx, controller, head.generation, needed))

    async def _nodes(
        self, tx: Connection, controller: UUID, generation: int, groups: list[list[tree.Node]]
    ) -> dict[tree.Node, bytes]:
        """The hash of every node named, from the tiles that hold them."""
        tiles: dict[tuple[int, int], bytes] = {}
        found: dict[tree.Node, bytes] = {}
        for level, index in {node for group in groups for node in group}:
            place = tree.tile_of(level, index)
            if place not in tiles:
                tiles[place] = await tx.fetchval(queries.TILE, controller, generation, *place)
            found[level, index] = tree.hash_in(tiles[place], level, index)
        return found


def _cut(tags: bytes) -> set[bytes]:
    return {tags[at : at + TAG] for at in range(0, len(tags), TAG)}


def _mentions(body: bytes, person: str) -> bool:
    said = msgspec.json.decode(body)
    return person in said.get("persons", ()) or any(record[0] == person for record in said.get("records", ()))


def _head(row: Record | None) -> Head | None:
    if row is None:
        return None
    return Head(
        generation=row["generation"],
        size=row["size"],
        checkpoint=row["checkpoint"],
        integrated_at=row["integrated_at"],
    )
