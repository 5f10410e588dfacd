"""When destruction is due, and from when it is lawful. Pure: instants and terms in, instants out.

Days are counted by the legal calendar, always in its strict reading: what binds the processor never runs on over a
holiday. Destruction happens by itself from the first instant of the last day, and no sooner.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bailee.clauses.return_and_destruction.events import Ending
from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import Calendar, Due
from bailee.obligations.promises import Promise
from bailee.vocabulary.periods import Period

DAY = timedelta(days=1)
FROM_THE_END, FROM_THE_RETURN = "after-the-end", "after-the-return"


class Reading(msgspec.Struct, frozen=True):
    """One reading of the term, and the day on which it says that everything is gone."""

    name: str
    rule: str
    day: datetime | None
    binds: bool


class TooEarly(msgspec.Struct, frozen=True):
    """Destruction was asked before it is lawful: why, and the earliest instant."""

    clause: str
    reason: str
    earliest: datetime


def last_day(agreement: Agreement, ended_at: datetime, returned_at: datetime | None = None) -> datetime:
    """The first instant of the day by which everything is destroyed: the earlier of the readings binds.

    Where the Data Act applies, its retrieval term is kept as well, and moves the day.
    """
    days = [reading.day for reading in readings(agreement, ended_at, returned_at) if reading.day is not None]
    day = min(days)
    if agreement.data_act == "applies":
        retrieval = Period.parse(agreement.terms.return_and_destruction.retrieval.value)
        day = max(day, _calendar(agreement).opens(returned_at or ended_at, retrieval))
    return day


def readings(agreement: Agreement, ended_at: datetime, returned_at: datetime | None) -> list[Reading]:
    """Every reading of the term, both kept: which day it gives, and whether it is the one that binds."""
    term = agreement.terms.return_and_destruction.destruction
    counted = {FROM_THE_END: ended_at, FROM_THE_RETURN: returned_at}
    found = []
    for one in term.readings:
        start = counted.get(one.name, ended_at)
        day = _calendar(agreement).opens(start, Period.parse(one.value)) if start else None
        found.append(Reading(one.name, one.rule, day, one.name == term.strict))
    if not found:
        day = _calendar(agreement).opens(ended_at, Period.parse(term.value))
        found.append(Reading(FROM_THE_END, "the term as it stands", day, True))
    return found


def too_early(ending: Ending, now: datetime) -> TooEarly | None:
    """Why destruction may not happen yet; None when it may."""
    if ending.settled or now >= ending.last_day:
        return None
    reason = (
        "the controller has not acknowledged the return yet"
        if ending.returned_at
        else "the data have not been returned yet"
    )
    return TooEarly("end.destroy", reason, ending.last_day)


def escalations(agreement: Agreement, ended_at: datetime) -> list[datetime]:
    """The days on which a return that nobody acknowledged is called up again."""
    reminders = agreement.terms.return_and_destruction.reminders
    return [_calendar(agreement).opens(ended_at, Period.parse(one)) for one in reminders]


def destruction_owed(agreement: Agreement, controller: UUID, ended_at: datetime, day: datetime) -> Promise:
    """What the end makes the processor owe: every copy gone before the day that binds is over."""
    calendar = _calendar(agreement)
    last = calendar.last(calendar.day(day))
    binding = next((one for one in readings(agreement, ended_at, None) if one.day == day), None)
    rule = binding.rule if binding else "the later day of the Data Act's retrieval term"
    return Promise(
        clause="end.destroy", subject=subject(controller), owed_by="processor", owed_to="controller",
        due=Due(last, last, rule), evidence="destruction",
    )  # fmt: skip


def acknowledgement_owed(agreement: Agreement, controller: UUID, ended_at: datetime, day: datetime) -> Promise:
    """What the return makes the controller owe: to say that it has its data, called up again each time higher."""
    calendar = _calendar(agreement)
    last = calendar.last(calendar.day(day))
    return Promise(
        clause="end.return", subject=subject(controller), owed_by="controller", owed_to="processor",
        due=Due(last, last, "before the last day of destruction is over"), evidence="acknowledgement",
        reminders=tuple(one for one in escalations(agreement, ended_at) if one < last),
    )  # fmt: skip


def subject(controller: UUID) -> str:
    """What the obligations of an end are about."""
    return f"end/{controller}"


def _calendar(agreement: Agreement) -> Calendar:
    return Calendar.of(agreement.time_zone, agreement.holidays)
