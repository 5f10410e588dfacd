"""Claiming: what is due is one sender's alone for as long as that sender lives.

A claim stands for some minutes and is prolonged while its sender is at work, however slowly a server takes its mail. A
mail leaves only while the claim stands for longer than handing it over may take: a sender that could not prolong its
claims lets the rest go unsent, and another takes it up. So nothing is sent twice unless a sender died in between.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Unavailable
from bailee.infra.mail import SECONDS
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.obligations.notices import queries

CLAIMED_FOR = timedelta(minutes=5)
PROLONGED_EVERY_SECONDS = 60.0
HANDED_OVER_WITHIN = timedelta(seconds=2 * SECONDS)
AT_ONCE = 64

log = structlog.get_logger()


class Claim(msgspec.Struct):
    """A notice that this process may send until then: its row as it was claimed, and its number of the attempt."""

    controller: UUID
    row: Record
    number: int
    sent: frozenset[str]  # the recipients that have it already
    until: datetime

    @property
    def id(self) -> UUID:
        """The notice's id."""
        found: UUID = self.row["notice_id"]
        return found


class Claiming:
    """Claims what is due, and keeps the claims of a sender that is at work."""

    def __init__(self, committing: Committing, clock: Clock) -> None:
        self._committing = committing
        self._clock = clock

    async def claim(self, controller: UUID, limit: int = AT_ONCE) -> list[Claim]:
        """What is due is ours from now on, and the ledger says what is about to be opened and to leave."""
        now = self._clock.now()
        until = now + CLAIMED_FOR
        async with self._committing.transaction(controller) as change:
            if not await change.connection.fetchval(queries.OPEN, controller):
                return []  # destruction has begun: nothing leaves any more, and no key is made
            rows = await change.connection.fetch(queries.DUE, controller, now, limit)
            ids = [row["notice_id"] for row in rows]
            sent: dict[UUID, set[str]] = {}
            for one in await change.connection.fetch(queries.DELIVERIES, controller, ids):
                if one["state"] == "sent":
                    sent.setdefault(one["notice_id"], set()).add(one["recipient"])
            claims = [
                Claim(controller, row, row["attempts"] + 1, frozenset(sent.get(row["notice_id"], ())), until)
                for row in rows
            ]
            if claims:
                await change.connection.execute(queries.CLAIM, controller, ids, until)
                await change.append([_opened(one) for one in claims])
        return claims

    def stands(self, claim: Claim) -> bool:
        """Whether a claim stands long enough for a mail to be handed over."""
        return self._clock.now() + HANDED_OVER_WITHIN <= claim.until

    @asynccontextmanager
    async def kept(self, controller: UUID, claims: Sequence[Claim]) -> AsyncIterator[None]:
        """Prolong claims while the caller is at work on them."""
        prolonging = asyncio.create_task(self._prolong(controller, claims))
        try:
            yield
        finally:
            prolonging.cancel()
            with suppress(asyncio.CancelledError):
                await prolonging

    async def _prolong(self, controller: UUID, claims: Sequence[Claim]) -> None:
        while True:
            await asyncio.sleep(PROLONGED_EVERY_SECONDS)
            try:
                await self.prolong(controller, claims)
            except Unavailable as away:  # what is not prolonged in time is not sent
                log.warning("claims on letters could not be prolonged", reason=str(away))

    async def prolong(self, controller: UUID, claims: Sequence[Claim]) -> None:
        """Prolong those that are still ours: not settled, and not lapsed and taken up by another."""
        until = self._clock.now() + CLAIMED_FOR
        for before in {one.until for one in claims}:
            held = [one for one in claims if one.until == before]
            async with self._committing.transaction(controller) as change:
                rows = await change.connection.fetch(
                    queries.PROLONG, controller, [one.id for one in held], before, until
                )
            ours = {row["notice_id"] for row in rows}
            for one in held:
                one.until = until if one.id in ours else before


def _opened(claim: Claim) -> Act:
    details = {"notice": str(claim.id), "clause": claim.row["clause"], "attempt": claim.number}
    return Act("notice-opened-to-send", claim.controller, "platform", details)
