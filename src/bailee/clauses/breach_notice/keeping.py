"""Keeping: the processor's files of breaches, and the controllers' own, each sealed under its side's key.

A controller's file lies under a key of that controller and goes with it. What is changed is changed as it was read, or
`ChangedMeanwhile`.
"""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.clauses.breach_notice import queries
from bailee.clauses.breach_notice.events import Breach, Case, Concerned
from bailee.clauses.breach_notice.mistakes import AlteredBreach, ChangedMeanwhile, NothingThere
from bailee.infra.database import Database
from bailee.infra.keys.rows import Rows
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Transaction

UNDER = "breaches"  # the name of the keys that these files lie under
BREACHES, CASES = Rows("breach", Breach, AlteredBreach), Rows("breach-case", Case, AlteredBreach)
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
MOST, PAGE = 500, 50


class Reached(msgspec.Struct, frozen=True):
    """A person whom a scope reached: how many records, of which types; `held` is false for one who is erased since."""

    person: UUID
    records: int
    types: tuple[str, ...]
    held: bool


class Keeping:
    """Reads and writes the files."""

    def __init__(self, database: Database, keys: KeyStore, platform: UUID) -> None:
        self._database = database
        self._keys = keys
        self.platform = platform

    async def breach(self, id: UUID) -> Breach:
        """The processor's file of a breach, or `NothingThere`."""
        async with self._database.transaction(self.platform) as tx:
            row = await tx.fetchrow(queries.BREACH, self.platform, id)
        if row is None:
            raise NothingThere
        return await self._breach(row)

    async def breaches(self) -> list[Breach]:
        """All of them, the newest first."""
        async with self._database.transaction(self.platform) as tx:
            rows = await tx.fetch(queries.BREACHES, self.platform, MOST)
        return [await self._breach(row) for row in rows]

    async def waiting(self) -> list[Breach]:
        """Those of which a controller's file is still to be opened."""
        async with self._database.transaction(self.platform) as tx:
            rows = await tx.fetch(queries.WAITING, self.platform, PAGE)
        return [await self._breach(row) for row in rows]

    async def add(self, change: Transaction, one: Breach) -> None:
        """Write a new file of the processor's."""
        sealed = await self._sealed(one)
        await change.connection.execute(
            queries.INSERT_BREACH, self.platform, one.id, one.state, one.found_at, one.aware_at, one.waits, sealed
        )

    async def write(self, change: Transaction, one: Breach) -> None:
        """Change a file of the processor's from the version that it was read at."""
        sealed = await self._sealed(one)
        done = await change.connection.fetchval(
            queries.CHANGE_BREACH, self.platform, one.id, one.version, one.state, one.aware_at, one.waits, sealed
        )
        if done is None:
            raise ChangedMeanwhile

    async def case(self, controller: UUID, id: UUID) -> Case:
        """A controller's file, or `NothingThere`."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.CASE, controller, id)
        if row is None:
            raise NothingThere
        return await self._case(controller, row)

    async def files(self, one: Breach) -> list[tuple[Concerned, Case | None]]:
        """The files of the controllers that a breach concerns; None of one to be opened, or where none can stand."""
        return [
            (each, await self.case(each.controller, each.case) if each.opened and not each.apart else None)
            for each in one.concerned
        ]

    async def cases(self, controller: UUID) -> list[Case]:
        """All files of a controller, the newest first."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.CASES, controller, MOST)
        return [await self._case(controller, row) for row in rows]

    async def to_look_at(self, controller: UUID, now: datetime) -> list[Case]:
        """The files of a controller with something to be done."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.CASES_TO_LOOK_AT, controller, now, PAGE)
        return [await self._case(controller, row) for row in rows]

    async def add_case(self, change: Transaction, one: Case) -> bool:
        """Write a new file of a controller's; false where one stands for this breach."""
        sealed = await self._sealed_case(change.controller, one)
        made = await change.connection.fetchval(
            queries.INSERT_CASE, change.controller, one.id, one.breach, _state(one), one.opened_at, _look(one), sealed
        )
        return made is not None

    async def write_case(self, change: Transaction, one: Case) -> None:
        """Change a controller's file from the version that it was read at."""
        sealed = await self._sealed_case(change.controller, one)
        done = await change.connection.fetchval(
            queries.CHANGE_CASE, change.controller, one.id, one.version, _state(one), _look(one), sealed
        )
        if done is None:
            raise ChangedMeanwhile

    async def reached(self, controller: UUID, case: UUID, scope: int, after: UUID, limit: int) -> list[Reached]:
        """A page of the persons whom a computed scope reached, in the order of their ids."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.PERSONS, controller, case, scope, after, limit)
        return [
            Reached(row["person_id"], row["records"], tuple(one for one in row["types"] if one), row["state"] != "erased")
            for row in rows
        ]  # fmt: skip

    async def _sealed(self, one: Breach) -> bytes:
        return BREACHES.seal(await self._keys.controller_key(self.platform, UNDER), self.platform, one.id, one)

    async def _sealed_case(self, controller: UUID, one: Case) -> bytes:
        return CASES.seal(await self._keys.controller_key(controller, UNDER), controller, one.id, one)

    async def _breach(self, row: Record) -> Breach:
        key = await self._keys.controller_key(self.platform, UNDER)
        found = BREACHES.unseal(key, self.platform, row["breach_id"], row["sealed"])
        return msgspec.structs.replace(found, version=row["version"])

    async def _case(self, controller: UUID, row: Record) -> Case:
        key = await self._keys.controller_key(controller, UNDER)
        found = CASES.unseal(key, controller, row["case_id"], row["sealed"])
        return msgspec.structs.replace(found, version=row["version"])


def _state(one: Case) -> str:
    if one.closed_at is not None:
        return "closed"
    return "open" if one.told_at is None else "told"


def _look(one: Case) -> datetime | None:
    """At once, while a scope waits to be computed or a notice's outcome is not known."""
    return AT_ONCE if one.computing or any(sent.taken_at is None for sent in one.sent) else None
