"""What is shown of sub-processors: the list as of an instant, as a tree down the chain, and what changed it. Pure.

The list names companies and what they do; it says nothing of any controller.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.sub_processors.events import Known, Proposed, SubProcessor


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the list: since when, by which proposal, how deep in the chain, and what is to come of it."""

    entry: SubProcessor
    since: datetime
    proposal: UUID
    depth: int = 0
    coming: Proposed | None = None


def approved(known: Iterable[Known]) -> list[Proposed]:
    """What was approved, in the order in which it takes effect."""
    found = [one.what for one in known if one.state == "approved"]
    return sorted(found, key=lambda one: (one.begins_at, one.id))


def current(known: Iterable[Known], at: datetime) -> list[Listed]:
    """The list as of an instant: whoever works for us follows whom it works through."""
    made: dict[UUID, Listed] = {}
    coming: dict[UUID, Proposed] = {}
    for what in approved(known):
        if what.begins_at > at:
            coming[what.replaces or what.entry.id] = what
            continue
        since = made[what.entry.id].since if what.entry.id in made else what.begins_at
        made.pop(what.replaces or what.entry.id, None)
        if what.kind != "end":
            made[what.entry.id] = Listed(entry=what.entry, since=since, proposal=what.id)
    whole = [msgspec.structs.replace(one, coming=coming.get(id)) for id, one in made.items()]
    return _tree(sorted(whole, key=lambda one: (not one.entry.main_host, one.entry.name.casefold())))


def coming(known: Iterable[Known], at: datetime) -> list[Proposed]:
    """What was approved and takes effect later, the next first."""
    return [what for what in approved(known) if what.begins_at > at]


def live(known: Sequence[Known], at: datetime) -> list[Proposed]:
    """What a controller has to be told of as things stand: what made each entry as it is, and what is to come."""
    ids = {one.proposal for one in current(known, at)}
    return [what for what in approved(known) if what.id in ids or what.begins_at > at]


def changes(known: Iterable[Known]) -> list[Proposed]:
    """Every change of the list, the latest approved first: what the feed says."""
    return sorted(approved(known), key=lambda one: (one.approved_at or one.begins_at, one.id), reverse=True)


def earlier(known: Iterable[Known], what: Proposed) -> list[Proposed]:
    """What was approved before about the entry that this one changes, replaces or ends."""
    about = {what.entry.id, what.replaces}
    return [one for one in approved(known) if one.entry.id in about and one.id < what.id]


def _tree(rows: Sequence[Listed]) -> list[Listed]:
    ids = {one.entry.id for one in rows}
    below: dict[UUID | None, list[Listed]] = {}
    for one in rows:
        below.setdefault(one.entry.above if one.entry.above in ids else None, []).append(one)
    found: list[Listed] = []

    def follow(above: UUID | None, depth: int) -> None:
        for one in below.pop(above, []):
            found.append(msgspec.structs.replace(one, depth=depth))
            follow(one.entry.id, depth + 1)

    follow(None, 0)
    return found + [one for rest in below.values() for one in rest]
