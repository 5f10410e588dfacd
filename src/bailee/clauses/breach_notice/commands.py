"""What the processor's staff do about a breach: open it, say what is known, have it computed, put figures right, tell.

Whatever is done at a controller is one transaction with its entry there. What is done at several is done one after the
other; one that was cut short is seen on the page, and is done again for those that are left.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.breach_notice.counting import check
from bailee.clauses.breach_notice.events import (
    Breach,
    Case,
    Computed,
    Concerned,
    Description,
    Edited,
    Kind,
    Scope,
    changes,
)
from bailee.clauses.breach_notice.keeping import Keeping, Reached
from bailee.clauses.breach_notice.mistakes import ChangedMeanwhile, Faulty, NotNow
from bailee.clauses.breach_notice.opening import Given, Opening
from bailee.clauses.breach_notice.telling import Telling
from bailee.clauses.breach_notice.working import Working
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.vocabulary.categories import is_category

LONGEST = 2_000
MOST = 10**12
TRIES = 3


class Figured(msgspec.Struct, frozen=True, kw_only=True):
    """Figures as a human gives them, and why they are not those that were computed."""

    persons: int | None
    records: int | None
    categories: tuple[str, ...]
    reason: str


class Breaches:
    """Breaches, for the processor's staff."""

    def __init__(
        self, *, opening: Opening, working: Working, telling: Telling, keeping: Keeping, committing: Committing,
        clock: Clock,
    ) -> None:  # fmt: skip
        self.opening = opening
        self.working = working
        self.telling = telling
        self.keeping = keeping
        self._committing = committing
        self._clock = clock

    async def open(self, given: Given, *, by: str) -> Breach:
        """Write it down, and carry out at once what can be: a confirmed breach is on its way when this returns."""
        one = await self.opening.open(given, by=by)
        return await self._carried(one)

    async def confirm(
        self, id: UUID, aware_at: datetime, controllers: Mapping[UUID, str], *, tell: bool, by: str
    ) -> Breach:  # fmt: skip
        """A suspicion is a breach."""
        return await self._carried(await self.opening.confirm(id, aware_at, controllers, tell=tell, by=by))

    async def concern(self, id: UUID, controllers: Mapping[UUID, str], *, tell: bool, by: str) -> Breach:
        """It concerns these too."""
        return await self._carried(await self.opening.concern(id, controllers, tell=tell, by=by))

    async def cases(self, one: Breach) -> list[tuple[Concerned, Case | None]]:
        """The files of the controllers concerned; None of one that is to be opened, or where none can stand."""
        return await self.keeping.files(one)

    async def scope(self, id: UUID, scope: Scope, *, by: str) -> None:
        """Have a scope computed at every controller concerned; what was computed before stays beside it."""
        scope = check(scope, self._clock.now())
        one = await self._open(id)
        await self.opening.rescope(one, scope, by=by)
        for controller, case in await self._standing(one):
            asked = Computed(number=len(case.computed) + 1, scope=scope, asked_at=self._clock.now(), asked_by=by)
            changed = msgspec.structs.replace(case, computed=(*case.computed, asked))
            await self._write(controller, changed, "breach-scoped", by, number=asked.number, scope=scope.kind)

    async def figure(self, id: UUID, controller: UUID, given: Figured, *, by: str, version: int) -> None:
        """Put figures beside the computed ones, with a reason; both stay on record. `version` is the file's as it was read."""
        case = msgspec.structs.replace(await self._case(id, controller), version=version)
        numbers = [one for one in (given.persons, given.records) if one is not None]
        found = ["no-reason"] if not given.reason.strip() else []
        found += ["no-number"] if any(not 0 <= one <= MOST for one in numbers) else []
        found += ["no-category"] if not all(map(is_category, given.categories)) else []
        if found:
            raise Faulty(*found)
        done = [one.number for one in case.computed if one.done_at is not None]
        edited = Edited(
            at=self._clock.now(), by=by, persons=given.persons, records=given.records, categories=given.categories,
            reason=given.reason[:LONGEST], beside=max(done, default=0),
        )  # fmt: skip
        changed = msgspec.structs.replace(case, edited=(*case.edited, edited))
        await self._write(
            controller,
            changed,
            "breach-figured",
            by,
            persons=given.persons,
            records=given.records,
            beside=edited.beside,
        )

    async def tell(
        self, id: UUID, *, by: str, controllers: Sequence[UUID] = (), news: str = "", closing: bool = False
    ) -> list[UUID]:  # fmt: skip
        """A notice of what is known now to those concerned (all, or these); to whom it was written.

        The first notice to whoever has had none, else what is new; nothing where nothing is. `closing` is the last there
        will be, and ends the file.
        """
        one, told = await self._open(id), list[UUID]()
        files = [
            (controller, case) for controller, case in await self._standing(one)
            if case.closed_at is None and (not controllers or controller in controllers)
        ]  # fmt: skip
        if closing and not all(case.sent for _, case in files):
            raise NotNow("first-notice-first")
        for controller, case in files:
            if await self._tell(controller, case.id, one.description, by=by, news=news, closing=closing):
                told.append(controller)
        return told

    async def close(self, id: UUID, *, by: str) -> Breach:
        """Nothing more is to come: every controller has had its closing report, or was told in another way."""
        one = await self._open(id)
        if any(case.closed_at is None for _, case in await self._standing(one)):
            raise NotNow("closing-reports-first")
        if any(each.apart and each.told_at is None for each in one.concerned):
            raise NotNow("told-otherwise-first")
        return await self.opening.close(id, by=by)

    async def reached(self, id: UUID, controller: UUID, scope: int, after: UUID, limit: int) -> list[Reached]:
        """A page of whom a scope reached at a controller: ids, which say nothing by themselves."""
        case = await self._case(id, controller)
        return await self.keeping.reached(controller, case.id, scope, after, limit)

    async def _tell(
        self, controller: UUID, id: UUID, description: Description, *, by: str, news: str, closing: bool, tries: int = TRIES
    ) -> bool:  # fmt: skip
        """Write to one controller; whether there was something to write. What is changed meanwhile is read anew: those
        after it wait, and those before it have been written to."""
        case = await self.keeping.case(controller, id)
        kind: Kind = "first" if not case.sent else "closing" if closing else "further"
        if kind == "further" and not news and not changes(case.sent[-1], description, case.figures):
            return False
        try:
            async with self._committing.transaction(controller) as change:
                told = await self.telling.tell(change, case, kind, description, by=by, news=news)
                if kind == "closing":
                    told = msgspec.structs.replace(told, closed_at=self._clock.now())
                await self.keeping.write_case(change, told)
        except ChangedMeanwhile:
            if tries <= 1:
                raise
            return await self._tell(controller, id, description, by=by, news=news, closing=closing, tries=tries - 1)
        return True

    async def _carried(self, one: Breach) -> Breach:
        if one.waits:
            await self.working.carry()
        return await self.keeping.breach(one.id)

    async def _open(self, id: UUID) -> Breach:
        one = await self.keeping.breach(id)
        if one.state != "open":
            raise NotNow(f"breach-{one.state}")
        return one

    async def _standing(self, one: Breach) -> list[tuple[UUID, Case]]:
        return [(each.controller, case) for each, case in await self.cases(one) if case is not None]

    async def _case(self, id: UUID, controller: UUID) -> Case:
        one = await self._open(id)
        found = dict(await self._standing(one)).get(controller)
        if found is None:
            raise NotNow("no-file-there")
        return found

    async def _write(self, controller: UUID, case: Case, kind: str, by: str, **details: Any) -> None:
        async with self._committing.transaction(controller) as change:
            await self.keeping.write_case(change, case)
            await change.append([Act(kind, controller, by, {"breach": str(case.id), **details})])
