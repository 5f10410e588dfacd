"""Scoping: who and how many, computed at one controller. It reads, page by page, and locks nothing but its own rows.

Of accesses: the entries of the window, opened one batch at a time; each record once. Of a store: whoever was in it in the
window, with what was deleted since, as an upper bound. A person who was merged into another counts as that one; one who
was erased since stays as an id without a name.
"""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.clauses.breach_notice import queries
from bailee.clauses.breach_notice.counting import NIL, Reached, Row
from bailee.clauses.breach_notice.events import Case, Computed, Scope
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.reading import Reading

CHUNK = 5_000
# Which files the stores hold beside records: a photograph or a file is one record more.
WITH_RECORDS, WITH_FILES = (
    frozenset({"data-server", "key-store", "backup"}),
    frozenset({"blobs", "key-store", "backup"}),
)
OF_FILES = {"photo": "profile-photo"}
# Whose alias a person is, where they were merged into another; None where they are nobody's.
AliasOf = Callable[[UUID, UUID], Awaitable[UUID | None]]


class Scoping:
    """Computes scopes."""

    def __init__(self, *, database: Database, reading: Reading, archive: Archive, clock: Clock, alias: AliasOf) -> None:
        self._database = database
        self._reading = reading
        self._archive = archive
        self._clock = clock
        self._alias = alias

    async def compute(self, controller: UUID, case: Case, asked: Computed) -> Computed:
        """The same with its figures; whom it reached stands in a table by case and number. Begun anew it begins anew."""
        scope, place = asked.scope, (controller, case.id, asked.number)
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.FORGET_SCOPE, *place)
        reached = Reached(scope)
        types = dict[str, int]() if scope.kind == "access" else await self._held(place, scope)
        until = scope.until if scope.kind == "access" else max(self._clock.now(), scope.until)
        async for batch in self._reading.written(controller, scope.since, until):
            reached.add([one.body if one else None for one in batch])
            if reached.held >= CHUNK:
                await self._put(place, reached.take())
        await self._put(place, reached.take())
        await self._settled(place)
        return await self._counted(place, asked, reached, types)

    async def matches(self, controller: UUID, scope: Scope) -> int:
        """At how many accesses of a controller's a scope is met with; nothing is kept of them."""
        reached = Reached(scope)
        async for batch in self._reading.written(controller, scope.since, scope.until):
            reached.add([one.body if one else None for one in batch])
            reached.take()
        return reached.matches

    async def _put(self, place: tuple[UUID, UUID, int], rows: Sequence[Row]) -> None:
        if rows:
            async with self._database.transaction(place[0]) as tx:
                await tx.executemany(queries.REACHED, [(*place, r.person, r.record, r.type, r.many) for r in rows])

    async def _held(self, place: tuple[UUID, UUID, int], scope: Scope) -> dict[str, int]:
        """Whoever a store held in the window, page by page; how many records of each type."""
        controller, after, types = place[0], NIL, dict[str, int]()
        while True:
            async with self._database.transaction(controller) as tx:
                rows = await tx.fetch(queries.HELD, controller, after, scope.since, scope.until, CHUNK)
                ids, found = [row["person_id"] for row in rows], list[Record]()
                if scope.store in WITH_RECORDS:
                    found += await tx.fetch(queries.RECORDS_HELD, controller, ids, scope.until)
                if scope.store in WITH_FILES:
                    found += await tx.fetch(queries.FILES_HELD, controller, ids, scope.until)
            many = dict.fromkeys(ids, 0)
            for row in found:
                many[row["person_id"]] += row["many"]
                types[row["type"]] = types.get(row["type"], 0) + row["many"]
            if scope.store in WITH_RECORDS:
                for row in rows:
                    many[row["person_id"]] += row["erased_records"] or 0
            whom = [one for one in ids if many[one] or scope.store != "blobs"]
            await self._put(place, [Row(one, NIL, "", many[one]) for one in whom])
            if len(rows) < CHUNK:
                return types
            after = ids[-1]

    async def _settled(self, place: tuple[UUID, UUID, int]) -> None:
        """Put whoever was merged into another under that one's id."""
        controller, after = place[0], NIL
        while True:
            async with self._database.transaction(controller) as tx:
                rows = await tx.fetch(queries.NOT_LIVING, *place, after, CHUNK)
            for row in rows:
                survivor = await self._alias(controller, row["person_id"])
                if survivor is not None:
                    await self._move(place, row["person_id"], survivor)
            if len(rows) < CHUNK:
                return
            after = rows[-1]["person_id"]

    async def _move(self, place: tuple[UUID, UUID, int], absorbed: UUID, survivor: UUID) -> None:
        async with self._database.transaction(place[0]) as tx:
            rows = await tx.fetch(queries.TAKEN_FROM, *place, absorbed)
            moved = [(*place, survivor, row["record_id"], row["type"], row["many"]) for row in rows]
            await tx.executemany(queries.REACHED_WITH, moved)

    async def _counted(
        self, place: tuple[UUID, UUID, int], asked: Computed, reached: Reached, types: dict[str, int]
    ) -> Computed:  # fmt: skip
        controller, erased, after = place[0], 0, NIL
        async with self._database.transaction(controller) as tx:
            [counted] = await tx.fetch(queries.COUNTED, *place)
            for row in await tx.fetch(queries.TYPES, *place):
                types[row["type"]] = types.get(row["type"], 0) + row["many"]
            groups = {row["name"]: row["many"] for row in await tx.fetch(queries.GROUPS, *place)}
        while True:
            async with self._database.transaction(controller) as tx:
                rows = await tx.fetch(queries.NOT_LIVING, *place, after, CHUNK)
            erased += sum(row["state"] in (None, "erasing", "erased") for row in rows)
            if len(rows) < CHUNK:
                break
            after = rows[-1]["person_id"]
        exact = asked.scope.kind == "access"
        categories = reached.categories if exact else await self._categories(controller, types)
        return msgspec.structs.replace(
            asked, done_at=self._clock.now(), exact=exact, persons=counted["persons"], records=counted["records"],
            erased=erased, entries=reached.entries, unread=reached.unread, categories=tuple(sorted(categories)),
            types=types, groups=groups,
        )  # fmt: skip

    async def _categories(self, controller: UUID, types: dict[str, int]) -> set[str]:
        """All that records of these types may hold, as their types declare it."""
        dossier = await self._archive.refresh(controller)
        known = dossier.types if dossier else {}
        found = {field.category for name in types if name in known for field in known[name].fields.values()}
        return found | {OF_FILES[name] for name in types if name in OF_FILES}
