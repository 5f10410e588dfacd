"""Idempotency: the same request sent twice is done once.

What is kept is a controller-keyed HMAC of the key and of the request, ids and a version; never a body.
The row is written in the change's own transaction and kept for 48 hours.
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Connection

from bailee.gate import queries
from bailee.infra.keys.key import Key

KEPT = timedelta(hours=48)


class Once(msgspec.Struct, frozen=True):
    """An Idempotency-Key and its request, as keyed digests."""

    tag: bytes
    request: bytes
    at: datetime


class Repeat(msgspec.Struct, frozen=True):
    """What the first of the same requests did."""

    status: int
    persons: tuple[UUID, ...]
    records: tuple[UUID, ...]
    version: int


class Reused(Exception):
    """The same Idempotency-Key came with another request (422)."""


def once(key: Key, credential: UUID, idempotency_key: str, request: bytes, at: datetime) -> Once:
    """Digest a key and its request; keys of different credentials never meet."""
    name = credential.bytes + idempotency_key.encode()
    return Once(
        tag=hmac.digest(key.secret, b"key" + name, "sha256"),
        request=hmac.digest(key.secret, b"request" + request, "sha256"),
        at=at,
    )


async def known(connection: Connection, controller: UUID, once: Once) -> Repeat | None:
    """The first outcome of this request, or None when it is the first."""
    row = await connection.fetchrow(queries.IDEMPOTENT, controller, once.tag)
    if row is None:
        return None
    if not hmac.compare_digest(row["request"], once.request):
        raise Reused
    return Repeat(
        status=row["status"],
        persons=tuple(row["persons"]),
        records=tuple(row["records"]),
        version=row["version"],
    )


async def remember(connection: Connection, controller: UUID, once: Once, done: Repeat) -> None:
    """Keep the outcome in the transaction of the change it describes."""
    await connection.execute(
        queries.REMEMBER, controller, once.tag, once.request, done.status, list(done.persons),
        list(done.records), done.version, once.at,
    )  # fmt: skip
