"""Obligations: opened in the transaction of the event, discharged by evidence, looked after by the worker.

Every step leaves an entry that says all there is to say: the table can be made anew from the ledger. Nothing here
judges whether evidence is good; a clause does, and then calls `discharge`.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations import queries
from bailee.obligations.calendar import Due
from bailee.obligations.promises import Obligation, Promise, State
from bailee.vocabulary.ids import new_id

CHUNK = 500


class NotOpen(Exception):
    """The obligation is not known, or was ended before."""


class Obligations:
    """Who owes what to whom by when. `controllers` lists whose obligations are looked after, the platform's included."""

    def __init__(
        self, *, database: Database, committing: Committing, clock: Clock,
        controllers: Callable[[], Awaitable[Sequence[UUID]]],
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._clock = clock
        self._controllers = controllers

    async def open(self, change: Transaction, promise: Promise, *, by: str) -> UUID:
        """Open an obligation with the event that makes it fall due; the known id where it was opened before."""
        now = self._clock.now()
        looks = sorted({*promise.reminders, promise.binding})
        id = await change.connection.fetchval(
            queries.OPEN, change.controller, new_id(), promise.clause, promise.subject, promise.owed_by,
            promise.owed_to, now, promise.due.strict, promise.due.generous, promise.binding, promise.due.rule,
            promise.evidence, sorted(promise.reminders), looks[0],
        )  # fmt: skip
        if id is None:
            known: UUID = await change.connection.fetchval(
                queries.KNOWN, change.controller, promise.clause, promise.subject
            )
            return known
        await change.append([Act("obligation-opened", change.controller, by, _details(id, promise))])
        opened: UUID = id
        return opened

    async def discharge(self, change: Transaction, obligation: UUID, *, by: str, proof: str) -> None:
        """Discharge by evidence: `proof` names the entry, notice or document. `NotOpen` where it is not open."""
        await self._end(change, obligation, "discharged", by=by, proof=proof)

    async def withdraw(self, change: Transaction, obligation: UUID, *, by: str, reason: str) -> None:
        """The event that opened it is gone, so nothing is owed any more: `reason` is a code."""
        await self._end(change, obligation, "withdrawn", by=by, proof=reason)

    async def find(self, change: Transaction, clause: str, subject: str) -> UUID | None:
        """The obligation of a clause about a subject, whatever its state."""
        found: UUID | None = await change.connection.fetchval(queries.KNOWN, change.controller, clause, subject)
        return found

    async def listed(self, controller: UUID) -> list[Obligation]:
        """Every obligation of a controller, the earliest due first."""
        async with self._database.transaction(controller) as tx:
            return [_obligation(row) for row in await tx.fetch(queries.ALL, controller)]

    async def one(self, controller: UUID, obligation: UUID) -> Obligation | None:
        """One obligation; None when unknown."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.ONE, controller, obligation)
        return None if row is None else _obligation(row)

    async def due(self) -> int:
        """Give the reminders that have come, and record what is late as an infringement. For the worker."""
        count = 0
        for controller in await self._controllers():
            while looked := await self._look(controller):
                count += looked
        return count

    async def _look(self, controller: UUID) -> int:
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.LOOK, controller, now, CHUNK)
            acts, after = list[Act](), list[tuple[Any, ...]]()
            for row in rows:
                late = row["due_at"] <= now
                kind = "obligation-infringed" if late else "obligation-reminded"
                details = {"obligation": str(row["obligation_id"]), "clause": row["clause"], "subject": row["subject"]}
                acts.append(Act(kind, controller, "platform", details | {"due": row["due_at"].isoformat()}))
                coming = [one for one in row["reminders"] if one > now]
                look = None if late else min([*coming, row["due_at"]])
                after.append((controller, row["obligation_id"], coming, look, row["due_at"] if late else None))
            if rows:
                await change.connection.executemany(queries.LOOKED, after)
                await change.append(acts)
        return len(rows)

    async def _end(self, change: Transaction, obligation: UUID, state: State, *, by: str, proof: str) -> None:
        now = self._clock.now()
        row = await change.connection.fetchrow(queries.END, change.controller, obligation, state, now, by, proof)
        if row is None:
            raise NotOpen(str(obligation))
        details: dict[str, Any] = {"obligation": str(obligation), "clause": row["clause"], "subject": row["subject"]}
        if state == "discharged":
            details["late"] = now >= row["due_at"]
        await change.append([Act(f"obligation-{state}", change.controller, by, details | {"proof": proof})])


def _details(id: UUID, promise: Promise) -> dict[str, Any]:
    """All that makes the row, for whoever makes the table anew from the ledger."""
    return {
        "obligation": str(id), "clause": promise.clause, "subject": promise.subject, "owed_by": promise.owed_by,
        "owed_to": promise.owed_to, "strict": promise.due.strict.isoformat(),
        "generous": promise.due.generous.isoformat(), "rule": promise.due.rule, "evidence": promise.evidence,
        "reminders": [one.isoformat() for one in promise.reminders],
    }  # fmt: skip


def _obligation(row: Record) -> Obligation:
    reminders: tuple[datetime, ...] = tuple(row["reminders"])
    promise = Promise(
        clause=row["clause"], subject=row["subject"], owed_by=row["owed_by"], owed_to=row["owed_to"],
        due=Due(strict=row["strict_at"], generous=row["generous_at"], rule=row["rule"]), evidence=row["evidence"],
        reminders=reminders,
    )  # fmt: skip
    return Obligation(
        id=row["obligation_id"], controller=row["controller_id"], promise=promise, opened_at=row["opened_at"],
        state=row["state"], infringed_at=row["infringed_at"], ended_at=row["ended_at"],
        ended_by=row["ended_by"] or "", proof=row["proof"] or "",
    )  # fmt: skip
