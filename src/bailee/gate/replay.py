"""Replay: what the destruction log says must be gone is destroyed again.

Run at start and every minute for intents that were never confirmed (a crash between intent and read-back): rows of
work say who. Where no such row stands, and where a server was put back (its logs are behind their anchors), every
name the log holds is looked for: it names digests of ids, so each living person's id is digested. A controller that
the log names stands behind a gate that is shut; one whose gate is open again was brought back.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from uuid import UUID

from bailee.gate import queries
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.vault import queries as vault_queries
from bailee.vault.destruction_log import DestructionLog, controller_name, person_name, unconfirmed_of
from bailee.vault.erasing import Erasing

CHUNK = 5000
FIRST = UUID(int=0)
OPEN = "open"

Destroy = Callable[[UUID], Awaitable[None]]


class Replay:
    """Finds the living among the destroyed, and carries their erasure out."""

    def __init__(self, data: Database, control: Database, erasing: Erasing, clock: Clock) -> None:
        self._data = data
        self._control = control
        self._erasing = erasing
        self._clock = clock

    async def go_on(self, controller: UUID) -> int:
        """Carry every open erasure of a controller on from its step; how many there were."""
        found = await self._erasing.open(controller)
        for erasure in found:
            await self._erasing.proceed(controller, erasure.person)
        return len(found)

    async def finish(self) -> None:
        """Carry on whatever a row of work stands for: one question, however many controllers there are."""
        rows = await self._data.fetch(vault_queries.WITH_ERASURES, await self._controllers(), self._clock.now())
        for row in rows:
            while await self.go_on(row["controller"]):
                continue

    async def replay(self, names: set[str], among: Collection[UUID] | None = None) -> int:
        """Erase again every living person whom the log names, at all controllers or `among` these; how many came back."""
        await self.finish()
        known = await self._controllers()
        persons = names - {controller_name(one) for one in known}
        chosen = [one for one in known if among is None or one in among] if persons else []
        count = 0
        for controller in chosen:
            async for person, key_id in self._living(controller):
                if person_name(controller, person) in persons:
                    await self._erasing.again(controller, person, key_id)
                    count += 1
        return count

    async def reopened(self, names: set[str]) -> list[UUID]:
        """The controllers that the log names, and whose gate is open all the same: a backup brought them back."""
        found = []
        for controller in [one for one in await self._controllers() if controller_name(one) in names]:
            async with self._data.transaction(controller) as tx:
                gate = await tx.fetchrow(queries.GATE, controller)
            if gate is not None and gate["state"] == OPEN:
                found.append(controller)
        return found

    async def _controllers(self) -> list[UUID]:
        async with self._control.transaction() as tx:
            return [row["controller_id"] for row in await tx.fetch(queries.DIRECTORY)]

    async def _living(self, controller: UUID) -> AsyncIterator[tuple[UUID, UUID]]:
        after = FIRST
        while True:
            async with self._data.transaction(controller) as tx:
                rows = await tx.fetch(vault_queries.PERSONS_WITH_KEYS_AFTER, controller, after, CHUNK)
            for row in rows:
                yield row["person_id"], row["key_id"]
            if len(rows) < CHUNK:
                return
            after = rows[-1]["person_id"]


async def check_seal(log: DestructionLog, replay: Replay, put_back: Collection[UUID] = (), *, destroy: Destroy) -> None:
    """Finish what the destruction log intended, and all it ever named at controllers that were `put_back`; `destroy` a
    controller again that it names, and that is open. Where the anchors are lost, nobody can say what was put back: all
    it ever named is looked for, everywhere.

    `Contradiction` where a copy is missing or they differ. Nothing is served then: whatever was restored must not be
    read before it is known what must be gone.
    """
    lines = log.check()
    named = {line.name for line in lines}
    for controller in await replay.reopened(named):
        await destroy(controller)
    if unconfirmed_of(lines):
        await replay.finish()
        if unconfirmed := log.unconfirmed():
            await replay.replay(unconfirmed)
    if not log.anchored:
        await replay.replay(named)
        log.anchor()
    elif put_back:
        await replay.replay(named, put_back)
