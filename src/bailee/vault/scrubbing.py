"""Scrubbing: stored records are compared with what the ledger says was written last.

Someone with the database can put an older row back: it opens, as the version it was. The entry of the last
write names version and digest, and that entry cannot be put back. Every person is looked at in turn, for
ever; what differs is recorded and raised. How long a whole round takes is the delay within which this is found.
Whoever keeps the place has a round go on where it was, however often it is restarted.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import structlog
from asyncpg import Record

from bailee.infra.database import Database
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.ledger.reading import Reading
from bailee.vault import queries

CHUNK = 50
REMEMBERED = 100_000
FIRST = UUID(int=0)
NEVER = (0, False, "")
PLATFORM, OPEN = "platform", "open"

log = structlog.get_logger()


class Differs(msgspec.Struct, frozen=True):
    """A record that is not what was written last: the versions say in which direction."""

    person: UUID
    record: UUID
    written: int | None
    stored: int | None


class Scrubbing:
    """Compares records with their last entries, some persons at a time."""

    def __init__(self, database: Database, reading: Reading, committing: Committing) -> None:
        self._database = database
        self._reading = reading
        self._committing = committing
        self._after: dict[UUID, UUID] = {}
        self._told: OrderedDict[tuple[UUID, int | None], None] = OrderedDict()

    def go_on(self, controller: UUID, after: UUID) -> None:
        """Look at those after this person next."""
        self._after[controller] = after

    def place(self, controller: UUID) -> UUID | None:
        """After whom it goes on: the first once everyone was looked at; None where nobody is looked at any more."""
        return self._after.get(controller)

    async def some(self, controller: UUID, limit: int = CHUNK) -> list[Differs]:
        """The next persons of a controller; starts again at the end. What differs is recorded before it is told.

        A controller whose data are being destroyed is left alone: nothing may be written for it any more.
        """
        async with self._database.transaction(controller) as tx:
            gate = await tx.fetchrow(queries.GATE, controller)
            if gate is None or gate["state"] != OPEN:
                self._after.pop(controller, None)
                return []
            after = self._after.get(controller, FIRST)
            rows: list[Record] = await tx.fetch(queries.PERSONS_AFTER, controller, after, limit)
        self._after[controller] = rows[-1]["person_id"] if len(rows) == limit else FIRST
        found = [one for row in rows for one in await self.person(controller, row["person_id"])]
        fresh = [one for one in found if (one.record, one.stored) not in self._told]
        if fresh and not await self._tell(controller, fresh):
            return []
        return found

    async def _tell(self, controller: UUID, fresh: list[Differs]) -> bool:
        """Record what differs, unless the controller's data began to be destroyed meanwhile."""
        acts = [
            Act(
                "record-differs", controller, PLATFORM,
                {"record": str(one.record), "written-version": one.written, "stored-version": one.stored}, (one.person,),
            )
            for one in fresh
        ]  # fmt: skip
        async with self._committing.transaction(controller) as change:
            gate = await change.connection.fetchrow(queries.LOCK_GATE, controller)
            if gate is None or gate["state"] != OPEN:
                return False
            await change.append(acts)
        for one in fresh:
            self._told[one.record, one.stored] = None
            while len(self._told) > REMEMBERED:
                self._told.popitem(last=False)  # it is told again, at worst
            log.error("a record is not what was written last", controller=str(controller), record=str(one.record))
        return True

    async def person(self, controller: UUID, person: UUID) -> list[Differs]:
        """What differs about one person. Read twice where something does: a write may come in between."""
        found = await self._differs(controller, person)
        return await self._differs(controller, person) if found else []

    async def _differs(self, controller: UUID, person: UUID) -> list[Differs]:
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.VERSIONS_OF_PERSON, controller, person)
            files = await tx.fetch(queries.DIGESTS_OF_PERSON, controller, person)
        stored = {str(row["record_id"]): (row["version"], hashlib.sha256(row["sealed"]).hexdigest()) for row in rows}
        stored |= {str(row["file_id"]): (1, row["digest"].hex()) for row in files}
        written = await self._written(controller, person)
        return [
            Differs(person, UUID(record), last[0] if last[1] else None, stored[record][0] if record in stored else None)
            for record, last in written.items()
            if (stored.get(record) or (None, "")) != (last if last[1] else (None, ""))
        ]

    async def _written(self, controller: UUID, person: UUID) -> dict[str, tuple[int, str]]:
        """The last write of each record of a person, by what the ledger can still say; "" stands for deleted."""
        last: dict[str, tuple[int, bool, str]] = {}
        async for told in self._reading.about(controller, person):
            said: Mapping[str, Any] = msgspec.json.decode(told.opened.body)
            if said["kind"] == "change" and said["records"][0][0] == str(person):
                [(_, _, record)] = said["records"]
                digest = said.get("digest", "")
                # a deletion names the version it removed: it comes after the write of that version
                last[record] = max(last.get(record, NEVER), (said["version"], not digest, digest))
        return {record: (version, digest) for record, (version, _, digest) in last.items()}
