"""What an auditor is shown of breaches: the register (Art. 33(5)), and a breach on a line of time. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from bailee.clauses.breach_notice.events import Breach, Case, Concerned, Figures

Mark = Literal["began", "found", "aware", "first", "further", "closing", "target", "authority", "remark", "now"]
WHOLE, TICK = 100.0, timedelta(seconds=1)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the register: one breach at one controller. `seconds` from awareness to the first notice."""

    breach: UUID
    controller: UUID
    name: str
    aware_at: datetime | None
    told_at: datetime | None
    seconds: float | None
    figures: Figures
    unknown: tuple[str, ...]
    notices: int
    state: str
    late: bool = False
    how: str = ""


class Point(msgspec.Struct, frozen=True):
    """An instant on the line: what it is, when, and where in hundredths of the width."""

    mark: Mark
    at: datetime
    x: float


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A breach on a line of time. From awareness to the first notice (or to now) the clock runs: `runs_from`, `runs_to`;
    what lies beyond the target is `late_from`, None where nothing does."""

    points: tuple[Point, ...]
    runs_from: float
    runs_to: float
    target: float
    late_from: float | None


def register(breach: Breach, cases: Sequence[tuple[Concerned, Case | None]], now: datetime) -> list[Line]:
    """A breach at every controller concerned; one that concerns nobody yet has no line."""
    return [_line(breach, concerned, case, now) for concerned, case in cases]


def _line(breach: Breach, concerned: Concerned, case: Case | None, now: datetime) -> Line:
    if case is None:
        told, aware = concerned.told_at, breach.aware_at
        return Line(
            breach=breach.id, controller=concerned.controller, name=concerned.name, aware_at=aware, told_at=told,
            seconds=(told - aware).total_seconds() if told and aware else None, figures=Figures(), unknown=(), notices=0,
            state="apart" if concerned.apart else "waits", how=concerned.told_how,
        )  # fmt: skip
    return Line(
        breach=breach.id, controller=concerned.controller, name=concerned.name, aware_at=case.aware_at,
        told_at=case.told_at, seconds=case.elapsed, figures=case.figures, unknown=case.unknown, notices=len(case.sent),
        state=standing(case), late=case.late(now),
    )  # fmt: skip


def standing(case: Case) -> str:
    """How a controller's file stands, in one word."""
    if case.closed_at is not None:
        return "closed"
    if case.told_at is not None:
        return "told"
    return "sending" if case.sent else "untold"


def drawn(case: Case, now: datetime, authority: datetime | None = None) -> Drawn:
    """A controller's file as a picture at an instant; `authority` is the end of the controller's own clock."""
    said, target = case.description, case.target_at
    instants: list[tuple[Mark, datetime]] = [("aware", case.aware_at), ("target", target), ("now", now)]
    instants += [("began", said.began_at)] if said.began_at else []
    instants += [(one.kind, one.taken_at or one.at) for one in case.sent]
    instants += [("authority", authority)] if authority else []
    instants += [("remark", one.at) for one in case.remarks]
    # What began long ago stands at the edge: the line is about the hours that count.
    first = min([case.aware_at, *(one.at for one in case.remarks)])
    last = max(at for _, at in instants)
    begins = max(min(at for _, at in instants), first - (last - first) / 4)
    span = last - begins or TICK

    def place(at: datetime) -> float:
        return round(min(max((at - begins) / span, 0.0), 1.0) * WHOLE, 1)

    stopped = case.told_at or now
    points = sorted((Point(mark, at, place(at)) for mark, at in instants), key=lambda one: (one.at, one.mark))
    return Drawn(
        points=tuple(points), runs_from=place(case.aware_at), runs_to=place(stopped), target=place(target),
        late_from=place(target) if stopped > target else None,
    )  # fmt: skip
