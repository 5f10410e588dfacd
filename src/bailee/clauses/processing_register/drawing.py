"""Drawing: a register as a picture. Purposes by categories, declared and observed; versions on a line. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from bailee.clauses.processing_register.events import Declared, Observed, Version

Cell = Literal["both", "declared", "observed", "kept", "new", "gone", ""]


class Row(msgspec.Struct, frozen=True):
    """A purpose: a cell for each category, and how often each was used."""

    purpose: str
    cells: tuple[Cell, ...]
    times: tuple[int, ...]


class Map(msgspec.Struct, frozen=True):
    """Purposes by categories. `total` is how many cells say each thing."""

    categories: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Mapping[Cell, int]


class Point(msgspec.Struct, frozen=True):
    """A version on the line: where, in percent."""

    x: float
    version: Version


class Line(msgspec.Struct, frozen=True):
    """The versions from the first to now, the older first; `since` and `until` are the ends of the line."""

    points: tuple[Point, ...]
    since: datetime
    until: datetime


def mapped(declared: Declared, observed: Observed) -> Map:
    """What is declared, and what of it was really used, or was used and is not declared any more."""
    said = _cells(declared)
    used: dict[tuple[str, str], int] = {}
    for one in observed.uses:
        if one.pattern.outcome == "used" and one.pattern.category:
            key = one.pattern.purpose, one.pattern.category
            used[key] = used.get(key, 0) + one.times
    kinds: dict[tuple[str, str], Cell] = {
        key: "both" if key in said and key in used else "declared" if key in said else "observed"
        for key in said | set(used)
    }
    return _drawn(kinds, used)


def changed(before: Declared, after: Declared) -> Map:
    """Which uses one version allows and the other does not."""
    old, new = _cells(before), _cells(after)
    return _drawn({key: "kept" if key in old & new else "new" if key in new else "gone" for key in old | new}, {})


def line(versions: Sequence[Version], now: datetime) -> Line | None:
    """The versions on a line to now; None where there is none."""
    if not versions:
        return None
    known = sorted(versions, key=lambda one: one.number)
    since = known[0].made_at
    whole = max((now - since).total_seconds(), 1.0)
    gap, points = min(4.0, 94 / len(known)), list[Point]()
    for one in known:  # what was made in the same moment stands side by side
        x = max(2 + 94 * (one.made_at - since).total_seconds() / whole, points[-1].x + gap if points else 2)
        points.append(Point(round(min(x, 96 - gap * (len(known) - len(points) - 1)), 2), one))
    return Line(tuple(points), since, now)


def _cells(declared: Declared) -> set[tuple[str, str]]:
    return {
        (purpose, category)
        for one in declared.activities
        for purpose in one.purposes
        for category in one.categories
    }  # fmt: skip


def _drawn(kinds: Mapping[tuple[str, str], Cell], used: Mapping[tuple[str, str], int]) -> Map:
    purposes, categories = _sorted(one for one, _ in kinds), _sorted(one for _, one in kinds)
    rows = tuple(
        Row(
            purpose,
            tuple(kinds.get((purpose, category), "") for category in categories),
            tuple(used.get((purpose, category), 0) for category in categories),
        )
        for purpose in purposes
    )
    total: dict[Cell, int] = {}
    for kind in kinds.values():
        total[kind] = total.get(kind, 0) + 1
    return Map(categories, rows, total)


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(found)))
