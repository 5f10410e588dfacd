"""What the pages show of a request: states as words and pictures, the clock, what to do next. Pure but for names."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from bailee.clauses.data_subject_requests.events import PACKED, Request, Right, State, Step

SOON = timedelta(days=7)
FILTERS = ("open", "mine-to-do", "at-work", "ended", "all")
# A state's picture and colour: never colour alone.
PICTURES = {
    State.received: ("in", "note"), State.identity: ("person", "warn"), State.working: ("clock", "note"),
    State.extended: ("clock", "warn"), State.answered: ("check", "good"), State.refused: ("cross", "bad"),
    State.withdrawn: ("leave", ""),
}  # fmt: skip


class Clock(msgspec.Struct, frozen=True):
    """A request's clock as it is shown: days left on the strict reading, and how urgent that is."""

    days: int
    kind: str
    words: str
    strict: datetime
    generous: datetime
    rule: str


def clock(one: Request, now: datetime) -> Clock:
    """How much time is left; of an ended request whether it was in time."""
    until = one.due.strict
    if one.ended_at is not None:
        late = one.ended_at > one.due.generous
        return Clock(0, "bad" if late else "good", "late" if late else "in time", until, one.due.generous, one.due.rule)
    days = (until - now) // timedelta(days=1)
    if now > one.due.generous:
        return Clock(days, "bad", "overdue", until, one.due.generous, one.due.rule)
    kind = "warn" if until - now < SOON else "note"
    return Clock(days, kind, "strict day over" if now > until else "left", until, one.due.generous, one.due.rule)


def next_steps(one: Request) -> tuple[str, ...]:
    """What may be done next, the one that is meant first, by the codes of the forms that do it."""
    if not one.open:
        return ()
    if one.step in (Step.queued, Step.running):
        return ("wait", *(act for act in ("extend", "withdraw") if one.may(act)))
    held = one.person is not None
    first: tuple[str, ...]
    if one.state is State.identity:
        first = ("identify",)
    elif one.step is Step.done:
        first = ("answer",)
    elif held:
        first = ("order", "identify", "ask-identity")
    else:
        first = ("answer", "identify", "ask-identity")
    rest = [act for act in ("extend", "refuse", "withdraw") if one.may(act)]
    return (*first, *(act for act in rest if act != "extend" or one.extended_at is None))


def chosen(requests: Iterable[Request], by: str) -> list[Request]:
    """The requests of a filter."""
    waiting = (Step.queued, Step.running)
    tests: dict[str, Callable[[Request], bool]] = {
        "open": lambda one: one.open, "ended": lambda one: not one.open, "all": lambda _one: True,
        "at-work": lambda one: one.open and one.step in waiting,
        "mine-to-do": lambda one: one.open and one.step not in waiting,
    }  # fmt: skip
    return [one for one in requests if tests[by](one)]


def has_pack(one: Request) -> bool:
    """Whether there is something to take along."""
    return one.right in PACKED and one.step is Step.done and one.person is not None


def rights() -> list[tuple[str, str]]:
    """Every right with its article, for a choice."""
    return [(str(right), right.article) for right in Right]
