"""What a pack says: the document that a program reads, and what each member is. Pure.

`data.json` is written piece by piece, so that nobody has too much to be told; joined, the pieces are one JSON document.
"""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests.events import Request, Right
from bailee.contract.agreement import Agreement
from bailee.contract.wording import ACTORS, GROUPS, OPERATIONS, PURPOSES, phrases
from bailee.gate.files import Shown
from bailee.gate.sets import Opened
from bailee.ledger.reading import Told
from bailee.vault.files import Metadata
from bailee.vault.holding import PolicyClass
from bailee.vocabulary.languages import Language
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.places import is_eu

ACCESS, PORTABILITY = "bailee.dev/access/v1", "bailee.dev/portability/v1"
# To the person the controller is no "we": it is named.
ACTORS_OF: Mapping[str, tuple[str, str]] = {
    **ACTORS,
    ActorKind.controller_staff: ("the controller's staff", "les collaborateurs du responsable"),
    ActorKind.controller_system: ("the controller's systems", "les systèmes du responsable"),
    ActorKind.person: ("you", "vous"),
}
TELLING = frozenset({"permit", "change", "withheld", "handed-over", "transmission"})


class Member(msgspec.Struct, frozen=True):
    """A member of a pack: its name, bytes and digest. `file` names a held file whose content is fetched when sent."""

    name: str
    bytes: int
    sha256: str
    file: UUID | None = None
    type: str = ""


def head(one: Request, agreement: Agreement, at: datetime, person: Mapping[str, Any]) -> bytes:
    """The document up to its records: who answers whom, what for, on what, for how long, where it goes (Art. 15(1))."""
    parties, held = agreement.parties, agreement.hosting
    about: dict[str, Any] = {
        "format": ACCESS if one.right is Right.access else PORTABILITY,
        "request": one.id, "made_at": at, "received_at": one.received_at, "person": person,
        "controller": {"name": parties.controller.name, "address": parties.controller.address,
                       "officer": parties.controller.dpo},
        "processor": {"name": parties.processor.name, "address": parties.processor.address},
    }  # fmt: skip
    if one.right is Right.access:
        about["hosts"] = [{"name": h.name, "role": h.role, "country": h.country} for h in held.sub_processors]
        about["transfers"] = [h.name for h in held.sub_processors if not is_eu(h.country)]
        about["agreement"] = agreement.title
        about["retention"] = {
            "criteria": "until erased, or by the rule of a record; what is left at the contract's end is destroyed",
            "destroyed_within": agreement.terms.return_and_destruction.destruction.value,
        }  # fmt: skip
    return msgspec.json.encode(about)[:-1] + b',"records":['


def record(one: Opened, policy: PolicyClass | None, expires_at: datetime | None) -> bytes:
    """A record with why, how long, to whom and whence."""
    said: dict[str, Any] = {
        "type": one.address.type, "id": one.address.record, "version": one.version, "created_at": one.created_at,
        "updated_at": one.updated_at, "data": msgspec.Raw(one.data),
    }  # fmt: skip
    if policy is not None:
        said |= {"purposes": policy.purposes, "source": policy.source, "recipients": policy.recipients}
        said |= {"kept": policy.retention, "expires_at": expires_at}
    return msgspec.json.encode(said)


def words(language: Language) -> dict[str, str]:
    """What the codes of a document are called: purposes, operations, actors, groups."""
    known = [phrases(table, language) for table in (PURPOSES, OPERATIONS, ACTORS_OF, GROUPS)]
    return {str(code): word for one in known for code, word in one.items()}


def carried(one: Opened, fields: Mapping[str, Any]) -> bytes:
    """A record as it is taken along."""
    said = {"type": one.address.type, "id": one.address.record, "updated_at": one.updated_at, "data": fields}
    return msgspec.json.encode(said)


def file(one: Shown, member: Member) -> dict[str, Any]:
    """A file as the document names it."""
    said, at = one.metadata, one.file
    return {
        "id": at.place.address.record, "name": said.name, "media_type": said.media_type, "category": said.category,
        "bytes": member.bytes, "sha256": member.sha256, "created_at": at.created_at, "member": member.name,
    }  # fmt: skip


def member_of(one: Shown) -> str:
    """The name of a file's member: its id, and its own name without what a path could hide in."""
    plain = "".join(sign if sign.isalnum() or sign in "._- " else "_" for sign in one.metadata.name).strip(". ")
    return f"files/{one.file.place.address.record}-{plain[:100] or 'file'}"


def seen(told: Told) -> dict[str, Any] | None:
    """An entry about the person, as what was seen or done: by which kind of actor, why, which data. Their own aside."""
    said = msgspec.json.decode(told.opened.body)
    if said["kind"] not in TELLING:
        return None
    names = ("at", "actor_kind", "operation", "purpose", "categories", "recipient", "clause", "instruction")
    return {"kind": said["kind"], "entry": told.name, **{name: said[name] for name in names if said.get(name)}}


def tail(**parts: Any) -> bytes:
    """The document after its records."""
    return b"]," + msgspec.json.encode(parts)[1:]


def table(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Records of one type as CSV; what is not plain text stands there as JSON."""
    headings = sorted({name for row in rows for name in row})
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(map(_cell, headings))
    writer.writerows([[_cell(row.get(name, "")) for name in headings] for row in rows])
    return out.getvalue().encode()


def whole_of(metadata: Metadata, size: int) -> tuple[int, int]:
    """Where a file's own content lies: of a photograph, the largest of its sizes."""
    start, length = metadata.parts.get("full", (0, size))
    return start, start + length


def member(name: str, content: bytes) -> Member:
    """What the manifest says of a member."""
    return Member(name, len(content), hashlib.sha256(content).hexdigest())


def manifest(one: Request, members: Sequence[Member]) -> bytes:
    """The manifest: every other member with its digest."""
    whole = {"format": "bailee.dev/pack/v1", "request": one.id, "members": members}
    return msgspec.json.format(msgspec.json.encode(whole, order="sorted"), indent=2)


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text[:1] else text
