"""Committing: a change and its entry share one transaction.

Inside the transaction, `append` gives `Appended`: enough to amend a record without seeing it leave, not
enough to release anything. Only `commit`, after the transaction has committed, mints `Recorded`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar
from uuid import UUID

import msgspec
from asyncpg import Connection

from bailee.infra.batching import Groups
from bailee.infra.database import Database
from bailee.ledger import queries
from bailee.ledger.appending import Recorded, Writing
from bailee.ledger.entries import Fact
from bailee.ledger.sealing import Batch

F = TypeVar("F", bound=Fact)


class Appended(msgspec.Struct, Generic[F], frozen=True):
    """A fact whose entry is written in a transaction that has not committed yet."""

    fact: F
    batch: Batch
    position: int


class Transaction:
    """One controller's change under way: its connection, and the entries it has written."""

    def __init__(self, connection: Connection, controller: UUID, writing: Writing) -> None:
        self.connection = connection
        self.controller = controller
        self._writing = writing
        self._began = writing.clock.monotonic()
        self._committed = False
        self.moved = 0  # how often it has moved the gate's version itself

    @property
    def seconds(self) -> float:
        """How long it has been open."""
        return self._writing.clock.monotonic() - self._began

    async def append(self, facts: Sequence[F]) -> list[Appended[F]]:
        """Write the entries of facts beside the change that they describe."""
        return await self.append_all([(self.controller, facts)])

    async def append_all(self, groups: Groups[F]) -> list[Appended[F]]:
        """Write entries into several logs at once, in the order of the facts. Last of all: it leaves the context."""
        batches = [(log, await self._writing.batch(log, facts)) for log, facts in groups]
        if batches:
            await self.connection.fetch(queries.APPEND, *self._writing.rows(batches))
        return [
            Appended(fact, batch, position)
            for (_, facts), (_, batch) in zip(groups, batches, strict=True)
            for position, fact in enumerate(facts)
        ]

    def mark_committed(self) -> None:
        """Said by `Committing` alone, when the commit has returned."""
        self._committed = True

    def recorded(self, appended: Appended[F]) -> Recorded[F]:
        """The durable form of an entry; before the commit there is none."""
        if not self._committed:
            raise RuntimeError("an entry is recorded only once its transaction has committed")
        return Recorded(appended.fact, appended.batch, appended.position)


class Committing:
    """Opens transactions in which a change and its entry stand or fall together."""

    def __init__(self, database: Database, writing: Writing) -> None:
        self._database = database
        self._writing = writing

    @asynccontextmanager
    async def transaction(self, controller: UUID) -> AsyncIterator[Transaction]:
        """A transaction of one controller; its `recorded` answers after the block has ended well."""
        async with self._database.transaction(controller) as connection:
            change = Transaction(connection, controller, self._writing)
            yield change
        change.mark_committed()
