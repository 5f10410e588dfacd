"""Facts of this clause: an address or an officer, and what became of it. Past tense, frozen."""

from datetime import datetime
from uuid import UUID

import msgspec


class Reached(msgspec.Struct, frozen=True):
    """An address, and the name beside it where there is one (an officer's). An empty address: none appointed."""

    email: str
    name: str = ""


class ContactKnown(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a slot's history. `instead_of` is the digest of the agreement's address whose place it takes."""

    id: UUID
    slot: str
    source: str
    state: str
    mark: str
    instead_of: str
    made_at: datetime
    made_by: str
    since_at: datetime
    confirmed_at: datetime | None
    over_at: datetime | None
    reached: Reached
