"""Observing: entries of the ledger, counted by what they have in common and by the day. Pure.

A month is one row: what was counted before it, and its own days. So what had happened by any day is one row read, and an
entry is read once, however often the register is looked at. What was done under an order of the law is told in its own
room (clause instructions.legal-compulsion), and not here.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import chain

import msgspec

from bailee.clauses.processing_register.events import Pattern, Tally
from bailee.contract.ruling import BY_LAW

BEFORE = 0  # the day that stands for everything before a month
USED, REFUSED = ("permit", "change"), ("refusal", "withheld")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What of an entry is counted."""

    kind: str
    at: datetime
    actor_kind: str = ""
    operation: str = ""
    purpose: str = ""
    place: str = ""
    clause: str = ""
    instruction: str | None = None
    reason: str = ""
    categories: tuple[str, ...] = ()
    recipient: str | None = None
    count: int | None = None


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """How often a pattern came on a day of a month (`BEFORE`: before it), and when last."""

    pattern: Pattern
    day: int
    times: int
    last_at: datetime


Month = tuple[Counted, ...]


class Folded(msgspec.Struct, frozen=True):
    """Entries, counted: by month; how many there were, and how many could not be read."""

    months: dict[str, Month]
    entries: int
    unread: int


_read = msgspec.json.Decoder(Said).decode


def fold(bodies: Iterable[bytes | None]) -> Folded:
    """Count the bodies of entries; None where one was forgotten, or may not be told."""
    found: dict[str, list[Counted]] = {}
    entries = unread = 0
    for body in bodies:
        entries += 1
        if body is None:
            unread += 1
            continue
        said = _read(body)
        at = said.at.astimezone(UTC)
        held = found.setdefault(month_of(at), [])
        held += [Counted(pattern, at.day, said.count or 1, at) for pattern in _patterns(said)]
        if len(held) > 20_000:
            held[:] = merged(held)
    return Folded({name: merged(held) for name, held in found.items() if held}, entries, unread)


def added(known: Mapping[str, Month], new: Mapping[str, Month]) -> dict[str, Month]:
    """The months that change where `new` is counted as well. `known` holds those from the first new one on, and the last
    before it: a late entry of an old month counts in all that came after."""
    made: dict[str, Month] = {}
    carried: Month = ()
    first, last = min(new), None
    for name in sorted({*known, *new}):
        if name < first:
            last = known[name]
            continue
        before = known[name] + carried if name in known else as_before(last or ())
        made[name] = last = merged([*before, *new.get(name, ())])
        carried = merged([*carried, *as_before(new.get(name, ()))])
    return made


def merged(counted: Iterable[Counted]) -> Month:
    """One line for each pattern and day."""
    found: dict[tuple[Pattern, int], Counted] = {}
    for one in counted:
        key = one.pattern, one.day
        held = found.get(key)
        if held is not None:
            one = Counted(*key, held.times + one.times, max(held.last_at, one.last_at))
        found[key] = one
    return tuple(found.values())


def as_before(month: Iterable[Counted]) -> Month:
    """All of a month, as what came before the next."""
    return merged(Counted(one.pattern, BEFORE, one.times, one.last_at) for one in month)


def totals(month: Iterable[Counted], last_day: int = 31) -> dict[Pattern, Tally]:
    """How often each pattern had come by the end of a day of the month."""
    return {one.pattern: Tally(one.times, one.last_at) for one in as_before(c for c in month if c.day <= last_day)}


def month_of(at: date | datetime) -> str:
    """The month of an instant or day, as 2026-11."""
    return f"{at.year:04}-{at.month:02}"


def _patterns(said: Said) -> Iterable[Pattern]:
    """How an entry counts: once as an access, and once for each category that it used."""
    if not said.purpose or said.clause in BY_LAW:
        return ()
    what, instruction = (said.purpose, said.operation), said.instruction or ""
    if said.kind in REFUSED:
        return (Pattern("refused", *what, instruction, actor=said.actor_kind, reason=said.reason),)
    if said.kind not in USED:
        return ()
    access = Pattern(
        "used", *what, instruction, actor=said.actor_kind, recipient=said.recipient or "", place=said.place
    )
    return chain((access,), (Pattern("used", *what, instruction, category=one) for one in said.categories))
