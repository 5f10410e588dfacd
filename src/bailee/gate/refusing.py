"""Refusals: every one is recorded before it is answered, identical ones together.

The first of a kind is recorded at once. Those that repeat it within the second are counted, and the
count becomes one entry when the second ends; nothing was released, so nobody waits for it.
"""

import asyncio

from bailee.contract.ruling import Refusal
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Repeated

WINDOW_SECONDS = 1.0

Kind = tuple[object, ...]


class Refusing:
    """Records refusals, coalescing the identical ones of a second."""

    def __init__(self, appending: Appending) -> None:
        self._appending = appending
        self._repeats: dict[Kind, int] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def record(self, refusal: Refusal) -> Refusal:
        """Make the refusal durable (or count it with its like) and give it back as the answer."""
        kind = _kind(refusal)
        if kind in self._repeats:
            self._repeats[kind] += 1
            return refusal
        self._repeats[kind] = 0
        try:
            await self._appending.append_one(refusal)
        except BaseException:
            del self._repeats[kind]
            raise
        task = asyncio.create_task(self._close(kind, refusal))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return refusal

    async def flush(self) -> None:
        """Write the counts that are still open: said when the process stops."""
        for task in list(self._closing):
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _close(self, kind: Kind, refusal: Refusal) -> None:
        try:
            await asyncio.sleep(WINDOW_SECONDS)
        finally:
            if count := self._repeats.pop(kind):
                await self._appending.append_one(Repeated(refusal=refusal, count=count))


def _kind(refusal: Refusal) -> Kind:
    r = refusal.request
    addresses = tuple((a.person, a.record) for a in r.addresses)
    return (
        r.controller, r.actor.credential, r.operation, r.purpose, r.place, r.recipient, r.categories,
        addresses, r.persons, refusal.clause, refusal.reason,
    )  # fmt: skip
