"""Holding: ciphertext in and out of the data server. Nothing here opens anything.

`places` and `in_place` are the two ends of a call of `bailee.read` for a batch of several controllers, which also
returns each controller's gate version and the person's facts and key id, so that a ruling made on stale knowledge is
noticed before release. `fetch` is that call alone; a read that is recorded has it in one call with its entries.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from bailee.infra.database import Database
from bailee.vault import queries
from bailee.vault.sealing import Sealed
from bailee.vocabulary.ids import Address

Row = asyncpg.Record
# Where each controller's addresses begin (1-based), then persons, records and types, address by address.
Places = tuple[list[int], list[UUID], list[UUID], list[str]]


class PolicyClass(msgspec.Struct, frozen=True):
    """Interned policy of records: what they are for, how long, to whom they may go, whence they came."""

    type: str
    purposes: tuple[str, ...]
    retention: str | None = None
    recipients: tuple[str, ...] = ()
    source: str = "controller"

    def digest(self) -> bytes:
        """What makes two classes the same."""
        return hashlib.sha256(msgspec.json.encode(self)).digest()


class Rewrite(msgspec.Struct, frozen=True):
    """A record's next ciphertext, and what must still be so for it to be written."""

    address: Address
    version: int
    facts: str
    key_id: UUID
    gate_version: int
    sealed: bytes


class Held(msgspec.Struct, frozen=True):
    """A record to be written: where, under which class, which ciphertext, which search tags."""

    address: Address
    class_id: int
    sealed: bytes
    tags: Sequence[bytes] | None
    expires_at: datetime | None = None


class Holding:
    """Reads rows outside any transaction; writes them inside the caller's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, groups: Sequence[tuple[UUID, Sequence[Address]]]) -> list[Row | None]:
        """The rows of addressed records, in the order of the addresses, in one round trip.

        Every row has `gate_version`; without a record of that address its other columns are null. None
        stands where the controller itself does not exist.
        """
        asked = places(groups)
        rows = await self._database.fetch(queries.READ, [controller for controller, _ in groups], *asked)
        return in_place(rows, len(asked[1]))


def places(groups: Sequence[tuple[UUID, Sequence[Address]]]) -> Places:
    """The addresses of several controllers as `bailee.read` takes them."""
    starts = [1]
    for _, addresses in groups:
        starts.append(starts[-1] + len(addresses))
    flat = [address for _, addresses in groups for address in addresses]
    return starts, [one.person for one in flat], [one.record for one in flat], [one.type for one in flat]


def in_place(rows: Sequence[Row], count: int) -> list[Row | None]:
    """The rows that `bailee.read` gave for so many addresses, each at the place of its own."""
    found: list[Row | None] = [None] * count
    for row in rows:
        found[row[0] - 1] = row
    return found


async def insert(connection: asyncpg.Connection, held: Sequence[Held], at: datetime) -> None:
    """Write new records and their tags."""
    await connection.executemany(
        queries.INSERT_RECORD,
        [
            (h.address.controller, h.address.person, h.address.record, h.address.type, h.class_id, at,
             h.expires_at, h.sealed)
            for h in held
        ],
    )  # fmt: skip
    await _insert_tags(connection, held)


async def replace(connection: asyncpg.Connection, held: Held, version: int, at: datetime) -> bool:
    """Put a record's next version in place of `version`; False when another write came first."""
    a = held.address
    done = await connection.fetchval(
        queries.REPLACE_RECORD, a.controller, a.person, a.record, a.type, version, at, held.sealed
    )
    if done is None:
        return False
    if held.tags is not None:
        await connection.execute(queries.DELETE_TAGS, a.controller, a.person, a.record)
        await _insert_tags(connection, [held])
    return True


def rewrites(groups: Sequence[tuple[UUID, Sequence[Rewrite]]]) -> tuple[object, ...]:
    """The arguments of `bailee.append_and_rewrite` after those of the entries; each controller's under one gate."""
    starts = [1]
    for _, ready in groups:
        starts.append(starts[-1] + len(ready))
    flat = [one for _, ready in groups for one in ready]
    return (
        [ready[0].gate_version for _, ready in groups],
        starts,
        [one.address.person for one in flat],
        [one.address.record for one in flat],
        [one.version for one in flat],
        [one.facts for one in flat],
        [one.key_id for one in flat],
        [one.sealed for one in flat],
    )


async def delete(connection: asyncpg.Connection, address: Address, at: datetime) -> None:
    """Remove one record and its tags; where it was part of a relation, that part is gone."""
    await connection.execute(queries.LET_PART_GO, address.controller, address.person, address.record, at)
    await connection.execute(queries.DELETE_TAGS, address.controller, address.person, address.record)
    await connection.execute(queries.DELETE_RECORD, address.controller, address.person, address.record, address.type)


async def class_id(connection: asyncpg.Connection, controller: UUID, policy: PolicyClass) -> tuple[int, bool]:
    """The interned id of a policy class, and whether it is new (then the gate's version must move)."""
    digest = policy.digest()
    known = await connection.fetchval(queries.CLASS_BY_DIGEST, controller, digest)
    if known is not None:
        return int(known), False
    await connection.fetchrow(queries.LOCK_GATE, controller)
    known = await connection.fetchval(queries.CLASS_BY_DIGEST, controller, digest)
    if known is not None:
        return int(known), False
    fresh = int(await connection.fetchval(queries.LAST_CLASS, controller)) + 1
    await connection.execute(
        queries.INSERT_CLASS, controller, fresh, digest, policy.type, list(policy.purposes), policy.retention,
        list(policy.recipients), policy.source,
    )  # fmt: skip
    return fresh, True


def digest(sealed: bytes | None) -> bytes | None:
    """SHA-256 of a ciphertext as stored, for the scrub to compare with."""
    return hashlib.sha256(sealed).digest() if sealed is not None else None


def sealed_row(address: Address, row: Row) -> Sealed:
    """A row as the sealing knows it."""
    return Sealed(address=address, version=row["version"], key_id=row["key_id"], ciphertext=row["sealed"])


async def _insert_tags(connection: asyncpg.Connection, held: Sequence[Held]) -> None:
    rows = [(h.address.controller, tag, h.address.person, h.address.record) for h in held for tag in h.tags or ()]
    if rows:
        await connection.executemany(queries.INSERT_TAG, rows)
