"""What an auditor is shown of the processor's staff: who is bound by what, trained until when, and let in where. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from bailee.clauses.confidentiality.counting import AHEAD, Terms, bound, bound_until, facts
from bailee.clauses.confidentiality.events import Access, Entry, Undertaking

State = Literal["released", "unbound", "untrained", "soon", "in-order"]


class Stands(msgspec.Struct, frozen=True, kw_only=True):
    """How a member of staff stands at an instant, and why.

    `trained_until` is by the shortest term of the agreements under which they have access; by the sample's where they
    have none.
    """

    entry: Entry
    state: State
    undertaking: Undertaking | None
    trained_until: datetime | None
    access: tuple[Access, ...]
    let_in: int

    @property
    def controllers(self) -> int:
        """At how many controllers they hold a credential."""
        return len({one.controller for one in self.access})


def stands(entry: Entry, access: Iterable[Access], sample: Terms, now: datetime) -> Stands:
    """How one stands."""
    held = tuple(one for one in access if one.actor in entry.member.actors)
    binding = [one for one in entry.undertakings if bound(one, now)]
    told = [one.trained_until for one in held if one.trained_until is not None and not one.behind]
    until = min(told) if told else facts(entry, sample).get("trained_until")
    state: State = "in-order"
    if entry.member.released_at is not None:
        state = "released"
    elif not binding:
        state = "unbound"
    elif until is None or until <= now:
        state = "untrained"
    elif until - AHEAD <= now:
        state = "soon"
    last = max(binding, key=lambda one: (bound_until(one, sample.calendar), one.recorded_at), default=None)
    return Stands(
        entry=entry, state=state, undertaking=last, trained_until=until, access=held,
        let_in=len({one.controller for one in held if one.lets_in(now)}),
    )  # fmt: skip


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the processor's staff as a controller sees them: a label, and what its own gate knows."""

    label: str
    credentials: int
    purposes: tuple[str, ...]
    expires_at: datetime
    used_at: datetime | None
    bound_until: datetime | None
    trained_until: datetime | None
    let_in: bool


def seen(access: Sequence[Access], now: datetime) -> list[Seen]:
    """Who of the processor's staff has a credential at one controller, and whether its gate lets them in."""
    found = []
    for label in sorted({one.actor for one in access}):
        held = [one for one in access if one.actor == label]
        used = [one.used_at for one in held if one.used_at is not None]
        found.append(Seen(
            label=label, credentials=len(held), purposes=tuple(sorted({each for one in held for each in one.purposes})),
            expires_at=max(one.expires_at for one in held), used_at=max(used, default=None),
            bound_until=held[0].bound_until, trained_until=held[0].trained_until, let_in=held[0].lets_in(now),
        ))  # fmt: skip
    return found
