"""Impact assessments: help for whoever assesses, and what is concluded."""

from functools import cached_property
from pathlib import Path
from typing import Any

from bailee.clauses import impact_assessments as impact_assessments_room
from bailee.clauses.impact_assessments.commands import Assessments
from bailee.promised.beginning import Beginning

TEMPLATES = (Path(impact_assessments_room.__file__).with_name("templates"),)


class Assessed(Beginning):
    """The controllers' impact assessments."""

    @cached_property
    def assessments(self) -> Assessments:
        """Asked about, helped with, concluded."""
        rooms = self.rooms
        return Assessments(
            committing=rooms.committing, keys=rooms.keys, archive=rooms.archive, obligations=self.obligations,
            clock=rooms.clock,
        )  # fmt: skip

    def assessments_given(self) -> dict[str, Any]:
        """What pages and endpoints of assessments ask for, by name."""
        return {"assessments": self.assessments}
