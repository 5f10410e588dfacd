"""Mirroring: what becomes of obligations is told to the tools in which teams work, in the transaction in which it
becomes so. A controller's own tools hear of its obligations; the processor's, of every controller's.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.infra.database import ENTER
from bailee.ledger.committing import Transaction
from bailee.obligations.promises import Obligation
from bailee.processing.webhooks import queries
from bailee.processing.webhooks.shapes import owed
from bailee.vocabulary.ids import new_id


class Mirroring:
    """The `Told` port of the obligations."""

    def __init__(self, clock: Clock, platform: UUID) -> None:
        self._clock = clock
        self._platform = platform

    async def __call__(self, change: Transaction, what: str, obligations: Sequence[Obligation]) -> None:
        """Queue what became of obligations at each subscription that hears it."""
        await self._queue(change, change.controller, what, obligations)
        if change.controller != self._platform:
            await change.connection.fetchval(ENTER, self._platform)
            await self._queue(change, self._platform, what, obligations)
            await change.connection.fetchval(ENTER, change.controller)

    async def _queue(self, change: Transaction, hearer: UUID, what: str, obligations: Sequence[Obligation]) -> None:
        event, tx = f"obligation.{what}", change.connection
        hearing = [row["webhook_id"] for row in await tx.fetch(queries.HEARING, hearer, event)]
        if not hearing:
            return
        rows = await tx.fetch(queries.LAST_OF_OBLIGATIONS, hearer, [one.id for one in obligations])
        last: dict[UUID, int] = {row["obligation_id"]: row["last"] for row in rows}
        now = self._clock.now()
        queued = [
            (hearer, new_id(), webhook, event, one.id, last.get(one.id, 0) + 1,
             msgspec.json.encode(owed(one)).decode(), now)
            for one in obligations
            for webhook in hearing
        ]  # fmt: skip
        await tx.executemany(queries.QUEUE_OBLIGATION, queued)
