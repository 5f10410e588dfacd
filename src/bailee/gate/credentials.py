"""Credentials: who is asking, for whom, for which purposes, until when.

A credential's text carries the controller's id, its own id and a secret: the controller's context is
entered first and the credential looked up inside it. Every way of failing answers alike. Only a digest
of the secret is kept; the secret is random, so a fast digest is enough.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bailee.gate import queries
from bailee.gate.archive import Archive, Dossier
from bailee.infra.clock import Clock
from bailee.infra.database import Database, Unavailable
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.parties import Actor, ActorKind

PREFIX = "bailee_"
SECRET = 32
REMEMBERED = 10_000
BITES_AFTER_SECONDS = 1.0
NOTED_SECONDS = 60.0


class Caller(msgspec.Struct, frozen=True):
    """Someone whose credential was good when it was last looked at, under one gate version."""

    actor: Actor
    controller: UUID
    purposes: frozenset[str]
    expires_at: datetime
    version: int


class Credential(msgspec.Struct, frozen=True):
    """A credential as listed: never its secret."""

    credential: UUID
    actor: str
    actor_kind: ActorKind
    purposes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    replaced_by: UUID | None


class Issued(msgspec.Struct, frozen=True):
    """A new credential: its text is shown once and never again."""

    credential: UUID
    text: str
    expires_at: datetime


class Credentials:
    """Issues, checks and revokes credentials."""

    def __init__(self, database: Database, committing: Committing, archive: Archive, clock: Clock) -> None:
        self._database = database
        self._committing = committing
        self._archive = archive
        self._clock = clock
        self._known: dict[str, Caller] = {}
        self._noted: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def known(self, text: str) -> Caller | None:
        """The caller if this text was good under the gate version that is remembered; no round trip."""
        caller = self._known.get(text)
        if caller is None or self._clock.now() >= caller.expires_at:
            return None
        dossier = self._archive.known(caller.controller)
        if dossier is None or dossier.version != caller.version:
            return None
        self._note(caller)
        return caller

    async def authenticate(self, text: str, *, fresh: bool = False) -> Caller | None:
        """The caller behind a credential's text, or None for every kind of failure alike."""
        parts = _parse(text)
        if parts is None:
            return None
        controller, credential, secret = parts
        dossier = await (self._archive.refresh(controller) if fresh else self._archive.dossier(controller))
        if dossier is None:
            return None
        caller = self._known.get(text)
        if caller is None or caller.version != dossier.version:
            caller = await self._look_up(dossier, credential, secret)
            if caller is None:
                self._known.pop(text, None)
                return None
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[text] = caller
        if self._clock.now() >= caller.expires_at:
            return None
        self._note(caller)
        return caller

    async def issue(
        self,
        controller: UUID,
        *,
        by: str,
        actor: str,
        kind: ActorKind,
        purposes: Sequence[str],
        expires_at: datetime,
    ) -> Issued:
        """Make a credential bound to actor, controller, purposes and expiry."""
        async with self._committing.transaction(controller) as change:
            return await self._issue(
                change, by=by, actor=actor, kind=str(kind), purposes=purposes, expires_at=expires_at
            )

    async def rotate(self, controller: UUID, credential: UUID, *, by: str, overlap: timedelta) -> Issued | None:
        """Issue another in its place, for the same actor and purposes and as long a time; the old one ends after
        `overlap`. None where there is none in force, or it was replaced already."""
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.LOCK_CREDENTIAL, controller, credential, now)
            if row is None:
                return None
            until = now + (row["expires_at"] - row["created_at"])
            issued = await self._issue(
                change, by=by, actor=row["actor"], kind=row["actor_kind"], purposes=row["purposes"], expires_at=until
            )
            await change.connection.execute(
                queries.REPLACE_CREDENTIAL, controller, credential, issued.credential, now + overlap
            )
            await change.connection.execute(queries.BUMP_GATE, controller)
            details = {"credential": str(credential), "replaced_by": str(issued.credential)}
            await change.append([Act("credential-rotated", controller, by, details)])
        self._archive.forget(controller)
        return issued

    async def _issue(
        self, change: Transaction, *, by: str, actor: str, kind: str, purposes: Sequence[str], expires_at: datetime
    ) -> Issued:  # fmt: skip
        controller, credential, secret = change.controller, new_id(), secrets.token_bytes(SECRET)
        await change.connection.execute(
            queries.INSERT_CREDENTIAL, controller, credential, actor, kind, list(purposes),
            hashlib.sha256(secret).digest(), self._clock.now(), expires_at, by,
        )  # fmt: skip
        details = {"credential": str(credential), "purposes": list(purposes), "until": expires_at.isoformat()}
        await change.append([Act("credential-issued", controller, by, details | {"for": actor})])
        text = base64.urlsafe_b64encode(controller.bytes + credential.bytes + secret).decode().rstrip("=")
        return Issued(credential=credential, text=PREFIX + text, expires_at=expires_at)

    async def revoke(self, controller: UUID, credential: UUID, *, by: str) -> bool:
        """Revoke one. It bites with every worker's next read, and nothing read before is still on its way
        when this returns."""
        async with self._committing.transaction(controller) as change:
            done = await change.connection.fetchval(
                queries.REVOKE_CREDENTIAL, controller, credential, self._clock.now()
            )
            if done is None:
                return False
            await change.connection.execute(queries.BUMP_GATE, controller)
            await change.append([Act("credential-revoked", controller, by, {"credential": str(credential)})])
        self._archive.forget(controller)
        await asyncio.sleep(BITES_AFTER_SECONDS)
        return True

    async def listed(self, controller: UUID) -> list[Credential]:
        """Every credential of a controller, without secrets."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.CREDENTIALS, controller)
        return [
            Credential(
                credential=row["credential_id"],
                actor=row["actor"],
                actor_kind=ActorKind(row["actor_kind"]),
                purposes=tuple(row["purposes"]),
                created_at=row["created_at"],
                expires_at=row["expires_at"],
                revoked_at=row["revoked_at"],
                used_at=row["used_at"],
                replaced_by=row["replaced_by"],
            )
            for row in rows
        ]

    async def flush(self) -> None:
        """Wait for the last uses to be written: said when the process stops."""
        await asyncio.gather(*self._writing)

    def _note(self, caller: Caller) -> None:
        """Remember that a credential was used, beside the request and once a minute at most."""
        now, credential = self._clock.monotonic(), caller.actor.credential
        if credential is None or now - self._noted.get(credential, float("-inf")) < NOTED_SECONDS:
            return
        if len(self._noted) >= REMEMBERED:
            self._noted.clear()
        self._noted[credential] = now
        task = asyncio.create_task(self._write_use(caller.controller, credential))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write_use(self, controller: UUID, credential: UUID) -> None:
        try:
            async with self._database.transaction(controller) as tx:
                await tx.execute(queries.USED_CREDENTIAL, controller, credential, self._clock.now())
        except Unavailable:
            self._noted.pop(credential, None)  # the next use is written instead

    async def _look_up(self, dossier: Dossier, credential: UUID, secret: bytes) -> Caller | None:
        async with self._database.transaction(dossier.controller) as tx:
            row = await tx.fetchrow(queries.CREDENTIAL, dossier.controller, credential)
        digest = hashlib.sha256(secret).digest()
        if row is None or not hmac.compare_digest(row["secret_digest"], digest) or row["revoked_at"] is not None:
            return None
        return Caller(
            actor=Actor(id=row["actor"], kind=ActorKind(row["actor_kind"]), credential=credential),
            controller=dossier.controller,
            purposes=frozenset(row["purposes"]),
            expires_at=row["expires_at"],
            version=dossier.version,
        )


def _parse(text: str) -> tuple[UUID, UUID, bytes] | None:
    if not text.startswith(PREFIX) or len(text) > 200:
        return None
    try:
        raw = base64.b64decode(text[len(PREFIX) :] + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 32 + SECRET:
        return None
    return UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:]
