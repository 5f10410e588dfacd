"""Filters: what a list or a search is narrowed to, by what stands in clear beside the sealed data.

The policy class, the person's group and state, and when a record was made and last changed. Nothing of it is about
the content of a record: content is found by its keyed tags alone.
"""

from datetime import datetime
from typing import Literal

import msgspec

from bailee.gate.archive import Dossier
from bailee.infra.clock import is_kept
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.purposes import Purpose

State = Literal["free", "restricted", "objecting", "held"]


class Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What must be so; what is absent may be as it is. Times: from the first instant on, and before the second."""

    purpose: Purpose | None = None
    retention: str | None = None
    source: str | None = None
    recipient: str | None = None
    group: PersonGroup | None = None
    state: State | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    changed_from: datetime | None = None
    changed_until: datetime | None = None

    def __post_init__(self) -> None:
        if not all(map(is_kept, (self.created_from, self.created_until, self.changed_from, self.changed_until))):
            raise ValueError("no instant that anything is kept at")

    def of_person(self) -> tuple[object, ...]:
        """Its part about people, as the statements take it."""
        group = None if self.group is None else str(self.group)
        return group, self.state, self.created_from, self.created_until, self.changed_from, self.changed_until

    def of_record(self, dossier: Dossier) -> tuple[object, ...]:
        """The whole, as the statements take it: the policy classes that it means, interned, come first."""
        return self._classes(dossier), *self.of_person()

    def _classes(self, dossier: Dossier) -> list[int] | None:
        if self.purpose is None and self.retention is None and self.source is None and self.recipient is None:
            return None
        return [
            class_id
            for class_id, policy in dossier.classes.items()
            if self.purpose in (None, *policy.purposes)
            and self.retention in (None, policy.retention)
            and self.source in (None, policy.source)
            and self.recipient in (None, *policy.recipients)
        ]
