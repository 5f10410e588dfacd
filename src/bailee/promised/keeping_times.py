"""Retention: the controllers' rules, and what carries them out."""

from functools import cached_property
from pathlib import Path
from typing import Any

from bailee.clauses import retention as retention_room
from bailee.clauses.retention import queries
from bailee.clauses.retention.commands import Retention
from bailee.clauses.retention.keeping import Keeping as Rules
from bailee.clauses.retention.looking import Looking
from bailee.clauses.retention.showing import Showing
from bailee.clauses.retention.working import Working
from bailee.gate.outliving import Outliving
from bailee.processing.accounts.roles import ADMINISTRATORS
from bailee.promised.beginning import Beginning
from bailee.worker.jobs import Duty

TEMPLATES = (Path(retention_room.__file__).with_name("templates"),)


class KeepingTimes(Beginning):
    """How long things are kept."""

    @cached_property
    def retention(self) -> Retention:
        """The controllers' rules of retention."""
        rooms = self.rooms
        rules = Rules(rooms.keys)
        outliving = Outliving(passage=rooms.passage, erasing=rooms.erasing, place=rooms.settings.region)
        looking = Looking(
            passage=rooms.passage, keeping=rules, expiring=self.expiring, outliving=outliving, clock=rooms.clock,
            administrators=ADMINISTRATORS,
        )  # fmt: skip
        working = Working(
            passage=rooms.passage, committing=rooms.committing, looking=looking, keeping=rules,
            obligations=self.obligations, clock=rooms.clock,
        )  # fmt: skip
        showing = Showing(
            committing=rooms.committing, passage=rooms.passage, archive=rooms.archive, keeping=rules, clock=rooms.clock,
            administrators=ADMINISTRATORS,
        )  # fmt: skip
        return Retention(
            committing=rooms.committing, passage=rooms.passage, keeping=rules, obligations=self.obligations,
            working=working, showing=showing, clock=rooms.clock,
        )  # fmt: skip

    def retention_given(self) -> dict[str, Any]:
        """What pages and endpoints of retention ask for, by name."""
        return {"retention": self.retention}

    def retention_due(self) -> list[Duty]:
        """What is due of retention."""
        working = self.retention.working
        return [
            self.rounds.asked("what rules of retention would take", 2.0, queries.WITH_PREVIEWS, working.preview),
            self.rounds.destroying("retention", 60.0, queries.WITH_RETENTION, working.due),
        ]
