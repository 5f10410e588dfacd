"""Duties that a negotiated clause adds: data of the agreement, run like the built-in ones.

The worker opens them: whatever a trigger's clause has opened, and whichever of the contract's own days have come,
that has no obligation of the duty yet. So a duty is never opened twice, never lost in a crash, and its period counts
from the event, not from when the worker came by. Nothing from before the agreement was signed counts.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from uuid import UUID

from bailee.contract.agreement import Agreement, CustomDuty
from bailee.contract.force import InForce
from bailee.contract.triggers import TRIGGERS
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.obligations import queries
from bailee.obligations.calendar import Calendar, months_on
from bailee.obligations.obligations import Obligations
from bailee.obligations.promises import Promise, Side
from bailee.vocabulary.periods import Period

AT_ONCE = 200
CUSTOM = "custom."


Event = tuple[str, datetime]
InForceOf = Callable[[UUID], Awaitable[InForce | None]]


class CustomDuties:
    """Opens what negotiated clauses add. `in_force` gives what is in force for a controller, if anything is."""

    def __init__(
        self, *, obligations: Obligations, committing: Committing, clock: Clock, in_force: InForceOf,
    ) -> None:  # fmt: skip
        self._obligations = obligations
        self._committing = committing
        self._clock = clock
        self._in_force = in_force

    async def due(self, controller: UUID) -> int:
        """Open what its trigger has brought about; how many. For the worker."""
        force = await self._in_force(controller)
        duties = force.agreement.custom_duties if force is not None else ()
        return sum([await self._open(controller, force, one) for one in duties if force is not None])

    async def _open(self, controller: UUID, force: InForce, duty: CustomDuty) -> int:
        async with self._committing.transaction(controller) as change:
            events = await self._events(change, force, duty)
            for subject, at in events:
                await self._obligations.open(change, promise(force.agreement, duty, subject, at), by="platform")
        return len(events)

    async def _events(self, change: Transaction, force: InForce, duty: CustomDuty) -> list[Event]:
        """What has opened the duty and has no obligation of it yet."""
        clause, source = clause_of(duty), TRIGGERS[duty.trigger].clause
        if source:
            rows = await change.connection.fetch(
                queries.UNANSWERED, change.controller, source, clause, force.since, AT_ONCE
            )
            return [(row["subject"], row["opened_at"]) for row in rows]
        come = days(force, duty.trigger, self._clock.now())
        return [one for one in come if await self._obligations.find(change, clause, one[0]) is None]


def adds_duties(agreement: Agreement) -> bool:
    """Whether a negotiated clause may have something fall due at any time."""
    return bool(agreement.custom_duties)


def clause_of(duty: CustomDuty) -> str:
    """The clause under which a duty's obligations stand."""
    return f"{CUSTOM}{duty.id}"


def promise(agreement: Agreement, duty: CustomDuty, subject: str, at: datetime) -> Promise:
    """What a duty makes one party owe the other, after an event. Reminders count from the event, as the period does."""
    calendar = Calendar.of(agreement.time_zone, agreement.holidays)
    owed_by: Side = "processor" if duty.owed_to == "controller" else "controller"
    return Promise(
        clause=clause_of(duty), subject=subject, owed_by=owed_by, owed_to=duty.owed_to,
        due=calendar.due(at, Period.parse(duty.period)), evidence=duty.evidence,
        reminders=tuple(calendar.opens(at, Period.parse(one)) for one in duty.reminders),
    )  # fmt: skip


def days(force: InForce, trigger: str, now: datetime) -> list[Event]:
    """The contract's own days that have come since it was signed: of its coming into force, or each anniversary."""
    agreement = force.agreement
    calendar = Calendar.of(agreement.time_zone, agreement.holidays)
    start = agreement.in_force_from
    if trigger == "agreement-in-force":
        begun = max(calendar.first(start), force.since)
        return [(f"agreement/{start}", begun)] if begun <= now else []
    found: list[Event] = []
    until = min(now, force.ended_at or now)
    for years in range(1, calendar.day(now).year - start.year + 1):
        day: date = months_on(start, 12 * years)
        if force.since <= calendar.first(day) <= until:
            found.append((f"anniversary/{day}", calendar.first(day)))
    return found
