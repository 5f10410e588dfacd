"""The dial of one obligation, its clock drawn: from the instant it was opened to the last that counts. Pure.

Places are percentages of the drawing's width, so that it fits a telephone as it fits a desk; nothing in it is text.
"""

from datetime import datetime, timedelta

import msgspec

from bailee.obligations.promises import Obligation

TICK, WHOLE = timedelta(microseconds=1), 100.0


class Dial(msgspec.Struct, frozen=True):
    """Where what stands on the way of an obligation is drawn: how far its time has run, and what comes when.

    `passed` is the share of the time up to the instant that binds. The time that lies between the two readings goes
    from `strict` to `generous`; `at` is now, or when it ended.
    """

    passed: int
    at: float
    strict: float
    generous: float
    binding: float
    reminders: tuple[float, ...]
    over: bool


def dial(one: Obligation, now: datetime) -> Dial:
    """The dial of an obligation at an instant. One that ended stands still where it did."""
    promise, at = one.promise, one.ended_at or now
    start = min(one.opened_at, promise.due.strict)
    span = max(promise.due.strict, promise.due.generous, at) - start or TICK

    def place(instant: datetime) -> float:
        return round(min(max((instant - start) / span, 0.0), 1.0) * WHOLE, 1)

    return Dial(
        passed=_share(one, at), at=place(at), strict=place(promise.due.strict), generous=place(promise.due.generous),
        binding=place(promise.binding), reminders=tuple(map(place, promise.reminders)), over=at > promise.binding,
    )  # fmt: skip


def _share(one: Obligation, at: datetime) -> int:
    """How much of the time has run, in whole hundredths; all of it only when it has."""
    whole, run = one.promise.binding - one.opened_at, at - one.opened_at
    return 100 if run >= whole else max(int(run / whole * 100), 0)
