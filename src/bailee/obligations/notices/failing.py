"""Telling the processor's own people that a notice failed: a letter of theirs, queued in the same transaction."""

from uuid import UUID

from bailee.ledger.committing import Transaction
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import Queueing


class StaffLetters:
    """Queues a letter to the processor's officer for each notice that failed."""

    def __init__(self, queueing: Queueing, origin: str) -> None:
        self._queueing = queueing
        self._origin = origin

    async def __call__(self, change: Transaction, notice: UUID, *, clause: str, reason: str) -> None:
        """A notice of a clause failed, for a reason."""
        link = f"{self._origin}/notices/{change.controller}/{notice}"
        values = {"notice": str(notice), "about": clause, "reason": reason, "link": link}
        letter = Notice(
            kind="officer", clause="parties.addresses", subject=f"notice/{notice}", letter="notices/failed",
            values=values, side="processor",
        )  # fmt: skip
        await self._queueing.queue(change, letter, by="platform")
