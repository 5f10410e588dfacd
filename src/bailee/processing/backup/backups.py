"""Backups: made, owed in time, removed when they have served. The only effects, with drills beside them.

What is made is known in its folder first, in the platform's log next, and in the book last: a book that was put back
learns from the folder what it has forgotten.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec

from bailee.infra import age, migrating
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.root_keys import RootKeys
from bailee.infra.settings import Settings
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.ledger.signing import LogKey
from bailee.ledger.telling import entry_name
from bailee.processing.backup import deadlines
from bailee.processing.backup.book import Book
from bailee.processing.backup.copying import copied, outside, servers, wholly_here
from bailee.processing.backup.events import Copy
from bailee.processing.backup.looking import heads
from bailee.processing.backup.manifest import Damaged, Manifest, copy_of
from bailee.processing.backup.owing import Owing
from bailee.processing.backup.parts import PIECE, PartWriter, Told, nobody
from bailee.processing.backup.shelf import NoDestination, Shelf
from bailee.vault.destruction_log import DestructionLog
from bailee.vocabulary.ids import new_id

PLATFORM = "platform"
PATIENCE = 600.0  # seconds a round waits for a copy that is under way; the next round goes on waiting

Whole = Literal["full", "keys"]


class NothingHere(Exception):
    """No server of this platform is on this host: its backups are the operator's own, to be attested."""


class Backups:
    """The copies of one platform."""

    def __init__(
        self, *, settings: Settings, platform: UUID, data: Database, root: RootKeys, log_key: LogKey,
        destruction_log: DestructionLog, committing: Committing, owing: Owing, book: Book, clock: Clock,
        everyone: Callable[[], Awaitable[Sequence[UUID]]], believed: Callable[[], Awaitable[bool]], piece: int = PIECE,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._platform = platform
        self._data = data
        self._root = root
        self._log_key = log_key
        self._destruction_log = destruction_log
        self._committing = committing
        self._owing = owing
        self._book = book
        self._clock = clock
        self._everyone = everyone
        self._believed = believed
        self._piece = piece
        self._under_way: asyncio.Task[Copy] | None = None

    @property
    def shelf(self) -> Shelf:
        """The folder of the copies; `NoDestination` where none is set."""
        if not self._settings.backups:
            raise NoDestination("no backups are made: set BAILEE_BACKUPS and BAILEE_BACKUP_RECIPIENTS")
        return shelf_of(self._settings, self._log_key, self._platform)

    async def make(self, kind: Whole = "full", *, by: str = PLATFORM, told: Told = nobody) -> Copy:
        """Make a copy; it counts when this returns. What it holds is at least what was there when this began."""
        if not servers(self._settings):
            raise NothingHere(
                "every server is external: its backups are yours; say `bailee backup --attest STORE` of them"
            )
        shelf = self.shelf
        with shelf.alone():
            folder = shelf.begin(kind, self._clock.now())
            try:
                manifest = await self._written(kind, folder, told)
                done = await asyncio.to_thread(shelf.finish, folder, manifest, self._log_key.statement_signer())
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)  # what is left of it goes before the next begins
                raise
            copy = await self._keep(msgspec.structs.replace(copy_of(manifest, done), by=by))
        await self.expire()
        return copy

    async def due(self, _controller: UUID) -> int:
        """For the worker: what is owed stands among the obligations; a copy is made when its time has come."""
        if not (self._settings.backups or self._settings.sandbox):
            await self._owing.begin(self._clock.now())
        if not self._settings.backups or not servers(self._settings):
            return 0
        if self._under_way is None:
            await self._owing.begin(self._clock.now())
            await self.adopt()
            kind = await self.needed()
            if kind is None:
                return await self.expire()
            self._under_way = asyncio.create_task(self.make(kind))
        done, _ = await asyncio.wait({self._under_way}, timeout=PATIENCE)
        if done:
            task, self._under_way = self._under_way, None
            task.result()
        return len(done)

    async def needed(self) -> Whole | None:
        """Which copy is to be made now."""
        now, known = self._clock.now(), await self._book.there()
        whole = next((one for one in known if one.kind == "full"), None)
        if deadlines.copy_due(whole.taken_at if whole else None, now, self._owing.terms):
            return "full"
        newest = next(one for one in known if one.has_keys or one is whole)
        living = frozenset(await self._root.names(""))
        return "keys" if newest.has_keys and deadlines.keys_due(newest, living, now) else None

    async def adopt(self) -> None:
        """Learn from the folder: copies that the book has forgotten, and those that are gone from it."""
        shelf = self.shelf
        names = await asyncio.to_thread(shelf.names)
        known = {one.name: one for one in await self._book.there() if one.kind != "attested"}
        await self._book.gone([name for name in known if name not in names], self._clock.now())
        for name in names:
            if name not in known:
                with suppress(Damaged):
                    await self._book.keep(copy_of(shelf.read(name), shelf.folder / name))

    async def expire(self) -> int:
        """Remove the copies that have served, unless the time is doubted; how many."""
        spent = deadlines.spent([one for one in await self._book.there() if one.kind != "attested"], self._clock.now())
        if not spent or not await self._believed():
            return 0
        shelf, names = self.shelf, [one.name for one in spent]
        with shelf.alone():
            for name in names:
                await asyncio.to_thread(shelf.remove, name)
        async with self._committing.transaction(self._platform) as change:
            await change.append([Act("backup-expired", self._platform, PLATFORM, {"backups": names})])
        await self._book.gone(names, self._clock.now())
        return len(names)

    async def attest(self, stores: Sequence[str], taken_at: datetime, *, by: str) -> Copy:
        """A person says that what lies on servers of their own was backed up, as it was at an instant."""
        known, now = outside(self._settings), self._clock.now()
        if unknown := [one for one in stores if one not in known]:
            raise NothingHere(f"{unknown[0]} is not external here; external: {', '.join(known) or 'nothing'}")
        copy = Copy(
            name=f"attested-{new_id()}", kind="attested", stores=tuple(stores), taken_at=taken_at, ended_at=now,
            expires_at=self._owing.terms.expires(taken_at), by=by,
        )  # fmt: skip
        return await self._keep(copy)

    async def _keep(self, copy: Copy) -> Copy:
        """Write a copy into the platform's log and the book; what was owed is kept with it, and the next is owed."""
        details = {
            "backup": copy.name,
            "kind": copy.kind,
            "stores": list(copy.stores),
            "taken": copy.taken_at.isoformat(),
        }
        if copy.kind == "attested":
            act = Act("backup-attested", self._platform, copy.by, details)
        else:
            act = Act("backup-made", self._platform, copy.by, details, digest=copy.digest)
        async with self._committing.transaction(self._platform) as change:
            [appended] = await change.append([act])
            copy = msgspec.structs.replace(copy, entry=entry_name(appended))
            if copy.kind == "full" or (copy.kind == "attested" and not servers(self._settings)):
                await self._owing.copied(change, copy, by=copy.by, provable=wholly_here(self._settings))
        await self._book.keep(copy)
        return copy

    async def _written(self, kind: Whole, folder: Path, told: Told) -> Manifest:
        """Write the parts; what the manifest says of them, of the ledgers as they stood before, and of the keys."""
        settings, began, known = self._settings, self._clock.now(), set(await self._root.names(""))
        logs, destroyed = await heads(self._data, await self._everyone()), len(self._destruction_log.check())
        recipients = age.recipients(settings.backup_recipients)

        def writer(store: str) -> PartWriter:
            return PartWriter(folder, store, recipients, piece=self._piece, told=told)

        parts = await copied(settings, kind, writer)
        known |= set(await self._root.names(""))  # a key that died meanwhile costs a copy of the key store, no more
        return Manifest(
            name=folder.name.partition(".")[0], kind=kind, platform=str(self._platform), versions=versions(settings),
            stores=tuple(dict.fromkeys(part.store for part in parts)), began_at=began, taken_at=began,
            ended_at=self._clock.now(), expires_at=self._owing.terms.expires(began), simulated=self._clock.simulated,
            recipients=tuple(one.strip() for one in settings.backup_recipients.split(",")),
            region=settings.backup_country or settings.region, destroyed=destroyed, logs=logs,
            epochs=tuple(sorted(known)), parts=tuple(parts),
        )  # fmt: skip


def versions(settings: Settings) -> dict[str, str]:
    """What a restore must know: PostgreSQL's major version, and how far each schema had come."""
    places = [cluster.directory / "PG_VERSION" for cluster in servers(settings).values()]
    major = {"postgresql": places[0].read_text().strip()} if places else {}
    return major | {name: str(migrating.stream(name)[-1].number) for name in migrating.STREAMS}


def shelf_of(settings: Settings, log_key: LogKey, platform: UUID) -> Shelf:
    """The folder of the copies that this platform has signed."""
    return Shelf(Path(settings.backups), log_key.verifier(platform))
