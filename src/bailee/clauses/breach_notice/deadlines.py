"""When what a breach opens falls due. Pure.

Neither law nor agreement gives the processor hours: the target from awareness to the notice is a term of ours, said as
ours. Hours run through nights and holidays. What completes a notice has no period either: 72 hours from awareness is our
own figure. The authority's 72 hours are the controller's own (Art. 33(1)), and run from when it was told.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import Calendar
from bailee.obligations.promises import Promise
from bailee.vocabulary.periods import Period

NOTIFY, CONTENT, HELP = "breach.notify", "breach.content", "breach.help"
COMPLETE, AUTHORITY = Period(72, "hours"), Period(72, "hours")
OURS = "our own target, the agreement names no hours: "
OWN_FIGURE = "ours, Art. 33(4) names no period: "
SOON = timedelta(hours=24)


def subject_of(case: UUID, what: str = "") -> str:
    """What an obligation about a controller's file is about."""
    return f"breach/{case}{what}"


def notify(case: UUID, aware_at: datetime, agreement: Agreement) -> Promise:
    """The controller is told within the term, from awareness; reminded when half of it has passed."""
    term = agreement.terms.breach_notice.notice
    due = _calendar(agreement).due(aware_at, Period.parse(term.value))
    if term.ours:
        due = msgspec.structs.replace(due, rule=OURS + due.rule)
    half = aware_at + (due.strict - aware_at) / 2
    return Promise(
        clause=NOTIFY, subject=subject_of(case), owed_by="processor", owed_to="controller", due=due, evidence="notice",
        reminders=(half,),
    )  # fmt: skip


def complete(case: UUID, aware_at: datetime, agreement: Agreement) -> Promise:
    """What was not known yet is told, in as many notices as it takes; reminded a day before."""
    due = _calendar(agreement).due(aware_at, COMPLETE)
    due = msgspec.structs.replace(due, rule=OWN_FIGURE + due.rule)
    return Promise(
        clause=CONTENT, subject=subject_of(case), owed_by="processor", owed_to="controller", due=due, evidence="notice",
        reminders=(due.strict - SOON,),
    )  # fmt: skip


def authority(case: UUID, told_at: datetime, agreement: Agreement) -> Promise:
    """The controller's own clock, from when it was told; it says itself what it has done."""
    due = _calendar(agreement).due(told_at, AUTHORITY)
    return Promise(
        clause=HELP, subject=subject_of(case, "/authority"), owed_by="controller", owed_to="authority", due=due,
        evidence="remark", reminders=(due.strict - SOON,),
    )  # fmt: skip


def _calendar(agreement: Agreement) -> Calendar:
    return Calendar.of(agreement.time_zone, agreement.holidays)
