"""Users found: by searches of the blind index, or by what is not personal; counted, sorted, paged."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import msgspec
from scim2_models import TooManyException
from scim2_models.path.expressions import FilterNode

from bailee.contract.ruling import Refusal
from bailee.gate.sets import START, Refused, Sought
from bailee.processing.accounts.scim import queries
from bailee.processing.accounts.scim.facts import Facts, holds, within
from bailee.processing.accounts.scim.filters import Query
from bailee.processing.accounts.scim.given import Door
from bailee.processing.accounts.scim.reading import Read, Reading, Row, row_of
from bailee.vault.profile import PROFILE
from bailee.vocabulary.operations import Operation

RELATED = "groups"
HITS, CHUNK = 500, 5_000
NOBODY = UUID(int=0)

Exact = Callable[[FilterNode, dict[str, Any]], bool]


class Cut(msgspec.Struct, frozen=True):
    """Which part of a list is asked for, in which order. `start` counts from 0; no `count` is all that may be."""

    start: int
    count: int
    key: Callable[[Facts], Any] | None = None
    descending: bool = False


class Listing:
    """Lists Users for one caller."""

    def __init__(self, door: Door, reading: Reading, exact: Exact) -> None:
        self._door = door
        self._reading = reading
        self._exact = exact

    async def find(self, query: Query, cut: Cut) -> tuple[int, list[Read]]:
        """How many there are, and one page of them; both are recorded."""
        if query.sought:
            found = await self._searched(query, cut)
            total, page = len(found), found[cut.start : cut.start + cut.count]
        else:
            total, page = await self._listed(query, cut)
        await self._door.counted(total, len(page))
        return total, page

    async def _searched(self, query: Query, cut: Cut) -> list[Read]:
        """All that the searches find together; these are opened, so that only exact hits are counted."""
        persons: set[UUID] | None = None
        for field, value in query.sought:
            hits = await self._hits(field, value)
            persons = hits if persons is None else persons & hits
        rows = [
            row
            for row in await self._reading.rows(persons or ())
            if not row.restricted and within(query.bounds, row.facts) and holds(query.rest, row.facts, RELATED)
        ]
        opened = await self._reading.open(_sorted(rows, cut)) if rows else []
        return [one for one in opened if all(self._exact(node, one.user) for node in query.exact)]

    async def _hits(self, field: str, value: str) -> set[UUID]:
        request = self._door.request(Operation.consult)
        page = await self._door.given.sets.search(request, Sought(PROFILE, field, value), START, HITS)
        if isinstance(page, Refusal):
            raise Refused(page)
        if page.after is not None:
            raise TooManyException(detail=f"More than {HITS} people are found: ask for less")
        return {one.address.person for one in page.released.records}

    async def _listed(self, query: Query, cut: Cut) -> tuple[int, list[Read]]:
        await self._door.enter(self._door.request(Operation.consult))
        bounds = msgspec.structs.astuple(query.bounds)
        if query.rest or cut.key is not None:
            rows = _sorted([row async for row in self._walk(query, bounds)], cut)
            total, rows = len(rows), rows[cut.start : cut.start + cut.count]
        else:
            controller = self._door.controller
            async with self._door.given.database.transaction(controller) as tx:
                total = await tx.fetchval(queries.COUNT_USERS, controller, *bounds)
                wanted = (cut.start, cut.count)
                rows = [row_of(found) for found in await tx.fetch(queries.USERS_PAGE, controller, *bounds, *wanted)]
        return total, await self._reading.open(rows) if rows else []

    async def _walk(self, query: Query, bounds: tuple[Any, ...]) -> AsyncIterator[Row]:
        """Everyone within the bounds of whom the rest holds; nothing is opened for it."""
        controller, after = self._door.controller, NOBODY
        while True:
            async with self._door.given.database.transaction(controller) as tx:
                found = await tx.fetch(queries.USERS_WALK, controller, *bounds, after, CHUNK)
            for row in map(row_of, found):
                if holds(query.rest, row.facts, RELATED):
                    yield row
            if len(found) < CHUNK:
                return
            after = found[-1]["person_id"]


def _sorted(rows: list[Row], cut: Cut) -> list[Row]:
    key = cut.key or (lambda facts: facts.id)
    return sorted(rows, key=lambda row: key(row.facts), reverse=cut.descending)
