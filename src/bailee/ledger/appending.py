"""Appending: the one way a fact becomes durable outside a change's own transaction.

`append` returns only after the commit: what it returns is `Recorded`, and only `Recorded` opens the
vault. If the ledger cannot write, it raises `Unavailable`, and nobody reads. Facts that come while others are
being written share the next commit.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from asyncpg import Record, SerializationError

from bailee.infra.batching import Batcher, Groups
from bailee.infra.clock import Clock
from bailee.infra.database import Database, Unavailable
from bailee.infra.keys.store import KeyStore
from bailee.infra.space import Space
from bailee.ledger import queries
from bailee.ledger.entries import Bodies, Fact, controller_of, persons_in
from bailee.ledger.sealing import Batch, hash_of_commitment, month_key, person_tags, seal

F = TypeVar("F", bound=Fact)
FULL_SECONDS = 30.0


class Recorded(msgspec.Struct, Generic[F], frozen=True):
    """A fact whose entry is durable: its batch and position name it, and its receipt is fetched by that name."""

    fact: F
    batch: Batch
    position: int

    @property
    def name(self) -> str:
        """How an entry is named on the wire until the sequencer has placed it."""
        return f"{self.batch.name}.{self.position}"

    @property
    def leaf(self) -> bytes:
        """The leaf hash under which the tree will hold it."""
        return hash_of_commitment(self.batch.commitment(self.position))


class Writing:
    """Turns facts into batches; knows no transaction of its own."""

    def __init__(self, keys: KeyStore, clock: Clock, space: Space) -> None:
        self._keys = keys
        self._space = space
        self.clock = clock

    async def batch(self, controller: UUID, facts: Sequence[Fact]) -> Batch:
        """Seal the facts of one controller under this month's body key; not on a volume that is nearly full."""
        if self._space.low():
            raise Unavailable("the disk is nearly full", retry_after=FULL_SECONDS)
        at = self.clock.now()
        name = month_key(at)
        key = await self._keys.controller_key(controller, name)
        bodies = Bodies(at, self.clock.simulated)
        persons = persons_in(facts)
        tags = b""
        if persons:
            tags = person_tags((await self._keys.controller_key(controller, "person-tag")).secret, persons)
        return seal(key, name, controller, [bodies.of(fact) for fact in facts], tags)

    def rows(self, batches: Sequence[tuple[UUID, Batch]]) -> tuple[object, ...]:
        """The arguments of `bailee.append` for batches of several controllers."""
        return (
            [controller for controller, _ in batches],
            [batch.batch_id for _, batch in batches],
            self.clock.now(),
            [batch.entries for _, batch in batches],
            [batch.commitments for _, batch in batches],
            [batch.person_tags for _, batch in batches],
            [batch.body_key for _, batch in batches],
            [batch.sealed for _, batch in batches],
        )


class Appending:
    """The ledger's door for facts that stand alone: accesses, refusals, acts."""

    def __init__(self, database: Database, writing: Writing) -> None:
        self._database = database
        self._writing = writing
        self._batcher: Batcher[Sequence[Fact], list[Recorded[Any]]] = Batcher(self._together)

    async def append(self, controller: UUID, facts: Sequence[F]) -> list[Recorded[F]]:
        """Make the facts durable, in one controller's log; returns when the commit has."""
        return await self._batcher.submit(controller, facts)

    async def append_one(self, fact: F) -> Recorded[F]:
        """Make one fact durable in its own controller's log."""
        [recorded] = await self.append(controller_of(fact), [fact])
        return recorded

    async def append_all(self, groups: Groups[F]) -> list[Recorded[F]]:
        """Make the facts of several controllers durable in one commit; in the order of the facts."""
        return (await self.append_with(groups, queries.APPEND))[0]

    async def append_with(
        self, groups: Groups[F], statement: str, *more: object
    ) -> tuple[list[Recorded[F]], list[Record]]:
        """Make the facts durable by a statement that does more besides, in its one commit; and its rows.

        The statement takes the arguments of `APPEND`, then `more`. When it has returned, it has committed.
        """
        batches = [(controller, await self._writing.batch(controller, facts)) for controller, facts in groups]
        rows = await self._database.fetch(statement, *self._writing.rows(batches), *more)
        recorded = [
            Recorded(fact, batch, position)
            for (_, facts), (_, batch) in zip(groups, batches, strict=True)
            for position, fact in enumerate(facts)
        ]
        return recorded, rows

    async def append_where(
        self, groups: Groups[F], statement: str, *more: object
    ) -> tuple[list[Recorded[F] | None], set[int]]:
        """Make facts durable by a statement that first does what they say; and the numbers of those it could not do.

        The statement answers those numbers, from 1. A controller with one of them has nothing written: none of its
        facts is recorded, and a None stands for each. Where it raises that it was overtaken while it waited, that is so
        of all.
        """
        batches = [(controller, await self._writing.batch(controller, facts)) for controller, facts in groups]
        try:
            rows = await self._database.fetch(statement, *self._writing.rows(batches), *more)
        except SerializationError:
            everyone = sum([len(facts) for _, facts in groups])
            return [None] * everyone, set(range(everyone))
        missed, found = {row[0] - 1 for row in rows}, list[Recorded[F] | None]()
        for (_, facts), (_, batch) in zip(groups, batches, strict=True):
            written = missed.isdisjoint(range(len(found), len(found) + len(facts)))
            found += [Recorded(fact, batch, n) if written else None for n, fact in enumerate(facts)]
        return found, missed

    async def _together(self, groups: Groups[Sequence[Fact]]) -> list[list[Recorded[Any]]]:
        flat = [(controller, [fact for facts in many for fact in facts]) for controller, many in groups]
        recorded = iter(await self.append_all(flat))
        return [[next(recorded) for _ in facts] for _, many in groups for facts in many]
