"""The doctor: is everything as it must be? Each check says what is wrong and what to do."""

import asyncio
import stat
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from bailee.infra.clock import SystemClock
from bailee.infra.key_service import local_keys, root_keys
from bailee.infra.premises import APP, SEQUENCER, Addresses, Premises
from bailee.infra.root_keys import RootKeyTrouble
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


Beside = Callable[[Addresses], Awaitable[Sequence[Check]]]
Fetch = Callable[..., Awaitable[Sequence[Any]]]


async def nothing(_addresses: Addresses) -> Sequence[Check]:
    """No checks beside those of this room."""
    return ()


def examine(settings: Settings, beside: Beside = nothing) -> list[Check]:
    """Every check, in order; before there is anything to check, that. `beside` are checks of rooms above, made while the
    servers run."""
    if not settings.database_url and not Premises(settings).founded and not settings.root_keys.exists():
        return [Check("platform", False, f"nothing in {settings.data} yet: `bailee up` founds one there and starts it")]
    elsewhere = asyncio.run(_key_service(settings)) if settings.keys_elsewhere else []
    return [*files(settings), *elsewhere, *asyncio.run(_servers(settings, beside))]


def files(settings: Settings) -> Iterator[Check]:
    """What is told by settings and files alone: the region, root keys, destruction logs, links, clock."""
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


async def _key_service(settings: Settings) -> list[Check]:
    """Whether the keys elsewhere can be used, and whether any is still here."""
    keys, local = root_keys(settings), await local_keys(settings).names("")
    try:
        await keys.ready()
        there = len(await keys.names("")) - len(local)
    except RootKeyTrouble as trouble:
        return [Check("key service", False, str(trouble))]
    finally:
        await keys.close()
    left = f"{len(local)} key-encryption keys are still in it: `bailee keys turn` moves them" if local else "none left"
    said = f"answers, {there} keys; snapshots are kept {settings.key_service_kept} days"
    return [Check("key service", True, said), Check("keys in the file", not local, left)]


async def _servers(settings: Settings, beside: Beside) -> list[Check]:
    premises = Premises(settings)
    if not settings.database_url and not premises.founded:
        return [Check("servers", False, f"nothing in {settings.data} yet: `bailee up`")]
    with premises.running():
        addresses = premises.addresses()
        checks = []
        for name, address, role in (
            ("data server", addresses.data, APP), ("key store", addresses.key_store, APP),
            ("sequencer", addresses.sequencer, SEQUENCER),
        ):  # fmt: skip
            checks += await _server(name, address, role)
        return [*checks, *(await beside(addresses) if all(one.good for one in checks) else ())]


async def too_strong(fetch: Fetch, role: str) -> bool:
    """Whether a role may more than it must: it is not there, passes policies by, or owns tables or can come to."""
    found, [owned] = await fetch(ROLE, role), await fetch(OWNED, role)
    return not found or any(found[0]) or bool(owned[0])


async def open_tables(fetch: Fetch) -> list[str]:
    """Tables of controllers without row-level security."""
    return [row["relname"] for row in await fetch(OPEN_TABLES, NOT_OF_CONTROLLERS)]


async def version(fetch: Fetch) -> str:
    """The server's version."""
    [row] = await fetch(VERSION)
    return str(row[0])


async def _server(name: str, address: str, role: str) -> list[Check]:
    try:
        connection = await asyncpg.connect(address, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return [Check(name, False, f"cannot be reached ({type(error).__name__})")]
    try:
        strong = await too_strong(connection.fetch, role)
        without = await open_tables(connection.fetch)
        here = await connection.fetchval(NOW)
        drift = abs(SystemClock().now() - here)
        return [
            Check(name, True, f"PostgreSQL {await version(connection.fetch)}"),
            Check(
                f"{name}: role",
                not strong,
                f"{role} owns nothing and bypasses no policy"
                if not strong
                else f"{role} is too strong: take its rights",
            ),
            Check(
                f"{name}: row-level security",
                not without,
                "on every controller's table" if not without else f"off on {', '.join(without)}",
            ),
            Check(f"{name}: clock", drift < APART, f"{drift.total_seconds():.1f} s apart"),
        ]
    finally:
        await connection.close()
