"""Database sessions: a few pinned connections to one server, each bound to one controller while it is used."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

ENTER = "SELECT bailee.enter($1)"


class Unavailable(Exception):
    """The server is away, starting, full or overloaded; nothing was lost, try again."""

    def __init__(self, what: str, retry_after: float = 1.0) -> None:
        super().__init__(what)
        self.retry_after = retry_after


AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DiskFullError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
)


class Database:
    observe: Callable[[str], None] | None = None

    def __init__(self, dsn: str, size: int) -> None:
        self._dsn = dsn
        self._idle: deque[asyncpg.Connection] = deque()
        self._room = asyncio.Semaphore(size)

    @classmethod
    async def open(cls, dsn: str, *, size: int = 4) -> "Database":
        return cls(dsn, size)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self._dsn, timeout=5)

    @asynccontextmanager
    async def _pinned(self) -> AsyncIterator[asyncpg.Connection]:
        await self._room.acquire()
        connection = None
        try:
            try:
                while self._idle and connection is None:
                    candidate = self._idle.pop()
                    connection = None if candidate.is_closed() else candidate
                if connection is None:
                    connection = await self._connect()
                yield connection
            except AWAY as error:
                if connection is not None:
                    connection.terminate()
                    connection = None
                raise Unavailable(type(error).__name__) from error
            except asyncio.CancelledError:
                if connection is not None:
                    connection.terminate()
                    connection = None
                raise
        finally:
            if connection is not None and not connection.is_closed():
                self._idle.append(connection)
            self._room.release()

    @asynccontextmanager
    async def transaction(self, controller: UUID | None = None) -> AsyncIterator[asyncpg.Connection]:
        async with self._pinned() as connection, connection.transaction():
            if controller is not None:
                await connection.fetchval(ENTER, controller)
            yield connection

    async def fetch(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        async with self._pinned() as connection:
            return await connection.fetch(sql, *arguments)
