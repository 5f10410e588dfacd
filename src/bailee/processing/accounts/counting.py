"""Counting: how many people and accounts there are, by state. Numbers only."""

from uuid import UUID

import msgspec

from bailee.infra.database import Database
from bailee.processing.accounts import queries
from bailee.processing.accounts.lifecycle import State
from bailee.vault import queries as vault_queries


class Counts(msgspec.Struct, frozen=True):
    """How many are held, and how many accounts stand in each state."""

    people: int
    accounts: dict[str, int]


class Counting:
    """Counts for overviews."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, controller: UUID) -> Counts:
        """The counts of one controller."""
        async with self._database.transaction(controller) as tx:
            people = await tx.fetchval(vault_queries.COUNT_PERSONS, controller)
            rows = await tx.fetch(queries.COUNT_STATES, controller)
        found = {row["state"]: row["accounts"] for row in rows}
        return Counts(people, {state: found.get(state, 0) for state in State})
