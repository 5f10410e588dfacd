"""Keeping: a message is durable and sealed before whoever brought it hears so, and shredded when it has served.

A mail is named by what it is: the same bytes brought again (a server that did not hear our answer, a file that was not
removed yet) are the same message, and are forwarded once.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record
from cryptography.exceptions import InvalidTag

from bailee.clauses.direct_requests import queries
from bailee.clauses.direct_requests.deadlines import SET_ASIDE
from bailee.clauses.direct_requests.events import Channel, Received, State
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act

LARGEST = 24 * 1024 * 1024
ANYONE = "anyone"


class AlteredMessage(NotAsSealed):
    """A stored message does not open as itself."""


class TooLarge(Exception):
    """A message is larger than any that is taken."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the platform knows it, without its content."""

    message_id: UUID
    channel: Channel
    state: State
    received_at: datetime
    size: int
    attempts: int
    reason: str
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    forwarded: int
    ended_at: datetime | None
    readable: bool


class Keeping:
    """Takes messages in, and opens them for whoever passes them on."""

    def __init__(self, *, committing: Committing, keys: KeyStore, clock: Clock, platform: UUID) -> None:
        self._committing = committing
        self._keys = keys
        self._clock = clock
        self.platform = platform

    async def take_in(self, received: Received, *, once: str = "") -> UUID:
        """Make a message durable; returns when it is. `once` names an attempt that may come twice.

        `Unavailable` where nothing can be taken in now: whoever brings it tries again.
        """
        content = msgspec.msgpack.encode(received)
        if len(content) > LARGEST + 64 * 1024:
            raise TooLarge
        id = await self._named(received, once)
        if await self.find(id) is not None:
            return id
        name = f"message/{id}"
        sealed = seal(await self._keys.controller_key(self.platform, name), self.platform, id, content)
        async with self._committing.transaction(self.platform) as change:
            taken = await change.connection.fetchval(
                queries.TAKE_IN, self.platform, id, received.channel, received.received_at, len(content), name, sealed
            )
            if taken is not None:
                details = {"message": str(id), "channel": received.channel, "size": len(content)}
                await change.append([Act("message-received", self.platform, ANYONE, details)])
        return id

    def now(self) -> datetime:
        """Now, for whoever brings a message."""
        return self._clock.now()

    async def find(self, message: UUID) -> Kept | None:
        """What is known about a message."""
        async with self._committing.transaction(self.platform) as change:
            row = await change.connection.fetchrow(queries.MESSAGE, self.platform, message)
        return None if row is None else kept(row)

    async def open(self, message: UUID) -> Received | None:
        """A message's content; None once it has gone."""
        async with self._committing.transaction(self.platform) as change:
            row = await change.connection.fetchrow(queries.MESSAGE, self.platform, message)
        if row is None or row["sealed"] is None:
            return None
        try:
            key = await self._keys.controller_key(self.platform, row["sealed_under"], create=False)
        except KeyGone:
            return None
        return msgspec.msgpack.decode(unseal(key, self.platform, message, row["sealed"]), type=Received)

    async def listed(self, states: Sequence[State], limit: int) -> list[Kept]:
        """Messages in these states, the newest first."""
        async with self._committing.transaction(self.platform) as change:
            rows = await change.connection.fetch(queries.LISTED, self.platform, list(states), limit)
        return [kept(row) for row in rows]

    async def counted(self) -> dict[str, int]:
        """How many messages are in each state."""
        async with self._committing.transaction(self.platform) as change:
            rows = await change.connection.fetch(queries.COUNTED, self.platform)
        return {row["state"]: row["many"] for row in rows}

    async def claim(self, until: datetime) -> tuple[UUID, int] | None:
        """The oldest message that nobody looks at, claimed; and the how-manieth attempt this is."""
        async with self._committing.transaction(self.platform) as change:
            row = await change.connection.fetchrow(queries.CLAIM, self.platform, self._clock.now(), until)
        return None if row is None else (row["message_id"], row["attempts"])

    async def uncount(self, message: UUID) -> None:
        """Take an attempt back that was none."""
        async with self._committing.transaction(self.platform) as change:
            await change.connection.execute(queries.UNCOUNT, self.platform, message)

    async def forget(self) -> int:
        """Shred what was passed on, and what was set aside long enough ago; how many."""
        before = self._clock.now() - SET_ASIDE
        async with self._committing.transaction(self.platform) as change:
            rows = await change.connection.fetch(queries.TO_SHRED, self.platform, before)
        for row in rows:
            await self.shred(row["message_id"])
        return len(rows)

    async def shred(self, message: UUID) -> None:
        """Delete a message's key, read back that it is gone, then its content."""
        await self._keys.shred_controller_key(self.platform, f"message/{message}")
        async with self._committing.transaction(self.platform) as change:
            await change.connection.execute(queries.SHREDDED, self.platform, message)
            await change.append([Act("message-shredded", self.platform, "platform", {"message": str(message)})])

    async def name_at(self, message: UUID, controller: UUID) -> UUID:
        """The name of a message at one controller: a UUID of version 4 that tells nothing of the others."""
        return await self._digested(b"at", message.bytes + controller.bytes)

    async def _named(self, received: Received, once: str) -> UUID:
        if received.written is not None:
            content = once.encode() + msgspec.msgpack.encode(received.written)
            return await self._digested(b"written", content if once else secrets.token_bytes(16))
        head = "\n".join((received.mail_from, *received.mail_to)).encode()
        return await self._digested(b"mail", head + b"\n\n" + received.mail)

    async def _digested(self, domain: bytes, content: bytes) -> UUID:
        key = await self._keys.controller_key(self.platform, "message-names")
        return UUID(bytes=hmac.digest(key.secret, domain + b"\n" + content, "sha256")[:16], version=4)


def seal(key: Key, controller: UUID, id: UUID, content: bytes) -> bytes:
    """The content as stored, bound to its controller and id."""
    return key.seal(content, _bound(controller, id))


def unseal(key: Key, controller: UUID, id: UUID, sealed: bytes) -> bytes:
    """The stored content; `AlteredMessage` where it was changed, moved or swapped."""
    try:
        return key.unseal(sealed, _bound(controller, id))
    except InvalidTag as problem:
        raise AlteredMessage(str(id)) from problem


def _bound(controller: UUID, id: UUID) -> bytes:
    return b"bailee/message/1" + controller.bytes + id.bytes


def kept(row: Record) -> Kept:
    """A row of messages, without its content."""
    found = dict(row)
    found["readable"] = found.pop("sealed_under") is not None
    found.pop("sealed", None)
    found["kinds"], found["reasons"] = tuple(found["kinds"]), tuple(found["reasons"])
    return Kept(**found)
