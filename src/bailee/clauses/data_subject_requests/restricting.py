"""Restriction (Art. 18): the gate refuses all but storage; exceptions are recorded, bound to a purpose, and end.

An exception lets one operation for one purpose through, on a ground of Art. 18(2). The person's row says what is in
force; it is put together from the exceptions' own rows, so that a stop in the middle leaves nothing open for long.
A restriction is lifted only after its person was told (Art. 18(3)).
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests import queries
from bailee.clauses.data_subject_requests.asking import granted, request
from bailee.clauses.data_subject_requests.corresponding import Corresponding
from bailee.clauses.data_subject_requests.events import Mandate, NotNow, Request, Right, State, held
from bailee.clauses.data_subject_requests.keeping import Keeping
from bailee.clauses.data_subject_requests.ordering import check_exception
from bailee.gate.narrowing import excepted
from bailee.gate.people import People, Person, Standing
from bailee.infra.clock import Clock
from bailee.ledger.entries import Act
from bailee.obligations.calendar import Due
from bailee.obligations.obligations import Obligations
from bailee.obligations.promises import Promise
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation

CLAUSE = "rights.tools"
TOLD_WITHIN = timedelta(days=7)  # ours: the law says no day, only before


class TellFirst(Exception):
    """The person is told before a restriction is lifted, and was not told yet."""


class Exempted(msgspec.Struct, frozen=True, kw_only=True):
    """An exception in force: what it allows (`purpose/operation`), on which ground, until when."""

    id: UUID
    allows: str
    ground: str
    granted_by: str
    granted_at: datetime
    ends_at: datetime


class Restricting:
    """Restricts, excepts, and lifts."""

    def __init__(
        self, *, people: People, keeping: Keeping, obligations: Obligations, letters: Corresponding, clock: Clock,
        place: str,
    ) -> None:  # fmt: skip
        self._people = people
        self._keeping = keeping
        self._obligations = obligations
        self._letters = letters
        self._clock = clock
        self._place = place

    async def person(self, controller: UUID, person: UUID, mandate: Mandate) -> Person | None:
        """What stands about a person, as the gate knows it."""
        asked = request(controller, mandate, Operation.restrict, place=self._place, persons=(person,))
        return granted(await self._people.get(asked, person))

    async def restrict(self, controller: UUID, person: UUID, mandate: Mandate, *, on: bool) -> None:
        """Restrict, or free again; read back from the gate."""
        asked = request(controller, mandate, Operation.restrict, place=self._place, persons=(person,))
        granted(await self._people.change(asked, person, Standing(restricted=on), None))
        seen = await self.person(controller, person, mandate)
        if seen is None or seen.restricted is not on:
            raise NotNow("not-as-ordered")

    async def object(self, controller: UUID, person: UUID, mandate: Mandate, purposes: frozenset[str]) -> None:
        """Let objections bite at the gate, beside those that stand; read back from the gate."""
        seen = await self.person(controller, person, mandate)
        if seen is None:
            raise NotNow("not-held")
        asked = request(controller, mandate, Operation.restrict, place=self._place, persons=(person,))
        objections = frozenset(seen.objections) | purposes
        granted(await self._people.change(asked, person, Standing(objections=objections), None))
        seen = await self.person(controller, person, mandate)
        if seen is None or not purposes <= set(seen.objections):
            raise NotNow("not-as-ordered")

    async def exceptions(self, controller: UUID, person: UUID) -> list[Exempted]:
        """The exceptions in force for a person."""
        async with self._keeping.committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.EXCEPTIONS, controller, person, self._clock.now())
        return [
            Exempted(
                id=row["exception_id"], allows=row["allows"], ground=row["ground"], granted_by=row["granted_by"],
                granted_at=row["granted_at"], ends_at=row["ends_at"],
            )
            for row in rows
        ]  # fmt: skip

    async def except_(
        self, controller: UUID, person: UUID, mandate: Mandate, *, ground: str, purpose: str, operation: Operation,
        until: datetime, about: UUID | None = None,
    ) -> UUID:  # fmt: skip
        """Let one operation for one purpose through for a while. `about` names the request that is the consent."""
        allows, id, now = check_exception(ground, purpose, str(operation)), new_id(), self._clock.now()
        if until <= now:
            raise NotNow("ended")
        details: dict[str, Any] = {"exception": str(id), "allows": allows, "ground": ground, "until": until.isoformat()}
        details |= {"request": str(about)} if about else {}
        async with self._keeping.committing.transaction(controller) as change:
            await change.connection.execute(
                queries.INSERT_EXCEPTION, controller, id, person, allows, ground, mandate.actor.id, now, until
            )
            await change.append([Act("restriction-excepted", controller, mandate.actor.id, details, (person,))])
        await self.settle(controller, person, mandate)
        return id

    async def end_exception(self, controller: UUID, person: UUID, exception: UUID, mandate: Mandate) -> None:
        """End an exception before its time; a stop before the person's row says so leaves it to `sweep`."""
        act = Act("exception-ended", controller, mandate.actor.id, {"exception": str(exception)}, (person,))
        ended = (controller, person, exception, self._clock.now())
        async with self._keeping.committing.transaction(controller) as change:
            if await change.connection.fetchval(queries.END_EXCEPTION, *ended) is None:
                raise NotNow("ended")
            await change.append([act])
        await self.settle(controller, person, mandate)

    async def settle(self, controller: UUID, person: UUID, mandate: Mandate) -> None:
        """Make the person's row say what the exceptions in force say."""
        seen = await self.person(controller, person, mandate)
        if seen is None or not seen.restricted:
            return
        allowed = frozenset(excepted(one.allows, one.ends_at) for one in await self.exceptions(controller, person))
        if allowed != set(seen.exceptions):
            asked = request(controller, mandate, Operation.restrict, place=self._place, persons=(person,))
            granted(await self._people.change(asked, person, Standing(exceptions=allowed), None))

    async def sweep(self, controller: UUID) -> int:
        """Close what exceptions left open when their time ended. For the worker; how many people."""
        now = self._clock.now()
        async with self._keeping.committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.ENDED_EXCEPTIONS, controller, now)
        for row in rows:
            async with self._keeping.committing.transaction(controller) as change:
                left = await change.connection.fetch(queries.EXCEPTIONS, controller, row["person_id"], now)
                kept = frozenset(excepted(one["allows"], one["ends_at"]) for one in left)
                await self._people.close(change, row["person_id"], kept)
                await change.connection.execute(queries.END_EXCEPTIONS, controller, row["person_id"], now)
        return len(rows)

    async def announce(self, controller: UUID, request_id: UUID, words: str, *, by: str, told: bool = False) -> Request:
        """Tell the person that the restriction will be lifted. `told`: it was said otherwise, and someone attests it."""
        one = await self._restricted(controller, request_id)
        within = self._clock.now() + TOLD_WITHIN
        due = Due(strict=within, generous=within, rule="before the restriction is lifted, Art. 18(3)")
        promise = Promise(
            clause=CLAUSE, subject=_lifting(one), owed_by="controller", owed_to="person", due=due, evidence="notice"
        )
        async with self._keeping.committing.transaction(controller) as change:
            obligation = await self._obligations.open(change, promise, by=by)
            if told or one.papers is None or not one.papers.contact:
                if not told:
                    raise TellFirst
                one = await self._keeping.write(change, one, "restriction-lifting-told", by=by, told="otherwise")
                await self._obligations.discharge(change, obligation, by=by, proof=f"entry/{one.entries[-1]}")
                return one
            await self._letters.to_person(change, one, "lifting", words, by=by, discharges=obligation)
            return await self._keeping.write(change, one, "restriction-lifting-told", by=by, told="letter")

    async def lift(self, controller: UUID, request_id: UUID, mandate: Mandate, *, by: str) -> Request:
        """Lift the restriction: refused (`TellFirst`) until the letter has left, or someone attested the telling."""
        one = await self._restricted(controller, request_id)
        async with self._keeping.committing.transaction(controller) as change:
            obligation = await self._obligations.find(change, CLAUSE, _lifting(one))
        known = await self._obligations.one(controller, obligation) if obligation else None
        if known is None or known.state != "discharged":
            raise TellFirst
        await self.restrict(controller, held(one), mandate, on=False)
        async with self._keeping.committing.transaction(controller) as change:
            await change.connection.execute(queries.LIFT_EXCEPTIONS, controller, held(one))
            return await self._keeping.write(change, one, "restriction-lifted", by=by)

    async def _restricted(self, controller: UUID, request_id: UUID) -> Request:
        one = await self._keeping.find(controller, request_id)
        if one.right is not Right.restriction or one.state is not State.answered or one.person is None:
            raise NotNow("not-restricted")
        return one


def _lifting(one: Request) -> str:
    return f"request/{one.id}/lifting"
