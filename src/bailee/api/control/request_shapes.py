"""The shapes of requests of persons on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from bailee.clauses.data_subject_requests.events import Channel, Identity, Outcome, Right
from bailee.clauses.data_subject_requests.recipients import Excuse
from bailee.vocabulary.languages import Language
from bailee.vocabulary.purposes import Purpose

Words = Annotated[str, Meta(min_length=1, max_length=4000)]
Text = Annotated[str, Meta(max_length=4000)]
Short = Annotated[str, Meta(max_length=254)]
Version = Annotated[int, Meta(ge=1)]


class RequestIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request as it came. Without `person` it is about someone who is not held, or not known yet."""

    right: Right
    channel: Channel = "api"
    words: Text = ""
    person: UUID | None = None
    name: Short = ""
    contact: Short = ""
    language: Language = "en"
    identity: Identity = "none"
    received_at: Annotated[datetime, Meta(tz=True)] | None = None


class IdentityIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sure it is who asks. A document is looked at, not sent."""

    identity: Identity
    version: Version


class ExtensionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it takes longer, as the person is told."""

    reasons: Words
    version: Version
    send: bool = True


class CorrectionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record and what is corrected in it (RFC 7396)."""

    type: Short
    record: UUID
    patch: dict[str, Any]


class KeptIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stays of an erasure: on which ground of Art. 17(3), and why, for the person."""

    record: UUID
    ground: Short
    reason: Words


class WeighedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A purpose that goes on in spite of an objection, with the compelling grounds."""

    purpose: Purpose
    grounds: Words


class TargetIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another controller, by the name that a signed instruction gives it."""

    recipient: Short
    url: Annotated[str, Meta(min_length=8, max_length=2000)]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]


class ReviewIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A human look at a decision that a machine made."""

    decision: Words
    reviewer: Short
    changed: bool
    result: Words


class OrderIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done: the part that belongs to the right, and no other."""

    version: Version
    corrections: Annotated[list[CorrectionIn], Meta(max_length=100)] = []
    kept: Annotated[list[KeptIn], Meta(max_length=1000)] = []
    ground: Short = ""
    purposes: Annotated[list[Purpose], Meta(max_length=20)] = []
    weighed: Annotated[list[WeighedIn], Meta(max_length=20)] = []
    review: ReviewIn | None = None
    target: TargetIn | None = None


class AnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer. `send` writes it to the address on the request; `outcome` is only for what was not carried out here."""

    words: Words
    version: Version
    send: bool = True
    outcome: Outcome = ""


class RefusedIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A refusal: its ground, and its reasons for the person."""

    ground: Short
    reasons: Words
    version: Version
    send: bool = True


class WithdrawnIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person no longer asks."""

    version: Version


class RecipientIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened about a recipient; without a name all whose address is known are written to."""

    recipient: Short = ""
    excuse: Excuse = "told-otherwise"


class RequestOut(msgspec.Struct, frozen=True):
    """A request as it stands. `due` is the strict reading of its month, `due_generous` the other one."""

    id: UUID
    right: Right
    article: str
    person: UUID | None
    channel: str
    identity: str
    state: str
    step: str
    reason: str
    outcome: str
    done: int
    received_at: datetime
    due: datetime
    due_generous: datetime
    rule: str
    extended_at: datetime | None
    ended_at: datetime | None
    entries: list[str]
    version: int


class RecipientOut(msgspec.Struct, frozen=True):
    """A recipient, and whether it was told (Art. 19)."""

    recipient: str
    state: Literal["open", "told", "excused"]
    reason: str
    notice: UUID | None
