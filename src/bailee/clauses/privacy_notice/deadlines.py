"""Until when a controller has filled in what its notice lacks. Pure."""

from datetime import datetime

from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import Calendar, Due
from bailee.obligations.promises import Promise
from bailee.vocabulary.periods import Period

CLAUSE = "rights.inform"
OURS = Period(30, "days")  # the law says "when data are obtained": this is a reminder of ours, not a term


SUBJECT = "privacy-notice/"


def gap_of(subject: str) -> str:
    """The gap that an obligation is about; empty for any other."""
    return subject.removeprefix(SUBJECT).partition("/")[2] if subject.startswith(SUBJECT) else ""


def missing(gap: str, agreement: Agreement, digest: str, now: datetime) -> Promise:
    """A gap of the notice under one agreement. The clock begins when it is first seen."""
    due = Calendar.of(agreement.time_zone, agreement.holidays).due(now, OURS)
    told = Due(due.strict, due.generous, f"{due.rule}; a reminder of ours: the law wants it when data are collected")
    return Promise(
        clause=CLAUSE, subject=f"{SUBJECT}{digest[:12]}/{gap}", owed_by="controller", owed_to="person", due=told,
        evidence="filled in",
    )  # fmt: skip
