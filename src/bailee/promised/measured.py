"""Measures of security: looked at, stated, and never less than they were."""

from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from bailee.clauses import security_measures as measures_room
from bailee.clauses.security_measures.commands import Measures
from bailee.clauses.security_measures.given import Looking
from bailee.clauses.security_measures.keeping import Keeping
from bailee.clauses.security_measures.looking import Watching
from bailee.clauses.security_measures.owing import Owing
from bailee.clauses.security_measures.starting import Starting
from bailee.contract.force import InForce
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.staffing import Staffed, Staffing
from bailee.promised.persons import Persons
from bailee.worker.jobs import Duty

TEMPLATES = (Path(measures_room.__file__).with_name("templates"),)
LOOKED_AT = 300.0  # seconds


class Measured(Persons):
    """The measures of this platform, and what controllers are owed of them."""

    @cached_property
    def staffing(self) -> Staffing:
        """How our own people are let in."""
        rooms = self.rooms
        approvals = Approvals(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, accounts=self.accounts, clock=rooms.clock
        )
        return Staffing(accounts=self.accounts, means=self.means, approvals=approvals, clock=rooms.clock)

    @cached_property
    def measures(self) -> Measures:
        """The clause's room."""
        rooms = self.rooms
        keeping = Keeping(rooms.data, rooms.keys, rooms.platform)
        return Measures(
            keeping=keeping, committing=rooms.committing, clock=rooms.clock, everyone=self.everyone,
            watching=Watching(keeping=keeping, committing=rooms.committing, given=self._looked_at),
            owing=Owing(
                keeping=keeping, committing=rooms.committing, obligations=self.obligations, queueing=self.queueing,
                in_force=self._force,
            ),
            starting=Starting(keeping=keeping, settings=rooms.settings, clock=rooms.clock),
        )  # fmt: skip

    async def _force(self, controller: UUID) -> InForce | None:
        dossier = await self.rooms.archive.current(controller)
        return dossier.in_force(self.rooms.clock.now()) if dossier and dossier.state == "open" else None

    @property
    def _looked_at(self) -> Looking:
        rooms = self.rooms

        async def staff() -> Staffed:
            return await self.staffing.of(rooms.platform)

        async def ticking() -> tuple[bool, bool]:
            return await rooms.ticking.doubted(), await rooms.ticking.believed()

        return Looking(
            settings=rooms.settings, platform=rooms.platform, data=rooms.data, key_store=rooms.key_store,
            keys=rooms.keys, clock=rooms.clock, looks=rooms.looks, setbacks=rooms.setbacks, everyone=self.everyone,
            staff=staff, ticking=ticking,
        )  # fmt: skip

    def measures_given(self) -> dict[str, Any]:
        """What pages and endpoints of measures ask for, by name."""
        return {"measures": self.measures, "processor_name": self.rooms.settings.processor}

    def measures_due(self) -> list[Duty]:
        """What is due of measures."""
        return [
            Duty("security measures", LOOKED_AT, self.measures.look),
            self.rounds.in_turn("what is owed of security measures", 60.0, self.measures.due, most=50),
        ]
