"""Evidence that a party attaches to a duty of its own: sealed, its digest in the ledger, opened only for that party's
controller. It discharges a duty that the agreement added; what discharges the others, their clause judges.
"""

import hashlib
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record
from cryptography.exceptions import InvalidTag

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.obligations import queries
from bailee.obligations.custom_duties import CUSTOM
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Side
from bailee.vocabulary.ids import new_id

MOST_BYTES = 700_000
KEY = "evidence"


class NotYours(Exception):
    """The duty is the other side's: whoever owes it attaches evidence."""


class TooLarge(ValueError):
    """More than may be attached, or nothing at all."""


class AlteredEvidence(NotAsSealed):
    """What was attached does not open as itself."""


class Attached(msgspec.Struct, frozen=True):
    """Something attached: when, by whom, its SHA-256 and size in bytes."""

    id: UUID
    obligation: UUID
    at: datetime
    by: str
    digest: str
    size: int


class File(msgspec.Struct, frozen=True):
    """What was attached, opened."""

    name: str
    content: bytes


class Evidence:
    """Takes evidence in, and shows it again."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, obligations: Obligations, clock: Clock
    ) -> None:
        self._database = database
        self._committing = committing
        self._keys = keys
        self._obligations = obligations
        self._clock = clock

    async def attach(self, controller: UUID, obligation: UUID, file: File, *, side: Side, by: str) -> Attached:
        """Attach a file to an open duty of this side. `NotOpen`, `NotYours`, `TooLarge`."""
        if not 0 < len(file.content) <= MOST_BYTES:
            raise TooLarge(f"between 1 and {MOST_BYTES} bytes")
        known = await self._obligations.one(controller, obligation)
        if known is None or known.state != "open":
            raise NotOpen(str(obligation))
        if known.promise.owed_by != side:
            raise NotYours
        id, now, digest = new_id(), self._clock.now(), hashlib.sha256(file.content)
        key = await self._keys.controller_key(controller, KEY)
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(
                queries.ATTACH, controller, id, obligation, now, by, digest.digest(), len(file.content),
                _sealed(key, controller, id, file),
            )  # fmt: skip
            details = {"obligation": str(obligation), "evidence": str(id), "size": len(file.content)}
            act = Act("evidence-attached", controller, by, details, digest=digest.hexdigest())
            await change.append([act])
            if known.promise.clause.startswith(CUSTOM):
                await self._obligations.discharge(change, obligation, by=by, proof=f"evidence/{id}")
        return Attached(id, obligation, now, by, digest.hexdigest(), len(file.content))

    async def listed(self, controller: UUID, obligation: UUID) -> list[Attached]:
        """What was attached to an obligation, the oldest first."""
        async with self._database.transaction(controller) as tx:
            return [_attached(row) for row in await tx.fetch(queries.ATTACHED, controller, obligation)]

    async def open(self, controller: UUID, obligation: UUID, evidence: UUID, *, by: str) -> File | None:
        """One attached file, its opening recorded; None when unknown."""
        key = await self._keys.controller_key(controller, KEY)
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.EVIDENCE, controller, obligation, evidence)
            if row is None:
                return None
            file = _opened(key, controller, evidence, row["sealed"])
            details = {"obligation": str(obligation), "evidence": str(evidence)}
            await change.append([Act("evidence-read", controller, by, details)])
        return file


def _attached(row: Record) -> Attached:
    return Attached(
        row["evidence_id"], row["obligation_id"], row["attached_at"], row["attached_by"], row["digest"].hex(),
        row["size"],
    )  # fmt: skip


def _bound(controller: UUID, id: UUID) -> bytes:
    return b"bailee/evidence/1" + controller.bytes + id.bytes


def _sealed(key: Key, controller: UUID, id: UUID, file: File) -> bytes:
    return key.seal(msgspec.msgpack.encode(file), _bound(controller, id))


def _opened(key: Key, controller: UUID, id: UUID, box: bytes) -> File:
    try:
        plain = key.unseal(box, _bound(controller, id))
    except InvalidTag as problem:
        raise AlteredEvidence(str(id)) from problem
    return msgspec.msgpack.decode(plain, type=File)
