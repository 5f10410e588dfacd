"""What was promised: the rooms of the clauses and of their obligations, built on the rooms of the house.

Each part once, by name. A file for each group of clauses; `Promised` is all of them.
"""

from functools import cache, cached_property
from pathlib import Path
from typing import Any

from bailee.clauses import instructions as instructions_room
from bailee.clauses.instructions.commands import Drafts
from bailee.contract.agreement import Agreement
from bailee.contract.reading import read_agreement
from bailee.infra import samples
from bailee.promised import correspondence
from bailee.promised.correspondence import Correspondence
from bailee.worker.jobs import Duty

TEMPLATES = (Path(instructions_room.__file__).with_name("templates"), *correspondence.TEMPLATES)


@cache
def _sample() -> Agreement:
    return read_agreement(samples.agreement().read_text(encoding="utf-8"))


class Promised(Correspondence):
    """The clauses' rooms for one running platform."""

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
        return {"drafts": self.drafts, "obligations": self.obligations, **self.letters_given()}

    def given_to_api(self) -> dict[str, Any]:
        """What the clauses' endpoints ask for, by name."""
        return {"obligations": self.obligations, "book": self.book, "post": self.post}

    def duties(self) -> list[Duty]:
        """What the jobs' process looks after for the clauses."""
        return [
            Duty("obligations", 1.0, self.obligations.due),
            Duty("negotiated duties", 10.0, self.rooms.owing.custom_duties.due),
            *self.letters_due(),
        ]
