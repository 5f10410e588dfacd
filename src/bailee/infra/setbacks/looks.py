"""Looks: how far the scrub has come at each controller, so that it goes on there, and which look is the oldest.

Kept in the control database, as setbacks are: a person's random id and times, no more.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from bailee.infra.database import Database
from bailee.infra.setbacks import queries

FIRST = UUID(int=0)


class Look(msgspec.Struct, frozen=True):
    """At a controller, every record was compared with its log since then; `whole` is false while the first look lasts."""

    controller: UUID
    since: datetime
    whole: bool


class Looks:
    """Writes down how far the scrub has come, and tells of it."""

    def __init__(self, control: Database) -> None:
        self._control = control

    async def after(self, controller: UUID) -> UUID:
        """After whom a look goes on."""
        rows = await self._control.fetch(queries.LOOK, controller)
        found: UUID = rows[0]["after_person"] if rows else FIRST
        return found

    async def came_to(self, controller: UUID, after: UUID, *, began: datetime) -> None:
        """A part was looked at, which began then, and came as far; to the first again once everyone was."""
        await self._control.fetch(queries.LOOKED, controller, after, began, after == FIRST, FIRST)

    async def none(self, controller: UUID) -> None:
        """Nothing is looked at there any more."""
        await self._control.fetch(queries.NOT_LOOKED_AT, controller)

    async def oldest(self) -> Look | None:
        """The look that is the longest ago, of all controllers that are looked at."""
        rows = await self._control.fetch(queries.OLDEST_LOOK)
        if not rows:
            return None
        [row] = rows
        return Look(row["controller_id"], row["whole_at"] or row["began_at"], row["whole_at"] is not None)
