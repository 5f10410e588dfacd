"""Telling: a port for whoever must hear of a change in the very transaction that makes it.

The rooms that change people know only this shape; who hears is decided where the house is built.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from bailee.ledger.committing import Appended, Transaction

# Hears that an event happened to people, each with the entry that says so, and writes what must be written inside
# the change; raising undoes the change. The caller has locked the people's rows.
Told = Callable[[Transaction, str, Sequence[tuple[UUID, Appended[Any]]]], Awaitable[None]]


async def nobody(_change: Transaction, _event: str, _people: Sequence[tuple[UUID, Appended[Any]]]) -> None:
    """Nobody hears."""


def entry_name(appended: Appended[Any]) -> str:
    """The name under which the entry's receipt is fetched once its transaction has committed."""
    return f"{appended.batch.name}.{appended.position}"
