"""What goes in and out over HTTP about breaches."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from bailee.clauses.breach_notice.events import Case, Computed, Description, Nature, RemarkKind, Scope, Sent, Store

At = Annotated[datetime, Meta(tz=True)]
Long = Annotated[str, Meta(max_length=4_000)]
Reason = Annotated[str, Meta(min_length=1, max_length=2_000)]
Many = Annotated[list[UUID], Meta(max_length=10_000)]


class DescriptionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is told of a breach. Every controller concerned reads it: no person's name in it. Empty: not known yet."""

    what: Annotated[str, Meta(min_length=1, max_length=4_000)]
    natures: Annotated[list[Nature], Meta(max_length=3)] = []
    began_at: At | None = None
    ended_at: At | None = None
    consequences: Long = ""
    measures: Long = ""

    def made(self) -> Description:
        """The same for the rooms below."""
        return Description(
            what=self.what, natures=tuple(dict.fromkeys(self.natures)), began_at=self.began_at, ended_at=self.ended_at,
            consequences=self.consequences, measures=self.measures,
        )  # fmt: skip


class ScopeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is counted: accesses of an actor, of a credential, to records of some persons; or all that a store held."""

    kind: Literal["access", "store"]
    since: At
    until: At
    actor: Annotated[str, Meta(max_length=200)] = ""
    credential: UUID | None = None
    persons: Annotated[list[UUID], Meta(max_length=1_000)] = []
    store: Store = "data-server"

    def made(self) -> Scope:
        """The same for the rooms below."""
        return Scope(
            kind=self.kind, since=self.since, until=self.until, actor=self.actor, credential=self.credential,
            persons=tuple(self.persons), store=self.store,
        )  # fmt: skip


class BreachIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A breach to be written down. Without `aware_at` it is a suspicion without a clock. `tell`: a first notice leaves at
    once. `search`: the scope is looked for at every controller first."""

    description: DescriptionIn
    aware_at: At | None = None
    controllers: Many = []
    scope: ScopeIn | None = None
    tell: bool = False
    search: bool = False


class DecisionOnBreachIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On a suspicion: it is a breach since `aware_at`, or it is none, for a reason."""

    decision: Literal["confirm", "dismiss"]
    aware_at: At | None = None
    controllers: Many = []
    tell: bool = False
    reason: Annotated[str, Meta(max_length=4_000)] = ""


class NewWordsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known now. `version` is the breach's as it was read."""

    description: DescriptionIn
    version: int


class ConcernIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Controllers that it concerns too."""

    controllers: Many
    tell: bool = False


class FiguresIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures beside the computed ones, and why. Null: not known yet. `version` is the file's as it was read."""

    controller: UUID
    version: int
    reason: Reason
    persons: Annotated[int, Meta(ge=0)] | None = None
    records: Annotated[int, Meta(ge=0)] | None = None
    categories: Annotated[list[str], Meta(max_length=100)] = []


class NoticeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice of what is known now: to these controllers, or to all. `closing`: the last there will be."""

    controllers: Many = []
    news: Annotated[str, Meta(max_length=2_000)] = ""
    closing: bool = False


class ToldOtherwiseIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A controller with which nothing is agreed any more was told in another way."""

    controller: UUID
    at: At
    how: Reason


class RemarkIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the controller has done, or decided against; with its reference, or its reasons."""

    remark: RemarkKind
    at: At
    words: Annotated[str, Meta(max_length=2_000)] = ""


class NoticeWrittenOut(msgspec.Struct, frozen=True):
    """A notice of a breach: what it named as not known, what was new in it, and when a server took it over."""

    notice: UUID
    kind: str
    written_at: datetime
    taken_at: datetime | None
    unknown: list[str]
    new: list[str]


class ComputedOut(msgspec.Struct, frozen=True):
    """Figures that were computed. What is not `exact` is an upper bound; `unread` entries say nothing any more."""

    number: int
    kind: str
    since: datetime
    until: datetime
    done_at: datetime | None
    exact: bool
    persons: int
    records: int
    erased: int
    entries: int
    unread: int
    categories: list[str]
    types: dict[str, int]


class CaseOut(msgspec.Struct, frozen=True):
    """A breach at one controller. `seconds` from awareness to the first notice; null figures are not known yet."""

    controller: UUID
    id: UUID
    state: str
    version: int
    aware_at: datetime | None
    told_at: datetime | None
    seconds: float | None
    persons: int | None
    records: int | None
    categories: list[str]
    figures_are: str
    unknown: list[str]
    computed: list[ComputedOut]
    notices: list[NoticeWrittenOut]


class BreachOut(msgspec.Struct, frozen=True):
    """A breach as the processor has it. `found`: at how many accesses of each controller a scope was met with."""

    id: UUID
    version: int
    state: str
    found_at: datetime
    aware_at: datetime | None
    what: str
    natures: list[str]
    consequences: str
    measures: str
    searching: bool
    found: dict[str, int]
    controllers: list[CaseOut]


class NoticesWrittenOut(msgspec.Struct, frozen=True):
    """To whom a notice was written."""

    controllers: list[UUID]


class ToldOut(msgspec.Struct, frozen=True):
    """A breach as its controller was told of it last. `remarks`: what it says it has done."""

    id: UUID
    aware_at: datetime
    told_at: datetime | None
    seconds: float | None
    what: str
    natures: list[str]
    began_at: datetime | None
    ended_at: datetime | None
    persons: int | None
    records: int | None
    categories: list[str]
    figures_are: str
    consequences: str
    measures: str
    unknown: list[str]
    closed_at: datetime | None
    notices: list[NoticeWrittenOut]
    remarks: list[str]


def written(one: Sent) -> NoticeWrittenOut:
    """A notice for the wire."""
    return NoticeWrittenOut(one.notice, one.kind, one.at, one.taken_at, list(one.unknown), list(one.new))


def computed(one: Computed) -> ComputedOut:
    """Computed figures for the wire."""
    return ComputedOut(
        one.number, one.scope.kind, one.scope.since, one.scope.until, one.done_at, one.exact, one.persons, one.records,
        one.erased, one.entries, one.unread, list(one.categories), dict(one.types),
    )  # fmt: skip


def told(one: Case) -> ToldOut:
    """A controller's file for the wire, as it was told last."""
    said, figures, last = one.sent[-1].description, one.sent[-1].figures, one.sent[-1]
    return ToldOut(
        id=one.id, aware_at=one.aware_at, told_at=one.told_at, seconds=one.elapsed, what=said.what,
        natures=list(said.natures), began_at=said.began_at, ended_at=said.ended_at, persons=figures.persons,
        records=figures.records, categories=list(figures.categories), figures_are=figures.source,
        consequences=said.consequences, measures=said.measures, unknown=list(last.unknown), closed_at=one.closed_at,
        notices=list(map(written, one.sent)), remarks=[each.kind for each in one.remarks],
    )  # fmt: skip
