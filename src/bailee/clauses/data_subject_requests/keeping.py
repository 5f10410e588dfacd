"""Keeping requests: their rows, and their papers sealed under a key of each request's own.

Every step is one transaction with its entry; a row that someone else changed meanwhile is not written over. The key's
name is `request/<id>`: when the text's term is over the key is shredded, and no backup opens the text any more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record
from cryptography.exceptions import InvalidTag

from bailee.clauses.data_subject_requests import queries
from bailee.clauses.data_subject_requests.events import MISREAD, Mandate, Request, Right, State, Step
from bailee.clauses.data_subject_requests.papers import TAKEN, Papers
from bailee.gate import queries as gate
from bailee.gate.archive import Archive, Dossier
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.ledger.telling import entry_name
from bailee.obligations.calendar import Due
from bailee.vocabulary.parties import Actor, ActorKind

LISTED = 500
MANY = 100


class NoSuchRequest(Exception):
    """There is no such request for this controller (another's answer alike)."""


class ChangedMeanwhile(Exception):
    """Someone changed the request after it was read: look again."""


class AlteredPapers(NotAsSealed):
    """Stored papers do not open as those of their own request."""


class Keeping:
    """Reads and writes requests."""

    def __init__(self, *, committing: Committing, keys: KeyStore, clock: Clock) -> None:
        self.committing = committing
        self._keys = keys
        self._clock = clock

    async def insert(self, change: Transaction, one: Request, *, by: str, **details: Any) -> Request:
        """Write a new request with its entry."""
        assert one.papers is not None
        one = await self._said(change, one, "request-received", by, details)
        sealed = await self._sealed(one)
        await change.connection.execute(
            queries.INSERT, one.controller, one.id, one.right, one.person, one.channel, one.identity, one.received_at,
            one.due.strict, one.due.generous, one.due.rule, one.opened_by, list(one.entries), one.message,
            key_name(one.id), sealed,
        )  # fmt: skip
        return one

    async def write(self, change: Transaction, one: Request, kind: str, *, by: str, **details: Any) -> Request:
        """Write what a step made of a request, with its entry; `ChangedMeanwhile` where another came first."""
        one = await self._said(change, one, kind, by, details)
        return await self.save(change, one)

    async def save(self, change: Transaction, one: Request) -> Request:
        """Write a request as it is now, without an entry: how far the work on it is."""
        after = msgspec.structs.replace(one, version=one.version + 1)
        mandate = one.mandate
        who = (mandate.actor.id, str(mandate.actor.kind), mandate.actor.credential) if mandate else ("", "", None)
        changed = await change.connection.fetchval(
            queries.CHANGE, one.controller, one.id, one.version, one.person, one.identity, one.state, one.step,
            one.reason, one.outcome, one.done, one.total, one.due.strict, one.due.generous, one.due.rule,
            one.extended_at, one.ended_at, one.keep_until, *who, mandate.until if mandate else None,
            list(one.entries), await self._sealed(after) if one.papers else None,
        )  # fmt: skip
        if changed is None:
            raise ChangedMeanwhile(str(one.id))
        return after

    async def prepare(self, one: Request) -> None:
        """Make a request's key before anything is sealed under it."""
        await self._keys.controller_key(one.controller, key_name(one.id))

    @staticmethod
    def check(one: Request, version: int) -> None:
        """The request is still what was seen, or `ChangedMeanwhile`. That its pack was taken changes nothing in it."""
        first, last = one.papers.work.get(TAKEN, (version, version)) if one.papers else (version, version)
        if one.version != version and not (last == one.version and first <= version):
            raise ChangedMeanwhile(str(one.id))

    async def clear(self, change: Transaction, one: Request) -> None:
        """Let go what answered it before: it is made anew."""
        await change.connection.execute(queries.DELETE_PARTS, one.controller, one.id)

    async def find(self, controller: UUID, request: UUID) -> Request:
        """One request with its papers; `NoSuchRequest` where there is none."""
        async with self.committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.ONE, controller, request)
        if row is None:
            raise NoSuchRequest(str(request))
        if row["sealed"] is None:
            return _request(row, None)
        try:
            key = await self._keys.controller_key(controller, key_name(request), create=False)
        except KeyGone:
            return _request(row, None)
        return _request(row, _open(key, row))

    async def dossier(self, archive: Archive, controller: UUID) -> Dossier | None:
        """The controller's dossier as it is now, whatever this process remembers of it."""
        async with self.committing.transaction(controller) as change:
            row = await change.connection.fetchrow(gate.GATE, controller)
        return await archive.dossier(controller, row["gate_version"]) if row else None

    async def listed(self, controller: UUID, person: UUID | None = None) -> list[Request]:
        """Requests without their papers: those that wait first, the most urgent at the top."""
        async with self.committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.ALL, controller, person, LISTED)
        return [_request(row, None) for row in rows]

    async def of_message(self, change: Transaction, message: UUID) -> list[tuple[UUID, Right, bool]]:
        """The requests that a message was taken for: each with its right, and whether it was void for it."""
        rows = await change.connection.fetch(queries.OF_MESSAGE, change.controller, message)
        return [(row["request_id"], Right(row["right_of"]), row["reason"] == MISREAD) for row in rows]

    async def seal(self, one: Request, name: str, content: bytes) -> bytes:
        """A piece of what answers a request, sealed under the request's key for its own place."""
        key = await self._keys.controller_key(one.controller, key_name(one.id))
        return key.seal(content, _place(one.controller, one.id, name))

    async def unseal(self, one: Request, name: str, sealed: bytes) -> bytes:
        """The piece again, or `AlteredPapers`; `KeyGone` where its term is over."""
        key = await self._keys.controller_key(one.controller, key_name(one.id), create=False)
        try:
            return key.unseal(sealed, _place(one.controller, one.id, name))
        except InvalidTag as problem:
            raise AlteredPapers(name) from problem

    async def forget(self, controller: UUID) -> int:
        """Empty the texts whose term is over, and shred their keys; how many."""
        now = self._clock.now()
        async with self.committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.EXPIRED, controller, now, MANY)
        for row in rows:
            request = row["request_id"]
            async with self.committing.transaction(controller) as change:
                await change.connection.execute(queries.EMPTY, controller, request, now)
                await change.connection.execute(queries.DELETE_PARTS, controller, request)
            await self._keys.shred_controller_key(controller, key_name(request))
            act = Act("request-text-shredded", controller, "platform", {"request": str(request)})
            async with self.committing.transaction(controller) as change:
                await change.connection.execute(queries.EMPTIED, controller, request)
                await change.append([act])
        return len(rows)

    async def _said(self, change: Transaction, one: Request, kind: str, by: str, details: dict[str, Any]) -> Request:
        """The request with the name of the entry that says what was done to it."""
        said = {"request": str(one.id), "right": str(one.right), "state": str(one.state), **details}
        persons = (one.person,) if one.person else ()
        [appended] = await change.append([Act(kind, one.controller, by, said, persons)])
        return msgspec.structs.replace(one, entries=(*one.entries, entry_name(appended)))

    async def _sealed(self, one: Request) -> bytes:
        key = await self._keys.controller_key(one.controller, key_name(one.id))
        assert one.papers is not None
        return key.seal(msgspec.json.encode(one.papers), _bound(one.controller, one.id, one.version))


def key_name(request: UUID) -> str:
    """The name of a request's own key."""
    return f"request/{request}"


def _open(key: Key, row: Record) -> Papers:
    bound = _bound(row["controller_id"], row["request_id"], row["version"])
    try:
        plain = key.unseal(row["sealed"], bound)
    except InvalidTag as problem:
        raise AlteredPapers(str(row["request_id"])) from problem
    return msgspec.json.decode(plain, type=Papers)


def _bound(controller: UUID, request: UUID, version: int) -> bytes:
    return b"bailee/request/1" + controller.bytes + request.bytes + version.to_bytes(4, "big")


def _place(controller: UUID, request: UUID, name: str) -> bytes:
    return b"bailee/request-part/1" + controller.bytes + request.bytes + name.encode()


def _request(row: Record, papers: Papers | None) -> Request:
    mandate = None
    if row["actor"]:
        actor = Actor(row["actor"], ActorKind(row["actor_kind"]), row["credential_id"])
        mandate = Mandate(actor, row["allowed_until"])
    entries: Sequence[str] = row["entries"]
    ended_at: datetime | None = row["ended_at"]
    return Request(
        id=row["request_id"], controller=row["controller_id"], right=Right(row["right_of"]), person=row["person_id"],
        channel=row["channel"], identity=row["identity"], received_at=row["received_at"],
        due=Due(strict=row["strict_at"], generous=row["generous_at"], rule=row["rule"]), opened_by=row["opened_by"],
        state=State(row["state"]), step=Step(row["step"]), reason=row["reason"], outcome=row["outcome"],
        done=row["done"], total=row["total"], extended_at=row["extended_at"], ended_at=ended_at,
        keep_until=row["keep_until"], mandate=mandate, message=row["message_id"], entries=tuple(entries),
        version=row["version"], papers=papers,
    )  # fmt: skip
