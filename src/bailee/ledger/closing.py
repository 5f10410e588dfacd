"""Closing: a log that knows less than was published of it is closed, and goes on in its next generation.

A server restored from a backup has forgotten entries that others hold proof of. Going on from there would
fork the log. So each log is compared with its anchor before the sequencer's first round: one that is shorter,
or another one, is closed; the next generation's first leaf says, in clear, which log it goes on from, how far
that one had come back, and the checkpoint that was lost. The platform's log gets the same leaf.
"""

from contextlib import suppress
from uuid import UUID

import msgspec
import structlog
from asyncpg import Connection, Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger import queries
from bailee.ledger.anchors import Anchors, BrokenAnchors
from bailee.ledger.entries import Act, Bodies
from bailee.ledger.sealing import Batch, in_clear
from bailee.ledger.sequencing import BATCHES_AT_ONCE, ENTRIES_AT_ONCE, FIRST_GENERATION, Sequencer
from bailee.proof import tree
from bailee.proof.checkpoint import Checkpoint
from bailee.proof.merkle import Invalid

SEQUENCER = "sequencer"

log = structlog.get_logger()


class Closing:
    """Compares logs with their anchors, and closes those that went back."""

    def __init__(
        self, database: Database, sequencer: Sequencer, anchors: Anchors, clock: Clock, platform: UUID | None = None
    ) -> None:
        self._database = database
        self._sequencer = sequencer
        self._anchors = anchors
        self._clock = clock
        self._platform = platform

    async def check(self) -> list[UUID]:
        """Close every log that contradicts its anchor; the controllers whose logs these are."""
        newest = self._newest()
        return [one for one in await self.behind() if await self._check(one, *newest[one])]

    async def close(self, controller: UUID) -> None:
        """Close a log whose head or tiles are damaged, at what was anchored of it last; once, whoever else found it."""
        async with self._database.transaction() as tx:
            [head] = await tx.fetch(queries.LOCK_HEAD, controller)
            with suppress(Invalid):
                async with tx.transaction():
                    waiting = await tx.fetch(queries.PENDING_BATCHES, controller, BATCHES_AT_ONCE, ENTRIES_AT_ONCE)
                    await self._sequencer.place(tx, controller, head, waiting)
                return
            nothing = self._sequencer.checkpoint(controller, FIRST_GENERATION, tree.Frontier())
            _, note = self._newest().get(controller, (FIRST_GENERATION, nothing))
            await self._close(tx, controller, head, _said(note), note, reason="damaged")

    async def behind(self) -> list[UUID]:
        """The controllers whose logs contradict their anchors, each read by its key: a server was put back."""
        found = []
        async with self._database.transaction() as tx:
            for controller, (generation, note) in self._newest().items():
                head = await tx.fetchrow(queries.FRONTIER, controller)
                if not await self._stands(tx, controller, head, _said(note), generation):
                    found.append(controller)
        return found

    def _newest(self) -> dict[UUID, tuple[int, str]]:
        """The generation and the note that were anchored last of every log."""
        newest: dict[UUID, tuple[int, int, str]] = {}
        for origin, note in self._anchors.checkpoints().items():  # a log may have been called otherwise once
            controller, generation = _of_origin(origin)
            found = generation, _said(note).size, note
            newest[controller] = max(newest.get(controller, found), found)
        return {one: (generation, note) for one, (generation, _, note) in newest.items()}

    async def _check(self, controller: UUID, generation: int, note: str) -> bool:
        anchored = _said(note)
        async with self._database.transaction() as tx:
            head = await tx.fetchrow(queries.LOCK_HEAD, controller)
            if await self._stands(tx, controller, head, anchored, generation):
                return False
            await self._close(tx, controller, head, anchored, note)
        log.error(
            "a log is behind what was published of it; it is closed", controller=str(controller), lost=anchored.size
        )
        return True

    async def _stands(
        self, tx: Connection, controller: UUID, head: Record | None, anchored: Checkpoint, generation: int
    ) -> bool:
        """Whether nothing of what was anchored is lost: the log goes on from it, or was closed at it."""
        if head is None:
            return False
        return head["generation"] > generation or await self._extends(tx, controller, head, anchored, generation)

    async def _extends(
        self, tx: Connection, controller: UUID, head: Record, anchored: Checkpoint, generation: int
    ) -> bool:
        """Whether the log as it stands begins with the log that was anchored."""
        if head["generation"] < generation or head["size"] < anchored.size:
            return False
        needed = tree.consistency_nodes(anchored.size, head["size"])
        hashes: dict[tree.Node, bytes] = {}
        try:
            root = tree.Frontier.from_bytes(head["frontier"]).root()
            for node in {node for group in needed for node in group}:
                tile = await tx.fetchval(queries.TILE, controller, generation, *tree.tile_of(*node))
                hashes[node] = tree.hash_in(tile or b"", *node)
            tree.verify_consistency(anchored.size, head["size"], tree.assemble(needed, hashes), anchored.root, root)
        except Invalid:
            return False
        return anchored.size != head["size"] or anchored.root == root

    async def _close(
        self, tx: Connection, controller: UUID, head: Record | None, anchored: Checkpoint, note: str,
        *, reason: str = "restored",
    ) -> None:  # fmt: skip
        now = self._clock.now()
        following = max(int(anchored.origin.rsplit("/", 1)[1]), head["generation"] if head else 0) + 1
        empty = tree.Frontier()
        checkpoint = self._sequencer.checkpoint(controller, following, empty)
        details = {"goes-on-from": anchored.origin, "lost": note, "lost-size": anchored.size}
        if head is not None:
            details |= _came_back(head)
            await tx.execute(queries.CLOSE_LOG, controller, head["generation"], head["checkpoint"], reason, now)
            await tx.execute(queries.NEXT_GENERATION, controller, following, empty.to_bytes(), checkpoint)
        else:
            await tx.execute(queries.NEW_HEAD, controller, following, 0, empty.to_bytes(), checkpoint, now)
        act = Act("log-closed", controller, SEQUENCER, details)
        opener = await self._insert(tx, controller, act)
        [batch] = await tx.fetch(queries.PENDING_BATCH, controller, opener)
        [locked] = await tx.fetch(queries.LOCK_HEAD, controller)
        await self._sequencer.place(tx, controller, locked, [batch])
        if self._platform is not None and self._platform != controller:
            await self._insert(tx, self._platform, msgspec.structs.replace(act, log=self._platform))

    async def _insert(self, tx: Connection, log_of: UUID, act: Act) -> UUID:
        now = self._clock.now()
        batch: Batch = in_clear(b"".join(Bodies(now, self._clock.simulated).of(act)))
        await tx.execute(
            queries.INSERT_BATCH, log_of, batch.batch_id, now, 1, batch.commitments, b"", batch.body_key, batch.sealed
        )
        return batch.batch_id


def _of_origin(origin: str) -> tuple[UUID, int]:
    """Whose log an origin names, and which generation of it."""
    try:
        _, controller, generation = origin.rsplit("/", 2)
        return UUID(controller), int(generation)
    except ValueError as odd:
        raise BrokenAnchors(f"an anchor names {origin!r}, which is no log: restore the file of anchors") from odd


def _came_back(head: Record) -> dict[str, object]:
    """How far a log had come back: by its head, where that can still be read."""
    try:
        restored = tree.Frontier.from_bytes(head["frontier"])
    except Invalid:
        return {"restored-size": head["size"]}
    return {"restored-size": restored.size, "restored-root": restored.root().hex()}


def _said(note: str) -> Checkpoint:
    return Checkpoint.parse(note.partition("\n\n")[0] + "\n")
