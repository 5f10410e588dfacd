"""Queueing: a notice stands or falls with the event that it tells of; its text lies sealed until it is sent."""

from uuid import UUID

from bailee.infra.clock import Clock
from bailee.infra.keys.key import NotAsSealed
from bailee.infra.keys.rows import Rows
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.obligations.notices import queries
from bailee.obligations.notices.notice import Notice
from bailee.vocabulary.ids import new_id


class AlteredNotice(NotAsSealed):
    """A stored notice does not open as itself: it was changed, moved or swapped."""


NOTICES = Rows("notice", Notice, AlteredNotice)


class Queueing:
    """Takes notices in."""

    def __init__(self, keys: KeyStore, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def queue(self, change: Transaction, notice: Notice, *, by: str, id: UUID | None = None) -> UUID:
        """Write a notice in the transaction of its event; the worker sends it within seconds."""
        id, now = id or new_id(), self._clock.now()
        name = f"notice/{id}"
        key = await self._keys.controller_key(change.controller, name)
        await change.connection.execute(
            queries.QUEUE, change.controller, id, notice.clause, notice.kind, notice.subject, now, notice.discharges,
            name, NOTICES.seal(key, change.controller, id, notice), notice.side, notice.letter,
        )  # fmt: skip
        details = {"notice": str(id), "clause": notice.clause, "kind": notice.kind, "subject": notice.subject}
        await change.append([Act("notice-queued", change.controller, by, details)])
        return id
