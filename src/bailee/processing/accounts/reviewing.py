"""The periodic review of access: somebody looks at what each account may do, and what they decide is kept
(services.access).

An account is due half a year after it was last looked at, or opened. The decision is in the ledger, and on the page
of reviews as long as the account's person is held.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.processing.accounts import queries, roles
from bailee.processing.accounts.accounts import (
    Account,
    locked,
    made_roles,
    only_known,
    put_roles,
    someone_is_left,
)
from bailee.vocabulary.ids import new_id

EVERY = timedelta(days=182)
SHOWN = 50


class Decision(StrEnum):
    """What a review may decide about an account's roles."""

    keep = "keep"
    change = "change"
    remove = "remove"


class Reviewed(msgspec.Struct, frozen=True):
    """A decision as it was recorded."""

    person: UUID
    decision: Decision
    before: tuple[str, ...]
    after: tuple[str, ...]
    by: str
    at: datetime


def due_at(account: Account) -> datetime:
    """When an account has to be looked at (again)."""
    return (account.reviewed_at or account.created_at) + EVERY


class Reviewing:
    """Records reviews, and tells what was decided."""

    def __init__(self, database: Database, committing: Committing, clock: Clock) -> None:
        self._database = database
        self._committing = committing
        self._clock = clock

    async def decide(
        self, controller: UUID, person: UUID, decision: Decision, given: Sequence[str], *, side: str, by: str
    ) -> None:
        """Record that someone looked at this account, and do what they decided. `given` counts for a change."""
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            row, standing = await locked(change, person)
            before = list(row["roles"])
            after = {Decision.keep: before, Decision.remove: []}.get(decision, sorted(set(given)))
            if decision is Decision.change:
                only_known(after, roles.offered(side, await made_roles(change)))
            if after != before:
                someone_is_left(standing, person, after)
                await put_roles(change, row, after, now)
            await change.connection.execute(queries.REVIEWED, controller, person, now)
            await change.connection.execute(
                queries.INSERT_REVIEW, controller, new_id(), person, decision, before, after, by, now
            )
            details = {"decision": str(decision), "roles_before": before, "roles": after}
            await change.append([Act("access-reviewed", controller, by, details, (person,))])

    async def listed(self, controller: UUID) -> list[Reviewed]:
        """The latest decisions, newest first."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.REVIEWS, controller, SHOWN)
        return [
            Reviewed(
                row["person_id"], Decision(row["decision"]), tuple(row["roles_before"]), tuple(row["roles_after"]),
                row["decided_by"], row["decided_at"],
            )
            for row in rows
        ]  # fmt: skip
