"""Attempts: guesses counted before they are tried, and challenges spent once. Names are keyed tags, never addresses."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.processing.accounts import queries
from bailee.processing.accounts.signing_in import limits
from bailee.processing.accounts.signing_in.limits import Budget, Tally


class NotYet(Exception):
    """Too many failures: wait this long, in seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


class Guess:
    """One guess under way, counted as failed until it is known to be right."""

    def __init__(self, attempts: "Attempts", controller: UUID, drawn: Sequence[tuple[bytes, Budget]]) -> None:
        self._attempts = attempts
        self._controller = controller
        self._drawn = drawn

    async def was_right(self) -> None:
        """Give back what the guess had drawn."""
        await self._attempts.give_back(self._controller, self._drawn)


class Attempts:
    """Keeps the tallies of every controller."""

    def __init__(self, database: Database, keys: KeyStore, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    async def guess(self, controller: UUID, budgets: Sequence[Budget]) -> Guess:
        """Count a guess; `NotYet` when it has to wait, and then it is not counted."""
        drawn = sorted([(await self._tag(controller, one.name), one) for one in budgets], key=lambda pair: pair[0])
        now = self._clock.now()
        async with self._database.transaction(controller) as tx:
            known = await _locked(tx, controller, drawn, now)
            seconds = limits.longest_wait([(one, known.get(tag)) for tag, one in drawn], now)
            if seconds > 0:
                raise NotYet(seconds)
            for tag, one in drawn:
                tally = limits.failed(known.get(tag), now, one.rule)
                await tx.execute(queries.PUT_ATTEMPT, controller, tag, tally.failures, tally.failed_at)
        return Guess(self, controller, drawn)

    async def give_back(self, controller: UUID, drawn: Sequence[tuple[bytes, Budget]]) -> None:
        """Said by a guess that was right."""
        async with self._database.transaction(controller) as tx:
            known = await _locked(tx, controller, drawn, self._clock.now())
            for tag, one in drawn:
                tally = limits.succeeded(known.get(tag), one.rule)
                if tally is None:
                    await tx.execute(queries.FORGIVE, controller, [tag])
                else:
                    await tx.execute(queries.PUT_ATTEMPT, controller, tag, tally.failures, tally.failed_at)

    async def spend(self, controller: UUID, challenge: bytes, until: datetime) -> bool:
        """Mark a challenge as spent; False if it was already."""
        tag = await self._tag(controller, b"challenge" + challenge)
        async with self._database.transaction(controller) as tx:
            return await tx.fetchval(queries.SPEND, controller, tag, until) is not None

    async def _tag(self, controller: UUID, name: bytes) -> bytes:
        secret = (await self._keys.controller_key(controller, "attempts")).secret
        return hmac.digest(secret, name, "sha256")[:16]


async def _locked(
    connection: Connection, controller: UUID, drawn: Sequence[tuple[bytes, Budget]], now: datetime
) -> dict[bytes, Tally]:
    """The tallies as they stand, each locked until the transaction is over, in the order of their tags."""
    known = {}
    for tag, _ in drawn:
        row = await connection.fetchrow(queries.LOCK_ATTEMPT, controller, tag, now)
        if row is not None and row["failures"]:
            known[tag] = Tally(row["failures"], row["failed_at"])
    return known
