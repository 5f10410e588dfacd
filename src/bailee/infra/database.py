"""Database sessions: a few pinned connections to one server, each bound to one controller while it is used.

A connection is given to the one who asks, newest first, and taken back; one that was lost is replaced on
the next use. What a caller sees of a server that is away, starting, full or overloaded is `Unavailable`,
with when to try again; any other error of the server is a defect and goes through as it is. A cancelled
statement costs its connection, so that nobody inherits half an answer.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

ENTER = "SELECT bailee.enter($1)"
STARTED = "SELECT pg_postmaster_start_time()"
CONNECT_SECONDS = 10.0
# Pages are read in the order of an index as far as they go, not gathered whole and sorted (decision 0011).
SESSION = {"application_name": "bailee", "statement_timeout": "300000", "enable_bitmapscan": "off"}
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DiskFullError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class Unavailable(Exception):
    """The server is away, starting, full or overloaded. Nothing was half done; try again in `retry_after` seconds."""

    def __init__(self, what: str, retry_after: float = 1.0) -> None:
        super().__init__(what)
        self.retry_after = retry_after


# Returns where a server (its address) that was started then may be used (`vouching.py`).
Vouch = Callable[[str, datetime], Awaitable[None]]


class Database:
    """One server as one role sees it."""

    # Set by tests to hear every statement that is issued.
    observe: Callable[[str], None] | None = None

    def __init__(self, address: str, size: int, vouch: Vouch | None = None) -> None:
        self._address = address
        self._vouch = vouch
        self._idle: deque[asyncpg.Connection] = deque()
        self._size = size
        self._room = asyncio.Semaphore(size)
        self._holding: set[asyncio.Task[object] | None] = set()

    @classmethod
    async def open(cls, address: str, *, size: int = 4, vouch: Vouch | None = None) -> "Database":
        """A set of at most `size` connections; each is made when it is first needed, to a server vouched for."""
        return cls(address, size, vouch)

    async def started(self) -> datetime:
        """When the server was started; whoever vouches for it is not asked."""
        [row] = await self.fetch(STARTED)
        found: datetime = row[0]
        return found

    async def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.close(timeout=2)
            except AWAY:
                connection.terminate()

    @asynccontextmanager
    async def transaction(self, controller: UUID | None = None) -> AsyncIterator[asyncpg.Connection]:
        """A transaction; with a controller, in that controller's context and no other."""
        async with self._pinned() as connection, connection.transaction():
            if controller is not None:
                await connection.fetchval(ENTER, controller)
            yield connection

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """One statement, committed when this returns. It must set its own context, or need none."""
        async with self._pinned() as connection:
            return await connection.fetch(sql, *arguments)

    @asynccontextmanager
    async def _pinned(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the set. Whoever has one already, and asks for another on the way, gets it beyond the set's
        size: several who waited for each other's with their own in hand would wait for ever.
        """
        task = asyncio.current_task()
        first = task not in self._holding
        if first:
            await self._room.acquire()
            self._holding.add(task)
        connection: asyncpg.Connection | None = None
        try:
            connection = self._taken() or await self._connected()
            yield connection
        except AWAY as error:
            self._drop(connection)
            raise Unavailable(type(error).__name__) from error
        except asyncio.CancelledError:
            self._drop(connection)
            raise
        finally:
            self._back(connection)
            if first:
                self._holding.discard(task)
                self._room.release()

    def _back(self, connection: asyncpg.Connection | None) -> None:
        """Keep what can be used again, as many as the set has room for."""
        if connection is None or connection.is_closed():
            return
        if len(self._idle) < self._size:
            self._idle.append(connection)
        else:
            self._drop(connection)

    def _taken(self) -> asyncpg.Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    async def _connected(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(self._address, timeout=CONNECT_SECONDS, server_settings=SESSION)
        if self._vouch is not None:
            try:
                await self._vouch(self._address, await connection.fetchval(STARTED))
            except BaseException:
                connection.terminate()
                raise
        if self.observe is not None:
            hear = self.observe
            connection.add_query_logger(lambda record: hear(record.query))
        return connection

    @staticmethod
    def _drop(connection: asyncpg.Connection | None) -> None:
        if connection is not None and not connection.is_closed():
            connection.terminate()
