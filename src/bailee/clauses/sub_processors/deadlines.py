"""When a controller's time to object is over. Pure.

The period of the term runs from when the notice arrives, in the agreement's calendar. It is the controller's: the later
of its two readings counts, the earlier is kept beside it.
"""

from datetime import datetime, timedelta

from bailee.contract.agreement import Agreement
from bailee.contract.terms.term import Term
from bailee.obligations.calendar import Calendar, Due
from bailee.vocabulary.periods import Period

A_DAY = timedelta(days=1)
REMIND_BEFORE = timedelta(days=2)
BEFORE = "before it begins, our own target where it begins at once: within a day; it begins for nobody who is not told"
NO_PERIOD = "no period in law or agreement: our own reminder, 30 days after the objection"
WRITTEN_DOWN = "a day after the time to object: then what came of it is written down"
EFFECT_WITHIN = timedelta(days=30)
JUDGED = "before it is to begin; our own target where it is to begin at once: 14 days"
JUDGED_WITHIN = timedelta(days=14)


def window(agreement: Agreement, arrived_at: datetime) -> Due:
    """The time to object, from when the notice arrived."""
    calendar = Calendar.of(agreement.time_zone, agreement.holidays)
    return calendar.due(arrived_at, Period.parse(_value(agreement.terms.sub_processors.objection)))


def reminders(due: Due, arrived_at: datetime) -> tuple[datetime, ...]:
    """When the controller is reminded before its time is over; not at all where it is that short."""
    at = due.strict - REMIND_BEFORE
    return (at,) if at > arrived_at else ()


def telling_due(begins_at: datetime, approved_at: datetime) -> Due:
    """We tell before it begins; where that has come, within a day: until then nothing of this controller's flows."""
    at = max(begins_at, approved_at + A_DAY)
    return Due(strict=at, generous=at, rule=BEFORE)


def waiting_due(due: Due) -> Due:
    """We wait for as long as the controller may object, and write down the day after that it did not."""
    at = due.generous + A_DAY
    return Due(strict=at, generous=at, rule=WRITTEN_DOWN)


def judging_due(begins_at: datetime, proposed_at: datetime) -> Due:
    """A proposal is judged before it is to begin, or within our own target where it is to begin at once."""
    at = begins_at if begins_at > proposed_at + A_DAY else proposed_at + JUDGED_WITHIN
    return Due(strict=at, generous=at, rule=JUDGED)


def effect_due(decided_at: datetime) -> Due:
    """We do what the agreement says that an objection does."""
    at = decided_at + EFFECT_WITHIN
    return Due(strict=at, generous=at, rule=NO_PERIOD)


def _value(term: Term) -> str:
    return str(term.value)
