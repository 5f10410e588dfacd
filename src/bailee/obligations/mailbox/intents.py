"""Intents: what someone wants done by answering a letter, and the commands that do it, by name. Pure."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol
from uuid import UUID

import msgspec

from bailee.ledger.committing import Transaction


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: which act, which choice, about what exactly. `arguments` are those that were asked with, `note` what was
    written with it where the choice wants that."""

    controller: UUID
    act: str
    choice: str
    content: str
    arguments: dict[str, Any]
    notice: UUID
    note: str = ""


class Stale(Exception):
    """What was shown is no longer how things stand: nothing is done."""


class Unfit(Exception):
    """What was written with an answer cannot be what it wants: nothing is done, and it may be said again."""


class Handed(msgspec.Struct, frozen=True):
    """What is handed over to whoever answered: a file, as pieces that are read once. Who takes it is on record."""

    name: str
    media_type: str
    pieces: AsyncIterator[bytes]


class Command(Protocol):
    """Does what an intent wants, in the transaction that uses it up; `Stale` and `Unfit`
    undo both."""

    async def __call__(self, change: Transaction, intent: Intent, *, by: str) -> Handed | None:
        """Carry the intent out; `by` is the mailbox it came from. What comes back is handed over to it, on the page."""
        ...


Commands = Mapping[str, Command]
