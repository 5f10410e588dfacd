"""An agreement: parties, services, purposes, data, people, places, terms. What is signed, as data.

A slot is a part that the text leaves to another document (the quotation's addresses, the reversibility
terms): null until it is filled, and an agreement with an empty slot cannot be activated.
"""

import hashlib
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from bailee.contract.terms.audits import AuditTerms
from bailee.contract.terms.breach_notice import BreachTerms
from bailee.contract.terms.confidentiality import ConfidentialityTerms
from bailee.contract.terms.contact_data import ContactTerms
from bailee.contract.terms.data_subject_requests import RequestTerms
from bailee.contract.terms.impact_assessments import AssessmentTerms
from bailee.contract.terms.instructions import InstructionTerms
from bailee.contract.terms.processing_register import RegisterTerms
from bailee.contract.terms.retention import RetentionTerms
from bailee.contract.terms.return_and_destruction import DestructionTerms
from bailee.contract.terms.security_measures import SecurityTerms
from bailee.contract.terms.sub_processors import SubProcessorTerms
from bailee.contract.terms.term import Anchor, Strict, Value, Word
from bailee.contract.terms.transfers import TransferTerms
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.languages import Language
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

FORMAT = "bailee.dev/agreement/v1"
Id = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,59}$")]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
Mail = Annotated[str, Meta(pattern=r"^[^@\s<>,;]{1,64}@[^@\s<>,;]{1,189}$")]
Anchors = Annotated[tuple[Anchor, ...], Meta(min_length=1)]
NONE_APPOINTED = "none appointed"


class Contact(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Someone to reach about data protection."""

    name: Word
    email: Mail


class Party(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the two: who it is, where, its data protection officer (or that it has none), and its representative in the
    Union where it stands outside (Art. 27)."""

    name: Word | None = None
    country: Country | None = None
    address: Word | None = None
    dpo: Contact | Literal["none appointed"] | None = None
    representative: Contact | UnsetType = UNSET


class Parties(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The processor, which runs this, and the controller, whose data it holds."""

    processor: Party
    controller: Party


class NoticeAddresses(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controller's address for each kind of notice: the quotation's."""

    breach: Mail | None = None
    complaint: Mail | None = None
    request: Mail | None = None
    sub_processor: Mail | None = None
    hold: Mail | None = None
    end: Mail | None = None


class Reversibility(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How data come back: in which formats, sealed to which age recipient (`age1...`)."""

    formats: Annotated[tuple[Word, ...], Meta(min_length=1)]
    recipient_key: Annotated[str, Meta(pattern="^age1[0-9a-z]{58}$")] | None = None
    bundle_may_remain: Value | None = None
    anchors: Anchors


class LedgerOf(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The key that vouches for the controller's log: what `verify --key` pins."""

    verifier_key: Word | None = None


class Service(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service is a standing instruction: who may do what with which data of whom, and why."""

    id: Id
    anchors: Anchors
    purposes: Annotated[tuple[Purpose, ...], Meta(min_length=1)]
    operations: Annotated[tuple[Operation, ...], Meta(min_length=1)]
    categories: Annotated[tuple[Id, ...], Meta(min_length=1)]
    groups: Annotated[tuple[PersonGroup, ...], Meta(min_length=1)]
    actors: Annotated[tuple[ActorKind, ...], Meta(min_length=1)]
    recipients: tuple[Word, ...] = ()


class DataItem(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data category that the agreement lists; `condition` says when it may be asked for."""

    category: Id
    fields: tuple[Word, ...] = ()
    anchors: Anchors
    condition: Word | None = None
    label: Word | None = None


class GroupItem(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of persons that the agreement lists."""

    group: PersonGroup
    anchors: Anchors


class Host(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A company in the chain: its role, where it is, what it sees."""

    name: Word
    role: Word
    country: Country
    categories: tuple[Id, ...] = ()


class Hosting(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where data are, and who the sub-processors are."""

    regions: Annotated[tuple[Country, ...], Meta(min_length=1)]
    sub_processors: tuple[Host, ...]
    anchors: Anchors


class ControllersPurpose(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A purpose of the controller's own: off until an instruction switches it on."""

    purpose: Purpose
    anchors: Anchors


class LawTerm(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What law says beside the agreement: a conflict is shown, and the law's term wins."""

    id: Id
    about: Word
    value: Value
    source: Word
    bound: Literal["at most", "at least", "exactly"]
    since: date
    applies: Literal["always", "data-act"]


class CustomDuty(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A duty that a negotiated clause adds: what opens it, when it is due, to whom, what proves it."""

    id: Id
    trigger: Id
    period: Value
    owed_to: Literal["controller", "processor"]
    reminders: tuple[Value, ...] = ()
    evidence: Word
    anchor: Anchor | None = None


class Required(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature that must be there: of which party, in which role."""

    party: Literal["processor", "controller"]
    role: Word


class Terms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every number of the agreement, clause by clause."""

    instructions: InstructionTerms
    confidentiality: ConfidentialityTerms
    security_measures: SecurityTerms
    breach_notice: BreachTerms
    data_subject_requests: RequestTerms
    sub_processors: SubProcessorTerms
    transfers: TransferTerms
    processing_register: RegisterTerms
    retention: RetentionTerms
    return_and_destruction: DestructionTerms
    audits: AuditTerms
    impact_assessments: AssessmentTerms
    contact_data: ContactTerms


class Agreement(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole agreement."""

    format: Literal["bailee.dev/agreement/v1"]
    title: Word
    version: Annotated[str, Meta(pattern="^[0-9]+\\.[0-9]+$")]
    language: Language
    in_force_from: date
    data_act: Literal["applies", "no"]
    time_zone: Word
    holidays: Word
    parties: Parties
    addresses: NoticeAddresses
    reversibility: Reversibility
    ledger: LedgerOf
    services: Annotated[tuple[Service, ...], Meta(min_length=1)]
    controller_purposes: tuple[ControllersPurpose, ...]
    data: Annotated[tuple[DataItem, ...], Meta(min_length=1)]
    groups: Annotated[tuple[GroupItem, ...], Meta(min_length=1)]
    hosting: Hosting
    terms: Terms
    law_terms: tuple[LawTerm, ...]
    custom_duties: tuple[CustomDuty, ...] = ()
    signatories: Annotated[tuple[Required, ...], Meta(min_length=1)]

    def canonical(self) -> bytes:
        """The bytes that are signed: JSON with sorted keys, every field present."""
        return canonical(self)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def category_ids(self) -> tuple[str, ...]:
        """The data categories that the agreement lists."""
        return tuple(item.category for item in self.data)


def canonical(value: Any) -> bytes:
    """Deterministic JSON: sorted keys, UTF-8, no white space; agreements hold no fractions."""
    return msgspec.json.encode(value, order="sorted")
