"""Judging: what a look makes of a measure. Pure, so that a year of looks can be run in a second.

A measure that flaps is one incident: it is closed only when it has held for an hour on end. What could not be looked at
says nothing for a day; after that, not knowing is an incident of its own.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import zip_longest

import msgspec

from bailee.clauses.security_measures.events import FAILED, HOLDS, LAPSED, Found, Kept, Standing, State

SETTLED = timedelta(hours=1)
BLIND = timedelta(days=1)
WORST: tuple[State, ...] = ("broken", "unknown", "attested", "proven", "idle")


class Judged(msgspec.Struct, frozen=True):
    """How it stands now; whether that is a change, whether its history keeps a line, and what becomes of its incident."""

    standing: Standing
    changed: bool
    kept: bool
    opens: bool
    closes: bool


def judge(before: Standing | None, measure: str, found: Found, now: datetime, *, watched: bool) -> Judged:
    """What one look found. `watched`: an incident may come of it; what is only declared is held at the start instead."""
    changed = before is None or (before.found.state, before.found.reason) != (found.state, found.reason)
    since = now if before is None or before.found.state != found.state else before.since_at
    incident = before.incident if before else None
    holds = found.state in HOLDS
    holds_since = ((before.holds_since if before else None) or now) if incident and holds else None
    closes = holds_since is not None and now - holds_since >= SETTLED
    opens = watched and incident is None and _fails(found, since, now)
    kept = changed or before is None or before.kept_on < now.date()
    standing = Standing(
        measure=measure, found=found, since_at=since, looked_at=now,
        kept_on=now.date() if before is None or kept else before.kept_on,
        incident=None if closes else incident, holds_since=None if closes else holds_since,
    )  # fmt: skip
    return Judged(standing, changed, kept, opens, closes)


def _fails(found: Found, since: datetime, now: datetime) -> bool:
    if found.state == "unknown":
        return found.reason == LAPSED or (found.reason == FAILED and now - since >= BLIND)
    return found.state == "broken"


class Cell(msgspec.Struct, frozen=True):
    """One day of a measure's strip: the worst that was found on it; empty before anything was."""

    day: date
    state: State | None


def strip(kept: Sequence[Kept], now: datetime, days: int) -> tuple[Cell, ...]:
    """The last days of a measure, each by its worst; a day without a line goes on as the last one ended.

    A day of which nothing is known although it was looked at before (the platform stood still) is unknown.
    """
    first = now.date() - timedelta(days=days - 1)
    by_day: dict[date, list[State]] = {}
    for one in kept:
        by_day.setdefault(one.at.date(), []).append(one.state)
    begun = min(by_day, default=None)
    cells = []
    for number in range(days):
        day = first + timedelta(days=number)
        states = by_day.get(day)
        known = begun is not None and begun < day
        cells.append(Cell(day, worst(states) if states else "unknown" if known else None))
    return tuple(cells)


def changes(kept: Sequence[Kept]) -> list[Kept]:
    """Of a history, the latest first: the lines at which the state became another."""
    return [one for one, before in zip_longest(kept, kept[1:]) if before is None or before.state != one.state]


def worst(states: Iterable[State]) -> State:
    """The worst of some states."""
    return min(states, key=WORST.index)
