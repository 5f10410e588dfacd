"""Replay: what the destruction log says must be gone is destroyed again.

Run at start and every minute for intents that were never confirmed (a crash between intent and read-back),
and after a restore for every name the log holds. The log names digests of ids, so each living person's id
is digested and looked up; where a row of work still stands, it says who at once.
"""

from collections.abc import AsyncIterator
from uuid import UUID

from bailee.gate import queries
from bailee.infra.database import Database
from bailee.vault import queries as vault_queries
from bailee.vault.destruction_log import DestructionLog, person_name
from bailee.vault.erasing import Erasing

CHUNK = 5000
FIRST = UUID(int=0)


class Replay:
    """Finds the living among the destroyed, and carries their erasure out."""

    def __init__(self, data: Database, control: Database, erasing: Erasing) -> None:
        self._data = data
        self._control = control
        self._erasing = erasing

    async def go_on(self, controller: UUID) -> int:
        """Carry every open erasure of a controller on from its step; how many there were."""
        found = await self._erasing.open(controller)
        for erasure in found:
            await self._erasing.proceed(controller, erasure.person)
        return len(found)

    async def replay(self, names: set[str]) -> int:
        """Erase again every living person whom the log names; how many came back from somewhere."""
        count = 0
        for controller in await self._controllers():
            await self.go_on(controller)
            async for person, key_id in self._living(controller):
                if person_name(controller, person) in names:
                    await self._erasing.again(controller, person, key_id)
                    count += 1
        return count

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


async def check_seal(log: DestructionLog, replay: Replay) -> None:
    """Finish what the destruction log intended; `Contradiction` where a copy is missing or they differ.

    Nothing is served then: whatever was restored must not be read before it is known what must be gone.
    """
    unconfirmed = log.unconfirmed()
    if unconfirmed:
        await replay.replay(unconfirmed)
