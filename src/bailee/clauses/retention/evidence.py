"""What is shown of retention: the calendar of what goes by month, and what went. Pure: counts in, a drawing out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec

from bailee.clauses.retention.events import KEPT_BACK, NO_DAY, Count, Gone, Standing
from bailee.obligations.calendar import months_on

DUE = "due"  # in the place of a month: its day has come, and it is still there
MONTHS = 12  # drawn one by one; what goes later is drawn together
LATER = "later"
FULL = 100.0


class Bar(msgspec.Struct, frozen=True):
    """A month of the drawing: how many go in it, how many of them something keeps back today, and what they are.

    `wide` and `kept_wide` are percentages of the longest bar.
    """

    month: str
    number: int
    kept: int
    wide: float
    kept_wide: float
    parts: tuple[Count, ...]


class Outlook(msgspec.Struct, frozen=True):
    """What goes when. `overdue`: what should be gone and is not, by what keeps it; `undated`: what has no day yet."""

    bars: tuple[Bar, ...]
    overdue: Mapping[Standing, int]
    late: tuple[Count, ...]
    undated: tuple[Count, ...]

    @property
    def no_day(self) -> int:
        """How many have no day yet."""
        return sum(one.number for one in self.undated)

    @property
    def total(self) -> int:
        """All that is in it."""
        return sum(bar.number for bar in self.bars) + sum(self.overdue.values()) + self.no_day


def outlook(counts: Sequence[Count], today: date) -> Outlook:
    """The calendar of what goes, from the month of a day on."""
    months = [f"{months_on(today.replace(day=1), n):%Y-%m}" for n in range(MONTHS)]
    by_month: dict[str, list[Count]] = {month: [] for month in (*months, LATER)}
    late, undated = list[Count](), list[Count]()
    for one in counts:
        if one.month == NO_DAY:
            undated.append(one)
        elif one.month == DUE:
            late.append(one)
        else:
            by_month[min(max(one.month, months[0]), LATER) if one.month <= months[-1] else LATER].append(one)
    most = max((sum(one.number for one in parts) for parts in by_month.values()), default=0) or 1
    bars = tuple(_bar(month, parts, most) for month, parts in by_month.items() if parts or month != LATER)
    overdue: dict[Standing, int] = {}
    for one in late:
        overdue[one.standing] = overdue.get(one.standing, 0) + one.number
    return Outlook(bars, overdue, tuple(late), tuple(undated))


def kept_back(counts: Iterable[Count]) -> dict[Standing, int]:
    """Of what a rule would take, how many something keeps back today, by what."""
    found = dict.fromkeys(KEPT_BACK, 0)
    for one in counts:
        if one.standing in found:
            found[one.standing] += one.number
    return {standing: number for standing, number in found.items() if number}


def by_rule(gone: Iterable[Gone]) -> dict[UUID, int]:
    """How much each rule has taken so far."""
    found: dict[UUID, int] = {}
    for one in gone:
        found[one.rule] = found.get(one.rule, 0) + one.number
    return found


def _bar(month: str, parts: Sequence[Count], most: int) -> Bar:
    number = sum(one.number for one in parts)
    kept = sum(one.number for one in parts if one.standing != "free")
    return Bar(month, number, kept, round(number / most * FULL, 1), round(kept / most * FULL, 1), tuple(parts))
