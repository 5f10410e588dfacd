"""What was promised: the rooms of the clauses and of their obligations, built on the rooms of the house."""

from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from bailee.clauses import instructions as instructions_room
from bailee.clauses.instructions.challenging import Challenging
from bailee.clauses.instructions.commands import Drafts
from bailee.clauses.instructions.compelling import Compelling
from bailee.clauses.instructions.instructing import Instructing
from bailee.clauses.instructions.rehearsing import Rehearsing
from bailee.clauses.instructions.sealing import Sealing
from bailee.contract.agreement import Agreement
from bailee.contract.reading import read_agreement
from bailee.house import Rooms
from bailee.infra import samples
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import Obligations
from bailee.worker.jobs import Duty

TEMPLATES = (Path(instructions_room.__file__).with_name("templates"),)


@cache
def _sample() -> Agreement:
    return read_agreement(samples.agreement().read_text(encoding="utf-8"))


class Promised:
    """The clauses' rooms for one running platform. Each part once, by name."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms

    async def everyone(self) -> Sequence[UUID]:
        """Every controller, the platform itself included."""
        return [one.id for one in await self.rooms.filing.listed()]

    @cached_property
    def obligations(self) -> Obligations:
        """Who owes what to whom by when."""
        rooms = self.rooms
        return Obligations(
            database=rooms.data, committing=rooms.committing, clock=rooms.clock, controllers=self.everyone
        )

    @cached_property
    def queueing(self) -> Queueing:
        """Notices on their way in."""
        return Queueing(self.rooms.keys, self.rooms.clock)

    @cached_property
    def drafts(self) -> Drafts:
        """Agreements on their way to be signed."""
        rooms = self.rooms
        return Drafts(
            committing=rooms.committing, keys=rooms.keys, filing=rooms.filing, clock=rooms.clock,
            platform=rooms.platform, base=_sample, verifier=rooms.log_key.verifier,
        )  # fmt: skip

    @cached_property
    def sealing(self) -> Sealing:
        """What the clause of instructions keeps, sealed."""
        return Sealing(self.rooms.keys, self.rooms.platform)

    @cached_property
    def instructing(self) -> Instructing:
        """Instructions on their way."""
        rooms = self.rooms
        return Instructing(
            committing=rooms.committing, sealing=self.sealing, filing=rooms.filing, archive=rooms.archive,
            clock=rooms.clock,
        )  # fmt: skip

    @cached_property
    def challenging(self) -> Challenging:
        """Challenges to instructions, and their answers."""
        rooms = self.rooms
        return Challenging(
            committing=rooms.committing, sealing=self.sealing, filing=rooms.filing, archive=rooms.archive,
            obligations=self.obligations, queueing=self.queueing, clock=rooms.clock, controllers=self.everyone,
        )  # fmt: skip

    @cached_property
    def compelling(self) -> Compelling:
        """Orders of the law."""
        rooms = self.rooms
        return Compelling(
            committing=rooms.committing, sealing=self.sealing, filing=rooms.filing, archive=rooms.archive,
            obligations=self.obligations, queueing=self.queueing, clock=rooms.clock, platform=rooms.platform,
            controllers=self.everyone,
        )  # fmt: skip

    @cached_property
    def rehearsing(self) -> Rehearsing:
        """Recorded traffic against a proposal."""
        rooms = self.rooms
        return Rehearsing(reading=rooms.reading, archive=rooms.archive, appending=rooms.appending, clock=rooms.clock)

    def given_to_pages(self) -> dict[str, Any]:
        """What the clauses' pages ask for, by name."""
        return {"drafts": self.drafts, "obligations": self.obligations, **self._of_instructions()}

    def given_to_api(self) -> dict[str, Any]:
        """What the clauses' endpoints ask for, by name."""
        return {"obligations": self.obligations, **self._of_instructions()}

    def _of_instructions(self) -> dict[str, Any]:
        return {
            "instructing": self.instructing, "challenging": self.challenging, "compelling": self.compelling,
            "rehearsing": self.rehearsing,
        }  # fmt: skip

    def duties(self) -> list[Duty]:
        """What the jobs' process looks after for the clauses."""
        return [
            Duty("obligations", 2.0, self.obligations.due),
            Duty("challenges", 5.0, self.challenging.due),
            Duty("orders of the law", 2.0, self.compelling.due),
        ]
