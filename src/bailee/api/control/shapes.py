"""The shapes of the control plane."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from bailee.vault.type_steps import Step
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

Label = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9._:-]{0,63}$")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class ControllerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A company that becomes a controller of this processor."""

    name: Name


class ControllerOut(msgspec.Struct, frozen=True):
    """A controller; its agreement must name this verifier key before it is signed."""

    id: UUID
    name: str
    verifier_key: str


class DocumentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed document: canonical bytes as text, and its signatures; or the signed PDF in base64 (method pdf)."""

    kind: Name
    content: Annotated[str, Meta(max_length=1_500_000)]
    signatures: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=20)]
    method: Literal["ed25519", "pdf"] = "ed25519"
    pdf: Annotated[str, Meta(max_length=2_500_000)] = ""


class DocumentOut(msgspec.Struct, frozen=True):
    """A document on file."""

    kind: str
    digest: str
    signatories: list[str]


class FiledOut(msgspec.Struct, frozen=True):
    """A document was filed: its digest and the name of its ledger entry."""

    digest: str
    entry: str


class InForceOut(msgspec.Struct, frozen=True):
    """What is in force now."""

    agreement: str | None
    in_force: bool
    instructions: list[str]
    ended_at: datetime | None
    content: Any


class CredentialIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A credential to issue: for whom, for what, until when."""

    actor: Label
    kind: ActorKind
    purposes: Annotated[list[Purpose], Meta(min_length=1, max_length=20)]
    expires_at: Annotated[datetime, Meta(tz=True)]


class CredentialOut(msgspec.Struct, frozen=True):
    """A new credential: `text` is shown this once."""

    credential: UUID
    text: str
    expires_at: datetime


class CredentialListed(msgspec.Struct, frozen=True):
    """A credential without its secret."""

    credential: UUID
    actor: str
    kind: ActorKind
    purposes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class TypeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The next version of a record type, and how data of the version before become data of this one."""

    schema: dict[str, Any]
    steps: Annotated[list[Step], Meta(max_length=100)] = []


class RenewalOut(msgspec.Struct, frozen=True):
    """What is gone through in the background: twice, so that what was being written meanwhile is seen as well.

    `records`: how many there are of the type; `looked` counts both rounds; `kept`: left as they were, because a hold
    or the agreement wants it. Reads show every record in its newest form, whether or not it was reached yet.
    """

    type: str | None
    work: Literal["renewing", "deleting-tokens"]
    since: datetime
    round: int
    records: int
    looked: int
    rewritten: int
    retagged: int
    kept: int


class TypeOut(msgspec.Struct, frozen=True):
    """A record type, its schema, the steps from its first version to this one, and the renewal under way."""

    type: str
    version: int
    schema: Any
    steps: list[Step] = []
    renewal: RenewalOut | None = None


class NameTokensIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The controller's decision."""

    on: bool


class NameTokensOut(msgspec.Struct, frozen=True):
    """Whether names are found by their words, and the work under way for it."""

    state: Literal["off", "building", "on"]
    renewals: list[RenewalOut]


class EntryOut(msgspec.Struct, frozen=True):
    """A ledger entry: its commitment (hex), and salt (base64) and body unless pruned."""

    index: int
    commitment: str
    salt: str | None
    body: str | None


class ToldOut(msgspec.Struct, frozen=True):
    """An entry about a person: its name, its index (null until integrated), salt (base64) and body."""

    name: str
    index: int | None
    salt: str
    body: str


class ClosedOut(msgspec.Struct, frozen=True):
    """A generation of a log that was closed, with the signed checkpoint it had come back with."""

    generation: int
    checkpoint: str
    reason: str
    closed_at: datetime


class EntriesOut(msgspec.Struct, frozen=True):
    """Entries in order; `next` is where to go on, null at the end."""

    entries: list[EntryOut]
    size: int
    next: int | None


class ProofOut(msgspec.Struct, frozen=True):
    """A consistency proof: hashes in base64, between two sizes of one log."""

    older: int
    newer: int
    hashes: list[str]
    checkpoint: str
