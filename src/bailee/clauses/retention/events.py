"""A controller's rules, what they are judged by, and what they take: facts, in no language yet."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

WHOLE = "person"  # in the place of a record type: the person with everything that is held about them
OWN = "own"  # in the place of a rule: the end that a record has of its own
NO_DAY = ""  # in the place of a month: counted from something that has not happened yet

State = Literal["draft", "confirmed", "ended"]
Standing = Literal["free", "held", "restricted", "administrator", "refused"]
KEPT_BACK: tuple[Standing, ...] = ("held", "restricted", "administrator", "refused")


class Origin(StrEnum):
    """From what a rule counts.

    `creation`: when the record, or the person, was taken in. `change`: its last change; of a person, the last change of
    their record or of what stands about them. `activity`: the person's last sign-in, and where they never signed in the
    day they were taken in. `end`: the end of the contract, which is the end of the relationship.
    """

    creation = "creation"
    change = "last-change"
    activity = "last-activity"
    end = "contract-end"


class Ground(StrEnum):
    """Why it is kept as long as that. All but the first are the law's, and name their text."""

    purpose = "purpose"
    limitation = "limitation-period"
    accounting = "accounting"
    tax = "tax"
    employment = "employment"
    other = "other-law"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a controller decides: what of whom goes, how long after what, and why not sooner.

    `type` is a record type or `person`; an empty `group` is everyone, an empty `purpose` whatever it is held for.
    `reference` names the text of the law where the ground is one.
    """

    name: str
    type: str
    origin: Origin
    period: str
    group: str = ""
    purpose: str = ""
    ground: Ground = Ground.purpose
    reference: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a rule as it is on file."""

    id: UUID
    version: int
    state: State
    rule: Rule
    made_at: datetime
    confirmed_at: datetime | None = None
    effective_at: datetime | None = None
    ended_at: datetime | None = None
    obligation: UUID | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What stands about a person in clear that a rule can be judged by."""

    id: UUID
    groups: frozenset[str]
    created_at: datetime
    changed_at: datetime
    active_at: datetime
    standing: Standing = "free"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside a sealed record in clear."""

    id: UUID
    person: UUID
    type: str
    version: int
    purposes: frozenset[str]
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None


class Going(msgspec.Struct, frozen=True):
    """That something goes: when (None where that depends on what has not happened), and by which rule."""

    at: datetime | None
    by: str


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a kind a rule takes in a month (`2026-11`, or no day yet), of whom, and how they stand."""

    rule: UUID
    type: str
    groups: str
    month: str
    standing: Standing
    number: int


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a kind a rule has taken on a day."""

    rule: UUID
    type: str
    day: date
    number: int


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would take, as it was counted; `ended_at` is None while it is being counted."""

    id: UUID
    rule: UUID
    version: int
    began_at: datetime
    ended_at: datetime | None
    seen: int
    counts: tuple[Count, ...] = ()

    @property
    def total(self) -> int:
        """All that it would take, whatever keeps some of it back today."""
        return sum(one.number for one in self.counts)
