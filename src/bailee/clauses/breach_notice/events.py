"""What happens around a breach: facts, frozen. The processor's own file of it, and what it means for one controller.

A controller's file has an id of its own and names nobody else's: whoever compares two of them learns nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Nature = Literal["confidentiality", "integrity", "availability"]
# Their terms in the W3C Data Privacy Vocabulary.
NATURES: Mapping[Nature, str] = {
    "confidentiality": "https://w3id.org/dpv/risk#ConfidentialityBreach",
    "integrity": "https://w3id.org/dpv/risk#IntegrityBreach",
    "availability": "https://w3id.org/dpv/risk#AvailabilityBreach",
}
State = Literal["finding", "dismissed", "open", "closed"]
Store = Literal["data-server", "key-store", "blobs", "backup"]
STORES: tuple[Store, ...] = ("data-server", "key-store", "blobs", "backup")
Kind = Literal["first", "further", "closing"]
# What Art. 33(3) asks for, as far as it may be unknown in a first notice.
Section = Literal["nature", "persons", "records", "categories", "consequences", "measures"]
SECTIONS: tuple[Section, ...] = ("nature", "persons", "records", "categories", "consequences", "measures")
RemarkKind = Literal["authority-told", "authority-not-told", "persons-told", "persons-not-told"]
REMARKS: tuple[RemarkKind, ...] = ("authority-told", "authority-not-told", "persons-told", "persons-not-told")


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a breach, in words that every controller concerned reads. Empty: not known yet."""

    what: str
    natures: tuple[Nature, ...] = ()
    began_at: datetime | None = None
    ended_at: datetime | None = None
    consequences: str = ""
    measures: str = ""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is computed: what was accessed through the ledger (by an actor, by a credential, of some persons), or all that
    a store held; within a window of time, both ends included."""

    kind: Literal["access", "store"]
    since: datetime
    until: datetime
    actor: str = ""
    credential: UUID | None = None
    persons: tuple[UUID, ...] = ()
    store: Store = "data-server"


class Concerned(msgspec.Struct, frozen=True):
    """A controller that a breach concerns: its name then, and the id of its own file. `opened`: that file stands.

    `apart`: nothing is agreed with it any more, so that no file can stand and no notice can leave from here; a human tells
    it in another way, and says when and how.
    """

    controller: UUID
    name: str
    case: UUID
    opened: bool = False
    apart: bool = False
    told_at: datetime | None = None
    told_how: str = ""


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """The processor's file of a breach. `tell`: a controller's file is opened with a first notice in it.

    `searching`: the scope is looked for at every controller; `found` is at how many accesses of each it was.
    """

    id: UUID
    state: State
    found_at: datetime
    found_by: str
    aware_at: datetime | None
    description: Description
    scope: Scope | None = None
    concerned: tuple[Concerned, ...] = ()
    tell: bool = False
    searching: bool = False
    found: Mapping[str, int] = {}
    reason: str = ""
    confirmed_at: datetime | None = None
    closed_at: datetime | None = None
    version: int = 1

    @property
    def waits(self) -> bool:
        """Whether there is something to do about it for the worker: a controller's file to be opened, one to be found."""
        return self.searching or (self.state == "open" and not all(one.opened for one in self.concerned))

    def of(self, controller: UUID) -> Concerned | None:
        """The controller, where the breach concerns it."""
        return next((one for one in self.concerned if one.controller == controller), None)


class Computed(msgspec.Struct, frozen=True, kw_only=True):
    """A scope computed at one controller. `entries` of the ledger were read, `unread` of them say nothing any more.

    `exact` numbers were counted; others are an upper bound. `erased` persons are known by their ids alone.
    """

    number: int
    scope: Scope
    asked_at: datetime
    asked_by: str
    done_at: datetime | None = None
    exact: bool = True
    persons: int = 0
    records: int = 0
    erased: int = 0
    entries: int = 0
    unread: int = 0
    categories: tuple[str, ...] = ()
    types: Mapping[str, int] = {}
    groups: Mapping[str, int] = {}


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """Figures that a human put beside the computed ones, and why. `beside` is the number of what was computed then."""

    at: datetime
    by: str
    persons: int | None
    records: int | None
    categories: tuple[str, ...]
    reason: str
    beside: int = 0


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of who and how many; None: not known yet. `source` says where it comes from."""

    persons: int | None = None
    records: int | None = None
    categories: tuple[str, ...] = ()
    groups: Mapping[str, int] = {}
    source: Literal["", "computed", "bound", "edited"] = ""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it was written: which one, what it told, what it named as unknown, what was new in it."""

    notice: UUID
    kind: Kind
    at: datetime
    by: str
    description: Description
    figures: Figures
    unknown: tuple[Section, ...] = ()
    new: tuple[str, ...] = ()
    news: str = ""
    taken_at: datetime | None = None


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What the controller says it has done, or has decided not to do: when, and its own words (a reference, reasons)."""

    kind: RemarkKind
    at: datetime
    words: str
    said_at: datetime
    by: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a breach means for one controller: its own file. `told_at` is when a server took the first notice over,
    `target_at` by when that is owed."""

    id: UUID
    breach: UUID
    aware_at: datetime
    opened_at: datetime
    target_at: datetime
    description: Description
    telling: UUID
    completing: UUID
    computed: tuple[Computed, ...] = ()
    edited: tuple[Edited, ...] = ()
    sent: tuple[Sent, ...] = ()
    remarks: tuple[Remark, ...] = ()
    told_at: datetime | None = None
    authority: UUID | None = None
    closed_at: datetime | None = None
    version: int = 1

    @property
    def figures(self) -> Figures:
        """The figures that count: the last edited, else the last computed."""
        done = [one for one in self.computed if one.done_at is not None]
        last = done[-1] if done else None
        if self.edited:
            human = self.edited[-1]
            groups = last.groups if last and last.number == human.beside else {}
            return Figures(
                persons=human.persons,
                records=human.records,
                categories=human.categories,
                groups=groups,
                source="edited",
            )
        if last is None:
            return Figures()
        return Figures(
            persons=last.persons, records=last.records, categories=last.categories, groups=last.groups,
            source="computed" if last.exact else "bound",
        )  # fmt: skip

    @property
    def computing(self) -> bool:
        """Whether a scope waits to be computed."""
        return any(one.done_at is None for one in self.computed)

    @property
    def unknown(self) -> tuple[Section, ...]:
        """What is not known yet, of what Art. 33(3) asks for."""
        return unknown(self.description, self.figures)

    @property
    def elapsed(self) -> float | None:
        """Seconds from awareness to the first notice; None while none was taken over by a server."""
        return None if self.told_at is None else (self.told_at - self.aware_at).total_seconds()

    def late(self, now: datetime) -> bool:
        """Whether the first notice came, or has not come, later than it was owed."""
        return (self.told_at or now) > self.target_at

    def remarked(self, about: Literal["authority", "persons"]) -> Remark | None:
        """The controller's last remark about the authority, or about the persons."""
        return next((one for one in reversed(self.remarks) if one.kind.startswith(about)), None)


def unknown(description: Description, figures: Figures) -> tuple[Section, ...]:
    """What of a description and its figures is not known yet."""
    known: dict[Section, bool] = {
        "nature": bool(description.natures), "persons": figures.persons is not None,
        "records": figures.records is not None, "categories": bool(figures.categories) or figures.persons == 0,
        "consequences": bool(description.consequences), "measures": bool(description.measures),
    }  # fmt: skip
    return tuple(one for one in SECTIONS if not known[one])


def changes(before: Sent, description: Description, figures: Figures) -> tuple[str, ...]:
    """Which sections tell something else than the notice before did; `what` and `time` among them."""
    was, had = before.description, before.figures
    differ = {
        "what": was.what != description.what, "time": (was.began_at, was.ended_at) != (description.began_at, description.ended_at),
        "nature": was.natures != description.natures, "persons": had.persons != figures.persons,
        "records": had.records != figures.records, "categories": had.categories != figures.categories,
        "consequences": was.consequences != description.consequences, "measures": was.measures != description.measures,
    }  # fmt: skip
    return tuple(name for name, other in differ.items() if other)
