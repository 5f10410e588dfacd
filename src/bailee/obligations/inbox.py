"""The inbox: what is owed, as its reader is shown it; and the coming weeks as a picture. Pure.

Nothing is said by colour alone: each standing has a word, an icon and, in the picture, a shape of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from bailee.obligations.dials import Dial, dial
from bailee.obligations.promises import Obligation, Side

Standing = Literal["late", "today", "soon", "later", "kept", "kept-late", "withdrawn"]
Show = Literal["all", "ours", "theirs", "late", "ended"]
SHOWS: tuple[Show, ...] = ("all", "late", "ours", "theirs", "ended")
DAY, SOON = timedelta(days=1), timedelta(days=7)
SHOWN = 200
WEEKS, WIDE, LEFT, RIGHT, TOP, ROW, MOST = 6, 960, 40, 20, 34, 20, 7


class Row(msgspec.Struct, frozen=True):
    """One obligation in the list: how it stands, in how many whole days, whether the reader owes it, and its dial."""

    one: Obligation
    standing: Standing
    days: int
    ours: bool
    controller: str
    dial: Dial


class Mark(msgspec.Struct, frozen=True):
    """One obligation in the picture: where, and how it stands."""

    x: float
    y: float
    row: Row


class Week(msgspec.Struct, frozen=True):
    """The line at which a week begins, its day, and how many fall due in it: late ones stand in the first."""

    x: float
    day: datetime
    late: int = 0
    ours: int = 0
    theirs: int = 0


class Timeline(msgspec.Struct, frozen=True):
    """The coming weeks: `more` counts, by place, what found no room."""

    wide: int
    high: int
    today: float
    weeks: tuple[Week, ...]
    marks: tuple[Mark, ...]
    more: tuple[tuple[float, int], ...]


class Inbox(msgspec.Struct, frozen=True):
    """What a reader is shown: rows, what of them there is in numbers, and the picture."""

    rows: tuple[Row, ...]
    show: Show
    whose: UUID | None
    several: bool
    counts: Mapping[str, int]
    page: int
    more: bool
    timeline: Timeline | None

    @property
    def together(self) -> list[tuple[Row, int]]:
        """The rows with what looks the same told once: its first, and how many there are."""
        alike: dict[tuple[str, Standing, int, Side, UUID], list[Row]] = {}
        for row in self.rows:
            promise = row.one.promise
            alike.setdefault((promise.clause, row.standing, row.days, promise.owed_by, row.one.controller), []).append(
                row
            )
        return [(rows[0], len(rows)) for rows in alike.values()]


def inbox(
    found: Sequence[Obligation], *, show: Show, side: Side, now: datetime, names: Mapping[UUID, str],
    whose: UUID | None = None, page: int = 1, cut: bool = False,
) -> Inbox:  # fmt: skip
    """Sort, count and cut what is owed for a reader on one side; `cut` where there is more than was found."""
    rows = [row_of(one, side=side, now=now, names=names) for one in found]
    counts = {
        "late": sum(row.standing == "late" for row in rows),
        "soon": sum(row.standing in ("today", "soon") for row in rows),
        "ours": sum(row.ours for row in rows),
        "theirs": sum(not row.ours for row in rows),
    }
    kept = [row for row in rows if show in ("all", "ended") or _is(row, show)]
    return Inbox(
        rows=tuple(kept[SHOWN * (page - 1) : SHOWN * page]), show=show, whose=whose, several=len(names) > 1, counts=counts,
        page=page, more=cut or len(kept) > SHOWN * page,
        timeline=None if show == "ended" or not kept else timeline(kept, now),
    )  # fmt: skip


def row_of(one: Obligation, *, side: Side, now: datetime, names: Mapping[UUID, str]) -> Row:
    """One obligation as a reader sees it."""
    days = abs((one.promise.binding.date() - now.date()).days)
    ours, name = one.promise.owed_by == side, names.get(one.controller, "")
    return Row(one, standing(one, now), days, ours, name, dial(one, now))


def standing(one: Obligation, now: datetime) -> Standing:
    """How an obligation stands at an instant."""
    due = one.promise.binding
    if one.state == "withdrawn":
        return "withdrawn"
    if one.state == "discharged":
        return "kept-late" if one.infringed_at or (one.ended_at and one.ended_at > due) else "kept"
    if now > due:
        return "late"
    if due.date() == now.date():
        return "today"
    return "soon" if due - now <= SOON else "later"


def timeline(rows: Sequence[Row], now: datetime) -> Timeline:
    """Where each due instant of the coming weeks stands; what is late stands at the left edge."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    scale = (WIDE - LEFT - RIGHT) / (WEEKS * 7)
    heights: dict[float, int] = {}
    due: Counter[tuple[int, str]] = Counter()
    marks: list[Mark] = []
    for row in rows:
        after = (row.one.promise.binding - start) / DAY
        if after >= WEEKS * 7:
            continue
        x = round(LEFT / 2 if row.standing == "late" else LEFT + (int(after) + 0.5) * scale, 1)
        heights[x] = heights.get(x, 0) + 1
        due[max(int(after) // 7, 0), "late" if row.standing == "late" else "ours" if row.ours else "theirs"] += 1
        if heights[x] <= MOST:
            marks.append(Mark(x, TOP + (heights[x] - 0.5) * ROW, row))
    rise = min(max(heights.values(), default=1), MOST)
    over = tuple((x, height - MOST) for x, height in sorted(heights.items()) if height > MOST)
    weeks = tuple(
        Week(round(LEFT + n * 7 * scale, 1), start + n * 7 * DAY, due[n, "late"], due[n, "ours"], due[n, "theirs"])
        for n in range(WEEKS)
    )
    today = round(LEFT + (now - start) / DAY * scale, 1)
    return Timeline(WIDE, TOP + rise * ROW + (18 if over else 6), today, weeks, tuple(marks), over)


def _is(row: Row, show: Show) -> bool:
    return row.standing == "late" if show == "late" else row.ours is (show == "ours")
