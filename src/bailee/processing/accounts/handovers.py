"""The register of handovers: what left at the controller's own call, when, to whom, with which digest
(liability.handover). Each row goes with its entry in the ledger, in one transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.processing.accounts import queries
from bailee.vault.sealing import Sealed, seal, unseal
from bailee.vocabulary.ids import Address

NOBODY, LAST = UUID(int=0), UUID(int=2**128 - 1)
SHOWN = 50


class Handover(msgspec.Struct, frozen=True):
    """One handover. `digest` is the SHA-256 of the content as far as it left; `complete`: the file went to its end."""

    id: UUID
    actor: str
    at: datetime
    form: str
    categories: tuple[str, ...]
    persons: int
    complete: bool
    digest: str
    recipient: str


class Handovers:
    """Keeps the register of every controller."""

    def __init__(self, *, database: Database, committing: Committing, keys: KeyStore, clock: Clock) -> None:
        self._database = database
        self._committing = committing
        self._keys = keys
        self._clock = clock

    async def record(self, controller: UUID, actor: str, details: Mapping[str, Any], digest: str) -> None:
        """Write a handover down: details as the entry `handed-over` has them, the digest in hexadecimal."""
        key, handover = await self._keys.controller_key(controller, "handovers"), UUID(details["handover"])
        sealed = seal(key, _where(controller, handover), 1, details["recipient"].encode())
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(
                queries.INSERT_HANDOVER, controller, handover, actor, self._clock.now(), details["form"],
                details["categories"], details["persons"], details["complete"], bytes.fromhex(digest), sealed,
            )  # fmt: skip
            await change.append([Act("handed-over", controller, actor, dict(details), digest=digest)])

    async def listed(self, controller: UUID, before: UUID = LAST) -> list[Handover]:
        """The register from one handover backwards, the latest first; fifty at a time."""
        key = await self._keys.controller_key(controller, "handovers")
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.HANDOVERS, controller, before, SHOWN)
        return [
            Handover(
                id=row["handover_id"], actor=row["actor"], at=row["at"], form=row["form"],
                categories=tuple(row["categories"]), persons=row["persons"], complete=row["complete"],
                digest=row["digest"].hex(),
                recipient=unseal(
                    key, Sealed(_where(controller, row["handover_id"]), 1, key.key_id, row["sealed"])
                ).decode(),
            )
            for row in rows
        ]  # fmt: skip


def _where(controller: UUID, handover: UUID) -> Address:
    return Address(controller=controller, person=NOBODY, type="handover", record=handover)
