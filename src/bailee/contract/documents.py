"""Signed documents: what the parties signed, byte for byte, with its signatures."""

import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from bailee.contract.agreement import Id, canonical
from bailee.contract.terms.term import Strict, Value, Word
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

Kind = Literal["agreement", "amendment", "instruction", "withdrawal", "confirmation", "consent", "end"]
Named = Annotated[tuple[Id, ...], Meta(min_length=1)]


class Signature(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One party's signature: who signed, as what, when, with which Ed25519 key (or in which PDF)."""

    party: Literal["processor", "controller"]
    role: Word
    name: Word
    signed_at: datetime
    public_key: str = ""
    signature: str = ""


class SignedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document as signed: `content` is its canonical JSON."""

    kind: Kind
    content: bytes
    signatures: tuple[Signature, ...]
    method: Literal["ed25519", "pdf"] = "ed25519"
    pdf_digest: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 over kind and content: one document, one digest."""
        return hashlib.sha256(self.kind.encode() + b"\n" + self.content).hexdigest()


class InstructionText(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instruction of the controller (clause instructions.documented).

    `replaces` names the instruction that ends where this one begins. `retention` is the longest that what is made of
    the data is kept; `legal_ground` and `safeguards` are what profiling has to say for itself.
    """

    format: Literal["bailee.dev/instruction/v1"]
    id: Id
    purposes: Annotated[tuple[Purpose, ...], Meta(min_length=1)]
    operations: Annotated[tuple[Operation, ...], Meta(min_length=1)]
    categories: Named
    groups: Annotated[tuple[PersonGroup, ...], Meta(min_length=1)]
    actors: Annotated[tuple[ActorKind, ...], Meta(min_length=1)]
    recipients: tuple[Word, ...] = ()
    in_force_from: datetime
    in_force_until: datetime | None = None
    reason: Word
    replaces: Id | UnsetType = UNSET
    retention: Value | UnsetType = UNSET
    legal_ground: Word | UnsetType = UNSET
    safeguards: Word | UnsetType = UNSET


class Withdrawal(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of an instruction, from an instant on."""

    format: Literal["bailee.dev/withdrawal/v1"]
    instruction: Id
    at: datetime


class Confirmation(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controller stands by an instruction that was challenged (clause instructions.challenge)."""

    format: Literal["bailee.dev/confirmation/v1"]
    instruction: Id
    challenge: UUID
    at: datetime
    reason: Word


class Consent(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controller's decision on a proposed sub-processor (clause subprocessors.consent): express, specific, written.

    `content` is the digest of exactly what was proposed.
    """

    format: Literal["bailee.dev/consent/v1"]
    proposal: UUID
    content: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    decision: Literal["consent", "object", "withdraw"]
    at: datetime
    reason: Word


class Changed(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One difference an amendment makes: at a path such as `terms.return_and_destruction.destruction.value`."""

    path: Word
    value: Any
    reason: Word


class Amendment(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Dated differences to the agreement in force; nothing is edited in place."""

    format: Literal["bailee.dev/amendment/v1"]
    since: date
    changes: Annotated[tuple[Changed, ...], Meta(min_length=1)]


class End(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of the contract, at an instant."""

    format: Literal["bailee.dev/end/v1"]
    controller: UUID
    at: datetime
    reason: Word


Text = InstructionText | Withdrawal | Confirmation | Consent | Amendment | End
SHAPES: dict[str, type[Text]] = {
    "instruction": InstructionText,
    "withdrawal": Withdrawal,
    "confirmation": Confirmation,
    "consent": Consent,
    "amendment": Amendment,
    "end": End,
}


INSTANTS = ("at", "in_force_from", "in_force_until")


def naive(text: object) -> list[str]:
    """Which instants of a text do not say their time zone: nobody could tell when they are."""
    said = ((name, getattr(text, name, None)) for name in INSTANTS)
    return [name for name, at in said if isinstance(at, datetime) and at.tzinfo is None]


def content_of(text: Text) -> bytes:
    """The canonical bytes of an instruction, withdrawal, amendment or end."""
    return canonical(text)


def read_content(document: SignedDocument) -> Text:
    """What a document other than an agreement says."""
    return msgspec.json.decode(document.content, type=SHAPES[document.kind])
