"""What happens to the list of sub-processors: facts, frozen."""

import hashlib
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from bailee.contract.agreement import canonical
from bailee.contract.engagements import LABEL

Kind = Literal["add", "replace", "change", "end"]
Verdict = Literal["same", "same-in-substance", "gap"]
Path = Literal["unknown", "agreement", "inside", "no-data", "outside", "end"]
State = Literal["due", "telling", "open", "standing", "consented", "objected", "silent", "withdrawn", "over"]
Means = Literal["adequacy", "standard-clauses", "binding-rules", "other"]


class Mechanism(msgspec.Struct, frozen=True, kw_only=True):
    """On what a transfer outside the European Economic Area rests beside the consent: its document and the assessment of
    the transfer's impact, by digest, and until when. `module` is that of the standard contractual clauses."""

    means: Means
    document: str
    reference: str
    module: str = ""
    assessment: str = ""
    until: date | None = None


class SubProcessor(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the list.

    `remote` are the countries from which it reaches in, for access or support. `above` is the sub-processor that engages
    it, where it is not engaged by us: the list is a tree down the whole chain.
    """

    id: UUID
    slug: str
    name: str
    address: str
    country: str
    remote: tuple[str, ...] = ()
    contact: str
    role: str
    main_host: bool = False
    categories: tuple[str, ...] = ()
    personal_data: bool = True
    safeguards: str
    above: UUID | None = None
    mechanism: Mechanism | None = None

    @property
    def label(self) -> str:
        """What the gate knows it by."""
        return LABEL + self.slug

    @property
    def places(self) -> tuple[str, ...]:
        """Every country in which it works for us, its own first."""
        return tuple(dict.fromkeys((self.country, *self.remote)))


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a named human found: whether an obligation of the agreement binds the sub-processor too, by which document.

    Signed with the human's own key over everything that it says.
    """

    clause: str
    verdict: Verdict
    reason: str
    document: str
    name: str
    by: str
    at: datetime
    public_key: str = ""
    signature: str = ""


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal: what it does to which entry, from when, why; how the entry's contract was judged; who approved it."""

    id: UUID
    kind: Kind
    entry: SubProcessor
    replaces: UUID | None = None
    begins_at: datetime
    reason: str
    proposed_by: str
    judgements: tuple[Judgement, ...] = ()
    approved_by: str = ""
    approved_at: datetime | None = None

    @property
    def digest(self) -> str:
        """Of exactly what a controller decides on."""
        shown = (self.id, self.kind, self.entry, self.replaces, self.begins_at, self.reason)
        return hashlib.sha256(canonical(shown)).hexdigest()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal as it stands."""

    what: Proposed
    version: int
    state: Literal["drafted", "approved", "dropped"]
    changed_at: datetime


class Answer(msgspec.Struct, frozen=True):
    """What became of a proposal at one of many controllers."""

    controller: UUID
    path: Path
    state: State
    told_at: datetime | None
    generous_at: datetime | None
    decided_at: datetime | None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a proposal at one controller. `strict_at` and `generous_at` are the two readings of its time to
    object; the generous one is the controller's."""

    proposal: UUID
    path: Path
    state: State
    notice: UUID | None
    waiting: UUID | None
    told_at: datetime | None
    strict_at: datetime | None
    generous_at: datetime | None
    decided_at: datetime | None
    decided_by: str
    proof: str

    @property
    def stands(self) -> bool:
        """Whether this controller's data may flow to it, once it begins."""
        return self.state in ("standing", "consented") and self.path != "end"

    @property
    def waits(self) -> bool:
        """Whether the controller may still decide: it was told or is being told, and has not decided."""
        return self.state in ("telling", "open", "silent")
