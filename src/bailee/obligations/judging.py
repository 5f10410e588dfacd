"""Judging: what an instant makes of an obligation. Pure, so that years of it can be run in a second.

An obligation is kept in time up to and including its due instant. Whoever looks is told what to say (a reminder, an
infringement, nothing) and when to look again; looking twice at the same instant says nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

TICK = timedelta(microseconds=1)


class Looked(msgspec.Struct, frozen=True):
    """What a look found: whether to remind, since when it is late (None: it is not), when to look again."""

    remind: bool
    infringed_at: datetime | None
    look_at: datetime | None


def first_look(due: datetime, reminders: Sequence[datetime]) -> datetime:
    """When an obligation must first be looked at: the first reminder, or the instant at which it is late."""
    return min([*reminders, due + TICK])


def look(
    now: datetime,
    *,
    due: datetime,
    reminders: Sequence[datetime],
    since: datetime,
    ended_at: datetime | None,
    infringed: bool,
) -> Looked:
    """What there is to say now of an obligation that was to be looked at at `since`.

    One that ended is judged by the instant at which it ended, or by now where a clock that was wrong then has been
    set right since.
    """
    judged = now if ended_at is None else min(ended_at, now)
    if judged > due:
        return Looked(False, None if infringed else due, None)
    if ended_at is not None:
        return Looked(False, None, None)
    coming = [one for one in reminders if one > now]
    return Looked(any(since <= one <= now for one in reminders), None, first_look(due, coming))


def look_after_end(ended_at: datetime, *, due: datetime, opened_at: datetime, infringed: bool) -> datetime | None:
    """Whether an obligation that ends now is looked at once more, because it ends late and nothing says so yet."""
    return opened_at if ended_at > due and not infringed else None
