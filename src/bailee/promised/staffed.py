"""The processor's staff: bound to secrecy, trained, and let in at the gates."""

from functools import cached_property
from pathlib import Path
from typing import Any

from bailee.clauses import confidentiality as confidentiality_room
from bailee.clauses.confidentiality import queries
from bailee.clauses.confidentiality.clocks import Clocks
from bailee.clauses.confidentiality.commands import Staff
from bailee.clauses.confidentiality.gates import Gates, terms_of
from bailee.clauses.confidentiality.keeping import Keeping as StaffKept
from bailee.promised.beginning import Beginning, sample
from bailee.worker.jobs import Duty

LOOKED_OVER = 50
TEMPLATES = (Path(confidentiality_room.__file__).with_name("templates"),)


class Staffed(Beginning):
    """Who works for the processor, and what lets them in."""

    @cached_property
    def _staff_kept(self) -> StaffKept:
        rooms = self.rooms
        return StaffKept(committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, platform=rooms.platform)

    @cached_property
    def gates(self) -> Gates:
        """The gates, to be told of the register."""
        rooms = self.rooms
        return Gates(
            keeping=self._staff_kept, filing=rooms.filing, archive=rooms.archive, database=rooms.data,
            controllers=self.everyone,
        )  # fmt: skip

    @cached_property
    def staff(self) -> Staff:
        """The register."""
        clocks = Clocks(keeping=self._staff_kept, gates=self.gates, obligations=self.obligations)
        return Staff(
            keeping=self._staff_kept, gates=self.gates, clocks=clocks, credentials=self.rooms.credentials,
            sample=lambda: terms_of(sample()),
        )  # fmt: skip

    def staff_given(self) -> dict[str, Any]:
        """What pages and endpoints of staff ask for, by name."""
        return {"staff": self.staff}

    def staff_due(self) -> list[Duty]:
        """What is due of staff: gates that are marked, agreements that changed, all gates in turn, and the clocks."""

        async def own() -> list[Any]:
            return [self.rooms.platform]

        tell = self.gates.tell
        return [
            self.rounds.asked("standing of staff", 1.0, queries.WITH_STAFF, tell),
            self.rounds.agreed("standing of staff under a changed agreement", 2.0, tell),
            self.rounds.in_turn("standing of staff looked over", 60.0, tell, most=LOOKED_OVER),
            self.rooms.rounds_over(own).in_turn("undertakings and trainings", 10.0, self.staff.clocks.look, most=1),
        ]
