"""The clocks of a message at the platform: while a human decides about it, and while it is the processor's to answer.

What ends one is evidence: the entry that says what became of the message, and who decided it.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.direct_requests import deadlines
from bailee.clauses.direct_requests.events import State
from bailee.ledger.committing import Transaction
from bailee.obligations.obligations import NotOpen, Obligations


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands from now on; `entry` is the name of the entry that says so."""

    message: UUID
    state: State
    kinds: tuple[str, ...]
    received_at: datetime
    entry: str

    @property
    def subject(self) -> str:
        """What its obligations are about."""
        return f"message/{self.message}"


class Clocks:
    """Opens and ends them, in the transaction that decides. `region` gives the holidays of the processor's own month."""

    def __init__(self, obligations: Obligations, region: str) -> None:
        self._obligations = obligations
        self._region = region

    async def turn(self, change: Transaction, now: Standing, *, by: str) -> None:
        """What is owed for a message that stands so: what was owed before ends by the entry, or runs on."""
        if now.state == "unassigned":
            promise = deadlines.unassigned(now.subject, now.kinds, now.received_at)
            await self._obligations.open(change, promise, by=by)
            return
        for clause in (deadlines.FORWARD, deadlines.COMPLAIN):
            await self._end(change, clause, now, by=by)
        if now.state == "own":
            own = deadlines.own(now.subject, now.received_at, "UTC", self._region)
            await self._obligations.open(change, own, by=by)
        else:
            await self.answered(change, now, by=by)

    async def answered(self, change: Transaction, now: Standing, *, by: str) -> None:
        """Nothing is left for the processor to answer."""
        await self._end(change, deadlines.OWN, now, by=by)

    async def _end(self, change: Transaction, clause: str, now: Standing, *, by: str) -> None:
        if id := await self._obligations.find(change, clause, now.subject):
            with suppress(NotOpen):
                await self._obligations.discharge(change, id, by=by, proof=f"entry/{now.entry}")
