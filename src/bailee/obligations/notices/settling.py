"""Settling: how a sending went, with its proof and with what follows from it, in one transaction.

Taken over by a server: proven by an entry with the mail's digest, its Message-ID and the server's answer, and what it
was owed for is discharged. Not now: tried again after pauses that grow; after an hour an obligation says that it has not
left. Never: the notice fails, and an obligation stands until a human gives it another way (parties.addresses).
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.mail import Accepted
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.notices import queries
from bailee.obligations.notices.owed import failed_promise, unsent_promise
from bailee.obligations.notices.routing import Recipient
from bailee.obligations.obligations import NotOpen, Obligations

PAUSES = (30, 60, 120, 300, 600, 900)  # seconds after a server's "not now"; the last again and again
SOON = timedelta(seconds=5)  # where no mail leaves the post rests for all of them: none waits longer on its own
UNSENT_AFTER = timedelta(hours=1)
CHUNK = 500
State = Literal["sent", "waiting", "failed"]


class Outcome(msgspec.Struct, frozen=True):
    """How it went with one recipient; without one, with the whole notice. `before`: it had the mail already."""

    recipient: Recipient | None
    state: State
    reason: str
    taken: Accepted | None = None
    before: bool = False

    @classmethod
    def sent(cls, recipient: Recipient, taken: Accepted) -> "Outcome":
        """A server took it over."""
        return cls(recipient, "sent", "taken-over", taken)

    @classmethod
    def kept(cls, recipient: Recipient) -> "Outcome":
        """It was sent before."""
        return cls(recipient, "sent", "taken-over", before=True)

    @classmethod
    def waiting(cls, recipient: Recipient, reason: str) -> "Outcome":
        """Not now."""
        return cls(recipient, "waiting", reason)

    @classmethod
    def failed(cls, recipient: Recipient | None, reason: str) -> "Outcome":
        """Never."""
        return cls(recipient, "failed", reason)


class Telling(Protocol):
    """Hears what became of a notice, inside the transaction that writes it down: the second channel."""

    async def __call__(self, change: Transaction, event: str, notice: UUID, *, entry: str) -> None:
        """An event of a notice, and the name of its entry."""
        ...


class Failing(Protocol):
    """Tells the processor's own people that a notice failed, in the same transaction."""

    async def __call__(self, change: Transaction, notice: UUID, *, clause: str, reason: str) -> None:
        """A notice of a clause failed, for a reason."""
        ...


class Settling:
    """Writes down how sendings went."""

    def __init__(
        self, *, committing: Committing, obligations: Obligations, clock: Clock, telling: Telling, failing: Failing
    ) -> None:
        self._committing = committing
        self._obligations = obligations
        self._clock = clock
        self._telling = telling
        self._failing = failing

    async def settle(self, controller: UUID, notice: UUID, number: int, outcomes: Sequence[Outcome]) -> None:
        """Step 3 of a sending; nothing where another process has meanwhile carried the notice on."""
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.CLAIMED, controller, notice, number)
            if row is None:
                return
            await self._deliveries(change, notice, outcomes, now)
            state = _state(outcomes)
            arrived = all(
                one.state == "sent" for one in outcomes if one.recipient is None or one.recipient.role == "to"
            )
            reason = next((one.reason for one in outcomes if one.state == state), "taken-over")
            due, sent = _next(now, number, reason), now if arrived else None
            await change.connection.execute(queries.SETTLE, controller, notice, state, reason, due, sent)
            if arrived and row["sent_at"] is None:
                await self._arrived(change, notice, row)
            if state == "failed":
                await self.failed(change, notice, row, reason)

    async def put_back(self, controller: UUID, notice: UUID, number: int) -> None:
        """Leave a claimed notice as it was: it was not tried."""
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(queries.RELEASE, controller, notice, number, self._clock.now(), "away")

    async def unsent(self, controller: UUID) -> int:
        """Open an obligation for each notice that has not left within an hour; how many."""
        now, count = self._clock.now(), 0
        while True:
            async with self._committing.transaction(controller) as change:
                rows = await change.connection.fetch(queries.LONG_WAITING, controller, now - UNSENT_AFTER, CHUNK)
                for row in rows:
                    promise = unsent_promise(row["notice_id"], now)
                    opened = await self._obligations.open(change, promise, by="platform")
                    await change.connection.execute(queries.SET_UNSENT, controller, row["notice_id"], opened)
            count += len(rows)
            if len(rows) < CHUNK:
                return count

    async def failed(self, change: Transaction, notice: UUID, row: Record, reason: str) -> None:
        """What follows from a failure: an obligation that only a human ends, word to our people, and to the hooks."""
        details = {"notice": str(notice), "clause": row["clause"], "reason": reason}
        [appended] = await change.append([Act("notice-failed", change.controller, "platform", details)])
        if row["side"] == "controller":
            promise = failed_promise(notice, row["rounds"], self._clock.now())
            await self._obligations.open(change, promise, by="platform")
            if row["unsent"] is not None:
                await self._withdraw(change, row["unsent"])
            await self._failing(change, notice, clause=row["clause"], reason=reason)
            await self._telling(change, "notice.failed", notice, entry=f"{appended.batch.name}.{appended.position}")

    async def _deliveries(self, change: Transaction, notice: UUID, outcomes: Sequence[Outcome], now: datetime) -> None:
        """A row for each recipient, its attempt, and the entry of each mail that was taken over."""
        named = [(one.recipient, one) for one in outcomes if one.recipient is not None]
        marks = [recipient.mark for recipient, _ in named]
        if named:
            await change.connection.execute(queries.DROP, change.controller, notice, marks, now)
        for recipient, one in named:
            if one.before:
                continue
            taken = one.taken or Accepted("")
            number = await change.connection.fetchval(
                queries.DELIVERED, change.controller, notice, recipient.mark, recipient.role, one.state, one.reason,
                taken.message_id, taken.digest, said(taken.answer), now, now if one.state == "sent" else None,
            )  # fmt: skip
            await change.connection.execute(
                queries.ATTEMPT, change.controller, notice, recipient.mark, number, now, one.state, one.reason
            )
            if one.taken is not None:
                await self._proven(change, notice, recipient, one.taken)

    async def _proven(self, change: Transaction, notice: UUID, recipient: Recipient, taken: Accepted) -> None:
        details = {
            "notice": str(notice), "recipient": recipient.mark, "role": recipient.role, "message_id": taken.message_id,
            "answer": said(taken.answer),
        }  # fmt: skip
        act = Act("notice-sent", change.controller, "platform", details, digest=taken.digest)
        [appended] = await change.append([act])
        if recipient.role == "to":
            await self._telling(change, "notice.sent", notice, entry=f"{appended.batch.name}.{appended.position}")

    async def _arrived(self, change: Transaction, notice: UUID, row: Record) -> None:
        """What it was owed for is kept, and that it was late in leaving is over."""
        for obligation in (row["discharges"], row["unsent"]):
            if obligation is None:
                continue
            try:
                await self._obligations.discharge(change, obligation, by="platform", proof=f"notice/{notice}")
            except NotOpen:
                continue  # it was ended in another way meanwhile

    async def _withdraw(self, change: Transaction, obligation: UUID) -> None:
        try:
            await self._obligations.withdraw(change, obligation, by="platform", reason="notice-failed")
        except NotOpen:
            return


def said(answer: str) -> str:
    """A server's answer as it may be kept: one line, short, without the address it may repeat."""
    return re.sub(r"\S+@\S+", "(address)", " ".join(answer.split()))[:200]


def _next(now: datetime, number: int, reason: str) -> datetime:
    """When it is tried again."""
    return now + timedelta(seconds=PAUSES[min(number, len(PAUSES)) - 1]) if reason.isdigit() else now + SOON


def _state(outcomes: Sequence[Outcome]) -> State:
    """Of a notice as a whole: while one recipient waits it goes on; then what failed needs a human."""
    states = {one.state for one in outcomes}
    return "waiting" if "waiting" in states else "failed" if "failed" in states else "sent"
