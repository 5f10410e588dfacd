"""Registering: the processing register of each controller, and where its parts come from."""

from functools import cached_property
from pathlib import Path
from typing import Any

from bailee.clauses import processing_register as register_room
from bailee.clauses.processing_register import queries
from bailee.clauses.processing_register.commands import Giving
from bailee.clauses.processing_register.counting import Counting
from bailee.clauses.processing_register.events import Named
from bailee.clauses.processing_register.keeping import Keeping
from bailee.clauses.processing_register.registers import Registers
from bailee.clauses.processing_register.sources import (
    AsOf,
    Officers,
    Sources,
    agreed_companies,
    agreed_transfers,
    built_measures,
)
from bailee.promised.correspondence import Correspondence
from bailee.worker.jobs import Duty

TEMPLATES = (Path(register_room.__file__).with_name("templates"),)


class Registering(Correspondence):
    """What is done for each controller, on record."""

    @cached_property
    def register_sources(self) -> Sources:
        """Who tells the register what: a line each."""
        return Sources(
            officers=self._officers_as_of,
            companies=agreed_companies,
            transfers=agreed_transfers,
            measures=built_measures,
        )

    @cached_property
    def registers(self) -> Registers:
        """The registers."""
        rooms = self.rooms
        counting = self._counting
        return Registers(
            archive=rooms.archive, committing=rooms.committing, counting=counting, sources=self.register_sources,
            keeping=Keeping(rooms.data, rooms.keys), clock=rooms.clock,
        )  # fmt: skip

    @cached_property
    def register_giving(self) -> Giving:
        """Registers, given on request."""
        rooms = self.rooms
        return Giving(
            registers=self.registers, archive=rooms.archive, committing=rooms.committing, obligations=self.obligations,
            queueing=self.queueing, clock=rooms.clock, console=rooms.settings.url.rstrip("/"), platform=rooms.platform,
        )  # fmt: skip

    @cached_property
    def _counting(self) -> Counting:
        rooms = self.rooms
        return Counting(
            database=rooms.data, committing=rooms.committing, reading=rooms.reading, keys=rooms.keys
        )  # fmt: skip

    async def _officers_as_of(self, of: AsOf) -> Officers:
        """The officers as they were known at an instant, changes between amendments included."""
        theirs, ours = await self.addresses.officers_at(of.controller, of.agreement, of.at)
        found = (Named(one.name or one.email, one.email) if one.email else None for one in (theirs, ours))
        return Officers(*found)

    def register_given(self) -> dict[str, Any]:
        """What pages and endpoints of the register ask for, by name."""
        return {"registers": self.registers, "giving": self.register_giving}

    def register_due(self) -> list[Duty]:
        """What is due of registers: at once where an agreement moved, in turn for what its sources say otherwise."""
        rounds, registers = self.rounds, self.registers
        return [
            rounds.asked("what was done, counted", 2.0, queries.WITH_UNCOUNTED, self._counting.due),
            rounds.agreed("registers", 10.0, registers.due),
            rounds.in_turn("registers, looked at in turn", 60.0, registers.due, most=50),
        ]
