"""Counting: the ledger read on from where it was read to, each entry once; and what was counted by the end of a day."""

import zlib
from datetime import date
from uuid import UUID

import msgspec

from bailee.clauses.processing_register import queries
from bailee.clauses.processing_register.events import Observed, Pattern, Tally, Use
from bailee.clauses.processing_register.observing import Month, added, fold, month_of, totals
from bailee.infra.database import Database
from bailee.infra.keys.key import DoesNotOpen, Key, NotAsSealed
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.reading import Reading
from bailee.ledger.sequencing import Head

UNDER = "register"
OPEN = "open"
AT_ONCE = 10_000


class AlteredCount(NotAsSealed):
    """A month that was counted does not open as itself: it was changed, moved or swapped."""


class Seen(msgspec.Struct, frozen=True):
    """What was counted by the end of a day."""

    totals: dict[Pattern, Tally]
    entries: int
    unread: int
    behind: int

    def observed(self, until: date) -> Observed:
        """The same, as a register tells it: what came most often first."""
        uses = [
            Use(**msgspec.structs.asdict(one), times=tally.times, last_at=tally.last_at)
            for one, tally in self.totals.items()
        ]
        uses.sort(
            key=lambda one: (
                one.pattern.outcome,
                one.pattern.category,
                -one.times,
                msgspec.structs.astuple(one.pattern),
            )
        )
        return Observed(
            until=until, uses=tuple(uses), entries=self.entries, unread=self.unread, behind=self.behind
        )  # fmt: skip


NOTHING_SEEN = Seen({}, 0, 0, 0)


class Counting:
    """Counts controllers' ledgers. `reading` shows what their controllers may be shown."""

    def __init__(self, *, database: Database, committing: Committing, reading: Reading, keys: KeyStore) -> None:
        self._database = database
        self._committing = committing
        self._reading = reading
        self._keys = keys

    async def due(self, controller: UUID) -> int:
        """Count the next entries of a ledger; how many. For the worker."""
        head = await self._reading.head(controller)
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.COUNTED, controller)
        if head is None:
            return 0
        start = row["next_index"] if row is not None and row["generation"] == head.generation else 0
        stop = min(head.size, start + AT_ONCE)
        if start >= stop:
            return 0
        found = self._reading.entries(controller, start, stop)
        folded = fold([one.opened.body if one.opened else None async for one in found])
        key = await self._keys.controller_key(controller, UNDER)
        async with self._committing.transaction(controller) as change:
            if not await self._ours(change, head, start):
                return 0
            if folded.months:
                await self._add(change, key, folded.months)
            counted = head.generation, stop, folded.entries, folded.unread
            await change.connection.execute(queries.MOVE_COUNTED, controller, *counted)
        return folded.entries

    async def seen(self, controller: UUID, until: date) -> Seen:
        """What was counted by the end of a day: one row is read."""
        head = await self._reading.head(controller)
        async with self._database.transaction(controller) as tx:
            counted = await tx.fetchrow(queries.COUNTED, controller)
            row = await tx.fetchrow(queries.MONTH_UNTIL, controller, month_of(until))
        if counted is None:
            return Seen({}, 0, 0, head.size if head else 0)
        done = counted["next_index"] if head is not None and counted["generation"] == head.generation else 0
        behind = max(0, head.size - done) if head else 0
        found: dict[Pattern, Tally] = {}
        if row is not None:
            try:
                key = await self._keys.controller_key(controller, UNDER, create=False)
            except KeyGone:
                return NOTHING_SEEN
            month = _unsealed(key, controller, row["month"], row["sealed"])
            found = totals(month, until.day if row["month"] == month_of(until) else 31)
        return Seen(found, counted["entries"], counted["unread"], behind)

    async def _ours(self, change: Transaction, head: Head, start: int) -> bool:
        """Whether nobody counted these meanwhile, and the contract still runs: its end waits for this, or this for it."""
        controller = change.controller
        if await change.connection.fetchval(queries.GATE, controller) != OPEN:
            return False
        await change.connection.execute(queries.BEGIN_COUNTING, controller)
        [row] = await change.connection.fetch(queries.LOCK_COUNTED, controller)
        return bool(start == (row["next_index"] if row["generation"] == head.generation else 0))

    async def _add(self, change: Transaction, key: Key, months: dict[str, Month]) -> None:
        controller, first = change.controller, min(months)
        rows = list(await change.connection.fetch(queries.MONTHS_FROM, controller, first))
        before = await change.connection.fetchrow(queries.MONTH_UNTIL, controller, first)
        rows += [before] if before is not None and before["month"] < first else []
        known = {row["month"]: _unsealed(key, controller, row["month"], row["sealed"]) for row in rows}
        for name, month in added(known, months).items():
            await change.connection.execute(
                queries.PUT_MONTH, controller, name, _sealed(key, controller, name, month)
            )  # fmt: skip


def _sealed(key: Key, controller: UUID, name: str, month: Month) -> bytes:
    return key.seal(zlib.compress(msgspec.json.encode(month)), _bound(controller, name))


def _unsealed(key: Key, controller: UUID, name: str, sealed: bytes) -> Month:
    try:
        plain = key.unseal(sealed, _bound(controller, name))
    except DoesNotOpen as problem:
        raise AlteredCount(name) from problem
    return msgspec.json.decode(zlib.decompress(plain), type=Month)


def _bound(controller: UUID, name: str) -> bytes:
    return b"bailee/register-month/1" + controller.bytes + name.encode()
