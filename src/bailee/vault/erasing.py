"""Erasing a person: the key goes, and only the read-back says so.

1. In one transaction: the person's row is locked, holds are checked, the state becomes `erasing`, the
   entry and a row of work are written. 2. The intent is in both copies of the destruction log. 3. Only
now is the asker answered. 4. The key is deleted and its absence read back. 5. Rows and tags go, the
entry is written; letters that a sandbox keeps go, and blobs (in a store that is away the sweep removes them: they are unreadable already).
6. The log confirms, and only then is the work done. A crash anywhere leaves a row of work that goes on from its step.

`leaving` are statements of other rooms: rows of theirs that go with a person ($1 controller, $2 person).

`unreadable_at`: no live key opens it. `final_at`: neither does any backup, because the epoch that
wrapped its key is gone (a key turn after the erasure), from the backups of a key service too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database, Unavailable
from bailee.infra.keys.store import KeyStore
from bailee.infra.outbox import Outbox
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.ledger.telling import Told, nobody
from bailee.vault import queries
from bailee.vault.destruction_log import DestructionLog, person_name
from bailee.vault.files import Files

PLATFORM = "platform"

log = structlog.get_logger()


class Erasure(msgspec.Struct, frozen=True):
    """How far the erasure of a person is; times are null until read back.

    `records` are counted when they go: until a person is unreadable, nothing takes longer for having more of them.
    """

    person: UUID
    step: str
    records: int
    asked_at: datetime
    unreadable_at: datetime | None
    final_at: datetime | None


class KeyStillThere(Exception):
    """The read-back found the key after its deletion: the erasure stays open and is tried again."""


class Erasing:
    """Carries erasures from mark to confirmation."""

    def __init__(
        self, database: Database, keys: KeyStore, committing: Committing, log: DestructionLog, clock: Clock,
        *, files: Files, outbox: Outbox, told: Told = nobody, leaving: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self._database = database
        self._keys = keys
        self._committing = committing
        self._log = log
        self._clock = clock
        self._files = files
        self._outbox = outbox
        self._told = told
        self._leaving = leaving

    async def mark(self, change: Transaction, person: UUID, key_id: UUID) -> None:
        """Step 1, inside the asker's transaction; the caller has locked the row and checked holds."""
        now, tx = self._clock.now(), change.connection
        await tx.execute(queries.MARK_ERASING, change.controller, person, now)
        await tx.execute(queries.INSERT_ERASURE, change.controller, person, key_id, now)

    async def intend(self, controller: UUID, person: UUID) -> None:
        """Step 2: durable outside both servers. After it, the asker may be answered."""
        self._log.intend([person_name(controller, person)], self._clock.now())
        await self._step(controller, person, "intended")

    async def proceed(self, controller: UUID, person: UUID) -> Erasure | None:
        """Steps 2 to 6 from wherever the work stands; may be called by several processes at once."""
        erasure = await self.state(controller, person)
        if erasure is None or erasure.step == "done":
            return erasure
        if erasure.step == "marked":
            await self.intend(controller, person)
        await self._keys.shred_person(controller, person)
        if await self._keys.person_key_stands(controller, person):
            raise KeyStillThere(str(person))
        await self._step(controller, person, "shredded", unreadable_at=self._clock.now())
        await self._finish(controller, person)
        self._log.confirm([person_name(controller, person)], self._clock.now())
        await self._step(controller, person, "done")
        return await self.state(controller, person)

    async def again(self, controller: UUID, person: UUID, key_id: UUID) -> None:
        """Erase someone whom the destruction log names and a restore brought back."""
        act = Act(kind="erasure-replayed", controller=controller, actor=PLATFORM, persons=(person,))
        async with self._committing.transaction(controller) as change:
            await change.connection.fetchrow(queries.LOCK_PERSON, controller, person)
            await self.mark(change, person, key_id)
            await change.append([act])
        await self.proceed(controller, person)

    async def state(self, controller: UUID, person: UUID) -> Erasure | None:
        """Where the erasure of a person stands."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.ERASURE, controller, person)
        return None if row is None else _erasure(row)

    async def open(self, controller: UUID, limit: int = 500) -> list[Erasure]:
        """Erasures that have not been confirmed yet."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.OPEN_ERASURES, controller, limit)
        return [_erasure(row) for row in rows]

    async def pending_final(self, controller: UUID) -> int:
        """How many erasures are unreadable here and wait for their epoch to die."""
        async with self._database.transaction(controller) as tx:
            return int(await tx.fetchval(queries.FINAL_PENDING, controller))

    async def close(self, controller: UUID, shredded_before: datetime, kept: timedelta) -> None:
        """After a key turn: what was unreadable when the turn began is final, backups included, as soon as the provider's
        own backups, `kept` for so long, hold the old root key no more."""
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.CLOSE_ERASURES, controller, shredded_before, self._clock.now() + kept)

    async def _finish(self, controller: UUID, person: UUID) -> None:
        now = self._clock.now()
        self._outbox.forget(controller, person)
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.LOCK_PERSON, controller, person)
            if row is None or row["state"] == "erased":
                return
            records = await change.connection.fetchval(queries.COUNT_RECORDS_OF_PERSON, controller, person)
            await change.connection.execute(queries.COUNT_ERASED, controller, person, records)
            for statement in self._leaving:  # before the tags go, for a room may have to know them a while
                await change.connection.execute(statement, controller, person)
            await change.connection.execute(queries.DELETE_TAGS_OF_PERSON, controller, person)
            await change.connection.execute(queries.DELETE_RECORDS_OF_PERSON, controller, person)
            await change.connection.execute(queries.LET_FILES_OF_PERSON_GO, controller, person)
            await change.connection.execute(queries.LET_PARTS_OF_PERSON_GO, controller, person, now)
            await change.connection.execute(queries.MARK_ERASED, controller, person, now)
            act = Act(kind="erased", controller=controller, actor=PLATFORM, persons=(person,))
            [appended] = await change.append([act])
            await self._told(change, "person.erased", [(person, appended)])
        try:
            await self._files.remove(controller, person)
        except Unavailable as away:
            log.warning("blobs of an erased person are left to the sweep", reason=str(away))

    async def _step(self, controller: UUID, person: UUID, step: str, *, unreadable_at: datetime | None = None) -> None:
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.STEP_ERASURE, controller, person, step, unreadable_at)


def _erasure(row: Record) -> Erasure:
    return Erasure(
        person=row["person_id"],
        step=row["step"],
        records=row["records"],
        asked_at=row["asked_at"],
        unreadable_at=row["unreadable_at"],
        final_at=row["final_at"],
    )
