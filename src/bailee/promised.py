"""What was promised: the rooms of the clauses and of their obligations, built on the rooms of the house."""

from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from bailee.clauses import instructions as instructions_room
from bailee.clauses.instructions.commands import Drafts
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

    def given_to_pages(self) -> dict[str, Any]:
        """What the clauses' pages ask for, by name."""
        return {"drafts": self.drafts, "obligations": self.obligations}

    def given_to_api(self) -> dict[str, Any]:
        """What the clauses' endpoints ask for, by name."""
        return {"obligations": self.obligations}

    def duties(self) -> list[Duty]:
        """What the jobs' process looks after for the clauses."""
        return [Duty("obligations", 2.0, self.obligations.due)]
