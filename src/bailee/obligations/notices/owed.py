"""What the processor owes for a notice that does not arrive (parties.addresses). Pure.

The agreement gives these no hours; a day is our own target, shown as ours.
"""

from datetime import datetime, timedelta
from uuid import UUID

from bailee.obligations.calendar import Due
from bailee.obligations.promises import Promise

CLAUSE = "parties.addresses"
A_DAY = timedelta(days=1)


def unsent_promise(notice: UUID, now: datetime) -> Promise:
    """It has not left for an hour: it must leave within a day of that."""
    return _promise(f"notice/{notice}/unsent", now, "our own target: a day after it stayed unsent", "notice")


def failed_promise(notice: UUID, round: int, now: datetime) -> Promise:
    """It will not arrive this way: a human gives it another within a day."""
    return _promise(f"notice/{notice}/failed/{round}", now, "our own target: a day after it failed", "another way")


def _promise(subject: str, now: datetime, rule: str, evidence: str) -> Promise:
    due = Due(strict=now + A_DAY, generous=now + A_DAY, rule=rule)
    return Promise(
        clause=CLAUSE, subject=subject, owed_by="processor", owed_to="controller", due=due, evidence=evidence
    )
