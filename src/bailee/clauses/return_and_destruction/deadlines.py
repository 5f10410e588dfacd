"""When destruction is due, and from when it is lawful. Pure: instants and terms in, instants out.

A period in days ends on a day, counted in the agreement's time zone; the event's own day is not counted
(Regulation 1182/71, Art. 3(1)). What binds the processor never rolls forward over a holiday.
"""

from datetime import datetime, timedelta

import msgspec

from bailee.clauses.return_and_destruction.events import Ending
from bailee.contract.agreement import Agreement
from bailee.contract.days import day_after
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
        day = max(day, day_after(returned_at or ended_at, retrieval, agreement.time_zone))
    return day


def readings(agreement: Agreement, ended_at: datetime, returned_at: datetime | None) -> list[Reading]:
    """Every reading of the term, both kept: which day it gives, and whether it is the one that binds."""
    term = agreement.terms.return_and_destruction.destruction
    counted = {FROM_THE_END: ended_at, FROM_THE_RETURN: returned_at}
    found = []
    for one in term.readings:
        start = counted.get(one.name, ended_at)
        day = day_after(start, Period.parse(one.value), agreement.time_zone) if start else None
        found.append(Reading(one.name, one.rule, day, one.name == term.strict))
    if not found:
        day = day_after(ended_at, Period.parse(term.value), agreement.time_zone)
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
    return [day_after(ended_at, Period.parse(one), agreement.time_zone) for one in reminders]
