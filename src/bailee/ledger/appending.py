"""Appending: the one way a fact becomes durable outside a change's own transaction.

`append` returns only after the commit: what it returns is `Recorded`, and only `Recorded` opens the
vault. If the ledger cannot write, it raises `Unavailable`, and nobody reads.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger import queries
from bailee.ledger.entries import Fact, body_of, controller_of, persons_of
from bailee.ledger.sealing import Batch, month_key, person_tag, seal
from bailee.vocabulary.ids import new_id

F = TypeVar("F", bound=Fact)


class Recorded(msgspec.Struct, Generic[F], frozen=True):
    """A fact whose entry is durable: the name (batch, position) under which its receipt is fetched."""

    fact: F
    batch_id: UUID
    position: int
    leaf: bytes

    @property
    def name(self) -> str:
        """How an entry is named on the wire until the sequencer has placed it."""
        return f"{self.batch_id}.{self.position}"


class Writing:
    """Turns facts into batches; knows no transaction of its own."""

    def __init__(self, keys: KeyStore, clock: Clock) -> None:
        self._keys = keys
        self.clock = clock

    async def batch(self, controller: UUID, facts: Sequence[Fact]) -> Batch:
        """Seal the facts of one controller under this month's body key."""
        at = self.clock.now()
        name = month_key(at)
        key = await self._keys.controller_key(controller, name)
        bodies = [body_of(fact, at, self.clock.simulated) for fact in facts]
        sealed = seal(key, name, new_id(), controller, bodies)
        persons = {person for fact in facts for person in persons_of(fact)}
        if not persons:
            return sealed
        tags = await self._keys.controller_key(controller, "person-tag")
        joined = b"".join(person_tag(tags.secret, person) for person in sorted(persons))
        return msgspec.structs.replace(sealed, person_tags=joined)

    def row(self, controller: UUID, batch: Batch) -> tuple[object, ...]:
        """The arguments of `bailee.append` for one controller's batch."""
        return (
            [controller],
            [batch.batch_id],
            self.clock.now(),
            [len(batch.leaves)],
            [batch.commitments],
            [batch.person_tags],
            [batch.body_key],
            [batch.sealed],
        )


class Appending:
    """The ledger's door for facts that stand alone: accesses, refusals, acts."""

    def __init__(self, database: Database, writing: Writing) -> None:
        self._database = database
        self._writing = writing

    async def append(self, controller: UUID, facts: Sequence[F]) -> list[Recorded[F]]:
        """Make the facts durable, in one batch; returns when the commit has."""
        batch = await self._writing.batch(controller, facts)
        await self._database.fetch(queries.APPEND, *self._writing.row(controller, batch))
        return [
            Recorded(fact=fact, batch_id=batch.batch_id, position=position, leaf=leaf)
            for position, (fact, leaf) in enumerate(zip(facts, batch.leaves, strict=True))
        ]

    async def append_one(self, fact: F) -> Recorded[F]:
        """Make one fact durable in its own controller's log."""
        [recorded] = await self.append(controller_of(fact), [fact])
        return recorded
