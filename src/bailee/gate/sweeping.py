"""Sweeping: what has served its time goes. Idempotency rows after 48 hours; keys that nobody's row names; files
that were removed, or never finished.

A key is committed before the person it is for, so a crash between the two leaves an orphan. It is swept by
first writing the person's tombstone (the same primary key, so a late create fails), then deleting the key. So is the
key of someone erased, which a key store brings back that was put back alone.
"""

from datetime import timedelta
from uuid import UUID

from bailee.gate import queries
from bailee.gate.idempotency import KEPT
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.vault import queries as vault_queries
from bailee.vault.files import Files

GROWN_UP = timedelta(minutes=10)
CHUNK = 2000


class Sweeping:
    """Each pass over a controller may stop anywhere and be made again."""

    def __init__(self, data: Database, keys: KeyStore, clock: Clock, files: Files) -> None:
        self._data = data
        self._keys = keys
        self._clock = clock
        self._files = files

    async def forget(self, controller: UUID) -> int:
        """Forget requests whose replays are no longer answered."""
        async with self._data.transaction(controller) as tx:
            done = await tx.execute(queries.FORGET, controller, self._clock.now() - KEPT)
        return int(done.split()[-1])

    async def files(self, controller: UUID) -> int:
        """Remove files that must go, and what was never finished; how many there were."""
        return await self._files.finish(controller)

    async def blobs(self, controller: UUID) -> int:
        """Remove blobs that no row names; how many there were."""
        return await self._files.sweep(controller)

    async def keys(self, controller: UUID) -> int:
        """Delete the keys that no person's row names, or that are of someone erased; how many there were."""
        before, after, count = self._clock.now() - GROWN_UP, UUID(int=0), 0
        while persons := await self._keys.old_persons(controller, before, after, CHUNK):
            async with self._data.transaction(controller) as tx:
                rows = await tx.fetch(vault_queries.WITH_A_KEY, controller, persons)
                orphans = sorted(set(persons) - {row["person_id"] for row in rows})
                tombstones = [(controller, person, self._clock.now()) for person in orphans]
                await tx.executemany(vault_queries.INSERT_TOMBSTONE, tombstones)
            for person in orphans:
                await self._keys.shred_person(controller, person)
            count += len(orphans)
            after = persons[-1]
        return count
