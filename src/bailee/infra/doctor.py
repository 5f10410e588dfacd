"""The doctor: is everything as it must be? Each check says what is wrong and what to do."""

import asyncio
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec

from bailee.infra.clock import SystemClock
from bailee.infra.premises import APP, SEQUENCER, Premises
from bailee.infra.settings import Settings

ROLE = (
    "SELECT rolsuper, rolbypassrls, pg_has_role($1, 'bailee_owner', 'MEMBER') AS owner FROM pg_roles WHERE rolname = $1"
)
OPEN_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'bailee' AND c.relkind = 'r' AND NOT c.relrowsecurity AND c.relname <> ALL ($1::text[])
"""
OWNED = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'bailee' AND pg_get_userbyid(c.relowner) = $1
"""
VERSION = "SHOW server_version"
NOW = "SELECT clock_timestamp() AS at"
NOT_OF_CONTROLLERS = ["directory", "tick", "setback", "setback_count", "look", "backup", "backup_check"]
APART = timedelta(seconds=5)


class Check(msgspec.Struct, frozen=True):
    """One check, and what it found."""

    name: str
    good: bool
    words: str


def examine(settings: Settings) -> list[Check]:
    """Every check, in order; before there is anything to check, that."""
    if not settings.database_url and not Premises(settings).founded and not settings.root_keys.exists():
        return [Check("platform", False, f"nothing in {settings.data} yet: `bailee up` founds one there and starts it")]
    return [*_files(settings), *asyncio.run(_servers(settings))]


def _files(settings: Settings) -> Iterator[Check]:
    yield Check("region", True, f"{settings.region}, in the European Union")
    for name, path in (("root keys", settings.root_keys), ("root keys, escrow", settings.root_keys_escrow)):
        yield _private(name, path)
    if settings.root_keys.exists() and settings.root_keys_escrow.exists():
        same = settings.root_keys.read_bytes() == settings.root_keys_escrow.read_bytes()
        words = (
            "the same as the root keys"
            if same
            else "differs: an older copy would open what was erased since; replace it"
        )
        yield Check("escrow copy", same, words)
    sizes = []
    for folder in settings.destruction_folders:
        file = folder / "destruction.ndjson"
        yield Check(
            "destruction log", file.exists(), str(file) if file.exists() else f"{file} is missing: start stays sealed"
        )
        sizes.append(file.stat().st_size if file.exists() else -1)
    yield Check(
        "both copies",
        sizes[0] == sizes[1],
        "of the same length" if sizes[0] == sizes[1] else "they differ: start stays sealed",
    )
    if settings.smtp_url or settings.url:
        yield Check("links", not settings.links_stay_here, links(settings))
    if settings.backups:
        there = Path(settings.backups).is_dir()
        yield Check(
            "backups", there, settings.backups if there else f"{settings.backups} is not there: mount it, or make it"
        )
    yield Check("clock", not settings.clock, "real" if not settings.clock else "simulated: for the sandbox only")


def links(settings: Settings) -> str:
    """Where the links of letters lead, and whether whoever gets a letter can follow them."""
    if settings.links_stay_here:
        return f"letters leave, and their links lead to {settings.origin}: set BAILEE_URL to where people reach the console"
    return f"letters lead to {settings.origin}"


def _private(name: str, path: Path) -> Check:
    if not path.exists():
        return Check(name, False, f"{path} is missing: put its other copy in its place")
    mode = stat.S_IMODE(path.stat().st_mode)
    return Check(name, not mode & 0o077, f"{path}, {mode:o}" if not mode & 0o077 else f"chmod 600 {path}")


async def _servers(settings: Settings) -> list[Check]:
    premises = Premises(settings)
    if not settings.database_url and not premises.founded:
        return [Check("servers", False, f"nothing in {settings.data} yet: `bailee up`")]
    started = premises.start()
    try:
        addresses = premises.addresses()
        checks = []
        for name, address, role in (
            ("data server", addresses.data, APP), ("key store", addresses.key_store, APP),
            ("sequencer", addresses.sequencer, SEQUENCER),
        ):  # fmt: skip
            checks += await _server(name, address, role)
        return checks
    finally:
        premises.leave(started)


async def _server(name: str, address: str, role: str) -> list[Check]:
    try:
        connection = await asyncpg.connect(address, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return [Check(name, False, f"cannot be reached ({type(error).__name__})")]
    try:
        found = await connection.fetchrow(ROLE, role)
        owned = await connection.fetchval(OWNED, role)
        weak = found is None or found["rolsuper"] or found["rolbypassrls"] or found["owner"] or owned
        open_tables = [row["relname"] for row in await connection.fetch(OPEN_TABLES, NOT_OF_CONTROLLERS)]
        here = await connection.fetchval(NOW)
        drift = abs(SystemClock().now() - here)
        return [
            Check(name, True, f"PostgreSQL {await connection.fetchval(VERSION)}"),
            Check(
                f"{name}: role",
                not weak,
                f"{role} owns nothing and bypasses no policy" if not weak else f"{role} is too strong: take its rights",
            ),
            Check(
                f"{name}: row-level security",
                not open_tables,
                "on every controller's table" if not open_tables else f"off on {', '.join(open_tables)}",
            ),
            Check(f"{name}: clock", drift < APART, f"{drift.total_seconds():.1f} s apart"),
        ]
    finally:
        await connection.close()
