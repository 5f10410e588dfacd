"""When a request must be answered: a month, two more where the person is told why in time. Pure.

Doubts about who asks stop no clock by themselves: Art. 12(6) lets the controller ask, and the month runs on.
"""

from datetime import datetime, timedelta

from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import Calendar, Due
from bailee.vocabulary.periods import Period

MONTH, TWO_MONTHS = Period(1, "months"), Period(2, "months")
BEFORE = (timedelta(days=10), timedelta(days=3), timedelta(days=1))
# Art. 19 names no period: ours, shown as such.
TELLING = Period(7, "days")
# How long the file of an ended request keeps its text: ours, for a complaint that comes later.
KEPT = Period(3, "years")


def calendar(agreement: Agreement) -> Calendar:
    """Where the days of this agreement are counted."""
    return Calendar.of(agreement.time_zone, agreement.holidays)


def answer(agreement: Agreement, received_at: datetime) -> Due:
    """When an answer is due."""
    return calendar(agreement).due(received_at, _answer(agreement))


def extended(agreement: Agreement, received_at: datetime) -> Due:
    """When it is due once extended: counted from receipt, both periods together."""
    first, more = _answer(agreement), Period.parse(agreement.terms.data_subject_requests.extension.value)
    if first.unit == more.unit:
        return calendar(agreement).due(received_at, Period(first.amount + more.amount, first.unit))
    due, further = answer(agreement, received_at), calendar(agreement)
    strict, generous = further.due(due.strict, more), further.due(due.generous, more)
    return Due(strict=strict.strict, generous=generous.generous, rule=f"{due.rule}, then {strict.rule}")


def telling(agreement: Agreement, since: datetime) -> Due:
    """When recipients should have been told: Art. 19 says no day, this is our target."""
    due = calendar(agreement).due(since, TELLING)
    return Due(strict=due.strict, generous=due.generous, rule=f"ours, Art. 19 names no period: {due.rule}")


def keeping(agreement: Agreement, ended_at: datetime) -> datetime:
    """Until when the text of an ended request is kept."""
    return calendar(agreement).due(ended_at, KEPT).strict


def reminders(due: Due, now: datetime) -> tuple[datetime, ...]:
    """When to remind: before the strict day, those that have not passed yet."""
    return tuple(sorted(at for before in BEFORE if (at := due.strict - before) > now))


def _answer(agreement: Agreement) -> Period:
    return Period.parse(agreement.terms.data_subject_requests.answer.value)
