"""Who of the processor's staff undertook what, and what they were taught: facts, frozen."""

import hashlib
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Way = Literal["signed", "paper", "statute"]
Fact = Literal["confidential_until", "trained_until"]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the processor's staff: the label that their credentials carry, and the account they come in with.

    Where they have no label, it is the account's id. `name` is for whoever keeps the register, and leaves it nowhere.
    """

    id: UUID
    label: str
    noted_at: datetime
    noted_by: str
    account: UUID | None = None
    name: str = ""
    released_at: datetime | None = None
    released_by: str = ""

    @property
    def actors(self) -> tuple[str, ...]:
        """Under which labels they ask at a gate."""
        return tuple(dict.fromkeys((self.label, *([str(self.account)] if self.account else []))))


class Undertaking(msgspec.Struct, frozen=True, kw_only=True):
    """What binds someone to secrecy: a text signed here, a paper, or a duty of secrecy by law.

    `reference` names the text or the law; `digest` is the SHA-256 of the text or the paper. `since` and `until` are days,
    both included. What was signed here is kept word for word with the signature. It binds on when access has ended.
    """

    id: UUID
    member: UUID
    way: Way
    since: date
    recorded_at: datetime
    recorded_by: str
    reference: str
    digest: str = ""
    until: date | None = None
    paper: UUID | None = None
    text: str = ""
    name: str = ""
    public_key: str = ""
    signature: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """A training: what, on which day, by whom, and the SHA-256 of what shows it. How long it counts each agreement says.

    `ended_at` is when it was struck out.
    """

    id: UUID
    member: UUID
    what: str
    on: date
    given_by: str
    digest: str
    recorded_at: datetime
    recorded_by: str
    paper: UUID | None = None
    ended_at: datetime | None = None
    ended_by: str = ""


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it was handed over."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of its content, in hex."""
        return hashlib.sha256(self.content).hexdigest()


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A member with all that is on record of them, the oldest first."""

    member: Member
    version: int = 1
    undertakings: tuple[Undertaking, ...] = ()
    trainings: tuple[Training, ...] = ()


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """A credential of the processor's staff that holds, and until when the gate there knows its bearer bound and trained.

    `behind`: that gate is still to be told of a change.
    """

    controller: UUID
    credential: UUID
    actor: str
    purposes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    bound_until: datetime | None
    trained_until: datetime | None
    behind: bool

    def lets_in(self, now: datetime) -> bool:
        """Whether the gate lets its bearer in, as far as this clause goes."""
        return all(until is not None and now < until for until in (self.bound_until, self.trained_until))
