"""Drills: a copy is restored aside, started, looked through, stopped and removed. What was found is kept.

The start that looks it over is the platform's own, on copies of what stands beside the living one: so a drill proves the
whole way of a restore, the erasures it must repeat among them.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
import pyrage
import structlog

from bailee.infra import age
from bailee.infra.clock import Clock
from bailee.infra.database import Unavailable
from bailee.infra.migrating import MigrationError
from bailee.infra.postgres.cluster import ClusterDown
from bailee.infra.root_keys import RootKeyTrouble
from bailee.infra.settings import Settings
from bailee.ledger.anchors import Anchors
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.ledger.telling import entry_name
from bailee.processing.backup import deadlines
from bailee.processing.backup.aside import Aside, beside, cleared
from bailee.processing.backup.book import Book
from bailee.processing.backup.copying import servers, wholly_here
from bailee.processing.backup.events import FILES, Check, Found
from bailee.processing.backup.looking import Looking
from bailee.processing.backup.manifest import Damaged, Manifest
from bailee.processing.backup.owing import PLATFORM, Owing
from bailee.processing.backup.parts import Told, nobody
from bailee.processing.backup.restoring import Source
from bailee.processing.backup.shelf import Shelf
from bailee.proof.checkpoint import Checkpoint
from bailee.vault.destruction_log import Contradiction
from bailee.vocabulary.ids import new_id

# How rooms are opened on what was restored: servers started, migrated, looked over, and stopped at the end.
Opener = Callable[[Settings], AbstractAsyncContextManager[Any]]
NOT_STARTED = (ClusterDown, MigrationError, RootKeyTrouble, Contradiction, Unavailable)
PATIENCE = 600.0

log = structlog.get_logger()


class NoIdentity(Exception):
    """Drills cannot be made by the platform: no identity is at hand that opens a copy."""


class NotWhole(Exception):
    """A copy of this platform cannot be proven here: one of its servers is external."""


class NotProven(Exception):
    """A drill of the platform's own found a copy that is not as it must be: it is tried again, and not hidden."""


def identity_in(file: Path) -> pyrage.x25519.Identity:
    """The identity in a file, or `NoIdentity` saying what is wrong."""
    try:
        if file.stat().st_mode & 0o077:
            raise NoIdentity(f"{file} can be read by others: chmod 600 {file}")
        return age.identity(file.read_text())
    except (OSError, UnicodeDecodeError, age.NotAnIdentity) as problem:
        raise NoIdentity(f"{file} is no identity: {problem}") from problem


def published(anchors: Anchors) -> dict[UUID, tuple[int, int]]:
    """How many entries of each log were published, and under which generation."""
    found: dict[UUID, tuple[int, int]] = {}
    for note in anchors.checkpoints().values():
        said = Checkpoint.parse(note.partition("\n\n")[0] + "\n")
        _, controller, generation = said.origin.rsplit("/", 2)
        found[UUID(controller)] = max(found.get(UUID(controller), (0, 0)), (int(generation), said.size))
    return found


class Drills:
    """Proves copies, and keeps what was found of them and of restores."""

    def __init__(
        self, *, settings: Settings, platform: UUID, committing: Committing, owing: Owing, book: Book, clock: Clock,
        shelf: Callable[[], Shelf], open: Opener,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._platform = platform
        self._committing = committing
        self._owing = owing
        self._book = book
        self._clock = clock
        self._shelf = shelf
        self._open = open
        self._under_way: asyncio.Task[Check] | None = None

    async def due(self, _controller: UUID) -> int:
        """For the worker: prove the newest copy when its time has come, where an identity is set. Where none is at hand,
        `NoIdentity`; where none is set, drills are the operator's, and the obligation says until when."""
        settings = self._settings
        if not (settings.drill_identity and settings.backups and wholly_here(settings)):
            return 0
        if self._under_way is None:
            standing, now = await self._book.standing(), self._clock.now()
            last = standing.drill.ended_at if standing.drill else None
            if standing.copy is None or not deadlines.drill_due(last, now, self._owing.terms):
                return 0
            identity = identity_in(Path(self._settings.drill_identity))
            self._under_way = asyncio.create_task(self.make(identity))
        done, _ = await asyncio.wait({self._under_way}, timeout=PATIENCE)
        if done:
            task, self._under_way = self._under_way, None
            check = task.result()
            if not check.good:
                raise NotProven(f"{check.copy}: {', '.join(check.found.trouble)}")
        return len(done)

    async def make(
        self, identity: pyrage.x25519.Identity, name: str = "", *, by: str = PLATFORM, told: Told = nobody
    ) -> Check:
        """Prove a copy: the newest, or the one of that name. `NotWhole` where a server is external."""
        if not wholly_here(self._settings):
            raise NotWhole(
                "a server is external: a copy cannot be started on aside without it; prove those backups there"
            )
        began = self._clock.now()
        with cleared(self._settings) as made:
            copy = name
            try:
                source = Source(self._shelf(), name, identity, told)
                copy = source.whole.name
                found = await self._proven(source, made)
            except Damaged as damaged:
                log.error("a backup is damaged", backup=copy, reason=str(damaged))
                found = Found(trouble=(damaged.code,))
            except NOT_STARTED as problem:
                log.error("nothing could be started on a backup", backup=copy, reason=str(problem))
                found = Found(trouble=("not-started",))
        return await self.keep("drill", copy, began, found, by=by)

    async def _proven(self, source: Source, made: Aside) -> Found:
        await asyncio.to_thread(source.check)
        await asyncio.to_thread(source.unpack, made.data, (*servers(self._settings), FILES))
        await asyncio.to_thread(beside, self._settings, made)
        async with self._open(made) as rooms:
            return await looked_into(rooms, made, source.whole)

    async def keep(
        self, kind: Literal["drill", "restore"], copy: str, began: datetime, found: Found, *, by: str
    ) -> Check:
        """Write what was found into the platform's log and the book; a good drill keeps what was owed."""
        check = Check(
            id=str(new_id()), kind=kind, copy=copy, began_at=began, ended_at=self._clock.now(),
            good=not found.trouble, found=found, by=by,
        )  # fmt: skip
        details = {"check": check.id, "backup": copy, "good": check.good, **msgspec.to_builtins(found)}
        drilled = Act("backup-drilled", self._platform, by, details)
        act = drilled if kind == "drill" else Act("backup-restored", self._platform, by, details)
        async with self._committing.transaction(self._platform) as change:
            [appended] = await change.append([act])
            check = msgspec.structs.replace(check, entry=entry_name(appended))
            if kind == "drill" and check.good:
                await self._owing.drilled(change, check, by=by)
        await self._book.check(check)
        return check


async def looked_into(rooms: Any, settings: Settings, manifest: Manifest) -> Found:
    """What is found on rooms that were opened on what was restored."""
    found = await Looking(rooms, manifest, published(Anchors(settings.anchors))).found()
    folder = settings.blobs_folder
    files = sum(1 for one in folder.rglob("*") if one.is_file()) if folder.exists() else 0
    return msgspec.structs.replace(found, files=files)
