"""Straying: where what is declared and what happened part. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from bailee.clauses.processing_register.events import Activity, Declared, Pattern, Stray, Tally
from bailee.contract.instructions import Instruction

UNUSED_AFTER = timedelta(days=90)  # ours: neither law nor agreement says when something has gone out of use

Seen = Mapping[Pattern, Tally]
Last = Mapping[tuple[str, str, str], Tally]


def strays(
    declared: Declared, ended: Iterable[Instruction], seen: Seen, at: datetime, *, counted_since: datetime
) -> tuple[Stray, ...]:
    """All that parts at an instant. `ended` are the instructions that had force before; `counted_since` is the first
    instant from which the ledger is counted whole: what is older cannot be called unused."""
    found = [*_refused(seen, at), *_of_ended(ended, seen)]
    return (*found, *_unused(declared, seen, at, counted_since))


def _unused(declared: Declared, seen: Seen, at: datetime, counted_since: datetime) -> Iterable[Stray]:
    """Declared for so many days at least, and not used within them."""
    last = by_part(seen)
    for one in declared.activities:
        if max(one.since, counted_since) > at - UNUSED_AFTER:
            continue
        whole = last.get((one.id, "", ""))
        if _idle(whole, at):
            yield _unused_part(one, "", "", whole)
            continue
        for part, codes in (("purpose", one.purposes), ("operation", one.operations), ("category", one.categories)):
            for code in codes:
                used = last.get((one.id, part, code))
                if _idle(used, at):
                    yield _unused_part(one, part, code, used)


def by_part(seen: Seen) -> Last:
    """How often and when last each instruction was used, in all and by its parts."""
    found: dict[tuple[str, str, str], Tally] = {}
    for pattern, tally in seen.items():
        if pattern.outcome != "used":
            continue
        own = pattern.instruction
        keys = (
            [(own, "category", pattern.category)] if pattern.category
            else [(own, "", ""), (own, "purpose", pattern.purpose), (own, "operation", pattern.operation)]
        )  # fmt: skip
        for key in keys:
            held = found.get(key)
            found[key] = tally if held is None else Tally(held.times + tally.times, max(held.last_at, tally.last_at))
    return found


def _idle(used: Tally | None, at: datetime) -> bool:
    return used is None or used.last_at < at - UNUSED_AFTER


def _unused_part(one: Activity, part: str, what: str, used: Tally | None) -> Stray:
    return Stray(
        kind="unused", activity=one.id, part=part, what=what, times=used.times if used else 0,
        last_at=used.last_at if used else None,
    )  # fmt: skip


def _refused(seen: Seen, at: datetime) -> Iterable[Stray]:
    """What was tried and refused lately, the most often first."""
    found: dict[tuple[str, str, str, str], Tally] = {}
    for pattern, tally in seen.items():
        if pattern.outcome == "refused" and tally.last_at >= at - UNUSED_AFTER:
            key = (pattern.instruction, pattern.purpose, pattern.operation, pattern.reason)
            held = found.get(key)
            found[key] = tally if held is None else Tally(held.times + tally.times, max(held.last_at, tally.last_at))
    for (activity, purpose, operation, reason), tally in sorted(found.items(), key=lambda one: -one[1].times):
        yield Stray(
            kind="refused", activity=activity, purpose=purpose, operation=operation, reason=reason, times=tally.times,
            last_at=tally.last_at,
        )  # fmt: skip


def _of_ended(ended: Iterable[Instruction], seen: Seen) -> Iterable[Stray]:
    """What was used under an instruction that has ended: before its end, or, which must never be, after it."""
    last = by_part(seen)
    for one in ended:
        used = last.get((one.id, "", ""))
        if used is not None and one.in_force_until is not None:
            kind = "after-end" if used.last_at >= one.in_force_until else "ended"
            yield Stray(kind=kind, activity=one.id, times=used.times, last_at=used.last_at)  # type: ignore[arg-type]  # one of two
