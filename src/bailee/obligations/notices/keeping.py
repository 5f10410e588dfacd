"""Keeping: a letter's text goes when it has served its term; what stays is its digest and its entries."""

from datetime import timedelta
from uuid import UUID

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.obligations.notices import queries

CHUNK = 200


class Keeping:
    """Shreds the keys of letters that were handed over long enough ago."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, clock: Clock, term: timedelta
    ) -> None:
        self._database = database
        self._committing = committing
        self._keys = keys
        self._clock = clock
        self._term = term

    async def forget(self, controller: UUID) -> int:
        """Forget what is spent; how many letters. The key first, then the row, so that a crash in between forgets and is taken up again."""
        count, before = 0, self._clock.now() - self._term
        while True:
            async with self._database.transaction(controller) as tx:
                rows = await tx.fetch(queries.SPENT, controller, before, CHUNK)
            for row in rows:
                await self._keys.shred_controller_key(controller, row["sealed_under"])
                await self._forgotten(controller, row["notice_id"])
            count += len(rows)
            if len(rows) < CHUNK:
                return count

    async def _forgotten(self, controller: UUID, notice: UUID) -> None:
        async with self._committing.transaction(controller) as change:
            if await change.connection.fetchval(queries.FORGET_TEXT, controller, notice) is None:
                return
            await change.connection.execute(queries.FORGET_ATTEMPTS, controller, notice)
            await change.append([Act("notice-text-shredded", controller, "platform", {"notice": str(notice)})])
