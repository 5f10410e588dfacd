"""The sequencer: it alone gives entries their index.

It takes batches whose `first_index` is null (never "id greater than the last": late commits would be
skipped) and in one transaction, compare-and-swap on the head's size, places them, writes the tiles that
changed, the frontier and a signed checkpoint. It sees commitments, never a body. Its integration time
never runs back. A checkpoint is anchored outside both servers, and only then published. A log whose head or tiles are
damaged is closed and goes on in its next generation: it keeps no other waiting.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from asyncpg import Connection, Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger import queries
from bailee.ledger.anchors import Anchor, Anchors
from bailee.ledger.sealing import COMMITMENT, TAG, hash_of_commitment
from bailee.ledger.signing import LogKey
from bailee.proof.checkpoint import Checkpoint
from bailee.proof.note import Verifier, open_note
from bailee.proof.tree import Frontier, Invalid, changed_tiles

BATCHES_AT_ONCE = 2000
ENTRIES_AT_ONCE = 50_000
FIRST_GENERATION = 1

log = structlog.get_logger()


class Head(msgspec.Struct, frozen=True):
    """A log's head: how far it is integrated, and the checkpoint that says so."""

    generation: int
    size: int
    checkpoint: str
    integrated_at: datetime


class Overtaken(Exception):
    """Another sequencer moved the head meanwhile; this integration is thrown away whole."""


class Sequencer:
    """Integrates what is pending, controller by controller."""

    def __init__(self, database: Database, key: LogKey, anchors: Anchors, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._anchors = anchors
        self._clock = clock
        self.close: Callable[[UUID], Awaitable[None]] | None = None  # what closes a damaged log (`closing.py`)

    async def pending(self) -> list[UUID]:
        """The controllers whose logs have batches to integrate."""
        rows = await self._database.fetch(queries.PENDING_CONTROLLERS)
        return [row["controller_id"] for row in rows]

    async def integrate_all(self) -> int:
        """One round over every controller; how many entries found their place, in logs that are published."""
        placed = sum([await self._integrate(controller) for controller in await self.pending()])
        await self.publish()
        return placed

    async def _integrate(self, controller: UUID) -> int:
        try:
            return await self.integrate(controller)
        except Invalid as damage:
            if self.close is None:
                raise
            log.error("a log is damaged; it is closed", controller=str(controller), damage=str(damage))
            await self.close(controller)
            return 1

    async def publish(self) -> int:
        """Anchor every checkpoint that is new, then let it be seen; how many there were."""
        rows = await self._database.fetch(queries.UNPUBLISHED)
        self._anchors.keep([Anchor(checkpoint=row["checkpoint"]) for row in rows])
        async with self._database.transaction() as tx:
            await tx.executemany(
                queries.PUBLISH, [(r["controller_id"], r["generation"], r["size"], r["checkpoint"]) for r in rows]
            )
        return len(rows)

    async def anchor_again(self) -> int:
        """Anchor what is published of logs that no anchor knows: theirs was lost, and they may be idle. How many."""
        known = self._anchors.checkpoints()
        lost = [
            Anchor(checkpoint=row["published"])
            for row in await self._database.fetch(queries.PUBLISHED)
            if self._key.origin(row["controller_id"], row["generation"]) not in known and self._signed(row)
        ]
        self._anchors.keep(lost)
        return len(lost)

    def _signed(self, row: Record) -> bool:
        """Whether what a row says is published was signed here: nothing else becomes an anchor."""
        verifier = Verifier.parse(self._key.verifier(row["controller_id"], row["generation"]))
        try:
            open_note(row["published"], [verifier])
        except Invalid:
            return False
        return True

    async def integrate(self, controller: UUID) -> int:
        """Integrate one controller's pending batches; how many entries found their place."""
        async with self._database.transaction() as tx:
            head = await self._head(tx, controller)
            batches = await tx.fetch(queries.PENDING_BATCHES, controller, BATCHES_AT_ONCE, ENTRIES_AT_ONCE)
            if not batches:
                return 0
            return await self.place(tx, controller, head, batches)

    async def _head(self, tx: Connection, controller: UUID) -> Record:
        head = await tx.fetchrow(queries.LOCK_HEAD, controller)
        if head is not None:
            return head
        empty = Frontier()
        checkpoint = self.checkpoint(controller, FIRST_GENERATION, empty)
        await tx.execute(
            queries.NEW_HEAD, controller, FIRST_GENERATION, 0, empty.to_bytes(), checkpoint, self._clock.now()
        )
        [found] = await tx.fetch(queries.LOCK_HEAD, controller)
        return found

    async def place(self, tx: Connection, controller: UUID, head: Record, batches: list[Record]) -> int:
        """Give batches their places after a locked head, inside the caller's transaction."""
        generation, size = head["generation"], head["size"]
        frontier = Frontier.from_bytes(head["frontier"])
        leaves: list[bytes] = []
        places: list[tuple[UUID, UUID, int, int]] = []
        for batch in batches:
            places.append((controller, batch["batch_id"], generation, size + len(leaves)))
            packed = batch["commitments"]
            leaves += [hash_of_commitment(packed[at : at + COMMITMENT]) for at in range(0, len(packed), COMMITMENT)]
        tiles = await self._tiles(tx, controller, generation, size, leaves)
        for leaf in leaves:
            frontier.append(leaf)
        await tx.executemany(queries.PLACE_BATCH, places)
        await tx.executemany(queries.PUT_TILE, [(controller, generation, *tile) for tile in tiles])
        await tx.executemany(queries.TAG_PERSON, _tags(controller, batches))
        at = max(self._clock.now(), head["integrated_at"])
        checkpoint = self.checkpoint(controller, generation, frontier)
        moved = await tx.execute(
            queries.MOVE_HEAD,
            controller,
            generation,
            size,
            frontier.size,
            frontier.to_bytes(),
            checkpoint,
            at,
        )
        if moved != "UPDATE 1":
            raise Overtaken
        return len(leaves)

    async def _tiles(
        self, tx: Connection, controller: UUID, generation: int, size: int, leaves: list[bytes]
    ) -> list[tuple[int, int, bytes]]:
        async def edge(level: int, position: int) -> bytes:
            hashes = await tx.fetchval(queries.TILE, controller, generation, level, position)
            return hashes or b""

        edges: dict[tuple[int, int], bytes] = {}
        level, width = 0, size
        while width:
            if width % 256:
                edges[level, width // 256] = await edge(level, width // 256)
            level, width = level + 1, width // 256
        return changed_tiles(size, edges, leaves)

    def checkpoint(self, controller: UUID, generation: int, frontier: Frontier) -> str:
        """The signed checkpoint of a log as it would stand."""
        origin = self._key.origin(controller, generation)
        text = Checkpoint(origin=origin, size=frontier.size, root=frontier.root()).text()
        return self._key.sign(origin, text)


def _tags(controller: UUID, batches: list[Record]) -> list[tuple[UUID, bytes, UUID]]:
    return [
        (controller, batch["person_tags"][at : at + TAG], batch["batch_id"])
        for batch in batches
        for at in range(0, len(batch["person_tags"]), TAG)
    ]
