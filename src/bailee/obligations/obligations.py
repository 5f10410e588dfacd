"""Obligations: opened in the transaction of the event, discharged by evidence, looked after by the worker.

Every step leaves an entry that says all there is to say: the table can be made anew from the ledger
(`rebuilding.py`). Nothing here judges whether evidence is good; a clause does, and then calls `discharge`. What is
late is written down in the controller's log and in the platform's, whoever owed it, also where it was kept late.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations import queries
from bailee.obligations.calendar import Due
from bailee.obligations.judging import first_look, look, look_after_end
from bailee.obligations.promises import Obligation, Promise, State
from bailee.vocabulary.ids import new_id

CHUNK = 500
SHOWN = 500

# Who hears of a step, in its transaction: what became of which obligations, as `opened` or `infringed`.
Told = Callable[[Transaction, str, Sequence[Obligation]], Awaitable[None]]


class NotOpen(Exception):
    """The obligation is not known, or was ended before."""


async def nobody(_change: Transaction, _what: str, _obligations: Sequence[Obligation]) -> None:
    """Nobody hears."""


async def certain() -> bool:
    """The time is believed."""
    return True


class Obligations:
    """Who owes what to whom by when.

    `platform` is where infringements are told a second time; `believed` says whether the time may be judged by.
    """

    def __init__(
        self, *, database: Database, committing: Committing, clock: Clock, platform: UUID | None = None,
        believed: Callable[[], Awaitable[bool]] = certain, told: Told = nobody,
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._clock = clock
        self._platform = platform
        self._believed = believed
        self._told = told

    async def open(self, change: Transaction, promise: Promise, *, by: str) -> UUID:
        """Open an obligation with the event that makes it fall due; the known id where it was opened before."""
        now, id = self._clock.now(), new_id()
        opened = await change.connection.fetchval(
            queries.OPEN, change.controller, id, promise.clause, promise.subject, promise.owed_by,
            promise.owed_to, now, promise.due.strict, promise.due.generous, promise.binding, promise.due.rule,
            promise.evidence, sorted(promise.reminders), first_look(promise.binding, promise.reminders),
        )  # fmt: skip
        if opened is None:
            return await self.find(change, promise.clause, promise.subject) or id
        await change.append([Act("obligation-opened", change.controller, by, _details(id, promise, now))])
        made = Obligation(id=id, controller=change.controller, promise=promise, opened_at=now)
        await self._told(change, "opened", [made])
        return id

    async def discharge(self, change: Transaction, obligation: UUID, *, by: str, proof: str) -> None:
        """Discharge by evidence: `proof` names the entry, notice or document. `NotOpen` where it is not open."""
        await self._end(change, obligation, "discharged", by=by, proof=proof)

    async def withdraw(self, change: Transaction, obligation: UUID, *, by: str, reason: str) -> None:
        """The event that opened it is gone, so nothing is owed any more: `reason` is a code."""
        await self._end(change, obligation, "withdrawn", by=by, proof=reason)

    async def move(
        self,
        change: Transaction,
        obligation: UUID,
        due: Due,
        *,
        by: str,
        reason: str,
        reminders: Sequence[datetime] = (),
    ) -> None:
        """Give an obligation another day, as law or agreement allow; `reason` is a code. `NotOpen` where it is not."""
        known = await self._lock(change, obligation)
        promise = msgspec.structs.replace(known.promise, due=due, reminders=tuple(sorted(reminders)))
        now = self._clock.now()
        coming = first_look(promise.binding, [one for one in promise.reminders if one > now])
        await change.connection.execute(
            queries.MOVE, change.controller, obligation, due.strict, due.generous, promise.binding, due.rule,
            list(promise.reminders), None if known.infringed_at else coming,
        )  # fmt: skip
        details = _details(obligation, promise, known.opened_at) | {"reason": reason}
        await change.append([Act("obligation-moved", change.controller, by, details)])
        await self._told(change, "moved", [msgspec.structs.replace(known, promise=promise)])

    async def move_if(self, change: Transaction, obligation: UUID, due: Due, *, by: str, reason: str) -> bool:
        """Move an open obligation to a day that is another one, its reminders kept; whether it was."""
        known = await self._lock(change, obligation)
        if (known.promise.due.strict, known.promise.due.generous) == (due.strict, due.generous):
            return False
        await self.move(change, obligation, due, by=by, reason=reason, reminders=known.promise.reminders)
        return True

    async def find(self, change: Transaction, clause: str, subject: str) -> UUID | None:
        """The obligation of a clause about a subject, whatever its state."""
        found: UUID | None = await change.connection.fetchval(queries.KNOWN, change.controller, clause, subject)
        return found

    async def listed(self, controller: UUID) -> list[Obligation]:
        """Every obligation of a controller, the earliest due first."""
        async with self._database.transaction(controller) as tx:
            return [obligation_of(row) for row in await tx.fetch(queries.ALL, controller)]

    async def open_of(self, controllers: Sequence[UUID], most: int = SHOWN) -> list[Obligation]:
        """What is open of some controllers, the earliest due first; `most` of each at most."""
        rows = await self._database.fetch(queries.OPEN_OF, list(controllers), most)
        return sorted(map(obligation_of, rows), key=lambda one: (one.promise.binding, one.id))

    async def ended_of(self, controller: UUID, most: int = SHOWN) -> list[Obligation]:
        """What has ended of a controller, the latest first."""
        async with self._database.transaction(controller) as tx:
            return [obligation_of(row) for row in await tx.fetch(queries.ENDED, controller, most)]

    async def one(self, controller: UUID, obligation: UUID) -> Obligation | None:
        """One obligation; None when unknown."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.ONE, controller, obligation)
        return None if row is None else obligation_of(row)

    async def owed(self, controller: UUID, before: str) -> str:
        """What stands against forgetting the entries of months before one (as 2026-01); empty when nothing does."""
        async with self._database.transaction(controller) as tx:
            oldest = await tx.fetchval(queries.OLDEST_OPEN, controller)
        month = f"{oldest:%Y-%m}" if oldest else ""
        return f"an obligation of {month} is still open: months from it on stay" if month and month < before else ""

    async def due(self, controller: UUID) -> int:
        """Give the reminders that have come, and record what is late as an infringement, so many at a time: how many.

        Nothing is judged while the time is doubted: it waits until a named person confirms a clock.
        """
        return await self.look(controller) if await self._believed() else 0

    async def look(self, controller: UUID) -> int:
        """Look at some of a controller's obligations: their rows and all their entries are one transaction."""
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.LOOK, controller, now, CHUNK)
            reminded, infringed, after = list[Obligation](), list[Obligation](), list[tuple[Any, ...]]()
            for row in rows:
                found = look(
                    now, due=row["due_at"], reminders=row["reminders"], since=row["look_at"], ended_at=row["ended_at"],
                    infringed=row["infringed_at"] is not None,
                )  # fmt: skip
                after.append((row["obligation_id"], found.look_at, found.infringed_at))
                if found.infringed_at is not None:
                    infringed.append(obligation_of(row, infringed_at=found.infringed_at))
                elif found.remind:
                    reminded.append(obligation_of(row))
            if rows:
                await change.connection.execute(queries.LOOKED, controller, *map(list, zip(*after, strict=True)))
                await self._say(change, now, reminded, infringed)
        return len(rows)

    async def _say(
        self, change: Transaction, now: datetime, reminded: list[Obligation], infringed: list[Obligation]
    ) -> None:
        """Tell of what was found; the entries last, since they leave the controller's context."""
        for what, found in (("reminded", reminded), ("infringed", infringed)):
            if found:
                await self._told(change, what, found)
        here, platform = change.controller, self._platform
        acts = [_found(one, "obligation-reminded", looked=now) for one in reminded]
        groups = [(here, acts + [_found(one, "obligation-infringed") for one in infringed])]
        if infringed and platform is not None and platform != here:
            groups.append((platform, [_found(one, "obligation-infringed", platform) for one in infringed]))
        await change.append_all([(one, told) for one, told in groups if told])

    async def _end(self, change: Transaction, obligation: UUID, state: State, *, by: str, proof: str) -> None:
        known = await self._lock(change, obligation)
        now, due = self._clock.now(), known.promise.binding
        again = look_after_end(now, due=due, opened_at=known.opened_at, infringed=known.infringed_at is not None)
        await change.connection.execute(queries.END, change.controller, obligation, state, now, by, proof, again)
        details: dict[str, Any] = {
            "obligation": str(obligation), "clause": known.promise.clause, "subject": known.promise.subject,
            "proof": proof, "ended": now.isoformat(), "late": now > due,
        }  # fmt: skip
        await change.append([Act(f"obligation-{state}", change.controller, by, details)])
        ended = msgspec.structs.replace(known, state=state, ended_at=now, ended_by=by, proof=proof)
        await self._told(change, state, [ended])

    async def _lock(self, change: Transaction, obligation: UUID) -> Obligation:
        row = await change.connection.fetchrow(queries.LOCK, change.controller, obligation)
        if row is None:
            raise NotOpen(str(obligation))
        return obligation_of(row)


def _found(one: Obligation, kind: str, log: UUID | None = None, *, looked: datetime | None = None) -> Act:
    details = {
        "obligation": str(one.id), "clause": one.promise.clause, "subject": one.promise.subject,
        "owed_by": one.promise.owed_by, "due": one.promise.binding.isoformat(),
    }  # fmt: skip
    more = {"looked": looked.isoformat()} if looked else {}
    return Act(kind, one.controller, "platform", details | more, log=log)


def _details(id: UUID, promise: Promise, now: datetime) -> dict[str, Any]:
    """All that makes the row, for whoever makes the table anew from the ledger."""
    return {
        "obligation": str(id), "clause": promise.clause, "subject": promise.subject, "owed_by": promise.owed_by,
        "owed_to": promise.owed_to, "opened": now.isoformat(), "strict": promise.due.strict.isoformat(),
        "generous": promise.due.generous.isoformat(), "rule": promise.due.rule, "evidence": promise.evidence,
        "reminders": [one.isoformat() for one in sorted(promise.reminders)],
    }  # fmt: skip


def obligation_of(row: Record, *, infringed_at: datetime | None = None) -> Obligation:
    """An obligation as its row has it."""
    promise = Promise(
        clause=row["clause"], subject=row["subject"], owed_by=row["owed_by"], owed_to=row["owed_to"],
        due=Due(strict=row["strict_at"], generous=row["generous_at"], rule=row["rule"]), evidence=row["evidence"],
        reminders=tuple(row["reminders"]),
    )  # fmt: skip
    return Obligation(
        id=row["obligation_id"], controller=row["controller_id"], promise=promise, opened_at=row["opened_at"],
        state=row["state"], infringed_at=infringed_at or row["infringed_at"], ended_at=row["ended_at"],
        ended_by=row["ended_by"] or "", proof=row["proof"] or "",
    )  # fmt: skip
