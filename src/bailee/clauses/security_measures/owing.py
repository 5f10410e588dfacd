"""Owing: what each controller is owed of the measures, and told. A failed measure is restored, all are reviewed in their
term, and what takes a measure's place is told. Done again and again, it says nothing twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from uuid import UUID

import msgspec

from bailee.clauses.security_measures import catalogue, queries
from bailee.clauses.security_measures.deadlines import RESTORE, REVIEW, to_restore, to_review
from bailee.clauses.security_measures.events import Incident, Said
from bailee.clauses.security_measures.keeping import Keeping
from bailee.clauses.security_measures.saying import said
from bailee.contract.force import InForce
from bailee.infra.web.words import day
from bailee.ledger.committing import Committing, Transaction
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import NotOpen, Obligations

PLATFORM = "platform"


class Known(msgspec.Struct, frozen=True):
    """What the platform knows: incidents, reviews and decisions, the latest of each first."""

    incidents: Sequence[Incident]
    reviews: Sequence[Said]
    decisions: Sequence[Said]


class Owing:
    """Opens and ends what is owed of measures. `in_force` gives what is agreed with a controller."""

    def __init__(
        self, *, keeping: Keeping, committing: Committing, obligations: Obligations, queueing: Queueing,
        in_force: Callable[[UUID], Awaitable[InForce | None]],
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._committing = committing
        self._obligations = obligations
        self._queueing = queueing
        self._in_force = in_force

    async def due(self, controller: UUID) -> int:
        """What is new at one controller: opened, ended, or told. For the worker, in turn."""
        return await self.at(controller, await self.known())

    async def known(self) -> Known:
        """What is known now."""
        keeping = self._keeping
        return Known(await keeping.incidents(), await keeping.said("review", 1), await keeping.said("decision"))

    async def at(self, controller: UUID, known: Known) -> int:
        """The same at one controller, with what is known."""
        force = await self._in_force(controller) if controller != self._keeping.platform else None
        if force is None:
            return 0
        async with self._committing.transaction(controller) as change:
            done = await self._incidents(change, force, known.incidents)
            done += await self._review(change, force, known.reviews)
            for one in known.decisions:
                done += await self._tell(change, force, one) if one.at >= force.since else 0
        return done

    async def _incidents(self, change: Transaction, force: InForce, incidents: Sequence[Incident]) -> int:
        owed, done = await self._owed(change, RESTORE), 0
        for one in incidents:
            promise = to_restore(force.agreement, one.measure, one.id, max(one.opened_at, force.since))
            open_ = owed.get(promise.subject)
            if one.closed_at is None:
                if open_ is None and await self._obligations.find(change, RESTORE, promise.subject) is None:
                    await self._obligations.open(change, promise, by=PLATFORM)
                    done += 1
            elif open_ is not None:
                await self._end(change, open_, by=PLATFORM, proof=f"measure/{one.measure}/{one.id}")
                done += 1
        return done

    async def _review(self, change: Transaction, force: InForce, reviews: Sequence[Said]) -> int:
        """The next review is owed from the last on; a term that an amendment has changed moves its day."""
        last = next((one for one in reviews if one.at >= force.since), None)
        promise = to_review(
            force.agreement, f"review/{last.id}" if last else "agreement", last.at if last else force.since
        )
        owed, done = await self._owed(change, REVIEW), 0
        for subject, id in owed.items():
            if subject != promise.subject and last is not None:
                await self._end(change, id, by=last.by, proof=f"review/{last.id}")
                done += 1
        if promise.subject in owed:
            id = owed[promise.subject]
            return done + await self._obligations.move_if(
                change, id, promise.due, by=PLATFORM, reason="another-term"
            )  # fmt: skip
        if await self._obligations.find(change, REVIEW, promise.subject) is None:
            await self._obligations.open(change, promise, by=PLATFORM)
            done += 1
        return done

    async def _tell(self, change: Transaction, force: InForce, one: Said) -> int:
        """What takes a measure's place is told, once, with the reason of whoever decided it."""
        subject = f"measure-decision/{one.id}"
        if await change.connection.fetchval(queries.TOLD, change.controller, RESTORE, subject) is not None:
            return 0
        language = force.agreement.language
        line = catalogue.newest(one.measure)
        values = {
            "measure": line.said(language).name, "instead": one.said.instead, "reason": one.said.words,
            "judged": said(language, f"judged-{one.judged}"), "name": one.said.name, "day": day(language, one.at),
        }  # fmt: skip
        notice = Notice(
            kind="officer", clause=RESTORE, subject=subject, letter="security_measures/replaced", values=values
        )
        await self._queueing.queue(change, notice, by=one.by)
        return 1

    async def _owed(self, change: Transaction, clause: str) -> dict[str, UUID]:
        rows = await change.connection.fetch(queries.OWED, change.controller, clause)
        return {row["subject"]: row["obligation_id"] for row in rows}

    async def _end(self, change: Transaction, id: UUID, *, by: str, proof: str) -> None:
        with suppress(NotOpen):
            await self._obligations.discharge(change, id, by=by, proof=proof)
