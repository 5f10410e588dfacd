"""An audit and what is in its file: facts, frozen. All of it is sealed; what stands beside it is its state and its clock."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from bailee.obligations.calendar import Due

Short = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=4_000)]
Number = Annotated[int, Meta(ge=1, le=10_000)]
Minutes = Annotated[int, Meta(ge=0, le=24 * 60)]
Cents = Annotated[int, Meta(ge=0, le=100_000_000)]

By = Literal["controller", "third-party", "authority"]
Ground = Literal["competitor", "conflict-of-interest", "no-confidentiality", "not-qualified", "other"]
Severity = Literal["observation", "minor", "major", "critical"]
State = Literal["asked", "flagged", "accepted", "refused", "announced", "under-way", "reported", "closed", "withdrawn"]
Standing = Literal["in-time", "by-one-reading", "too-early", "exempt"]
OVER: frozenset[State] = frozenset({"closed", "withdrawn"})


class Scope(msgspec.Struct, frozen=True):
    """What is audited: clauses of the agreement by their ids, and systems in words."""

    clauses: tuple[str, ...]
    systems: str = ""


class Noticed(msgspec.Struct, frozen=True, kw_only=True):
    """How the notice was judged: up to when it could be given in either reading, and from which day an audit could be."""

    due: Due
    standing: Standing
    earliest: date
    surely: date


class Waiver(msgspec.Struct, frozen=True):
    """The processor lets an audit begin sooner: who, by name, and when."""

    name: str
    by: str
    at: datetime


class Refusal(msgspec.Struct, frozen=True):
    """Why an auditor is refused: on which ground, in which words, in whose name."""

    ground: Ground
    reason: str
    name: str
    at: datetime


class Auditor(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes; `refusal` where the processor did not let them."""

    name: Short
    company: Short
    qualification: Short
    proposed_at: datetime
    refusal: Refusal | None = None


class Reference(msgspec.Struct, frozen=True):
    """Where an answer is shown: a clause, a document's digest, or an entry of the ledger by its index."""

    kind: Literal["clause", "document", "entry"]
    id: Short


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What the auditor asks, and what the processor answers."""

    n: int
    text: Text
    asked_at: datetime
    answer: str = ""
    references: tuple[Reference, ...] = ()
    answered_by: str = ""
    answered_at: datetime | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit found, under which clause, and how grave it is."""

    n: int
    clause: str
    severity: Severity
    text: Text


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """What will be done about a finding: by whom, until when; and what shows that it was."""

    n: int
    finding: int
    text: Text
    owner: Short
    due: date
    done_at: datetime | None = None
    evidence: str = ""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Time of the processor's staff on one day, at a rate by the hour, and what was spent beside it; in cents."""

    n: int
    day: date
    who: Short
    what: Short
    minutes: int
    rate: int
    spent: int
    logged_by: str


class Guest(msgspec.Struct, frozen=True):
    """The account that was opened for an auditor, and its last instant."""

    person: UUID
    until: datetime


class Pack(msgspec.Struct, frozen=True):
    """An evidence pack that was made: of a log of which size, and the digest of its manifest."""

    digest: str
    size: int
    at: datetime


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """An audit's file."""

    id: UUID
    state: State
    by: By
    scope: Scope
    first: date
    last: date
    asked_at: datetime
    asked_by: str
    told_at: datetime
    notice: Noticed
    round: int = 1
    taken_in: str = ""
    waiver: Waiver | None = None
    auditors: tuple[Auditor, ...] = ()
    questions: tuple[Question, ...] = ()
    arrangements: str = ""
    findings: tuple[Finding, ...] = ()
    conclusion: str = ""
    reported_at: datetime | None = None
    actions: tuple[Action, ...] = ()
    costs: tuple[Cost, ...] = ()
    bears: str = "controller"
    currency: str = "EUR"
    guests: tuple[Guest, ...] = ()
    packs: tuple[Pack, ...] = ()
    ended_at: datetime | None = None

    @property
    def auditor(self) -> Auditor | None:
        """Who was proposed last."""
        return self.auditors[-1] if self.auditors else None

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be done any more."""
        return self.state in OVER
