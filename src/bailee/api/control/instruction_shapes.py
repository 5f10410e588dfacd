"""The shapes of instructions over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from bailee.api.control.shapes import Name
from bailee.vocabulary.languages import Language


class WrittenIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An instruction to read: as data (`bailee.dev/instruction/v1`), or as the sentence that it is."""

    text: dict[str, Any] | None = None
    sentence: Annotated[str, Meta(max_length=5_000)] = ""
    language: Language = "en"


class DraftIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft: as data or as a sentence; or a mail or document as it is, in base64, to be made into one."""

    text: dict[str, Any] | None = None
    sentence: Annotated[str, Meta(max_length=5_000)] = ""
    language: Language = "en"
    original: Annotated[str, Meta(max_length=700_000)] = ""
    original_name: Annotated[str, Meta(max_length=120)] = "document"
    media_type: Annotated[str, Meta(max_length=100)] = "application/octet-stream"


class FindingOut(msgspec.Struct, frozen=True):
    """Something to look at: `never` blocks a signature, `warn` and `note` do not."""

    code: str
    severity: Literal["never", "warn", "note"]
    clause: str
    about: str
    en: str
    fr: str
    remedy_en: str
    remedy_fr: str


class LookedOut(msgspec.Struct, frozen=True):
    """An instruction as it would be signed: its canonical bytes as text, their digest, its sentences, the findings."""

    canonical: str
    digest: str
    en: str
    fr: str
    findings: list[FindingOut]
    blocked: bool


class GivenOut(msgspec.Struct, frozen=True):
    """An instruction on file and how it stands."""

    id: str
    digest: str
    state: Literal["coming", "in-force", "suspended", "over"]
    until: datetime | None
    replaced_by: str
    signatories: list[str]
    en: str
    fr: str


class DraftOut(msgspec.Struct, frozen=True):
    """A draft; without `text` where only the original is there yet."""

    id: UUID
    version: int
    changed_at: datetime
    original: UUID | None
    text: Any


class ChallengeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which instruction seems to break the law, and why."""

    instruction: Name
    reason: Annotated[str, Meta(min_length=1, max_length=2_000)]


class ChallengeOut(msgspec.Struct, frozen=True):
    """A challenge and how the controller answered."""

    id: UUID
    instruction: str
    reason: str
    raised_at: datetime
    suspends: bool
    state: Literal["open", "confirmed", "withdrawn", "over"]
    answered_at: datetime | None
    proof: str


class OrderOut(msgspec.Struct, frozen=True):
    """An order of the law that the controller was told of (an operator sees those too that may not be told)."""

    id: UUID
    state: str
    told: bool
    country: str
    law: str
    authority: str
    reference: str
    in_force_from: datetime
    in_force_until: datetime


class RehearsalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal (an instruction, an amendment or a withdrawal, as data), and how many days back."""

    proposal: dict[str, Any]
    last_days: Annotated[int, Meta(ge=1, le=400)] = 30


class RowOut(msgspec.Struct, frozen=True):
    """Accesses of one kind and what would become of them."""

    purpose: str
    actor: str
    actor_kind: str
    operation: str
    recipient: str | None
    place: str
    count: int
    effect: Literal["same", "allowed", "refused", "wider", "narrower"]
    gained: list[str]
    lost: list[str]
    decided_by: str
    clause: str


class RehearsalOut(msgspec.Struct, frozen=True):
    """What would change, and what the ledger could not say."""

    since: datetime
    until: datetime
    entries: int
    replayed: int
    changes: int
    pruned: int
    beyond: int
    not_of_instructions: int
    complete: bool
    by_purpose: dict[str, dict[str, int]]
    rows: list[RowOut]
