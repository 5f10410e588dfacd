"""Furnishing: the house opened on running servers, founded once, and its sequencer alone under its own role."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeVar
from uuid import UUID

import structlog

from bailee.gate import queries
from bailee.gate.replay import check_seal
from bailee.house import Rooms, furnished
from bailee.infra import vouching
from bailee.infra.database import Database, Unavailable, Vouch
from bailee.infra.key_service import local_keys, root_keys
from bailee.infra.premises import Addresses, NotFounded, Premises
from bailee.infra.settings import Settings
from bailee.infra.vouching import Unvouched, Vouching, end_process
from bailee.ledger.anchors import Anchors
from bailee.ledger.closing import Closing
from bailee.ledger.sequencing import Sequencer
from bailee.ledger.signing import LogKey
from bailee.vocabulary.ids import new_id

T = TypeVar("T")

log = structlog.get_logger()


@asynccontextmanager
async def furnish(
    settings: Settings, addresses: Addresses, *, size: int = 8, vouch: Vouch | None = None
) -> AsyncIterator[Rooms]:
    """Open every room on running servers, and close them in order. Who goes on for long has the servers vouched for."""
    async with AsyncExitStack() as stack:
        databases = await _databases(stack, addresses, size, vouch)
        platform = await _platform(databases[1])
        if platform is None:
            raise NotFounded("no platform is founded here yet: `bailee up` founds one and starts it")
        root = root_keys(settings)
        stack.push_async_callback(root.close)
        await root.ready()
        rooms = furnished(settings, platform, databases, root)
        stack.push_async_callback(rooms.refusing.flush)
        stack.push_async_callback(rooms.credentials.flush)
        yield rooms


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Rooms]:
    """The rooms, for a command: servers that do not run are started, and stopped again afterwards. They are looked over
    before the command uses them, and again where one was started anew while it ran."""
    premises = Premises(settings)
    running = premises.running()
    await asyncio.to_thread(running.__enter__)
    try:
        await premises.migrate()
        addresses = premises.addresses()
        async with furnish(settings, addresses, size=2) as rooms:
            await look_over(rooms, settings, addresses)
        async with furnish(settings, addresses, size=4, vouch=vouched(settings, addresses, give_up)) as rooms:
            yield rooms
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def entered(stack: AsyncExitStack, opening: Callable[[], AbstractAsyncContextManager[T]]) -> T:
    """Enter when all it needs is there: a server that is away, or is being looked over, is waited for."""
    while True:
        try:
            return await stack.enter_async_context(opening())
        except Unavailable as away:
            log.warning("what this process needs is away; it is waited for", reason=str(away))
            await asyncio.sleep(away.retry_after)


async def found(settings: Settings, addresses: Addresses, *, by: str) -> UUID:
    """Found the platform: its own dossier, its log, the two copies of the destruction log. Once."""
    async with AsyncExitStack() as stack:
        databases = await _databases(stack, addresses, 4)
        known = await _platform(databases[1])
        if known is not None:
            return known
        platform = new_id()
        root = root_keys(settings)
        stack.push_async_callback(root.close)
        rooms = furnished(settings, platform, databases, root)
        await root.ready()
        rooms.destruction_log.start()
        await rooms.filing.open_dossier(settings.processor, by=by, kind="platform", id=platform)
        return platform


@asynccontextmanager
async def sequencing(settings: Settings, addresses: Addresses, vouch: Vouch | None = None) -> AsyncIterator[Sequencer]:
    """The sequencer alone, under its own role; logs that went back are closed before its first round."""
    async with AsyncExitStack() as stack:
        sequencer, closing = await _sequencer(stack, settings, addresses, vouch)
        await closing.check()
        yield sequencer


async def put_back(settings: Settings, addresses: Addresses) -> list[UUID]:
    """The controllers whose logs are behind what was published of them: a server came back as it was."""
    async with AsyncExitStack() as stack:
        _, closing = await _sequencer(stack, settings, addresses)
        return await closing.behind()


async def unseal(rooms: Rooms, settings: Settings, addresses: Addresses) -> bool:
    """Before anything is served: what the destruction log says must be gone is gone, whatever backup came back. Whether
    one did, or nobody can say so.
    """
    found, known = await put_back(settings, addresses), rooms.destruction_log.anchored
    await check_seal(rooms.destruction_log, rooms.replay, found, destroy=rooms.ending.bring_to_end)
    return bool(found) or not known


async def look_over(rooms: Rooms, settings: Settings, addresses: Addresses) -> bool:
    """Unseal, and write down which starts of which servers that was done on."""
    starts = [(await server.started()).isoformat() for server in (rooms.data, rooms.control, rooms.key_store)]
    back = await unseal(rooms, settings, addresses)
    vouching.keep(settings.anchors, starts, put_back=back)
    return back


def vouched(settings: Settings, addresses: Addresses, end: Callable[[], None] = end_process) -> Vouching:
    """Has this process use a server that was started anew only once the checks of the start have been run on it."""

    async def check() -> bool:
        async with furnish(settings, addresses, size=2) as rooms:
            return await look_over(rooms, settings, addresses)

    return Vouching(settings.anchors, check, end)


def give_up() -> None:
    """The end of a command whose server was put back while it ran: it says so, and stops what it started."""
    raise Unvouched("a server was put back to an older state while this ran, and nothing more is done of it")


async def _sequencer(
    stack: AsyncExitStack, settings: Settings, addresses: Addresses, vouch: Vouch | None = None
) -> tuple[Sequencer, Closing]:
    database = await _open(stack, addresses.sequencer, 2, vouch)
    control = await _open(stack, addresses.control, 1)
    anchors, clock = Anchors(settings.anchors), settings.make_clock()
    root = local_keys(settings)
    await root.ready()
    sequencer = Sequencer(database, LogKey(settings.log_name, root.signer("log")), anchors, clock)
    closing = Closing(database, sequencer, anchors, clock, await _platform(control))
    sequencer.close = closing.close  # a log that is found damaged while entries are placed
    return sequencer, closing


async def _databases(stack: AsyncExitStack, to: Addresses, size: int, vouch: Vouch | None = None) -> list[Database]:
    return [await _open(stack, address, size, vouch) for address in (to.data, to.control, to.key_store)]


async def _open(stack: AsyncExitStack, address: str, size: int, vouch: Vouch | None = None) -> Database:
    database = await Database.open(address, size=size, vouch=vouch)
    stack.push_async_callback(database.close)
    return database


async def _platform(control: Database) -> UUID | None:
    rows = await control.fetch(queries.PLATFORM)
    return rows[0]["controller_id"] if rows else None
