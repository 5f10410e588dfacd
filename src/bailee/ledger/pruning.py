"""Pruning: the bodies of old months go with their key; the tree stays whole.

One body key per controller and month. Destroying it forgets what the entries said: order, count, inclusion
and consistency still verify afterwards, and so does any body and salt that was handed out before. A month
with entries that are not integrated yet, or in which something is still owed, stays.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger import queries
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act

# What of a controller stands against forgetting the months before one; empty where nothing does.
Owed = Callable[[UUID, str], Awaitable[str]]
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class NotPruned(Exception):
    """Something still stands against pruning; the message says what."""


class Pruned(msgspec.Struct, frozen=True):
    """The months whose entries can no longer be read."""

    controller: UUID
    months: tuple[str, ...]


class Pruning:
    """Forgets the bodies of old months, unless something is owed."""

    def __init__(self, database: Database, keys: KeyStore, appending: Appending, owed: Sequence[Owed]) -> None:
        self._database = database
        self._keys = keys
        self._appending = appending
        self._owed = owed

    async def prune(self, controller: UUID, before: str, *, by: str) -> Pruned:
        """Forget every month before `before` (as 2026-01), the key first; recorded as an act."""
        if not MONTH.fullmatch(before):
            raise NotPruned("name the first month that stays, as 2026-01")
        for owed in self._owed:
            if against := await owed(controller, before):
                raise NotPruned(against)
        async with self._database.transaction(controller) as tx:
            names = [row["body_key"] for row in await tx.fetch(queries.BODY_KEYS, controller)]
        old = [name for name in names if name.startswith("body/") and name < f"body/{before}"]
        for name in old:
            async with self._database.transaction(controller) as tx:
                pending = await tx.fetchval(queries.PENDING_OF_KEY, controller, name)
            if pending:
                raise NotPruned(f"{name.removeprefix('body/')} has entries that are not integrated yet: try again")
        months = tuple(name.removeprefix("body/") for name in old)
        if months:
            await self._appending.append_one(Act("ledger-pruned", controller, by, {"months": list(months)}))
        for name in old:
            await self._keys.shred_controller_key(controller, name)
            async with self._database.transaction(controller) as tx:
                await tx.execute(queries.FORGET_BODIES_OF, controller, name)
        return Pruned(controller, months)
