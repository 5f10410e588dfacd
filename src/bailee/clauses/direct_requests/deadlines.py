"""When a message must have reached its controller, and until when it is kept. Pure."""

from datetime import datetime, timedelta

from bailee.clauses.direct_requests.rights import COMPLAINT
from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import Calendar, Due
from bailee.obligations.promises import Promise
from bailee.vocabulary.periods import Period

FORWARD, COMPLAIN, OWN = "rights.forward", "rights.complaint", "parties.contacts"
# "On receipt" has no hours. It is done within seconds; what a mail server's absence makes of that shows after an hour.
# Both figures are ours, not the agreement's.
ON_RECEIPT = timedelta(hours=1)
# While nobody is found, as if it were a complaint of the strictest agreement.
UNASSIGNED = timedelta(hours=72)
# How long a message is kept once it was passed on, set aside, or answered.
KEPT, SET_ASIDE = timedelta(days=30), timedelta(days=7)
ANSWER = Period(1, "months")


def promises(kinds: tuple[str, ...], request: str, received_at: datetime, agreement: Agreement) -> list[Promise]:
    """What is owed to the controller for a message about these rights: both clocks run where it is both.

    A message nobody understands is passed on like a request.
    """
    owed = [] if kinds == (COMPLAINT,) else [_forward(request, received_at, agreement)]
    return [*owed, *([complaint(request, received_at, agreement)] if COMPLAINT in kinds else [])]


def complaint(request: str, received_at: datetime, agreement: Agreement) -> Promise:
    """A complaint reaches the controller within the term, from receipt."""
    period = Period.parse(agreement.terms.data_subject_requests.complaint.value)
    due = Calendar.of(agreement.time_zone, agreement.holidays).due(received_at, period)
    half = received_at + (due.strict - received_at) / 2
    return _owed(COMPLAIN, request, due, reminders=(half,))


def unassigned(message: str, kinds: tuple[str, ...], received_at: datetime) -> Promise:
    """Someone decides to whom a message goes; of a complaint it is the complaint's own clock that runs."""
    end = received_at + UNASSIGNED
    due = Due(end, end, "72 hours from receipt while nobody is found, as if it were a complaint (our own figure)")
    clause = COMPLAIN if COMPLAINT in kinds else FORWARD
    return _owed(clause, message, due, reminders=(received_at + timedelta(hours=4), received_at + timedelta(hours=48)))


def own(message: str, received_at: datetime, time_zone: str, holidays: str) -> Promise:
    """A request about the processor's own contact data is answered by the processor (Art. 12(3))."""
    due = Calendar.of(time_zone, holidays).due(received_at, ANSWER)
    return Promise(
        clause=OWN, subject=message, owed_by="processor", owed_to="person", due=due, evidence="answer",
        reminders=(due.strict - timedelta(days=7),),
    )  # fmt: skip


def _forward(request: str, received_at: datetime, agreement: Agreement) -> Promise:
    said = agreement.terms.data_subject_requests.forward.value
    try:
        period = Period.parse(said)
    except ValueError:
        end = received_at + ON_RECEIPT
        due = Due(end, end, f"{said}: done within seconds, shown as late after one hour (our own figure)")
    else:
        due = Calendar.of(agreement.time_zone, agreement.holidays).due(received_at, period)
    return _owed(FORWARD, request, due)


def _owed(clause: str, subject: str, due: Due, reminders: tuple[datetime, ...] = ()) -> Promise:
    return Promise(
        clause=clause, subject=subject, owed_by="processor", owed_to="controller", due=due, evidence="notice",
        reminders=reminders,
    )  # fmt: skip
