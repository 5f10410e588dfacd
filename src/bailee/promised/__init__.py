"""What was promised: the rooms of the clauses and of their obligations, built on the rooms of the house.

Each part once, by name. A file for each group of clauses; `Promised` is all of them.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

from bailee.clauses import audits as audits_room
from bailee.clauses import instructions as instructions_room
from bailee.clauses.instructions.commands import Drafts
from bailee.gate import queries as gate
from bailee.obligations import queries, wording
from bailee.obligations.custom_duties import adds_duties
from bailee.processing.accounts import queries as accounts
from bailee.processing.accounts.greeting import Greeting
from bailee.promised import (
    assessed,
    breached,
    chain,
    correspondence,
    intake,
    keeping_times,
    measured,
    persons,
    registering,
    staffed,
)
from bailee.promised.assessed import Assessed
from bailee.promised.audited import Audited
from bailee.promised.beginning import sample
from bailee.promised.breached import Breached
from bailee.promised.instructed import Instructed
from bailee.promised.intake import Intake
from bailee.promised.keeping_times import KeepingTimes
from bailee.promised.measured import Measured
from bailee.promised.sourcing import Sourced
from bailee.promised.staffed import Staffed
from bailee.worker.jobs import Duty

TEMPLATES = (
    Path(instructions_room.__file__).with_name("templates"),
    wording.TEMPLATES,
    *correspondence.TEMPLATES,
    *persons.TEMPLATES,
    *intake.TEMPLATES,
    *staffed.TEMPLATES,
    *assessed.TEMPLATES,
    *breached.TEMPLATES,
    *chain.TEMPLATES,
    *registering.TEMPLATES,
    *measured.TEMPLATES,
    Path(audits_room.__file__).with_name("templates"),
    *keeping_times.TEMPLATES,
)

LETTERS = correspondence.LETTERS


class Promised(Instructed, Intake, Assessed, Breached, Sourced, Staffed, Measured, Audited, KeepingTimes):
    """The clauses' rooms for one running platform."""

    @cached_property
    def drafts(self) -> Drafts:
        """Agreements on their way to be signed."""
        rooms = self.rooms
        return Drafts(
            committing=rooms.committing, keys=rooms.keys, filing=rooms.filing, clock=rooms.clock,
            platform=rooms.platform, base=sample, verifier=rooms.log_key.verifier,
        )  # fmt: skip

    def given_to_pages(self) -> dict[str, Any]:
        """What the clauses' pages ask for, by name."""
        return {
            "drafts": self.drafts,
            "refusals": self.refusals,
            "rights": self.rights,
            **self._owing(),
            **self.letters_given(),
            **self.instructions_given(),
            "greeting": Greeting(self.notices.changed),
            **self.intake_given(),
            **self.staff_given(),
            **self.assessments_given(),
            **self.breaches_given(),
            **self.chain_given(),
            **self.register_given(),
            **self.measures_given(),
            "audits": self.audits,
            **self.retention_given(),
        }

    def given_to_api(self) -> dict[str, Any]:
        """What the clauses' endpoints ask for, by name."""
        return {
            "book": self.book,
            "post": self.post,
            "refusals": self.refusals,
            "rights": self.rights,
            **self._owing(),
            **self.instructions_given(),
            **self.tools_given(),
            **self.staff_given(),
            **self.assessments_given(),
            **self.breaches_given(),
            **self.chain_given(),
            **self.register_given(),
            **self.measures_given(),
            "audits": self.audits,
            **self.retention_given(),
        }

    def _owing(self) -> dict[str, Any]:
        owing = self.rooms.owing
        return {
            "obligations": owing.obligations, "evidence": owing.evidence, "calendars": owing.calendars,
            "whose": owing.whose,
        }  # fmt: skip

    def duties(self) -> list[Duty]:
        """What the jobs' process looks after for the clauses."""
        asked, agreed, destroying = self.rounds.asked, self.rounds.agreed, self.rounds.destroying
        return [
            destroying("technical data", 600.0, accounts.WITH_TECHNICAL_DATA, self.technical.due),
            destroying("records whose time is over", 600.0, gate.WITH_EXPIRED, self.expiring.due),
            asked("obligations", 1.0, queries.TO_LOOK_AT, self.obligations.due),
            agreed("negotiated duties", 10.0, self.rooms.owing.custom_duties.due, always=adds_duties),
            *self.letters_due(),
            *self.rights_due(),
            *self.instructions_due(),
            *self.intake_due(),
            *self.staff_due(),
            *self.breaches_due(),
            *self.chain_due(),
            *self.register_due(),
            *self.measures_due(),
            *self.retention_due(),
        ]
