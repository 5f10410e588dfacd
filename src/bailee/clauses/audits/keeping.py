"""Keeping: an audit's file as it is stored, sealed under a key of its controller, bound to its id and version."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.clauses.audits import queries
from bailee.clauses.audits.events import Audit
from bailee.clauses.audits.mistakes import ChangedMeanwhile, NothingThere
from bailee.infra.keys.key import DoesNotOpen, Key, NotAsSealed
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction

UNDER = "audits"


class AlteredAudit(NotAsSealed):
    """A stored file, or a pack, does not open as its own."""


class Known(msgspec.Struct, frozen=True):
    """A file as it stands, and its version."""

    audit: Audit
    version: int


class Keeping:
    """Writes and reads files."""

    def __init__(self, *, committing: Committing, keys: KeyStore) -> None:
        self._committing = committing
        self._keys = keys

    async def insert(self, change: Transaction, audit: Audit, at: datetime) -> None:
        """A new file."""
        sealed = _seal(await self._key(change.controller), change.controller, audit, 1)
        await change.connection.execute(queries.INSERT, change.controller, audit.id, audit.state, at, sealed)

    async def lock(self, change: Transaction, id: UUID) -> Known:
        """A file that is about to be changed."""
        row = await change.connection.fetchrow(queries.LOCK, change.controller, id)
        if row is None:
            raise NothingThere
        return _open(await self._key(change.controller), change.controller, row)

    async def put(self, change: Transaction, known: Known, audit: Audit, at: datetime) -> None:
        """The file as it is now."""
        until = max((one.until for one in audit.guests), default=None)
        if until is not None and audit.is_over:
            until = min(until, at)
        sealed = _seal(await self._key(change.controller), change.controller, audit, known.version + 1)
        args = (audit.id, known.version, audit.state, at, until, sealed)
        if await change.connection.fetchval(queries.CHANGE, change.controller, *args) is None:
            raise ChangedMeanwhile

    async def find(self, controller: UUID, id: UUID) -> Known:
        """One file, or `NothingThere`."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.ONE, controller, id)
        if row is None:
            raise NothingThere
        return _open(await self._key(controller), controller, row)

    async def listed(self, controller: UUID) -> Sequence[Known]:
        """Every file, the newest first."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.ALL, controller)
        if not rows:
            return []
        key = await self._key(controller)
        return [_open(key, controller, row) for row in rows]

    async def lay_by(self, change: Transaction, audit: UUID, digest: str, content: bytes, at: datetime) -> None:
        """Keep a pack."""
        key, controller = await self._key(change.controller), change.controller
        sealed = key.seal(content, _bound_pack(controller, audit, digest))
        await change.connection.execute(queries.INSERT_PACK, controller, audit, digest, at, sealed)

    async def pack(self, controller: UUID, audit: UUID, digest: str) -> bytes:
        """A pack that was made, byte for byte."""
        async with self._committing.transaction(controller) as change:
            sealed = await change.connection.fetchval(queries.PACK, controller, audit, digest)
        if sealed is None:
            raise NothingThere
        try:
            return (await self._key(controller)).unseal(sealed, _bound_pack(controller, audit, digest))
        except DoesNotOpen as problem:
            raise AlteredAudit("pack") from problem

    async def _key(self, controller: UUID) -> Key:
        return await self._keys.controller_key(controller, UNDER)


def _seal(key: Key, controller: UUID, audit: Audit, version: int) -> bytes:
    return key.seal(msgspec.json.encode(audit), _bound(controller, audit.id, version))


def _open(key: Key, controller: UUID, row: Record) -> Known:
    try:
        plain = key.unseal(row["sealed"], _bound(controller, row["audit_id"], row["version"]))
    except DoesNotOpen as problem:
        raise AlteredAudit(str(row["audit_id"])) from problem
    return Known(msgspec.json.decode(plain, type=Audit), row["version"])


def _bound(controller: UUID, id: UUID, version: int) -> bytes:
    return b"bailee/audit/1" + controller.bytes + id.bytes + version.to_bytes(4, "big")


def _bound_pack(controller: UUID, audit: UUID, digest: str) -> bytes:
    return b"bailee/audit-pack/1" + controller.bytes + audit.bytes + digest.encode()
