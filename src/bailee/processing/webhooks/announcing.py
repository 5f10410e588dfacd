"""Announcing: an event's deliveries are queued in the transaction of the change that it tells of.

Either both stand or neither: nothing is announced that did not happen, and nothing that happened is forgotten. The
person's row is locked by the change, so the sequence of what is told of a person is the order in which it happened.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bailee.infra.clock import Clock
from bailee.ledger.committing import Appended, Transaction
from bailee.ledger.telling import entry_name
from bailee.processing.webhooks import queries
from bailee.vocabulary.ids import new_id


class Announcing:
    """The `Told` port of the rooms that change people and accounts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, change: Transaction, event: str, people: Sequence[tuple[UUID, Appended[Any]]]) -> None:
        """Queue an event for each person at each subscription that hears it."""
        controller, tx = change.controller, change.connection
        hearing = [row["webhook_id"] for row in await tx.fetch(queries.HEARING, controller, event)]
        if not hearing:
            return
        rows = await tx.fetch(queries.LAST_SEQUENCES, controller, [person for person, _ in people])
        last: dict[UUID, int] = {row["person_id"]: row["last"] for row in rows}
        now = self._clock.now()
        queued = [
            (controller, new_id(), webhook, event, person, last.get(person, 0) + 1, entry_name(appended), now)
            for person, appended in people
            for webhook in hearing
        ]
        await tx.executemany(queries.QUEUE, queued)

    async def of_notice(self, change: Transaction, event: str, notice: UUID, *, entry: str) -> None:
        """Queue an event of a notice at each subscription that hears it: its id and its entry's name, no more."""
        controller, tx = change.controller, change.connection
        now = self._clock.now()
        queued = [
            (controller, new_id(), row["webhook_id"], event, notice, entry, now)
            for row in await tx.fetch(queries.HEARING, controller, event)
        ]
        if queued:
            await tx.executemany(queries.QUEUE_NOTICE, queued)
