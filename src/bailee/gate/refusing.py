"""Refusals: every one is recorded before it is answered, identical ones together.

The first of a kind is recorded at once. Those that repeat it within the second are counted, and answered once the
first is durable; their count becomes one entry when the second ends: nothing was released, so nobody waits for that.
"""

import asyncio
import contextlib

import structlog

from bailee.contract.ruling import Refusal
from bailee.infra.database import Unavailable
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Repeated

WINDOW_SECONDS = 1.0

log = structlog.get_logger()

Kind = tuple[object, ...]


class Like:
    """Identical refusals of one second: how many repeated the first, and whether the first is durable."""

    def __init__(self) -> None:
        self.count = 0
        self.durable: asyncio.Future[bool] = asyncio.get_running_loop().create_future()


class Refusing:
    """Records refusals, coalescing the identical ones of a second."""

    def __init__(self, appending: Appending) -> None:
        self._appending = appending
        self._open: dict[Kind, Like] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._ending = asyncio.Event()

    async def record(self, refusal: Refusal) -> Refusal:
        """Make the refusal durable (or count it with its like) and give it back as the answer."""
        kind = _kind(refusal)
        while like := self._open.get(kind):
            like.count += 1
            if await asyncio.shield(like.durable):
                return refusal
        like = self._open[kind] = Like()
        try:
            await self._appending.append_one(refusal)
        except BaseException:
            del self._open[kind]
            like.durable.set_result(False)  # whoever repeated it tries for themselves
            raise
        like.durable.set_result(True)
        task = asyncio.create_task(self._close(kind, refusal))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return refusal

    async def flush(self) -> None:
        """Write the counts that are still open: said when the process stops."""
        self._ending.set()  # a task cancelled before its first step would write nothing
        await asyncio.gather(*self._closing, return_exceptions=True)
        self._ending.clear()

    async def _close(self, kind: Kind, refusal: Refusal) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), WINDOW_SECONDS)
        count = self._open.pop(kind).count
        if not count:
            return
        try:
            await self._appending.append_one(Repeated(refusal=refusal, count=count))
        except Unavailable:  # that it was refused is durable; how often it was repeated is not
            log.error("a count of repeated refusals could not be recorded", count=count, reason=refusal.reason)


def _kind(refusal: Refusal) -> Kind:
    r = refusal.request
    addresses = tuple((a.person, a.record) for a in r.addresses)
    return (
        r.controller, r.actor.credential, r.operation, r.purpose, r.place, r.recipient, r.categories,
        addresses, r.persons, refusal.clause, refusal.reason,
    )  # fmt: skip
