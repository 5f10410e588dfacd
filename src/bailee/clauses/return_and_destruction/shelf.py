"""The shelf: where bundles lie, each touched by one at a time, until someone is erased who may be in them, or a record.

A bundle says how many had been erased when it was begun, how many records there were, and in which generation of the log.
Where that is another now, it is handed out to nobody any more, and nothing of it stays; nor is it called ready any longer,
so that it is made anew.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from bailee.clauses.return_and_destruction import queries
from bailee.clauses.return_and_destruction.bundle import PROGRESS, Begun, clear
from bailee.clauses.return_and_destruction.mistakes import Overtaken
from bailee.infra.database import Database
from bailee.ledger.committing import Transaction

LOOK_SECONDS = 0.1


class Shelf:
    """The bundles of all controllers."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def folder_of(self, controller: UUID) -> Path:
        """Where a controller's bundle lies."""
        return self._folder / str(controller)

    @asynccontextmanager
    async def alone(self, controller: UUID) -> AsyncIterator[None]:
        """One at a time, over all processes of the host; whoever waits holds nothing else up."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._folder / f"{controller}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not _taken(handle):  # noqa: ASYNC110 -- another process has it, and tells nobody
                await asyncio.sleep(LOOK_SECONDS)
            yield
        finally:
            os.close(handle)

    async def erased(self, controller: UUID) -> str:
        """What a bundle that is begun now knows of erasures."""
        async with self._database.transaction(controller) as tx:
            return str(await tx.fetchval(queries.ERASED_BY_NOW, controller))

    async def stands(self, controller: UUID) -> bool:
        """Whether the bundle may be handed out. One that was overtaken is removed; where nobody has acknowledged it, or it
        is gone, it is made anew: erasures take it back themselves, a server that was put back does not."""
        known = self._known(controller)
        if known is not None and known == await self.erased(controller):
            return True
        clear(self.folder_of(controller))
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.TAKE_RETURN_BACK, controller)
        return False

    async def still(self, change: Transaction) -> None:
        """Raise `Overtaken` where the bundle that was just made does not stand, as its own step sees it."""
        now = await change.connection.fetchval(queries.ERASED_BY_NOW, change.controller)
        if self._known(change.controller) != now:
            raise Overtaken

    def _known(self, controller: UUID) -> str | None:
        file = self.folder_of(controller) / PROGRESS
        return msgspec.json.decode(file.read_bytes(), type=Begun).erased if file.exists() else None


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
