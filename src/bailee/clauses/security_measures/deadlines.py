"""Deadlines of this clause. Pure.

How often measures are reviewed is a term of the agreement. How soon one that fails holds again the text does not say:
where the agreement has no figure either, the target is ours and shown as ours.
"""

from datetime import datetime, timedelta
from uuid import UUID

from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import Calendar
from bailee.obligations.promises import Promise
from bailee.vocabulary.periods import Period

REVIEW, RESTORE = "security.measures", "security.no-regression"
OURS = "72 hours"
REMINDED = (timedelta(days=30), timedelta(days=7))


def to_restore(agreement: Agreement, measure: str, incident: UUID, at: datetime) -> Promise:
    """A measure that does not hold is made to hold again."""
    term = agreement.terms.security_measures.restore
    due = _calendar(agreement).due(at, Period.parse(term.value if term else OURS))
    return Promise(
        clause=RESTORE, subject=f"measure/{measure}/{incident}", owed_by="processor", owed_to="controller", due=due,
        evidence="holds again",
    )  # fmt: skip


def to_review(agreement: Agreement, after: str, at: datetime) -> Promise:
    """The measures are reviewed within their term of the last review, or of the day the agreement came into force."""
    due = _calendar(agreement).due(at, Period.parse(agreement.terms.security_measures.review.value))
    reminders = tuple(due.strict - one for one in REMINDED if due.strict - one > at)
    return Promise(
        clause=REVIEW, subject=f"measures/{after}", owed_by="processor", owed_to="controller", due=due,
        evidence="review", reminders=reminders,
    )  # fmt: skip


def _calendar(agreement: Agreement) -> Calendar:
    return Calendar.of(agreement.time_zone, agreement.holidays)
