"""Ordering: a tool's request becomes requests of the controller's own, carried out in its credential's name.

One subject request may concern several people who are held under the same address; it is completed when all are. Who
is not held is answered at once: completed, nothing found.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.clauses.direct_requests.opendsr import queries
from bailee.clauses.direct_requests.opendsr.wire import FIELDS, Asked, Kind, Malformed, Status
from bailee.infra.clock import Clock
from bailee.infra.destinations import Reason, Target
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.vocabulary.parties import Actor

KEY = "opendsr"
FINAL = ("completed", "cancelled")


class Standing(msgspec.Struct, frozen=True):
    """How far the requests of a subject request are, and how many records were found."""

    status: Status
    results: int


class Executing(Protocol):
    """Who carries rights out: the controller's room of requests."""

    async def open(
        self, change: Transaction, kind: Kind, person: UUID, *, actor: Actor, until: datetime, received_at: datetime
    ) -> tuple[UUID, datetime]:
        """Open a request, in the actor's name until then, and queue the work; its id and when it is due."""
        ...

    async def standing(self, controller: UUID, requests: Sequence[UUID]) -> Standing:
        """How far they are."""
        ...

    async def cancel(self, controller: UUID, requests: Sequence[UUID], *, by: str) -> None:
        """Withdraw requests that nobody has begun to work on."""
        ...

    async def results(
        self, controller: UUID, requests: Sequence[UUID], *, actor: Actor, until: datetime
    ) -> AsyncIterator[bytes]:
        """What was found, as a zip; recorded first."""
        ...


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A subject request as it stands."""

    id: UUID
    controller: UUID
    kind: Kind
    requests: tuple[UUID, ...]
    status: Status
    results: int
    received_at: datetime
    expected_at: datetime
    told: str
    tell_at: datetime | None
    tries: int
    sealed_callbacks: bytes
    about: bytes


Found = Callable[[UUID, Sequence[tuple[str, str]]], Awaitable[tuple[UUID, ...]]]
Hosts = Callable[[UUID], Awaitable[frozenset[str]]]
Check = Callable[[str, frozenset[str]], Target | Reason]


class Ordering:
    """Takes subject requests in and looks after them. `hosts` are those at which a controller's tools may be called back;
    `check` says whether an address may be called at all."""

    def __init__(
        self, *, committing: Committing, keys: KeyStore, clock: Clock, found: Found, executing: Executing, hosts: Hosts,
        check: Check,
    ) -> None:  # fmt: skip
        self._committing = committing
        self._keys = keys
        self._clock = clock
        self._found = found
        self._executing = executing
        self.hosts = hosts
        self._check = check

    async def take(self, controller: UUID, asked: Asked, kind: Kind, *, actor: Actor, until: datetime) -> Subject:
        """Take a request in; the same id again is the same request, and for another right or person it is refused."""
        about = await self._about(controller, asked)
        known = await self.find(controller, asked.subject_request_id)
        if known is not None:
            return _same(known, kind, about)
        await self._may_call(controller, asked)
        pairs = [(FIELDS[one.identity_type], one.identity_value) for one in asked.subject_identities]
        persons = await self._found(controller, pairs)
        now = self._clock.now()
        sealed = await self._sealed(controller, asked)
        async with self._committing.transaction(controller) as change:
            opened = [
                await self._executing.open(change, kind, person, actor=actor, until=until, received_at=now)
                for person in persons
            ]
            expected = max((due for _, due in opened), default=now)
            status: Status = "pending" if opened else "completed"
            taken = await change.connection.fetchval(
                queries.TAKE, controller, asked.subject_request_id, kind, [id for id, _ in opened], status, 0, now,
                expected, now if asked.status_callback_urls else None, sealed, about,
            )  # fmt: skip
            if taken is None:
                raise Malformed("the same request is being taken in", "conflict", 409)
            details = {"subject_request": str(asked.subject_request_id), "type": kind, "found": len(opened)}
            await change.append([Act("opendsr-requested", controller, actor.id, details, persons=persons)])
        found = await self.find(controller, asked.subject_request_id)
        assert found is not None
        return found

    async def find(self, controller: UUID, request: UUID) -> Subject | None:
        """One subject request; None for what this controller never sent."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.ONE, controller, request)
        return None if row is None else subject_of(controller, row)

    async def now(self, one: Subject) -> Subject:
        """The same, as far as the work is at this moment; what has moved is told to whoever wants to hear."""
        if one.status in FINAL or not one.requests:
            return one
        standing = await self._executing.standing(one.controller, one.requests)
        if standing.status == one.status:
            return one
        tell_at = self._clock.now() if one.sealed_callbacks else None
        async with self._committing.transaction(one.controller) as change:
            await change.connection.execute(
                queries.MOVED, one.controller, one.id, one.status, standing.status, standing.results, tell_at
            )
        return msgspec.structs.replace(one, status=standing.status, results=standing.results, tell_at=tell_at, tries=0)

    async def cancel(self, one: Subject, *, by: str) -> None:
        """Cancel what is pending; anything else is too far for that."""
        one = await self.now(one)
        if one.status != "pending":
            raise Malformed("only a pending request can be cancelled", "notPending")
        await self._executing.cancel(one.controller, one.requests, by=by)
        await self.now(one)
        async with self._committing.transaction(one.controller) as change:
            await change.append([Act("opendsr-cancelled", one.controller, by, {"subject_request": str(one.id)})])

    async def results(self, one: Subject, *, actor: Actor, until: datetime) -> AsyncIterator[bytes]:
        """What was found, as a zip."""
        if one.status != "completed" or one.kind == "erasure" or not one.requests:
            raise Malformed("there are no results", "noResults", 404)
        return await self._executing.results(one.controller, one.requests, actor=actor, until=until)

    def time(self) -> datetime:
        """Now."""
        return self._clock.now()

    async def callbacks(self, one: Subject) -> tuple[str, ...]:
        """The addresses that want to hear of it."""
        if not one.sealed_callbacks:
            return ()
        key = await self._keys.controller_key(one.controller, KEY)
        plain = key.unseal(one.sealed_callbacks, _bound(one.controller, one.id))
        return msgspec.json.decode(plain, type=tuple[str, ...])

    async def _may_call(self, controller: UUID, asked: Asked) -> None:
        """The addresses to call back may all be called: https, at hosts that the controller has named itself."""
        hosts = await self.hosts(controller) if asked.status_callback_urls else frozenset[str]()
        for url in asked.status_callback_urls:
            found = self._check(url, hosts)
            if found is Reason.host_not_listed:
                raise Malformed(
                    "a host of status_callback_urls is not among those that the controller has named: "
                    "see its choices about rights in the console",
                    "callbackHost",
                )
            if isinstance(found, Reason):
                raise Malformed("status_callback_urls must be absolute https addresses", "callbackAddress")

    async def _about(self, controller: UUID, asked: Asked) -> bytes:
        """Whom a request is about, as a keyed digest: the same whatever order its identities stand in."""
        key = await self._keys.controller_key(controller, KEY)
        pairs = sorted({(one.identity_type, one.identity_value.strip().casefold()) for one in asked.subject_identities})
        content = b"bailee/opendsr-about/1" + msgspec.json.encode(pairs)
        return hmac.new(key.secret, content, hashlib.sha256).digest()

    async def _sealed(self, controller: UUID, asked: Asked) -> bytes:
        if not asked.status_callback_urls:
            return b""
        key = await self._keys.controller_key(controller, KEY)
        plain = msgspec.json.encode(asked.status_callback_urls)
        return key.seal(plain, _bound(controller, asked.subject_request_id))


def _bound(controller: UUID, request: UUID) -> bytes:
    return b"bailee/opendsr/1" + controller.bytes + request.bytes


def _same(known: Subject, kind: Kind, about: bytes) -> Subject:
    if known.kind != kind or not hmac.compare_digest(known.about, about):
        raise Malformed("subject_request_id was used for another request", "duplicate", 409)
    return known


def subject_of(controller: UUID, row: Record) -> Subject:
    return Subject(
        id=row["subject_request_id"], controller=controller, kind=row["kind"], requests=tuple(row["requests"]),
        status=row["status"], results=row["results"], received_at=row["received_at"], expected_at=row["expected_at"],
        told=row["told"], tell_at=row["tell_at"], tries=row["tries"], sealed_callbacks=row["sealed_callbacks"],
        about=row["about"],
    )  # fmt: skip
