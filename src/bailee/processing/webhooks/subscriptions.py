"""Subscriptions: which events a controller's system hears, where it is, and with what its messages are signed.

Address and secrets are sealed under a key of the controller; a secret is shown when it is made and never again. The
hosts are designated when a subscription is made and stay; an address may change only among them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from asyncpg import Record
from cryptography.exceptions import InvalidTag

from bailee.gate import queries as gate_queries
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.destinations import Reason
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.store import KeyStore
from bailee.infra.outbound import Outbound
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.processing.webhooks import queries, shapes, signing
from bailee.processing.webhooks.destinations import Checking, Destination
from bailee.processing.webhooks.shapes import Shape
from bailee.processing.webhooks.signing import Secret
from bailee.vocabulary.ids import new_id

MOST = 20
KEY = "webhooks"
PLATFORM = "platform"
State = Literal["active", "paused", "failing"]


class NoWebhook(Exception):
    """This controller has no such subscription, or no such delivery."""


class TooManyWebhooks(Exception):
    """The controller has as many subscriptions as it may have."""


class RefusedDestination(Exception):
    """The address may not be sent to; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Place(msgspec.Struct, frozen=True):
    """Where a subscription's messages go, and who signs them: what is sealed. `country` is an ISO 3166 code.

    `shape` is the tool's, with what it asks to be let in by and where it files what it is told.
    """

    url: str
    hosts: frozenset[str]
    country: str
    secrets: tuple[Secret, ...]
    shape: Shape = "standard"
    authorization: str = ""
    project: str = ""


class Webhook(msgspec.Struct, frozen=True):
    """A subscription as it stands."""

    id: UUID
    state: State
    reason: str
    events: tuple[str, ...]
    created_by: str
    created_at: datetime
    changed_at: datetime
    place: Place


class Subscriptions:
    """Keeps the subscriptions of every controller."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, outbound: Outbound, checking: Checking,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._keys = keys
        self._outbound = outbound
        self._checking = checking
        self._clock = clock

    async def make(
        self, controller: UUID, *, url: str, hosts: Iterable[str], country: str, events: Iterable[str], by: str,
        shape: Shape = "standard", authorization: str = "", project: str = "",
    ) -> tuple[Webhook, str]:  # fmt: skip
        """A new subscription, and its secret's text."""
        listed = sorted(set(events))
        if why := shapes.refused(shape, url, events=listed, authorization=authorization, project=project):
            raise RefusedDestination(why)
        place = Place(url, frozenset(hosts), country, (signing.fresh(),), shape, authorization, project)
        host = await self.check(controller, place)
        webhook, now = new_id(), self._clock.now()
        sealed = _sealed(await self._key(controller), controller, webhook, place)
        async with self._committing.transaction(controller) as change:
            await self.lock(change)
            if len(await change.connection.fetch(queries.LOCK_ALL, controller)) >= MOST:
                raise TooManyWebhooks
            await change.connection.execute(queries.INSERT, controller, webhook, listed, by, now, sealed)
            details = {"to": host, "hosts": sorted(place.hosts), "country": country, "events": listed, "shape": shape}
            await self._said(change, "webhook-made", webhook, by, details)
        return await self.one(controller, webhook), place.secrets[0].text

    async def listed(self, controller: UUID) -> list[Webhook]:
        """Every subscription, the oldest first."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.ALL, controller)
        return await self._opened(controller, rows)

    async def one(self, controller: UUID, webhook: UUID) -> Webhook:
        """One subscription, or `NoWebhook`."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.ONE, controller, webhook) or _raise()
        [found] = await self._opened(controller, [row])
        return found

    async def change(
        self, controller: UUID, webhook: UUID, *, by: str, url: str | None = None, events: Iterable[str] | None = None,
        state: Literal["active", "paused"] | None = None,
    ) -> Webhook:  # fmt: skip
        """Change the address among its hosts, the events, or whether it is paused; what is None stays."""
        key = await self._key(controller)
        async with self._committing.transaction(controller) as change:
            await self.lock(change)
            row = await change.connection.fetchrow(queries.LOCK, controller, webhook) or _raise()
            place = _open(key, controller, row)
            place = place if url is None else msgspec.structs.replace(place, url=url)
            host = await self.check(controller, place)
            listed = row["events"] if events is None else sorted(set(events))
            said = {"authorization": place.authorization, "project": place.project}
            if why := shapes.refused(place.shape, place.url, events=list(listed), **said):
                raise RefusedDestination(why)
            following, reason = (row["state"], row["reason"]) if state is None else (state, "asked")
            sealed = _sealed(key, controller, webhook, place)
            await change.connection.execute(
                queries.CHANGE, controller, webhook, following, reason, listed, sealed, self._clock.now()
            )
            details = {"to": host, "events": list(listed), "state": following}
            await self._said(change, "webhook-changed", webhook, by, details)
        return await self.one(controller, webhook)

    async def rotate(self, controller: UUID, webhook: UUID, *, by: str) -> tuple[str, datetime]:
        """A new secret's text, and until when the one before signs as well."""
        key, now = await self._key(controller), self._clock.now()
        async with self._committing.transaction(controller) as change:
            await self.lock(change)
            row = await change.connection.fetchrow(queries.LOCK, controller, webhook) or _raise()
            place = _open(key, controller, row)
            place = msgspec.structs.replace(place, secrets=signing.rotated(place.secrets, now))
            sealed = _sealed(key, controller, webhook, place)
            await change.connection.execute(
                queries.CHANGE, controller, webhook, row["state"], row["reason"], row["events"], sealed, now
            )
            await self._said(change, "webhook-secret-replaced", webhook, by, {})
        return place.secrets[0].text, now + signing.BOTH_SIGN

    async def remove(self, controller: UUID, webhook: UUID, *, by: str) -> None:
        """Remove a subscription with all that was queued for it; the ledger keeps what was sent."""
        async with self._committing.transaction(controller) as change:
            await self.lock(change)
            await change.connection.fetchrow(queries.LOCK, controller, webhook) or _raise()
            for query in (queries.DELETE_ATTEMPTS, queries.DELETE_DELIVERIES, queries.DELETE):
                await change.connection.execute(query, controller, webhook)
            await self._said(change, "webhook-removed", webhook, by, {})

    async def lock(self, change: Transaction) -> None:
        """Changes of a controller's subscriptions go one after another; each moves the gate's version."""
        await change.connection.execute(gate_queries.BUMP_GATE, change.controller)

    async def mark(self, change: Transaction, webhook: UUID, state: State, reason: str) -> None:
        """Say what a delivery has shown of a subscription, unless it is paused or known; the caller has locked."""
        now = self._clock.now()
        if await change.connection.fetchval(queries.STATE, change.controller, webhook, state, reason, now):
            await self._said(change, f"webhook-{state}", webhook, PLATFORM, {"reason": reason})

    async def check(self, controller: UUID, place: Place) -> str:
        """The host of a place, as it is listed; `RefusedDestination` where it may not be sent to."""
        target = self._outbound.check(place.url, place.hosts)
        if isinstance(target, Reason):
            raise RefusedDestination(target)
        where = Destination(controller, target.listed_as, place.hosts, place.country)
        refused = await self._checking(where)
        if refused is not None:
            raise RefusedDestination(refused)
        return target.listed_as

    async def _said(self, change: Transaction, kind: str, webhook: UUID, by: str, details: dict[str, Any]) -> None:
        """The entry of a change, and the gate's word on whether anyone listens."""
        controller = change.controller
        states = {row["state"] for row in await change.connection.fetch(queries.LOCK_ALL, controller)}
        await change.connection.execute(queries.LISTEN, controller, bool(states - {"paused"}))
        await change.append([Act(kind, controller, by, {"webhook": str(webhook), **details})])

    async def _opened(self, controller: UUID, rows: Sequence[Record]) -> list[Webhook]:
        if not rows:
            return []
        key = await self._key(controller)
        return [
            Webhook(
                id=row["webhook_id"], state=row["state"], reason=row["reason"], events=tuple(row["events"]),
                created_by=row["created_by"], created_at=row["created_at"], changed_at=row["changed_at"],
                place=_open(key, controller, row),
            )
            for row in rows
        ]  # fmt: skip

    async def _key(self, controller: UUID) -> Key:
        return await self._keys.controller_key(controller, KEY)


class AlteredWebhook(NotAsSealed):
    """A subscription's sealed part does not open as its own: it was changed or moved."""


def _raise() -> Record:
    raise NoWebhook


def _bound(controller: UUID, webhook: UUID) -> bytes:
    return b"bailee/webhook/1" + controller.bytes + webhook.bytes


def _sealed(key: Key, controller: UUID, webhook: UUID, place: Place) -> bytes:
    return key.seal(msgspec.json.encode(place), _bound(controller, webhook))


def _open(key: Key, controller: UUID, row: Record) -> Place:
    box = row["sealed"]
    try:
        plain = key.unseal(box, _bound(controller, row["webhook_id"]))
    except InvalidTag as problem:
        raise AlteredWebhook from problem
    return msgspec.json.decode(plain, type=Place)
