"""Deadlines of this clause. Pure. The agreement says "at once" and no hours: the day is our own target, shown as ours."""

from datetime import datetime, timedelta
from uuid import UUID

from bailee.obligations.calendar import Due
from bailee.obligations.promises import Promise

TOLD_WITHIN = timedelta(days=1)
CONFIRMED_WITHIN = timedelta(days=7)


def to_tell(clause: str, contact: UUID, now: datetime) -> Promise:
    """A change is told at once."""
    due = Due(strict=now + TOLD_WITHIN, generous=now + TOLD_WITHIN, rule="at once; our own target: within a day")
    return Promise(
        clause=clause,
        subject=f"contact/{contact}",
        owed_by="processor",
        owed_to="controller",
        due=due,
        evidence="notice",
    )


def to_confirm(clause: str, contact: UUID, now: datetime) -> Promise:
    """A new address is confirmed by whoever reads it; until then the one before stays."""
    due = Due(
        strict=now + CONFIRMED_WITHIN, generous=now + CONFIRMED_WITHIN, rule="seven days, for as long as the link opens"
    )
    return Promise(
        clause=clause, subject=f"contact/{contact}/confirm", owed_by="controller", owed_to="processor", due=due,
        evidence="confirmation from the address itself",
    )  # fmt: skip
