"""The ticket of whoever passed the first half of a sign-in: five minutes for the second, and bound to what it was
passed with. Another password, other roles, an account that is suspended or closes: each ends it.
"""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bailee.processing.accounts.signing_in.challenges import Purpose, Seals

LASTS = timedelta(minutes=5)


class Ticket(msgspec.Struct, frozen=True):
    """Who passed, until when it counts, and how password and account stood."""

    controller: UUID
    person: UUID
    expires_at: datetime
    stood: bytes


def standing(password: str | None, version: int) -> bytes:
    """How a password and an account of this version stand; it says nothing about either."""
    return hashlib.sha256(f"{version}\x00{password or ''}".encode()).digest()


def seal(seals: Seals, ticket: Ticket) -> str:
    """The ticket as a browser carries it."""
    return seals.seal(Purpose.second_factor, msgspec.json.encode(ticket))


def read(seals: Seals, text: str, now: datetime) -> Ticket | None:
    """The ticket that a browser brought; None for what is none of ours, and after its time."""
    plain = seals.open(Purpose.second_factor, text)
    found = None if plain is None else msgspec.json.decode(plain, type=Ticket)
    return found if found and now < found.expires_at else None
