"""How the working days before an audit were counted, as a small calendar: every day, and why it was not. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from bailee.clauses.audits.deadlines import Terms
from bailee.obligations import holidays
from bailee.obligations.calendar import DAY, Working

Mark = Literal["counted", "by-one-reading", "weekend", "holiday", "outside"]
MOST_WEEKS = 30


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A day: whether it was counted, and what happens on it."""

    day: date
    mark: Mark
    begins: bool
    told: bool
    strict: bool
    generous: bool


class Drawn(msgspec.Struct, frozen=True):
    """The weeks from the latest day for the notice to the audit, Monday first; `numbers` counts each reading's days."""

    weeks: tuple[tuple[Cell, ...], ...]
    numbers: Mapping[Working, int]
    cut: bool


def drawn(terms: Terms, first: date, told: date) -> Drawn:
    """The days of the notice before an audit that begins on `first` and was told of on `told`."""
    calendar, due = terms.calendar, terms.latest(first)
    strict, generous = calendar.day(due.strict), calendar.day(due.generous)
    start = _monday(min(strict, generous))
    cut = (first - start).days >= 7 * MOST_WEEKS
    start = max(start, _monday(first) - (MOST_WEEKS - 1) * 7 * DAY)
    days = [start + n * DAY for n in range((_monday(first) - start).days + 7)]
    kinds = calendar.working if terms.period.unit == "working-days" else ()
    begun = {kind: min(strict, generous) if kind == kinds[0] else max(strict, generous) for kind in kinds}
    counted = {
        day: [kind for kind in kinds if begun[kind] < day < first and calendar.works(day, kind)] for day in days
    }  # fmt: skip
    cells = [
        Cell(
            day=day, mark=_mark(terms, day, counted[day], inside=min(strict, generous) < day < first),
            begins=day == first, told=day == told, strict=day == strict, generous=day == generous,
        )
        for day in days
    ]  # fmt: skip
    numbers = {kind: sum(kind in one for one in counted.values()) for kind in kinds}
    return Drawn(tuple(tuple(cells[n : n + 7]) for n in range(0, len(cells), 7)), numbers, cut)


def _mark(terms: Terms, day: date, counted: list[Working], *, inside: bool) -> Mark:
    calendar = terms.calendar
    if not inside:
        return "outside"
    if terms.period.unit != "working-days" or len(counted) == len(calendar.working):
        return "counted"
    if counted:
        return "by-one-reading"
    return "holiday" if day in holidays.of(calendar.holidays, day.year) else "weekend"


def _monday(day: date) -> date:
    return day - day.weekday() * DAY
