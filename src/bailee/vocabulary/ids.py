"""Identifiers: random, ordered by time, made by the application; a record's address carries all it needs."""

import secrets
import time
from uuid import UUID

import msgspec

RANDOM_BITS = 74


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(RANDOM_BITS)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


class Address(msgspec.Struct, frozen=True, gc=False):
    """Where a record lies: whose, about whom, of which type, which."""

    controller: UUID
    person: UUID
    type: str
    record: UUID
