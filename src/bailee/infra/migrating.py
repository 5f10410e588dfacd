"""Migrating: apply what is missing, refuse what has drifted.

Three streams (data, keys, control) of numbered files; what was applied is remembered with its checksum.
A file that changed after it was applied, or a gap in the numbers, stops everything and says so.
"""

import hashlib
import re
from importlib import resources

import asyncpg
import msgspec

from bailee.infra.database import AWAY, Unavailable

STREAMS = ("data", "keys", "control")
NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")

REMEMBERED = """
CREATE TABLE IF NOT EXISTS public.bailee_migration (
    stream text NOT NULL, number integer NOT NULL, name text NOT NULL, checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (stream, number)
)
"""
APPLIED = "SELECT number, checksum FROM public.bailee_migration WHERE stream = $1 ORDER BY number"
REMEMBER = "INSERT INTO public.bailee_migration (stream, number, name, checksum) VALUES ($1, $2, $3, $4)"
ROLES = ("bailee_app", "bailee_sequencer")


class Migration(msgspec.Struct, frozen=True):
    """One file of a stream."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class MigrationError(Exception):
    """The schema and the files do not agree; the message says what to do."""


def stream(name: str) -> list[Migration]:
    """The files of a stream, in order, without a gap."""
    found = []
    for file in sorted(resources.files("bailee.infra.migrations").joinpath(name).iterdir(), key=lambda f: f.name):
        match = NAME.fullmatch(file.name)
        if match:
            found.append(Migration(int(match[1]), match[2], file.read_text()))
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError(f"the numbers of the migrations of {name} have a gap")
    return found


async def _connected(owner_dsn: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(owner_dsn)
    except AWAY as away:
        raise Unavailable(str(away) or type(away).__name__) from away


async def migrate(owner_dsn: str, streams: tuple[str, ...]) -> list[str]:
    """Apply what is missing, each file in one transaction; the names of those applied now.

    `Unavailable` where the server is away.
    """
    connection = await _connected(owner_dsn)
    try:
        await connection.execute(REMEMBERED)
        await connection.execute("SELECT pg_advisory_lock(7214)")
        done = []
        for name in streams:
            applied = {row["number"]: row["checksum"] for row in await connection.fetch(APPLIED, name)}
            for migration in stream(name):
                known = applied.get(migration.number)
                if known == migration.checksum:
                    continue
                if known is not None:
                    raise MigrationError(
                        f"migration {name}/{migration.number:04d} was changed after it was applied: restore the file "
                        "as released, and write what is new as a new migration"
                    )
                await _apply(connection, name, migration)
                done.append(f"{name}/{migration.number:04d}_{migration.name}")
        return done
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, name: str, migration: Migration) -> None:
    async with connection.transaction():
        for statement in statements(migration.sql):
            await connection.execute(statement)
        await connection.execute(REMEMBER, name, migration.number, migration.name, migration.checksum)


def statements(sql: str) -> list[str]:
    """The statements of a file; dollar quotes, strings and comments hold their semicolons."""
    found, start = [], 0
    for match in TOKEN.finditer(sql):
        if match[0] == ";":
            found.append(sql[start : match.start()].strip())
            start = match.end()
    found.append(sql[start:].strip())
    return [one for one in found if COMMENT.sub("", one).strip()]


COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
TOKEN = re.compile(r"--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|;", re.DOTALL)


async def prepare(owner_dsn: str, database: str, passwords: dict[str, str]) -> None:
    """On an embedded cluster: make the database and the roles, once."""
    connection = await _connected(owner_dsn)
    try:
        for role in ROLES:
            known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
            if not known:
                password = await connection.fetchval("SELECT quote_literal($1)", passwords[role])
                await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD {password}")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await connection.execute(f"CREATE DATABASE {database}")
    finally:
        await connection.close()
