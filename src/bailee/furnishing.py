"""Furnishing: the house opened on running servers, founded once, and its sequencer alone under its own role."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from bailee.gate import queries
from bailee.gate.replay import check_seal
from bailee.house import Rooms, furnished
from bailee.infra.database import Database
from bailee.infra.premises import Addresses
from bailee.infra.root_keys import RootKeyFile, RootKeysAway
from bailee.infra.settings import Settings
from bailee.ledger.anchors import Anchors
from bailee.ledger.closing import Closing
from bailee.ledger.sequencing import Sequencer
from bailee.ledger.signing import LogKey
from bailee.vocabulary.ids import new_id


class NotFounded(Exception):
    """The platform has no dossier of its own yet: `bailee init` founds it."""


@asynccontextmanager
async def furnish(settings: Settings, addresses: Addresses, *, size: int = 8) -> AsyncIterator[Rooms]:
    """Open every room on running servers, and close them in order."""
    async with AsyncExitStack() as stack:
        databases = await _databases(stack, addresses, size)
        platform = await _platform(databases[1])
        if platform is None:
            raise NotFounded
        _known_root(settings)
        rooms = furnished(settings, platform, *databases)
        stack.push_async_callback(rooms.refusing.flush)
        stack.push_async_callback(rooms.credentials.flush)
        yield rooms


async def found(settings: Settings, addresses: Addresses, *, by: str) -> UUID:
    """Found the platform: its own dossier, its log, the two copies of the destruction log. Once."""
    async with AsyncExitStack() as stack:
        databases = await _databases(stack, addresses, 4)
        known = await _platform(databases[1])
        if known is not None:
            return known
        platform = new_id()
        rooms = furnished(settings, platform, *databases)
        rooms.destruction_log.start()
        await rooms.filing.open_dossier(settings.processor, by=by, kind="platform", id=platform)
        return platform


@asynccontextmanager
async def sequencing(settings: Settings, addresses: Addresses) -> AsyncIterator[Sequencer]:
    """The sequencer alone, under its own role; logs that went back are closed before its first round."""
    async with AsyncExitStack() as stack:
        sequencer, closing = await _sequencer(stack, settings, addresses)
        await closing.check()
        yield sequencer


async def put_back(settings: Settings, addresses: Addresses) -> list[UUID]:
    """The controllers whose logs are behind what was published of them: a server came back as it was."""
    async with AsyncExitStack() as stack:
        _, closing = await _sequencer(stack, settings, addresses)
        return await closing.behind()


async def unseal(rooms: Rooms, settings: Settings, addresses: Addresses) -> None:
    """Before anything is served: what the destruction log says must be gone is gone, whatever backup came back."""
    found = await put_back(settings, addresses)
    await check_seal(rooms.destruction_log, rooms.replay, found, destroy=rooms.ending.bring_to_end)


async def _sequencer(stack: AsyncExitStack, settings: Settings, addresses: Addresses) -> tuple[Sequencer, Closing]:
    database = await _open(stack, addresses.sequencer, 2)
    control = await _open(stack, addresses.control, 1)
    anchors, clock = Anchors(settings.anchors), settings.make_clock()
    key = _known_root(settings).signer("log")
    sequencer = Sequencer(database, LogKey(settings.log_name, key), anchors, clock)
    closing = Closing(database, sequencer, anchors, clock, await _platform(control))
    sequencer.close = closing.close  # a log that is found damaged while entries are placed
    return sequencer, closing


def _known_root(settings: Settings) -> RootKeyFile:
    """The root keys of a founded platform: none are made where none are left, for what is held opens under the old."""
    root = RootKeyFile(settings.root_keys, settings.root_keys_escrow)
    if not root.signs_as("log"):
        raise RootKeysAway(f"{settings.root_keys} does not hold this platform's keys, or is missing: put them back")
    return root


async def _databases(stack: AsyncExitStack, to: Addresses, size: int) -> list[Database]:
    return [await _open(stack, address, size) for address in (to.data, to.control, to.key_store)]


async def _open(stack: AsyncExitStack, address: str, size: int) -> Database:
    database = await Database.open(address, size=size)
    stack.push_async_callback(database.close)
    return database


async def _platform(control: Database) -> UUID | None:
    rows = await control.fetch(queries.PLATFORM)
    return rows[0]["controller_id"] if rows else None
