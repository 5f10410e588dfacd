"""The key store: person keys and controller keys, unwrapped through the root provider.

Keys are 32 random bytes. Each is wrapped under the current epoch of its controller, with associated
data that names controller, owner, key id and epoch, so that a wrapped key moved to another row does
not open. Unwrapped person keys are remembered for a minute at most and only by key id: a read asks
for the key id it has just seen in the data row, and a shredded person's row no longer names one.

Destroying is `shred_person` and `shred_controller`; only their read-back (`person_key_stands`,
`keys_stand`) may be quoted as evidence.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys import queries
from bailee.infra.keys.key import Key, NotAsSealed, closed, fresh
from bailee.infra.root_keys import RootKeyGone, RootKeys

Row = asyncpg.Record
T = TypeVar("T")

REMEMBERED_SECONDS = 60.0
REMEMBERED_KEYS = 20_000


# A person's key that is asked for: controller, person, and the key id that the data row names.
Wanted = tuple[UUID, UUID, UUID]


class KeyAltered(NotAsSealed):
    """A wrapped key does not open as the key of its own row: it was moved or changed."""


class KeyGone(Exception):
    """The key does not exist, or no longer: what it sealed cannot be opened."""


def kek_name(controller: UUID, epoch: int) -> str:
    """The root provider's name of a controller's key-encryption key of one epoch."""
    return f"{controller}/{epoch}"


def associated(controller: UUID, owner: bytes, key_id: UUID, epoch: int) -> bytes:
    """What a wrapped key is bound to. `owner` is a person's id or a controller key's name."""
    return b"bailee/key/1" + controller.bytes + key_id.bytes + epoch.to_bytes(4, "big") + owner


class KeyStore:
    """Every key of every controller, one server's worth."""

    def __init__(self, database: Database, root: RootKeys, clock: Clock) -> None:
        self._database = database
        self._root = root
        self._clock = clock
        self._persons: OrderedDict[UUID, tuple[float, Key]] = OrderedDict()
        self._controllers: dict[tuple[UUID, str], tuple[float, Key]] = {}

    async def open_epoch(self, controller: UUID) -> int:
        """The controller's current epoch, made on first use (root key first, then the row)."""
        async with self._database.transaction(controller) as tx:
            epoch = await tx.fetchval(queries.CURRENT_EPOCH, controller)
            if epoch is not None:
                return int(epoch)
            if kek_name(controller, 1) not in await self._root.names(f"{controller}/"):
                await self._root.create(kek_name(controller, 1))
            await tx.execute(queries.FIRST_EPOCH, controller, self._clock.now())
            return 1

    async def create_person_keys(self, controller: UUID, persons: Sequence[UUID]) -> dict[UUID, Key]:
        """Commit a new key for each person; the data that names them is written afterwards."""
        await self.open_epoch(controller)
        made = {person: fresh() for person in persons}
        async with self._database.transaction(controller) as tx:
            epoch = await tx.fetchval(queries.LOCK_EPOCH, controller)
            wrapped = await self._root.wrap(
                kek_name(controller, epoch),
                [key.secret for key in made.values()],
                [associated(controller, p.bytes, k.key_id, epoch) for p, k in made.items()],
            )
            now = self._clock.now()
            await tx.executemany(
                queries.INSERT_PERSON_KEY,
                [
                    (controller, person, key.key_id, epoch, box, now)
                    for (person, key), box in zip(made.items(), wrapped, strict=True)
                ],
            )
        for key in made.values():
            self._remember(key)
        return made

    async def person_keys(self, wanted: Iterable[Wanted]) -> dict[UUID, Key]:
        """The keys wanted, by key id. What is not remembered is fetched at once.

        A key that is gone is left out; one whose row stands and does not open is there as a closed key: nothing
        opens under it, as nothing opens under the wrong key.
        """
        keys: dict[UUID, Key] = {}
        missing: dict[UUID, dict[UUID, UUID]] = {}
        oldest = self._clock.monotonic() - REMEMBERED_SECONDS
        for controller, person, key_id in wanted:
            found = self._persons.get(key_id)
            if found is None or found[0] < oldest:
                missing.setdefault(controller, {})[person] = key_id
            else:
                keys[key_id] = found[1]
        if missing:
            for key in await self._again_if_turned(lambda: self._fetched(missing)):
                keys[key.key_id] = key
                if not key.closed:
                    self._remember(key)
        return keys

    async def controller_key(self, controller: UUID, name: str, *, create: bool = True) -> Key:
        """The controller's key of that name (`index`, `cursor`, `body/2026-11`...), made on first use."""
        found, old = self._controllers.get((controller, name)), self._clock.monotonic() - REMEMBERED_SECONDS
        if found is not None and found[0] >= old:
            return found[1]
        key = await self._again_if_turned(lambda: self._controller_key(controller, name, create=create))
        while self._controllers and (first := next(iter(self._controllers.items())))[1][0] < old:
            self._controllers.pop(first[0])  # keys of single messages and letters are not asked for again
        self._controllers.pop((controller, name), None)
        self._controllers[controller, name] = (self._clock.monotonic(), key)
        return key

    async def shred_person(self, controller: UUID, person: UUID) -> None:
        """Delete the person's wrapped key. It is final when its epoch's root key dies as well."""
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.DELETE_PERSON_KEY, controller, person)

    async def shred_controller_key(self, controller: UUID, name: str) -> None:
        """Delete one of the controller's keys, and read back that it is gone."""
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.DELETE_CONTROLLER_KEY, controller, name)
        self._controllers.pop((controller, name), None)
        if await self._controller_row(controller, name) is not None:
            raise RuntimeError(f"the key {name} still stands after its deletion")

    async def person_key_stands(self, controller: UUID, person: UUID) -> bool:
        """Read back whether the key store still holds a key for the person."""
        async with self._database.transaction(controller) as tx:
            return await tx.fetchval(queries.PERSON_KEY_STANDS, controller, person) is not None

    async def old_persons(self, controller: UUID, before: object, after: UUID, limit: int) -> list[UUID]:
        """Persons whose keys were made before an instant, in id order: candidates of the orphan sweep."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.OLD_PERSON_KEYS, controller, before, after, limit)
        return [row["person_id"] for row in rows]

    async def old_names(self, controller: UUID, begins: str, *, before: datetime, after: str, limit: int) -> list[str]:
        """Names of the controller's keys that begin so and were made before an instant, in their order."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.OLD_CONTROLLER_KEYS, controller, begins, before, after, limit)
        return [row["name"] for row in rows]

    async def shred_controller(self, controller: UUID) -> int:
        """Delete every key of the controller and destroy its root keys; returns how many person keys went."""
        async with self._database.transaction(controller) as tx:
            await tx.fetchval(queries.LOCK_TO_TURN, controller)  # first, as whoever wraps keys does
            persons = int(await tx.fetchval(queries.COUNT_PERSON_KEYS, controller))
            await tx.execute(queries.DELETE_PERSON_KEYS, controller)
            await tx.execute(queries.DELETE_CONTROLLER_KEYS, controller)
            await tx.execute(queries.DELETE_EPOCH, controller)
        for name in await self._root.names(f"{controller}/"):
            await self._root.destroy(name)
        self.forget(controller)
        return persons

    async def root_names(self, controller: UUID) -> list[str]:
        """The names of the controller's key-encryption keys that exist."""
        return sorted(await self._root.names(f"{controller}/"))

    async def keys_stand(self, controller: UUID) -> int:
        """Read back how many keys of the controller still exist, root keys included."""
        async with self._database.transaction(controller) as tx:
            rows = int(await tx.fetchval(queries.KEYS_STAND, controller))
        return rows + len(await self._root.names(f"{controller}/"))

    def forget_persons(self) -> None:
        """Drop every unwrapped person key that this process remembers."""
        self._persons.clear()

    def forget(self, controller: UUID) -> None:
        """Drop what this process remembers of unwrapped keys (person keys of all: they are not tagged)."""
        self.forget_persons()
        self._controllers = {k: v for k, v in self._controllers.items() if k[0] != controller}

    async def _controller_key(self, controller: UUID, name: str, *, create: bool) -> Key:
        row = await self._controller_row(controller, name)
        if row is None and create:
            await self._create_controller_key(controller, name)
            row = await self._controller_row(controller, name)
        if row is None:
            raise KeyGone(name)
        [key] = await self._unwrap(controller, [(name.encode(), row)])
        return key

    @staticmethod
    async def _again_if_turned(look: Callable[[], Awaitable[T]]) -> T:
        """An epoch may die between the look at a row and its unwrapping: the row names the next one by then."""
        try:
            return await look()
        except RootKeyGone:
            return await look()

    async def _fetched(self, missing: dict[UUID, dict[UUID, UUID]]) -> list[Key]:
        """Person keys of several controllers, in one round trip; each controller's are unwrapped together."""
        starts, persons = [1], list[UUID]()
        controllers = sorted(missing)
        for controller in controllers:
            persons += missing[controller]
            starts.append(len(persons) + 1)
        found: dict[UUID, list[tuple[bytes, Row]]] = {}
        for row in await self._database.fetch(queries.PERSON_KEYS_OF, controllers, starts, persons):
            controller = row["controller_id"]
            if missing[controller].get(row["person_id"]) == row["key_id"]:
                found.setdefault(controller, []).append((row["person_id"].bytes, row))
        keys: list[Key] = []
        for controller, rows in found.items():
            try:
                opened = await self._unwrap(controller, rows)
            except KeyAltered:
                opened = []
            known = {key.key_id for key in opened}
            keys += opened + [closed(row["key_id"]) for _, row in rows if row["key_id"] not in known]
        return keys

    async def _controller_row(self, controller: UUID, name: str) -> Row | None:
        async with self._database.transaction(controller) as tx:
            row: Row | None = await tx.fetchrow(queries.CONTROLLER_KEY, controller, name)
            return row

    async def _create_controller_key(self, controller: UUID, name: str) -> None:
        await self.open_epoch(controller)
        key = fresh()
        async with self._database.transaction(controller) as tx:
            epoch = await tx.fetchval(queries.LOCK_EPOCH, controller)
            bound = [associated(controller, name.encode(), key.key_id, epoch)]
            [box] = await self._root.wrap(kek_name(controller, epoch), [key.secret], bound)
            await tx.execute(queries.INSERT_CONTROLLER_KEY, controller, name, key.key_id, epoch, box, self._clock.now())

    async def _unwrap(self, controller: UUID, rows: Sequence[tuple[bytes, Row]]) -> list[Key]:
        by_epoch: dict[int, list[tuple[bytes, Row]]] = {}
        for owner, row in rows:
            by_epoch.setdefault(row["epoch"], []).append((owner, row))
        keys: list[Key] = []
        for epoch, members in by_epoch.items():
            try:
                keys += await self._unwrap_all(controller, epoch, members)
            except InvalidTag:
                if len(rows) == 1:
                    raise KeyAltered(str(rows[0][1]["key_id"])) from None
                for one in members:  # one of them was moved or changed: the others open all the same
                    with suppress(KeyAltered):
                        keys += await self._unwrap(controller, [one])
        return keys

    async def _unwrap_all(self, controller: UUID, epoch: int, members: Sequence[tuple[bytes, Row]]) -> list[Key]:
        opened = await self._root.unwrap(
            kek_name(controller, epoch),
            [row["wrapped"] for _, row in members],
            [associated(controller, owner, row["key_id"], epoch) for owner, row in members],
        )
        return [
            Key(key_id=row["key_id"], secret=secret, cipher=AESGCM(secret))
            for (_, row), secret in zip(members, opened, strict=True)
        ]

    def _remember(self, key: Key) -> None:
        self._persons[key.key_id] = (self._clock.monotonic(), key)
        self._persons.move_to_end(key.key_id)
        while len(self._persons) > REMEMBERED_KEYS:
            self._persons.popitem(last=False)
