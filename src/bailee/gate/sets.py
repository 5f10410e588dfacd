"""Sets: search, list and export. The answer is not known before it is read, so the order is stricter.

Chunk by chunk the ciphertext is read; then one entry for the scope and one that names the records of the chunk are
written in one commit, and only after it are they opened. A chunk holds 2,000 records at most.
"""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import msgspec

from bailee.contract.ruling import BY_LAW, AccessRequest, Permit, Refusal, extend
from bailee.gate.archive import Dossier
from bailee.gate.crossing import Released
from bailee.gate.looking import queries as looking
from bailee.gate.looking.filters import Filter
from bailee.gate.narrowing import select
from bailee.gate.passage import Passage
from bailee.gate.seeking import Hits, Place, Seek
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending
from bailee.vault import queries, searching
from bailee.vault.holding import Row
from bailee.vault.opening import Opened, Selected
from bailee.vault.record_types import RecordType
from bailee.vocabulary.ids import Address

CHUNK = 2000
START: Place = (UUID(int=0), UUID(int=0))


class Page(msgspec.Struct, frozen=True):
    """One page of a set: what was released, and where the next page begins (None at the end)."""

    released: Released
    after: Place | None


class UnknownField(ValueError):
    """The type has no such searchable field; `known` lists those it has."""

    def __init__(self, field: str, known: Sequence[str]) -> None:
        super().__init__(f"{field!r} cannot be searched; these can: {', '.join(known) or 'none'}")


class Sets:
    """Reads sets of records through the passage."""

    def __init__(
        self, *, passage: Passage, appending: Appending, database: Database, keys: KeyStore, clock: Clock
    ) -> None:
        self._passage = passage
        self._appending = appending
        self._database = database
        self._keys = keys
        self._clock = clock

    async def page(
        self, request: AccessRequest, type_name: str | None, after: Place, limit: int, *, chosen: Filter | None = None
    ) -> Page | Refusal:
        """A page of records in id order, of one type or of all, narrowed to what was chosen."""
        query = queries.RECORDS_AFTER if chosen is None else looking.FILTERED_RECORDS
        return await self._page(request, Look(query, (*after, type_name), chosen), min(limit, CHUNK))

    async def page_of_person(self, request: AccessRequest, of: "Of", after: UUID, limit: int) -> Page | Refusal:
        """A page of what is held about one person, in id order."""
        look = Look(queries.RECORDS_OF_PERSON, (of.person, after, of.type))
        return await self._page(request, look, min(limit, CHUNK))

    async def of_people(self, request: AccessRequest, type_name: str) -> Page | Refusal:
        """The records of one type about the people of the request, 2,000 at most: one look, recorded once."""
        look = Look(queries.RECORDS_OF_PEOPLE, (list(request.persons), type_name))
        return await self._page(request, look, CHUNK)

    async def search(
        self, request: AccessRequest, sought: "Sought", after: Place, limit: int, *, chosen: Filter | None = None
    ) -> Page | Refusal:
        """Exact search over a blind index; hits are confirmed after opening, collisions dropped."""
        dossier, limit = await self._passage.dossier(request.controller), min(limit, CHUNK)
        key = await self._keys.controller_key(request.controller, "index")
        while True:
            record_type = searchable(dossier.types.get(sought.type), sought.field)
            permit = self._permitted(dossier, request, record_type.searched(sought.field))
            if isinstance(permit, Refusal):
                return await self._passage.refuse(permit)
            normal = searching.sought(record_type, sought.field, sought.value)
            tag = searching.tag(key.secret, sought.type, record_type.origin(sought.field), normal)
            if chosen is not None or permit.clause in BY_LAW:  # an order of the law is looked at record by record
                look = Look(looking.FILTERED_HITS, (tag, *after), chosen or Filter())
                found = await self._page(request, look, limit)
                return found if isinstance(found, Refusal) else _confirmed(found, record_type, sought.field, normal)
            hits = await self._passage.seek(Seek(dossier, permit, tag, after, limit))
            if isinstance(hits, Hits):
                return _confirmed(Page(hits.released, hits.after), record_type, sought.field, normal)
            dossier = await self._passage.dossier(request.controller, hits.version)

    async def chunks(self, request: AccessRequest, type_name: str | None = None) -> AsyncIterator[Released]:
        """Everything, chunk by chunk, each with its own entry: for return and export.

        Raises `Refused` where the ruling says no, also in the middle (an instruction may be withdrawn).
        """
        after: Place | None = START
        while after is not None:
            page = await self.page(request, type_name, after, CHUNK)
            if isinstance(page, Refusal):
                raise Refused(page)
            yield page.released
            after = page.after

    async def _page(self, request: AccessRequest, look: "Look", limit: int) -> Page | Refusal:
        dossier = await self._passage.dossier(request.controller)
        permit = self._passage.rule(dossier, request)
        if isinstance(permit, Refusal):
            return await self._passage.refuse(permit)
        started = self._clock.monotonic()
        version, rows = await self._rows(dossier, look, limit)
        while version != dossier.version:
            dossier = await self._passage.dossier(request.controller, version)
            permit = self._passage.rule(dossier, request)
            if isinstance(permit, Refusal):
                return await self._passage.refuse(permit)
            started = self._clock.monotonic()
            version, rows = await self._rows(dossier, look, limit)
        last = (rows[-1]["person_id"], rows[-1]["record_id"]) if len(rows) == limit else None
        return Page(await self._release(dossier, permit, rows, started), last)

    def _permitted(self, dossier: Dossier, request: AccessRequest, searched: frozenset[str]) -> Permit | Refusal:
        """The ruling on a search: what is searched by must be covered, and then whatever is found as far as it is."""
        permit = self._passage.rule(dossier, request)
        if isinstance(permit, Permit) and searched <= permit.categories and permit.clause not in BY_LAW:
            return permit
        asked = self._passage.rule(dossier, msgspec.structs.replace(request, categories=searched, named=True))
        return permit if isinstance(asked, Permit) else asked

    async def _rows(self, dossier: Dossier, look: "Look", limit: int) -> tuple[int, list[Row]]:
        controller = dossier.controller
        async with self._database.transaction(controller) as tx:
            version = await tx.fetchval(queries.GATE, controller)
            if look.chosen is None:
                return version or 0, await tx.fetch(look.query, controller, *look.arguments, limit)
            await tx.execute(looking.PLANNED_ANEW)
            chosen = look.chosen.of_record(dossier)
            return version or 0, await tx.fetch(look.query, controller, *chosen, *look.arguments, limit)

    async def _release(self, dossier: Dossier, permit: Permit, rows: list[Row], started: float) -> Released:
        """Record the scope, and exactly the records that the rows let through; then open them."""
        now = self._clock.now()
        through = [
            (address, row)
            for address, row in ((_address(dossier.controller, row), row) for row in rows)
            if isinstance(select(dossier, permit, address, row, now), Selected)
            and self._passage.reaches(dossier, permit, address)
        ]
        named = [extend(permit, tuple(address for address, _ in through))] if through else []
        scope, *recorded = await self._appending.append(dossier.controller, [permit, *named])
        if not recorded:
            return Released((), (), permit.instruction, permit.clause, scope.name, started)
        return await self._passage.release(dossier, recorded[0], through, started)


class Look(msgspec.Struct, frozen=True):
    """A statement to read a set by, what it is given, and what the set is narrowed to."""

    query: str
    arguments: tuple[object, ...]
    chosen: Filter | None = None


class Of(msgspec.Struct, frozen=True):
    """Whose records, and of which type (all for None)."""

    person: UUID
    type: str | None


class Sought(msgspec.Struct, frozen=True):
    """What is searched: a type, one of its searchable fields, and the value as typed."""

    type: str
    field: str
    value: str


class Refused(Exception):
    """A set read was refused in the middle of its chunks; the refusal is recorded already."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def searchable(known: RecordType | None, field: str) -> RecordType:
    """The type, if it can be searched by that field; else `UnknownField`."""
    if known is None or field not in known.searchable:
        raise UnknownField(field, known.searchable if known else ())
    return known


def _confirmed(page: Page, record_type: RecordType, field: str, normal: str) -> Page:
    """The page without the records that do not hold the value after all: two values may share a tag."""
    records = tuple(
        one
        for one in page.released.records
        if searching.held(record_type, field, msgspec.json.decode(one.data)) == normal
    )
    return Page(msgspec.structs.replace(page.released, records=records), page.after)


def _address(controller: UUID, row: Row) -> Address:
    return Address(controller=controller, person=row["person_id"], type=row["type"], record=row["record_id"])


__all__ = ["START", "Of", "Opened", "Page", "Place", "Refused", "Sets", "Sought", "UnknownField", "searchable"]
