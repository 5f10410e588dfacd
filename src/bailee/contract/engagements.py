"""Engagements: which sub-processors may receive a controller's data, which of it, and where (subprocessors.consent). Pure.

The gate knows a sub-processor by its label: as an actor (a credential of its own) or as a recipient. Whatever bears such
a label and is not engaged for this controller is refused, whatever the agreement's services would allow.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

LABEL = "sub-processor:"


class Engagement(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-processor may receive these categories in these countries, from an instant on, and no longer at another.

    `places` are all countries in which it works for us: where it stands, and from where it reaches in for access or
    support. `id` is the proposal that the controller was told of or consented to.
    """

    id: UUID
    label: str
    categories: frozenset[str]
    places: frozenset[str]
    since: datetime
    until: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """From its first instant on, and no longer at its last."""
        return self.since <= at and (self.until is None or at < self.until)


def is_labelled(name: str | None) -> bool:
    """Whether a name of an actor or a recipient is the label of a sub-processor."""
    return name is not None and name.startswith(LABEL)


def engaged(engagements: Iterable[Engagement], label: str, at: datetime) -> Engagement | None:
    """The engagement of a label at an instant; None: nothing may flow to it."""
    return next((one for one in engagements if one.label == label and one.in_force(at)), None)
