"""Identifiers: random, ordered by time, made by the application; a record's address carries all it needs."""

import secrets
import time
from uuid import UUID

import msgspec

RANDOM_BITS = 62


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562, 6.2 method 3): milliseconds, 12 bits of their fraction, 62 random bits.

    With the fraction, what one process makes after another thing also sorts after it.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction, random = (rest << 12) // 1_000_000, secrets.randbits(RANDOM_BITS)
    return UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random)


class Address(msgspec.Struct, frozen=True, gc=False):
    """Where a record lies: whose, about whom, of which type, which."""

    controller: UUID
    person: UUID
    type: str
    record: UUID
