"""Import jobs as they are stored: what stands in clear, what is sealed under the job's own key, and how it goes.

The key's name is `import/<job>`: when the job is done with its lines, or a day old, the key is shredded, so that no
backup can open what was uploaded.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.keys.key import Key
from bailee.processing.accounts.tables import Line
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

Policy = Literal["create-only", "update", "skip"]
FINAL = ("done", "failed")


class NoSuchImport(Exception):
    """There is no such job for this controller (of another's, expired and deleted ones: no difference is shown)."""


class NotNow(Exception):
    """The job is in a state in which this cannot be asked; `state` is the one it is in."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Mandate(msgspec.Struct, frozen=True):
    """In whose name a job works: the caller's actor, purpose and place, until the credential ends."""

    actor: Actor
    purpose: Purpose
    until: datetime


class Chosen(msgspec.Struct, frozen=True):
    """What is sealed of a job: the name and the headings of its file, and how they are to be read."""

    headings: tuple[str, ...]
    duplicated: tuple[str, ...] = ()
    mapping: dict[str, str] = {}
    region: str = "FR"
    groups: tuple[str, ...] = ()
    name: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands."""

    id: UUID
    controller: UUID
    state: str
    stopped_from: str | None
    failure: str | None
    mandate: Mandate
    policy: Policy | None
    format: str
    digest: str
    bytes: int
    lines: int
    parts: int
    next_part: int
    created: int
    updated: int
    skipped: int
    rejected: int
    uploaded_at: datetime
    changed_at: datetime
    expires_at: datetime
    chosen: Chosen

    @property
    def checking(self) -> bool:
        """Whether it looks only, and changes nothing."""
        return "checking" in (self.state, self.stopped_from)


class LineResult(msgspec.Struct, frozen=True):
    """What became, or would become, of a line; reasons are `field:code`."""

    line: int
    outcome: str
    reasons: tuple[str, ...]
    person: UUID | None = None


def key_name(job: UUID) -> str:
    """The name of a job's key among its controller's."""
    return f"import/{job}"


def job_of(row: Record, key: Key) -> Job:
    """A row as a job, what was chosen unsealed."""
    actor = Actor(id=row["actor"], kind=ActorKind(row["actor_kind"]), credential=row["credential_id"])
    job = row["job_id"]
    same = {
        name: row[name]
        for name in (
            "state", "stopped_from", "failure", "policy", "format", "bytes", "lines", "parts", "next_part", "created",
            "updated", "skipped", "rejected", "uploaded_at", "changed_at", "expires_at",
        )
    }  # fmt: skip
    return Job(
        id=job, controller=row["controller_id"], digest=row["digest"].hex(),
        mandate=Mandate(actor, Purpose(row["purpose"]), row["allowed_until"]),
        chosen=msgspec.msgpack.decode(unseal(key, job, -1, row["sealed"]), type=Chosen), **same,
    )  # fmt: skip


def seal_lines(key: Key, job: UUID, part: int, lines: list[Line]) -> bytes:
    """A part's lines, sealed for their place."""
    return seal(key, job, part, msgspec.msgpack.encode(lines))


def unseal_lines(key: Key, job: UUID, part: int, sealed: bytes) -> list[Line]:
    """A part's lines."""
    return msgspec.msgpack.decode(unseal(key, job, part, sealed), type=list[Line])


def seal_chosen(key: Key, job: UUID, chosen: Chosen) -> bytes:
    """What was chosen, sealed."""
    return seal(key, job, -1, msgspec.msgpack.encode(chosen))


def seal(key: Key, job: UUID, part: int, plain: bytes) -> bytes:
    """AES-256-GCM, bound to the job and the part (-1 for what was chosen)."""
    return key.seal(plain, _bound(job, part))


def unseal(key: Key, job: UUID, part: int, sealed: bytes) -> bytes:
    """The reverse of `seal`; raises `InvalidTag` for anything moved or changed."""
    return key.unseal(sealed, _bound(job, part))


def _bound(job: UUID, part: int) -> bytes:
    return b"bailee/import/1" + job.bytes + part.to_bytes(4, "big", signed=True)
