"""Looking a restored platform through: every ledger to its root, a sample of records with today's keys, the destroyed."""

import secrets
from collections.abc import AsyncIterator, Iterable
from typing import Protocol
from uuid import UUID

import msgspec

from bailee.infra.database import Database
from bailee.infra.keys.key import NotAsSealed
from bailee.infra.keys.store import KeyStore
from bailee.ledger import queries as ledger
from bailee.processing.backup import queries
from bailee.processing.backup.events import Found
from bailee.processing.backup.manifest import Log, Manifest
from bailee.proof.merkle import HASH, Edge, Invalid
from bailee.proof.tree import Frontier
from bailee.vault import queries as vault
from bailee.vault.destruction_log import DestructionLog, person_name
from bailee.vault.sealing import Sealed, unseal
from bailee.vocabulary.ids import Address

SAMPLE = 20  # records of each controller
TILES, PEOPLE = 256, 5000
FIRST = UUID(int=0)


class Restored(Protocol):
    """The rooms of a restored platform, as far as they are looked at."""

    data: Database
    keys: KeyStore
    destruction_log: DestructionLog

    async def everyone(self) -> list[UUID]:
        """Every controller."""
        ...


async def heads(database: Database, controllers: Iterable[UUID]) -> tuple[Log, ...]:
    """How far every ledger has come now."""
    found = []
    for controller in controllers:
        async with database.transaction(controller) as tx:
            row = await tx.fetchrow(ledger.FRONTIER, controller)
        if row is not None:
            root = Frontier.from_bytes(row["frontier"]).root().hex()
            found.append(Log(str(controller), row["generation"], row["size"], root))
    return tuple(found)


class Looking:
    """Looks a restored platform through; `published` says how many entries of each ledger were, and under which
    generation."""

    def __init__(self, rooms: Restored, manifest: Manifest, published: dict[UUID, tuple[int, int]]) -> None:
        self._rooms = rooms
        self._manifest = manifest
        self._published = published

    async def found(self) -> Found:
        """Everything that is looked at."""
        found = Found(destroyed_since=self._destroyed_since())
        for look in (self._logs, self._people, self._records, self._destroyed):
            found = await look(found)
        return found

    def _destroyed_since(self) -> int:
        return len({one.name for one in self._rooms.destruction_log.check() if one.n > self._manifest.destroyed})

    async def _logs(self, found: Found) -> Found:
        """Every root recomputed from its leaves: as it stands, and as it stood when the copy was taken."""
        trouble, entries, lost = list(found.trouble), 0, 0
        for log in self._manifest.logs:
            controller = UUID(log.controller)
            try:
                size, generation = await self._recomputed(controller, log)
            except Invalid:
                trouble.append("ledger")
                continue
            entries += size
            known, published = self._published.get(controller, (generation, 0))
            lost += max(0, published - size) if known == generation else published
        return _with(found, logs=len(self._manifest.logs), entries=entries, lost=lost, trouble=_once(trouble))

    async def _recomputed(self, controller: UUID, log: Log) -> tuple[int, int]:
        """The size and generation of a ledger whose leaves give its root; or `Invalid`."""
        async with self._rooms.data.transaction(controller) as tx:
            head = await tx.fetchrow(ledger.FRONTIER, controller)
        if head is None or (head["generation"], head["size"]) < (log.generation, log.size):
            raise Invalid("the ledger is shorter than it was when the copy was taken")
        edge, then = Edge(), head["generation"] != log.generation or log.size == 0
        async for leaf in self._leaves(controller, head["generation"], head["size"]):
            edge.append(leaf)
            if edge.size == log.size and head["generation"] == log.generation:
                then = edge.root().hex() == log.root
        frontier = Frontier.from_bytes(head["frontier"])
        if not then or (edge.size, edge.root()) != (frontier.size, frontier.root()):
            raise Invalid("the ledger's root is another one")
        return head["size"], head["generation"]

    async def _leaves(self, controller: UUID, generation: int, size: int) -> AsyncIterator[bytes]:
        position, left = 0, size
        while left:
            async with self._rooms.data.transaction(controller) as tx:
                rows = await tx.fetch(queries.TILES, controller, generation, position, TILES)
            if not rows:
                return
            for row in rows:
                hashes = row["hashes"]
                for at in range(0, min(len(hashes), left * HASH), HASH):
                    yield hashes[at : at + HASH]
                left -= min(len(hashes) // HASH, left)
            position = rows[-1]["position"] + 1

    async def _people(self, found: Found) -> Found:
        persons = await self._counted(queries.COUNT_PERSONS)
        return _with(found, persons=persons, records=await self._counted(queries.COUNT_RECORDS))

    async def _counted(self, sql: str) -> int:
        total = 0
        for controller in await self._rooms.everyone():
            async with self._rooms.data.transaction(controller) as tx:
                total += int(await tx.fetchval(sql, controller))
        return total

    async def _records(self, found: Found) -> Found:
        """A sample of every controller's records, from anywhere on: each opens with today's keys, and is forgotten."""
        sampled = opened = 0
        for controller in await self._rooms.everyone():
            for sealed in await self._sample(controller):
                address = sealed.address
                keys = await self._rooms.keys.person_keys([(controller, address.person, sealed.key_id)])
                key = keys.get(sealed.key_id)
                sampled += 1
                try:
                    opened += key is not None and bool(unseal(key, sealed))
                except NotAsSealed:
                    continue
        trouble = [*found.trouble, *(["closed"] if opened < sampled else [])]
        return _with(found, sampled=sampled, opened=opened, trouble=_once(trouble))

    async def _sample(self, controller: UUID) -> list[Sealed]:
        rows: list[Sealed] = []
        for start in (UUID(bytes=secrets.token_bytes(16)), FIRST):
            async with self._rooms.data.transaction(controller) as tx:
                known = await tx.fetch(vault.RECORDS_AFTER, controller, start, FIRST, None, SAMPLE)
            rows += [
                Sealed(
                    Address(controller, row["person_id"], row["type"], row["record_id"]), row["version"], row["key_id"],
                    row["sealed"],
                )
                for row in known if row["key_id"] is not None
            ]  # fmt: skip
        return rows[:SAMPLE]

    async def _destroyed(self, found: Found) -> Found:
        """Nobody whom the destruction log names is there."""
        names, alive = self._rooms.destruction_log.destroyed(), 0
        for controller in await self._rooms.everyone() if names else ():
            async for person in self._living(controller):
                alive += person_name(controller, person) in names
        trouble = [*found.trouble, *(["revived"] if alive else [])]
        return _with(found, alive=alive, trouble=_once(trouble))

    async def _living(self, controller: UUID) -> AsyncIterator[UUID]:
        after = FIRST
        while True:
            async with self._rooms.data.transaction(controller) as tx:
                rows = await tx.fetch(vault.PERSONS_WITH_KEYS_AFTER, controller, after, PEOPLE)
            for row in rows:
                yield row["person_id"]
            if len(rows) < PEOPLE:
                return
            after = rows[-1]["person_id"]


def _with(found: Found, **more: object) -> Found:
    return msgspec.structs.replace(found, **more)


def _once(codes: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))
