"""The book of notices: what was sent to whom, and how it went, for pages, the API and the command line. No text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from asyncpg import Connection, Record

from bailee.infra.database import Database
from bailee.obligations.notices import queries

LAST = UUID(int=2**128 - 1)
# What a reader is told: on its way, late (not sent within an hour), sent, failed.
Standing = Literal["waiting", "late", "sent", "failed"]


class Attempt(msgspec.Struct, frozen=True):
    """A try at one recipient: `outcome` is sent, waiting, failed or bounced; `reason` a code."""

    number: int
    at: datetime
    outcome: str
    reason: str


class Delivery(msgspec.Struct, frozen=True):
    """One recipient (by its keyed digest) and what became of the mail; `answer` is what the server said."""

    recipient: str
    role: str
    state: str
    reason: str
    attempts: int
    message_id: str
    digest: str
    answer: str
    changed_at: datetime
    sent_at: datetime | None
    tries: tuple[Attempt, ...] = ()


class Entered(msgspec.Struct, frozen=True):
    """A notice as the book has it. `held`: its text can still be read."""

    id: UUID
    controller: UUID
    clause: str
    kind: str
    subject: str
    side: str
    letter: str
    state: str
    reason: str
    queued_at: datetime
    due_at: datetime
    attempts: int
    sent_at: datetime | None
    discharges: UUID | None
    rounds: int
    held: bool
    late: bool
    deliveries: tuple[Delivery, ...] = ()

    @property
    def standing(self) -> Standing:
        """How it stands, in one word."""
        if self.state == "waiting":
            return "late" if self.late else "waiting"
        return "failed" if self.state == "failed" else "sent"


class Book:
    """Reads the notices of a controller."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(
        self, controller: UUID, *, before: UUID | None = None, limit: int = 50, own: bool = False
    ) -> list[Entered]:
        """The latest first; `own` leaves out letters to the processor's own staff."""
        sql = queries.OF_SIDE if own else queries.LISTED
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(sql, controller, before or LAST, limit)
            found = await _deliveries(tx, controller, [row["notice_id"] for row in rows])
        return [_entered(controller, row, found.get(row["notice_id"], [])) for row in rows]

    async def one(self, controller: UUID, notice: UUID, *, own: bool = False) -> Entered | None:
        """One notice with every try; None when unknown."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.ONE, controller, notice)
            if row is None or (own and row["side"] != "controller"):
                return None
            found = await _deliveries(tx, controller, [notice])
            tries: dict[str, list[Attempt]] = {}
            for one in await tx.fetch(queries.ATTEMPTS, controller, notice):
                attempt = Attempt(one["number"], one["at"], one["outcome"], one["reason"])
                tries.setdefault(one["recipient"], []).append(attempt)
        whole = [
            msgspec.structs.replace(one, tries=tuple(tries.get(one.recipient, ()))) for one in found.get(notice, [])
        ]
        return _entered(controller, row, whole)

    async def open_counts(self, controller: UUID) -> tuple[int, int]:
        """How many notices wait, and how many have failed."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.COUNTS, controller)
        return (row["waiting"], row["failed"]) if row else (0, 0)


async def _deliveries(tx: Connection, controller: UUID, notices: Sequence[UUID]) -> dict[UUID, list[Delivery]]:
    found: dict[UUID, list[Delivery]] = {}
    for row in await tx.fetch(queries.DELIVERIES, controller, list(notices)):
        found.setdefault(row["notice_id"], []).append(
            Delivery(
                recipient=row["recipient"], role=row["role"], state=row["state"], reason=row["reason"],
                attempts=row["attempts"], message_id=row["message_id"], digest=row["digest"], answer=row["answer"],
                changed_at=row["changed_at"], sent_at=row["sent_at"],
            )
        )  # fmt: skip
    return found


def _entered(controller: UUID, row: Record, deliveries: Sequence[Delivery]) -> Entered:
    same: dict[str, Any] = {
        name: row[name]
        for name in ("clause", "kind", "subject", "side", "letter", "state", "reason", "queued_at", "due_at", "attempts",
                     "sent_at", "discharges", "rounds", "held")
    }  # fmt: skip
    return Entered(
        id=row["notice_id"], controller=controller, late=row["unsent"] is not None, deliveries=tuple(deliveries), **same
    )
