"""Merges as they stand: who was merged into whom, until when it can be undone, and who is whose alias."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.processing.accounts.reconciling import queries

TERM = timedelta(days=30)
LISTED = 100
OPEN, UNDONE, ENDED, ORPHANED = "open", "undone", "ended", "orphaned"
MERGED, LIVING = "merged", "living"


class Merge(msgspec.Struct, frozen=True):
    """A merge: the survivor goes on, the absorbed is its alias until `due_at` and erased then.

    `state`: `open` (it can be undone), `undone`, `orphaned` (the survivor was erased, the absorbed follows), `ended`.
    """

    id: UUID
    survivor: UUID
    absorbed: UUID
    state: str
    merged_at: datetime
    due_at: datetime
    groups_before: tuple[str, ...]
    groups_after: tuple[str, ...]
    objections_before: tuple[str, ...]
    objections_after: tuple[str, ...]
    account_state: str | None


class Merges:
    """Reads the merges of a controller; ids, states and times only."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, controller: UUID, merge: UUID) -> Merge | None:
        """One merge of this controller."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.MERGE, controller, merge)
        return None if row is None else read(row)

    async def open(self, controller: UUID) -> list[Merge]:
        """Those that can still be undone, the latest first."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.OPEN_MERGES, controller, self._clock.now(), LISTED)
        return [read(row) for row in rows]

    async def survivor_of(self, controller: UUID, person: UUID) -> UUID | None:
        """Whose alias this person's id is; None where it is nobody's. Followed through later merges."""
        found: UUID | None = None
        async with self._database.transaction(controller) as tx:
            for _ in range(LISTED):
                following = await tx.fetchval(queries.ALIAS, controller, found or person)
                if following is None:
                    break
                found = following
        return found

    async def absorbed_by(self, controller: UUID, person: UUID) -> list[UUID]:
        """Whoever was merged into this person, directly or through others, and not parted again."""
        found, fresh = list[UUID](), [person]
        async with self._database.transaction(controller) as tx:
            while fresh and len(found) < LISTED:
                rows = await tx.fetch(queries.ABSORBED, controller, fresh, LISTED)
                fresh = [row["absorbed_id"] for row in rows if row["absorbed_id"] not in found]
                found += fresh
        return found


def read(row: Record) -> Merge:
    """A row as a merge."""
    return Merge(
        id=row["merge_id"], survivor=row["survivor_id"], absorbed=row["absorbed_id"], state=row["state"],
        merged_at=row["merged_at"], due_at=row["due_at"], groups_before=tuple(row["groups_before"]),
        groups_after=tuple(row["groups_after"]), objections_before=tuple(row["objections_before"]),
        objections_after=tuple(row["objections_after"]), account_state=row["account_state"],
    )  # fmt: skip
