"""What is held about a person as a drawing: a bar for each kind, from its first record to the day it goes. Pure.

Places are percentages of the drawing's width, so that it fits a telephone as it fits a desk. What has no end of its
own runs out of the picture on the right: the last part of the width stands for whatever comes after.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

TICK, WHOLE, BEFORE = timedelta(microseconds=1), 100.0, 88.0

# Since when, when the first of them ends, when the last does; None where there is no end.
Span = tuple[datetime, datetime | None, datetime | None]


class Bar(msgspec.Struct, frozen=True):
    """Where a kind is drawn: whole from `since` to `first`, thinning out to `last`; `open` runs on out of the picture."""

    since: float
    first: float
    last: float
    open: bool


class Picture(msgspec.Struct, frozen=True):
    """The bars, where now is on them, and the instants at both ends; no `until` where nothing has an end."""

    bars: tuple[Bar, ...]
    now: float
    since: datetime
    until: datetime | None


def drawn(spans: Sequence[Span], now: datetime) -> Picture:
    """The picture of what is held, at an instant."""
    start = min((since for since, _, _ in spans), default=now)
    ends = [end for _, first, last in spans for end in (first, last) if end is not None]
    until = max(ends, default=None)
    whole = max(until or now, now) - start or TICK
    wide = BEFORE if any(last is None for _, _, last in spans) else WHOLE

    def place(instant: datetime) -> float:
        return round(min(max((instant - start) / whole, 0.0), 1.0) * wide, 1)

    bars = tuple(
        Bar(place(since), place(first) if first else WHOLE, place(last) if last else WHOLE, last is None)
        for since, first, last in spans
    )
    return Picture(bars, place(now), start, until)
