"""The shapes of the data plane: what is sent and what comes back. The OpenAPI document is made from them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from bailee.gate.looking.filters import Filter
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.purposes import Purpose

Short = Annotated[str, Meta(min_length=1, max_length=200)]
TypeName = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,39}$")]
Groups = Annotated[list[PersonGroup], Meta(min_length=1, max_length=8)]
Instant = Annotated[datetime, Meta(tz=True)]
MANY = 500


class RecordIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A record to hold: its data, and the policy it comes under (by default all purposes of its type)."""

    data: dict[str, Any]
    purposes: Annotated[list[Purpose], Meta(min_length=1, max_length=20)] | None = None
    retention: Annotated[str, Meta(max_length=40)] | None = None
    recipients: Annotated[list[Short], Meta(max_length=20)] = []
    source: Short = "controller"
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class TypedRecordIn(RecordIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A record that comes with its person."""

    type: TypeName


class PersonIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A person to hold, in one group or more (clause data.groups), with records if there are any yet."""

    groups: Groups
    records: Annotated[list[TypedRecordIn], Meta(max_length=20)] = []


class PersonChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to change about a person; what is absent stays."""

    groups: Groups | None = None
    restricted: bool | None = None
    objections: Annotated[list[Purpose], Meta(max_length=20)] | None = None


class FilterIn(Filter, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a list or a search is narrowed to. Policy class: purpose, retention, source, recipient. Person: group,
    state. Times: `_from` and later, before `_until`."""

    retention: Annotated[str, Meta(max_length=40)] | None = None
    source: Short | None = None
    recipient: Short | None = None
    created_from: Instant | None = None
    created_until: Instant | None = None
    changed_from: Instant | None = None
    changed_until: Instant | None = None


class SearchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Records of a type: by one searchable field and its exact value (accents, case and spaces do not matter), or by
    words of a whole name where the controller has switched that on, or all of them; narrowed by a filter or not."""

    type: TypeName
    field: Short | None = None
    value: Short | None = None
    words: Short | None = None
    filter: FilterIn | None = None
    limit: Annotated[int, Meta(ge=1, le=MANY)] = 50
    cursor: Annotated[str, Meta(max_length=300)] | None = None


class PartIn(TypedRecordIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One person's part of a relation: a record of theirs."""

    person: UUID


class RelationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A record about several people: a part for each, sealed under that person's own key."""

    parts: Annotated[list[PartIn], Meta(min_length=2, max_length=8)]


class AddressIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a record lies."""

    person: UUID
    type: TypeName
    record: UUID


class BatchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Many at once: addresses to read, or people to create. One of the two."""

    read: Annotated[list[AddressIn], Meta(min_length=1, max_length=MANY)] | None = None
    create: Annotated[list[PersonIn], Meta(min_length=1, max_length=MANY)] | None = None


class RecordOut(msgspec.Struct, frozen=True, kw_only=True):
    """A record as released. `withheld` names the fields that the instruction does not cover."""

    id: UUID
    person: UUID
    type: str
    version: int
    data: msgspec.Raw
    withheld: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


class ReadOut(RecordOut, frozen=True, kw_only=True):
    """One record, with the instruction that let it through and the name of its ledger entry."""

    instruction: str
    clause: str
    entry: str


class PageOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of records; `cursor` is null on the last."""

    records: list[RecordOut]
    cursor: str | None
    instruction: str
    clause: str
    entry: str


class RelationCreatedOut(msgspec.Struct, frozen=True):
    """A relation made, its parts' records in the order in which they were sent."""

    relation: UUID
    records: list[UUID]
    entry: str


class PartOut(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a relation: its record, or why there is none (`gone`: deleted, or its person erased)."""

    type: str
    state: Literal["here", "withheld", "gone"]
    record: RecordOut | None = None
    reason: str = ""
    clause: str = ""
    gone_at: datetime | None = None


class RelationOut(msgspec.Struct, frozen=True, kw_only=True):
    """A relation as one read released it."""

    id: UUID
    parts: list[PartOut]
    instruction: str
    clause: str
    entry: str


class JoinedOut(msgspec.Struct, frozen=True):
    """That a record of someone is part of a relation."""

    relation: UUID
    type: str
    record: UUID


class JoinedPageOut(msgspec.Struct, frozen=True):
    """A page of the relations someone is part of; `cursor` is null on the last."""

    relations: list[JoinedOut]
    cursor: str | None


class WithheldOut(msgspec.Struct, frozen=True):
    """An address that gave nothing: unknown, or refused by clause."""

    person: UUID
    record: UUID
    reason: str
    clause: str


class BatchOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch of reads gave."""

    records: list[RecordOut]
    withheld: list[WithheldOut]
    instruction: str
    clause: str
    entry: str


class CreatedOut(msgspec.Struct, frozen=True):
    """A person taken in, and its records."""

    person: UUID
    records: list[UUID]


class PersonCreatedOut(CreatedOut, frozen=True):
    """One person taken in, with the name of the ledger entry."""

    entry: str


class CreatedManyOut(msgspec.Struct, frozen=True):
    """People taken in, in the order they were sent."""

    created: list[CreatedOut]
    entry: str


class WrittenOut(msgspec.Struct, frozen=True):
    """A write: ids, the version now, the name of its ledger entry."""

    person: UUID
    record: UUID | None
    version: int
    entry: str


class PersonOut(msgspec.Struct, frozen=True):
    """What stands about a person besides records."""

    id: UUID
    groups: tuple[str, ...]
    restricted: bool
    objections: tuple[str, ...]
    version: int


class PeopleOut(msgspec.Struct, frozen=True):
    """A page of people; `cursor` is null on the last."""

    persons: list[PersonOut]
    cursor: str | None


class MajorityIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A date of birth to be checked and let go (ISO 8601, or day/month/year), and the country whose law counts."""

    date_of_birth: Annotated[str, Meta(max_length=10)]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]


class MajorityOut(msgspec.Struct, frozen=True):
    """What is kept of the check: the answer, its day, the country and the age that counts there."""

    adult: bool
    checked_on: date
    country: str
    age: int
    entry: str


class FileOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file as listed: `size` in bytes, `sha256` of its content in hex; `media_type` as declared at upload."""

    id: UUID
    person: UUID
    type: str
    name: str
    media_type: str
    category: str
    size: int
    sha256: str
    created_at: datetime


class FilesOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a person's files; `cursor` is null on the last."""

    files: list[FileOut]
    cursor: str | None
    instruction: str
    clause: str
    entry: str


class ErasureOut(msgspec.Struct, frozen=True):
    """How far an erasure is. `unreadable_at`: no live key opens it; `final_at`: no backup's either."""

    person: UUID
    step: str
    records: int
    asked_at: datetime
    unreadable_at: datetime | None
    final_at: datetime | None
