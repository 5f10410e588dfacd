"""Deliveries as the controller sees them: what was sent, how each attempt went, and once more, please."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.processing.webhooks import queries
from bailee.processing.webhooks.events import TEST
from bailee.processing.webhooks.subscriptions import NoWebhook
from bailee.vocabulary.ids import new_id

NEWEST = UUID(int=(1 << 128) - 1)


class Attempted(msgspec.Struct, frozen=True):
    """One attempt: the other side's status, or a reason why there is none (`infra/destinations.py`)."""

    number: int
    at: datetime
    status: int | None
    reason: str
    milliseconds: int


class Delivery(msgspec.Struct, frozen=True):
    """One delivery, with its latest attempts."""

    id: UUID
    event: str
    person: UUID | None
    entry: str | None
    state: Literal["waiting", "delivered", "failed"]
    created_at: datetime
    due_at: datetime
    delivered_at: datetime | None
    attempts: Sequence[Attempted]


class Deliveries:
    """Reads the queue of a subscription, and puts into it what was asked for."""

    def __init__(self, database: Database, committing: Committing, clock: Clock) -> None:
        self._database = database
        self._committing = committing
        self._clock = clock

    async def listed(self, controller: UUID, webhook: UUID, *, before: UUID | None, limit: int) -> list[Delivery]:
        """Deliveries older than `before`, the newest first."""
        async with self._database.transaction(controller) as tx:
            if await tx.fetchrow(queries.ONE, controller, webhook) is None:
                raise NoWebhook
            rows = await tx.fetch(queries.DELIVERIES, controller, webhook, before or NEWEST, limit)
            made = await tx.fetch(queries.ATTEMPTS, controller, [row["delivery_id"] for row in rows])
        attempts: dict[UUID, list[Attempted]] = {}
        for one in made:
            attempt = Attempted(one["number"], one["at"], one["status"], one["reason"], one["milliseconds"])
            attempts.setdefault(one["delivery_id"], []).append(attempt)
        return [
            Delivery(
                id=row["delivery_id"], event=row["event"], person=row["person_id"], entry=row["entry"] or None,
                state=row["state"], created_at=row["created_at"], due_at=row["due_at"],
                delivered_at=row["delivered_at"], attempts=attempts.get(row["delivery_id"], []),
            )
            for row in rows
        ]  # fmt: skip

    async def test(self, controller: UUID, webhook: UUID, *, by: str) -> UUID:
        """Queue a message about nobody; its delivery's id."""
        delivery, now = new_id(), self._clock.now()
        async with self._committing.transaction(controller) as change:
            if await change.connection.fetchrow(queries.LOCK, controller, webhook) is None:
                raise NoWebhook
            await change.connection.execute(queries.QUEUE, controller, delivery, webhook, TEST, None, 0, "", now)
            await change.append([Act("webhook-tested", controller, by, {"webhook": str(webhook)})])
        return delivery

    async def again(self, controller: UUID, webhook: UUID, delivery: UUID, *, by: str) -> None:
        """Send a delivery once more, under the id it has; one that waits already goes on waiting."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.KNOWN, controller, webhook, delivery)
            if row is None:
                raise NoWebhook
            now = self._clock.now()
            if await change.connection.fetchval(queries.REDELIVER, controller, webhook, delivery, now):
                details = {"webhook": str(webhook), "delivery": str(delivery)}
                await change.append([Act("webhook-redelivery-asked", controller, by, details)])
