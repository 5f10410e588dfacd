"""A key epoch turns: new keys wrap under e+1, the others move in chunks, and e dies when no row names it.

What an old backup of the key store holds is wrapped under epochs that no longer exist. The turn may
stop anywhere and be started again: the current epoch is committed first, the moves are idempotent. Several may turn at
the same time: keys move to the epoch that is current then, held until they have, so that none moves into one that dies.
Where keys stand whose epoch is gone, the key store was put back: nothing is turned, for a newer one may yet be put in
its place, and the keys it needs must not die meanwhile.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys import queries
from bailee.infra.keys.store import associated, kek_name
from bailee.infra.root_keys import RootKeyGone, RootKeys

CHUNK = 1000
PUT_BACK = "keys stand under epoch {}, which is gone: the key store was put back; put a newer one in its place"


class Turn(msgspec.Struct, frozen=True):
    """What a turn did: keys moved, the epoch now in use, those that are gone, and older ones that still stand."""

    controller: UUID
    epoch: int
    moved: int
    destroyed: tuple[int, ...]
    left: tuple[int, ...] = ()


class Turning:
    """Turns epochs; it alone destroys a root key that is still in use by nobody."""

    def __init__(self, database: Database, root: RootKeys, clock: Clock) -> None:
        self._database = database
        self._root = root
        self._clock = clock

    async def turn(self, controller: UUID, progress: Callable[[int], None] = lambda _moved: None) -> Turn:
        """Turn the controller's epoch; `progress` hears the number of keys moved so far.

        A controller without keys (none yet, or destroyed) stays without: its epoch is 0.
        """
        current = await self._start(controller)
        if not current:
            return Turn(controller=controller, epoch=0, moved=0, destroyed=())
        moved = 0
        for epoch in await self._older(controller, current):
            while count := await self._move_chunk(controller, epoch):
                moved += count
                progress(moved)
        destroyed = await self._destroy_unused(controller, current)
        left = tuple(await self._older(controller, current))
        return Turn(controller=controller, epoch=current, moved=moved, destroyed=destroyed, left=left)

    async def older_than(self, controller: UUID, age: timedelta) -> bool:
        """Whether the controller's epoch was last turned longer ago than this."""
        async with self._database.transaction(controller) as tx:
            turned_at = await tx.fetchval(queries.TURNED_AT, controller)
        return turned_at is not None and self._clock.now() - turned_at >= age

    async def _start(self, controller: UUID) -> int:
        async with self._database.transaction(controller) as tx:
            current = int(await tx.fetchval(queries.LOCK_TO_TURN, controller) or 0)
            if not current:
                return 0
            following, names = current + 1, await self._root.names(f"{controller}/")
            for row in await tx.fetch(queries.EPOCHS_IN_USE, controller):
                if kek_name(controller, row["epoch"]) not in names:
                    raise RootKeyGone(PUT_BACK.format(row["epoch"]))
            if kek_name(controller, following) not in names:
                await self._root.create(kek_name(controller, following))
            await tx.execute(queries.START_EPOCH, controller, following, self._clock.now())
        return following

    async def _older(self, controller: UUID, current: int) -> list[int]:
        epochs = [int(name.rpartition("/")[2]) for name in await self._root.names(f"{controller}/")]
        return sorted(epoch for epoch in epochs if epoch < current)

    async def _move_chunk(self, controller: UUID, old: int) -> int:
        async with self._database.transaction(controller) as tx:
            new = await tx.fetchval(queries.LOCK_EPOCH, controller)
            persons = await tx.fetch(queries.PERSON_KEYS_OF_EPOCH, controller, old, CHUNK)
            moves = await self._rewrap(controller, old, new, [(r["person_id"].bytes, r) for r in persons])
            await tx.executemany(
                queries.MOVE_PERSON_KEY,
                [(controller, r["person_id"], new, box) for r, box in zip(persons, moves, strict=True)],
            )
            names = await tx.fetch(queries.CONTROLLER_KEYS_OF_EPOCH, controller, old)
            moves = await self._rewrap(controller, old, new, [(r["name"].encode(), r) for r in names])
            await tx.executemany(
                queries.MOVE_CONTROLLER_KEY,
                [(controller, r["name"], new, box) for r, box in zip(names, moves, strict=True)],
            )
        return len(persons) + len(names)

    async def _rewrap(
        self, controller: UUID, old: int, new: int, rows: list[tuple[bytes, asyncpg.Record]]
    ) -> list[bytes]:
        if not rows:
            return []
        opened = await self._root.unwrap(
            kek_name(controller, old),
            [row["wrapped"] for _, row in rows],
            [associated(controller, owner, row["key_id"], old) for owner, row in rows],
        )
        return await self._root.wrap(
            kek_name(controller, new),
            opened,
            [associated(controller, owner, row["key_id"], new) for owner, row in rows],
        )

    async def _destroy_unused(self, controller: UUID, current: int) -> tuple[int, ...]:
        gone = []
        for epoch in await self._older(controller, current):
            async with self._database.transaction(controller) as tx:
                left = await tx.fetchval(queries.KEYS_LEFT_IN_EPOCH, controller, epoch)
            if not left:
                await self._root.destroy(kek_name(controller, epoch))
                gone.append(epoch)
        return tuple(gone)
