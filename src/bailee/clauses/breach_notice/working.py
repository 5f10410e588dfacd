"""Working: what the processor's file asks for is carried out at the controllers, once; what was sent is looked after.

1. A scope that is searched for is looked for at every controller. 2. Each controller concerned gets a file of its own, its
obligations and, where that was asked for, its first notice, in one transaction. 3. Scopes are computed. 4. Once a server
has taken a notice over, the elapsed time stands in the ledger, and the controller's own clock begins.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.breach_notice.deadlines import authority, complete, notify
from bailee.clauses.breach_notice.events import Breach, Case, Computed, Concerned, Sent
from bailee.clauses.breach_notice.keeping import Keeping
from bailee.clauses.breach_notice.mistakes import ChangedMeanwhile
from bailee.clauses.breach_notice.opening import digest_of
from bailee.clauses.breach_notice.scoping import Scoping
from bailee.clauses.breach_notice.telling import Telling
from bailee.contract.agreement import Agreement
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.notices.book import Book
from bailee.obligations.obligations import NotOpen, Obligations

BY = "platform"
InForce = Callable[[UUID], Awaitable[Agreement | None]]
Everyone = Callable[[], Awaitable[Sequence[UUID]]]


class _Stands(Exception):
    """Somebody else has just opened this controller's file."""


class Working:
    """Carries breaches out. For whoever asked, and for the worker."""

    def __init__(
        self, *, keeping: Keeping, scoping: Scoping, telling: Telling, obligations: Obligations, book: Book,
        committing: Committing, clock: Clock, in_force: InForce, everyone: Everyone,
    ) -> None:  # fmt: skip
        self.keeping = keeping
        self._scoping = scoping
        self._telling = telling
        self._obligations = obligations
        self._book = book
        self._committing = committing
        self._clock = clock
        self._in_force = in_force
        self._everyone = everyone

    async def due(self, controller: UUID) -> int:
        """What there is to do at a controller, or at the platform itself."""
        return await self.carry() if controller == self.keeping.platform else await self.look(controller)

    async def carry(self) -> int:
        """Open what is to be opened, find what is to be found; how much."""
        waiting = await self.keeping.waiting()
        for one in waiting:
            if one.searching:
                await self._search(one)
            elif one.state == "open":
                await self._open(one)
        return len(waiting)

    async def look(self, controller: UUID) -> int:
        """Compute what is to be computed, and see what became of notices; how much was done."""
        return sum(
            [await self._look(controller, one) for one in await self.keeping.to_look_at(controller, self._clock.now())]
        )

    async def _search(self, one: Breach) -> None:
        assert one.scope is not None
        found = dict[str, int]()
        for controller in await self._everyone():
            if controller != self.keeping.platform and (many := await self._scoping.matches(controller, one.scope)):
                found[str(controller)] = many
        await self._noted(msgspec.structs.replace(one, searching=False, found=found))

    async def _open(self, one: Breach) -> None:
        done = [each if each.opened else await self._opened(one, each) for each in one.concerned]
        await self._noted(msgspec.structs.replace(one, concerned=tuple(done)))

    async def _noted(self, one: Breach) -> None:
        """Where it was changed meanwhile, it still waits, and is carried out once more: what was done stands."""
        with suppress(ChangedMeanwhile):
            async with self._committing.transaction(self.keeping.platform) as change:
                await self.keeping.write(change, one)

    async def _opened(self, one: Breach, concerned: Concerned) -> Concerned:
        agreement = await self._in_force(concerned.controller)
        if agreement is None:
            return msgspec.structs.replace(concerned, opened=True, apart=True)
        with suppress(_Stands):
            async with self._committing.transaction(concerned.controller) as change:
                await self._begin(change, one, concerned.case, agreement)
        return msgspec.structs.replace(concerned, opened=True)

    async def _begin(self, change: Transaction, one: Breach, id: UUID, agreement: Agreement) -> None:
        assert one.aware_at is not None
        now = self._clock.now()
        owed = notify(id, one.aware_at, agreement)
        telling = await self._obligations.open(change, owed, by=BY)
        completing = await self._obligations.open(change, complete(id, one.aware_at, agreement), by=BY)
        asked = () if one.scope is None else (Computed(number=1, scope=one.scope, asked_at=now, asked_by=one.found_by),)
        case = Case(
            id=id, breach=one.id, aware_at=one.aware_at, opened_at=now, target_at=owed.binding, description=one.description,
            telling=telling, completing=completing, computed=asked,
        )  # fmt: skip
        details = {
            "breach": str(id), "found": one.found_at.isoformat(), "aware": one.aware_at.isoformat(),
            "natures": one.description.natures,
        }  # fmt: skip
        await change.append([Act("breach-opened", change.controller, BY, details, digest=digest_of(one.description))])
        if one.tell:
            case = await self._telling.tell(change, case, "first", one.description, by=BY)
        if not await self.keeping.add_case(change, case):
            raise _Stands

    async def _look(self, controller: UUID, case: Case) -> int:
        done = 0
        for sent in [one for one in case.sent if one.taken_at is None]:
            done += await self._if_taken(controller, case.id, sent)
        for asked in [one for one in case.computed if one.done_at is None]:
            await self._computed(controller, case, asked)
            done += 1
        return done

    async def _computed(self, controller: UUID, case: Case, asked: Computed) -> None:
        made = await self._scoping.compute(controller, case, asked)
        case = await self.keeping.case(controller, case.id)  # it may have been changed while this went on
        computed = tuple(made if one.number == made.number else one for one in case.computed)
        details = {
            "breach": str(case.id), "number": made.number, "scope": made.scope.kind, "since": made.scope.since.isoformat(),
            "until": made.scope.until.isoformat(), "exact": made.exact, "persons": made.persons, "records": made.records,
            "categories": made.categories, "entries": made.entries, "unread": made.unread,
        }  # fmt: skip
        async with self._committing.transaction(controller) as change:
            await self.keeping.write_case(change, msgspec.structs.replace(case, computed=computed))
            await change.append([Act("breach-computed", controller, BY, details)])

    async def _if_taken(self, controller: UUID, id: UUID, sent: Sent) -> int:
        entered = await self._book.one(controller, sent.notice)
        if entered is None or entered.sent_at is None:
            return 0
        case, at = await self.keeping.case(controller, id), entered.sent_at
        taken = msgspec.structs.replace(sent, taken_at=at)
        case = msgspec.structs.replace(
            case, sent=tuple(taken if one.notice == sent.notice else one for one in case.sent)
        )
        agreement = await self._in_force(controller)
        async with self._committing.transaction(controller) as change:
            if case.told_at is None:
                case = await self._told(change, case, taken, at, agreement)
            elif not sent.unknown or sent.kind == "closing":
                await self._discharge(change, case, sent)
            await self.keeping.write_case(change, case)
        return 1

    async def _told(
        self, change: Transaction, case: Case, sent: Sent, at: datetime, agreement: Agreement | None
    ) -> Case:  # fmt: skip
        """The controller knows now: how long it took stands in its ledger, and its own clock runs from here."""
        seconds = int((at - case.aware_at).total_seconds())
        details = {"breach": str(case.id), "notice": str(sent.notice), "told": at.isoformat(), "seconds": seconds}
        await change.append([Act("breach-told", change.controller, BY, details)])
        own = None
        if agreement is not None:
            own = await self._obligations.open(change, authority(case.id, at, agreement), by=BY)
        if not sent.unknown:
            await self._discharge(change, case, sent)
        return msgspec.structs.replace(case, told_at=at, authority=own)

    async def _discharge(self, change: Transaction, case: Case, sent: Sent) -> None:
        with suppress(NotOpen):
            await self._obligations.discharge(change, case.completing, by=BY, proof=f"notice/{sent.notice}")
