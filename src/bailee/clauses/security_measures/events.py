"""Facts of this clause: what a look found, how a measure stands, what a named person said. Frozen."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

State = Literal["proven", "attested", "unknown", "broken", "idle"]
Kind = Literal["attestation", "decision", "review"]
Judged = Literal["equal", "better"]
HOLDS: frozenset[State] = frozenset({"proven", "attested", "idle"})
LAPSED = "lapsed"  # nobody vouches any more for what somebody vouched for
FAILED = "failed"  # it could not be looked at
Figure = int | str


class Found(msgspec.Struct, frozen=True):
    """What one look found: a code and figures, never a person, a path or a host. `idle`: there is nothing to protect
    in this way. `unknown`: it could not be looked at, or nobody vouches for it."""

    state: State
    reason: str
    figures: dict[str, Figure] = {}


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a measure stands: since when, when it was looked at last, the day its result was last kept, and the incident
    that is open about it. `holds_since` is set while it holds again and the incident is not closed yet."""

    measure: str
    found: Found
    since_at: datetime
    looked_at: datetime
    kept_on: date
    incident: UUID | None = None
    holds_since: datetime | None = None


class Kept(msgspec.Struct, frozen=True):
    """One line of a measure's history."""

    at: datetime
    state: State
    reason: str


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """A measure that did not hold: from when to when, and what was found at either end."""

    id: UUID
    measure: str
    opened_at: datetime
    reason: str
    closed_at: datetime | None = None
    closed_by: Found | None = None


class Words(msgspec.Struct, frozen=True):
    """What a named person put on record, sealed where it is kept: who, and in which words; for a decision, what takes
    the measure's place."""

    name: str
    words: str
    instead: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An act of a named person about a measure, or about all of them (a review)."""

    id: UUID
    kind: Kind
    measure: str
    at: datetime
    by: str
    said: Words
    until_at: datetime | None = None
    before: int | None = None
    after: int | None = None
    judged: Judged | None = None
    digest: str = ""
