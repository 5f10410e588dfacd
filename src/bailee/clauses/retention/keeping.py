"""The rules of a controller on file: sealed as all words of a controller are, every version kept."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record
from cryptography.exceptions import InvalidTag

from bailee.clauses.retention import queries
from bailee.clauses.retention.events import Kept, Rule
from bailee.clauses.retention.mistakes import NoSuchRule
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Transaction

KEY = "retention"


class AlteredRule(NotAsSealed):
    """A rule does not open as the one of its own row."""


class Keeping:
    """Writes rules down and reads them."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    async def listed(self, change: Transaction) -> list[Kept]:
        """Every version of every rule, the oldest first."""
        return await self._read(change, await change.connection.fetch(queries.RULES, change.controller))

    async def confirmed(self, change: Transaction) -> list[Kept]:
        """The rules that hold or will after their grace; nobody ends one before this transaction is over."""
        return await self._read(change, await change.connection.fetch(queries.RULES_HELD, change.controller))

    async def locked(self, change: Transaction, rule: UUID) -> list[Kept]:
        """Every version of a rule, the newest first, nobody else at it; or `NoSuchRule`."""
        rows = await change.connection.fetch(queries.LOCK_RULE, change.controller, rule)
        if not rows:
            raise NoSuchRule
        return await self._read(change, rows)

    async def add(self, change: Transaction, at: tuple[UUID, int], rule: Rule, now: Any) -> None:
        """One more version, a draft."""
        key = await self._keys.controller_key(change.controller, KEY)
        sealed = key.seal(msgspec.json.encode(rule), _bound(change.controller, *at))
        await change.connection.execute(queries.INSERT_RULE, change.controller, *at, now, sealed)

    async def _read(self, change: Transaction, rows: Sequence[Record]) -> list[Kept]:
        if not rows:
            return []
        key = await self._keys.controller_key(change.controller, KEY)
        return [_kept(key, change.controller, row) for row in rows]


def _kept(key: Key, controller: UUID, row: Record) -> Kept:
    at = row["rule_id"], row["version"]
    try:
        plain = key.unseal(row["sealed"], _bound(controller, *at))
    except InvalidTag as problem:
        raise AlteredRule from problem
    return Kept(
        id=at[0], version=at[1], state=row["state"], rule=msgspec.json.decode(plain, type=Rule), made_at=row["made_at"],
        confirmed_at=row["confirmed_at"], effective_at=row["effective_at"], ended_at=row["ended_at"],
        obligation=row["obligation_id"],
    )  # fmt: skip


def _bound(controller: UUID, rule: UUID, version: int) -> bytes:
    return b"bailee/retention/1" + controller.bytes + rule.bytes + version.to_bytes(4, "big")
