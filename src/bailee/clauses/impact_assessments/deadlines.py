"""Until when help is owed, and until when a measure is to be applied. Pure."""

from datetime import date, datetime
from uuid import UUID

from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import Calendar, Due
from bailee.obligations.promises import Promise
from bailee.vocabulary.periods import Period

ASSIST, APPLY = "dpia.assist", "dpia.conclusions"
RULE = "until the end of the day that the controller named"


def assistance(assessment: UUID, agreement: Agreement, asked_at: datetime) -> Promise:
    """Our answer to what was asked: the term is a target of ours."""
    term = agreement.terms.impact_assessments.assistance
    calendar = Calendar.of(agreement.time_zone, agreement.holidays)
    return Promise(
        clause=ASSIST, subject=f"impact-assessment/{assessment}", owed_by="processor", owed_to="controller",
        due=calendar.due(asked_at, Period.parse(term.value)), evidence="answer",
    )  # fmt: skip


def measure(assessment: UUID, number: int, agreement: Agreement, due_on: date) -> Promise:
    """A measure that the controller's conclusions name, until the end of the day that it named."""
    last = Calendar.of(agreement.time_zone, agreement.holidays).last(due_on)
    return Promise(
        clause=APPLY, subject=f"impact-measure/{assessment}/{number}", owed_by="processor", owed_to="controller",
        due=Due(last, last, RULE), evidence="application",
    )  # fmt: skip
