"""What is drawn of backups: the last weeks as a strip, and how old the last good ones are against their term. Pure.

Places are percentages of the drawing's width; nothing in it is text.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from bailee.processing.backup import deadlines
from bailee.processing.backup.deadlines import Terms
from bailee.processing.backup.events import Check, Copy, Standing

DAY = timedelta(days=1)
WEEKS = 35 * DAY
SOON = 75


class Age(msgspec.Struct, frozen=True):
    """How much of a term has run since the last good one, in hundredths, and what that is called."""

    passed: int
    standing: Literal["calm", "soon", "late"]
    due_at: datetime


class Mark(msgspec.Struct, frozen=True):
    """A copy, a drill or a restore on the strip."""

    at: float
    kind: str
    good: bool


class Strip(msgspec.Struct, frozen=True):
    """The marks, from `since` to now."""

    since: datetime
    marks: tuple[Mark, ...]


def age(since: datetime, due: datetime, now: datetime) -> Age:
    """How a term stands that began then. It is late once it is over, and not before."""
    passed = 100 if now > due else min(max(int((now - since) / (due - since) * 100), 0), 99)
    return Age(passed, "late" if now > due else "soon" if passed >= SOON else "calm", due)


def ages(standing: Standing, terms: Terms, now: datetime) -> tuple[Age | None, Age | None]:
    """How old the last copy and the last drill are, against their terms."""
    last, drill = standing.last, standing.drill
    copied = age(last.taken_at, deadlines.next_copy(last.name, last.taken_at, terms).binding, now) if last else None
    proven = age(drill.ended_at, deadlines.next_drill(drill.id, drill.ended_at, terms).binding, now) if drill else None
    return copied, proven


def strip(copies: Sequence[Copy], checks: Sequence[Check], now: datetime) -> Strip:
    """What was made in the last five weeks; from the first of it on, where that is less."""
    marks = [(one.taken_at, one.kind, True) for one in copies] + [(one.ended_at, one.kind, one.good) for one in checks]
    first = min((at for at, _, _ in marks), default=now)
    since = min(max(first, now - WEEKS), now - DAY)
    shown = [Mark(round((at - since) / (now - since) * 100, 1), kind, good) for at, kind, good in marks if at >= since]
    return Strip(since, tuple(sorted(shown, key=lambda one: one.at)))
