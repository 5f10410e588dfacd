"""What an entry says: the body of a leaf, as JSON that any tool reads.

A body is written once and hashed as the bytes it is; nothing is ever re-encoded. Persons and records
appear by random id only, so that erasing a person leaves every entry as it was.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal
from bailee.vocabulary.ids import Address
from bailee.vocabulary.parties import Actor


class Withheld(msgspec.Struct, frozen=True):
    """An access that was permitted, whose answer the row itself then narrowed to nothing."""

    permit: Permit
    reason: str


class Change(msgspec.Struct, frozen=True):
    """One record changed: `digest` is the SHA-256 of its ciphertext as stored (none when deleted)."""

    permit: Permit
    address: Address
    version: int
    digest: bytes | None = None


class Repeated(msgspec.Struct, frozen=True):
    """A refusal that came again, identically, `count` times within its second."""

    refusal: Refusal
    count: int


class Act(msgspec.Struct, frozen=True):
    """An act of the contract or of the platform: signed, ended, returned, erased, keys turned...

    `log` is set where the act about a controller is recorded in another log: the platform's own.
    """

    kind: str
    controller: UUID
    actor: str
    details: dict[str, Any] = {}
    persons: tuple[UUID, ...] = ()
    digest: str = ""
    log: UUID | None = None


Fact = Permit | Refusal | Withheld | Change | Repeated | Act


class Body(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The JSON of an entry. Absent fields mean "does not apply"."""

    v: int = msgspec.field(default=0)
    kind: str
    at: datetime
    controller: UUID
    actor: str
    actor_kind: str = ""
    credential: UUID | None = None
    operation: str = ""
    purpose: str = ""
    place: str = ""
    clause: str = ""
    instruction: str | None = None
    reason: str = ""
    agreement: str = ""
    persons: tuple[UUID, ...] = ()
    records: tuple[tuple[UUID, str, UUID], ...] = ()
    categories: tuple[str, ...] = ()
    recipient: str | None = None
    version: int | None = None
    digest: str = ""
    count: int | None = None
    simulated: bool = False
    details: dict[str, Any] = {}


_encode = msgspec.json.Encoder().encode

Parts = tuple[bytes, bytes]


class Bodies:
    """The bodies of one batch, each in two parts: what it shares with its like, and its own end.

    A body is `head + tail`; entries that differ only in their records share the head, which is encoded once. A change
    names its person with its record and nowhere else, so that changes of many people share theirs.
    """

    def __init__(self, at: datetime, simulated: bool) -> None:
        self._at = at
        self._simulated = simulated
        self._heads: dict[tuple[object, ...], bytes] = {}

    def of(self, fact: Fact) -> Parts:
        """The entry's body for a fact, as it will be hashed, sealed and one day shown."""
        if isinstance(fact, Permit):
            return self._access("permit", fact, fact.request.persons), _tail(fact.request.addresses, "")
        if isinstance(fact, Change):
            digest = f',"digest":"{fact.digest.hex()}"' if fact.digest else ""
            own = _tail((fact.address,), f',"version":{fact.version}{digest}')
            return self._access("change", fact.permit, ()), own
        if isinstance(fact, Act):
            return b"", _encode(
                Body(
                    v=1, kind=fact.kind, at=self._at, controller=fact.controller, actor=fact.actor,
                    persons=fact.persons, details=fact.details, digest=fact.digest, simulated=self._simulated,
                )
            )  # fmt: skip
        if isinstance(fact, Withheld):
            own = _tail(fact.permit.request.addresses, f',"reason":{_quoted(fact.reason)}')
            return self._access("withheld", fact.permit, fact.permit.request.persons), own
        refusal, count = (fact, None) if isinstance(fact, Refusal) else (fact.refusal, fact.count)
        return b"", _encode(_refusal(refusal, count, self._at, self._simulated))

    def _access(self, kind: str, permit: Permit, persons: tuple[UUID, ...]) -> bytes:
        """The part that every access like this one shares: all but its records. The facts outlive the batch."""
        request = permit.request
        alike = (
            kind, request.operation, request.purpose, request.place, request.recipient, id(request.actor),
            permit.categories, permit.instruction, permit.agreement, persons,
        )  # fmt: skip
        head = self._heads.get(alike)
        if head is None:
            head = self._heads[alike] = _encode(
                _access(kind, permit, persons=persons, at=self._at, simulated=self._simulated)
            )[:-1]
        return head


def _tail(addresses: tuple[Address, ...], more: str) -> bytes:
    """The end of a body, in JSON: its records, then what else is its own (names and values, each after a comma)."""
    if len(addresses) == 1:
        [a] = addresses
        return f',"records":[["{a.person!s}",{_quoted(a.type)},"{a.record!s}"]]{more}}}'.encode()
    if addresses:
        named = ",".join([f'["{a.person!s}",{_quoted(a.type)},"{a.record!s}"]' for a in addresses])
        return f',"records":[{named}]{more}}}'.encode()
    return more.encode() + b"}"


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return _encode(text).decode()


def controller_of(fact: Fact) -> UUID:
    """The controller (or the platform) in whose log a fact belongs."""
    return fact.log or fact.controller if isinstance(fact, Act) else _ruled(fact).request.controller


def persons_of(fact: Fact) -> tuple[UUID, ...]:
    """The persons an entry is about, for the person -> batch index."""
    if isinstance(fact, Permit):
        return _asked_about(fact.request)
    if isinstance(fact, Change):
        return (fact.address.person,)
    return fact.persons if isinstance(fact, Act) else _asked_about(_ruled(fact).request)


def persons_in(facts: Sequence[Fact]) -> set[bytes]:
    """The persons that the entries of a batch are about, as the bytes of their ids."""
    found: set[bytes] = set()
    for fact in facts:
        if type(fact) is Permit and not fact.request.persons:
            for address in fact.request.addresses:
                found.add(address.person.bytes)
        else:
            found.update([person.bytes for person in persons_of(fact)])
    return found


def _asked_about(request: AccessRequest) -> tuple[UUID, ...]:
    return request.persons or tuple([address.person for address in request.addresses])


def _ruled(fact: Permit | Refusal | Withheld | Change | Repeated) -> Permit | Refusal:
    if isinstance(fact, Permit):
        return fact
    if isinstance(fact, Refusal):
        return fact
    return fact.refusal if isinstance(fact, Repeated) else fact.permit


def _access(kind: str, permit: Permit, *, persons: tuple[UUID, ...], at: datetime, simulated: bool) -> Body:
    request = permit.request
    actor: Actor = request.actor
    return Body(
        v=1, kind=kind, at=at, controller=request.controller,
        actor=actor.id, actor_kind=actor.kind, credential=actor.credential,
        operation=request.operation, purpose=request.purpose, place=request.place,
        clause=permit.clause, instruction=permit.instruction, agreement=permit.agreement,
        persons=persons, categories=_listed(permit.categories), recipient=request.recipient, simulated=simulated,
    )  # fmt: skip


def _refusal(refusal: Refusal, count: int | None, at: datetime, simulated: bool) -> Body:
    request = refusal.request
    actor: Actor = request.actor
    return Body(
        v=1, kind="refusal", at=at, controller=request.controller,
        actor=actor.id, actor_kind=actor.kind, credential=actor.credential,
        operation=request.operation, purpose=request.purpose, place=request.place,
        clause=refusal.clause, instruction=refusal.instruction, reason=refusal.reason,
        persons=request.persons, records=_records(request.addresses),
        categories=_listed(request.categories), recipient=request.recipient, count=count, simulated=simulated,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _listed(categories: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(categories))


def _records(addresses: tuple[Address, ...]) -> tuple[tuple[UUID, str, UUID], ...]:
    return tuple((a.person, a.type, a.record) for a in addresses)
