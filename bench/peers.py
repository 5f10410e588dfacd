"""The peers: raw asyncpg, the coalesced limit, and a hand-made compliant PostgreSQL."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg

RAW = "SELECT sealed FROM bailee.record WHERE controller_id = $1 AND person_id = $2 AND record_id = $3"
MANY = "SELECT record_id, sealed FROM bailee.record WHERE controller_id = $1 AND person_id = ANY ($2) AND record_id = ANY ($3)"

HAND_MADE = (
    "CREATE EXTENSION IF NOT EXISTS pgcrypto",
    "CREATE SCHEMA peer",
    "CREATE TABLE peer.record (controller uuid NOT NULL, id uuid NOT NULL, body bytea NOT NULL, PRIMARY KEY (controller, id))",
    "CREATE TABLE peer.audit (controller uuid NOT NULL, at timestamptz NOT NULL, who text NOT NULL, id uuid NOT NULL)",
    "ALTER TABLE peer.record ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON peer.record USING (controller = current_setting('peer.controller')::uuid)",
    "GRANT USAGE ON SCHEMA peer TO bailee_app",
    "GRANT SELECT ON peer.record TO bailee_app",
    "GRANT INSERT ON peer.audit TO bailee_app",
)
PEER_INSERT = "INSERT INTO peer.record VALUES ($1, $2, pgp_sym_encrypt_bytea($3, 'a key', 'cipher-algo=aes256'))"
PEER_CONTEXT = "SELECT set_config('peer.controller', $1, true)"
PEER_READ = "SELECT pgp_sym_decrypt_bytea(body, 'a key') FROM peer.record WHERE id = $1"
PEER_AUDIT = "INSERT INTO peer.audit VALUES ($1, now(), 'bench', $2)"

Address = tuple[UUID, UUID, UUID]


class Raw:
    """One query per read, on pinned connections: the ground everything is compared with."""

    def __init__(self, connections: list[asyncpg.Connection]) -> None:
        self._free: asyncio.Queue[asyncpg.Connection] = asyncio.Queue()
        for connection in connections:
            self._free.put_nowait(connection)

    async def read(self, address: Address) -> Any:
        """The stored bytes; nothing is opened, nothing is recorded."""
        connection = await self._free.get()
        try:
            return await connection.fetchval(RAW, *address)
        finally:
            self._free.put_nowait(connection)


class HandMade:
    """What a careful team writes by hand: row-level security, pgcrypto, one durable audit row a read."""

    def __init__(self, connections: list[asyncpg.Connection]) -> None:
        self._free: asyncio.Queue[asyncpg.Connection] = asyncio.Queue()
        for connection in connections:
            self._free.put_nowait(connection)

    async def read(self, address: Address) -> Any:
        """Decrypted in the database, audited in the same transaction."""
        connection = await self._free.get()
        try:
            async with connection.transaction():
                await connection.fetchval(PEER_CONTEXT, str(address[0]))
                await connection.execute(PEER_AUDIT, address[0], address[2])
                return await connection.fetchval(PEER_READ, address[2])
        finally:
            self._free.put_nowait(connection)
