"""Whoever's agreement has changed: by a document on file, which moves the gate's version, or by a day that has come.

One question tells every version. What is in force holds until its next boundary (`contract/force.py`), so until then a
controller whose version stands need not be looked at again.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bailee.contract.agreement import Agreement
from bailee.gate import queries
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.database import Database

UNSIGNED_FOR = timedelta(hours=1)  # an agreement on file begins to hold at an instant of its own

Always = Callable[[Agreement], bool]


def never(_agreement: Agreement) -> bool:
    """No agreement needs to be looked at while it stays as it is."""
    return False


class Agreed:
    """Controllers whose agreement is not what it was when they were looked at. `always` names those that are looked at
    in every round as long as their agreement says so."""

    whole = True

    def __init__(
        self, *, database: Database, archive: Archive, clock: Clock, controllers: Callable[[], Awaitable[Sequence[UUID]]],
        always: Always = never,
    ) -> None:  # fmt: skip
        self._database = database
        self._archive = archive
        self._clock = clock
        self._controllers = controllers
        self._always = always
        self.among = 0
        self._asked: dict[UUID, int] = {}
        self._seen: dict[UUID, tuple[int, datetime | None]] = {}

    async def due(self) -> Sequence[UUID]:
        """Those that are new, or moved, or whose next day has come."""
        known = list(await self._controllers())
        self.among = len(known)
        rows = await self._database.fetch(queries.VERSIONS, known)
        self._asked = {row["controller"]: row["version"] for row in rows}
        self._seen = {one: seen for one, seen in self._seen.items() if one in self._asked}
        now = self._clock.now()
        return [one for one, version in self._asked.items() if self._moved(one, version, now)]

    async def fresh(self, controller: UUID) -> None:
        """Have the archive know the version that was asked for."""
        await self._archive.dossier(controller, self._asked.get(controller, 0))

    def done(self, controller: UUID) -> None:
        """It was looked at as of the version that was asked for."""
        dossier, now = self._archive.known(controller), self._clock.now()
        force = dossier.in_force(now) if dossier else None
        until = now + UNSIGNED_FOR if force is None else now if self._always(force.agreement) else force.valid_until
        self._seen[controller] = self._asked[controller], until

    def _moved(self, controller: UUID, version: int, now: datetime) -> bool:
        seen = self._seen.get(controller)
        return seen is None or seen[0] != version or (seen[1] is not None and seen[1] <= now)
