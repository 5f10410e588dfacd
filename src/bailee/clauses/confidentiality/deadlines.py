"""What the processor owes for its staff, and by when it is reminded. Pure.

Neither law nor agreement gives a period for an undertaking or a first training: until both are on record the gate
refuses, and the days below are our own reminders. What does bind is the last day of a training.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bailee.clauses.confidentiality.counting import AHEAD, bound
from bailee.clauses.confidentiality.events import Access, Entry
from bailee.obligations.calendar import TICK, Due
from bailee.obligations.promises import Promise

WITHIN = timedelta(days=7)
AGAIN = timedelta(days=7)
NO_PERIOD = "no period in law or agreement: our own reminder, 7 days after the access was seen"
RUNS_OUT = "the last day on which the training counts, by the shortest term of an agreement with access under it"


class Wanted(msgspec.Struct, frozen=True):
    """Something that the processor owes itself: about whom, on which ground (what it is counted from), by when."""

    clause: str
    member: UUID
    ground: str
    due: Due
    reminders: tuple[datetime, ...]
    evidence: str

    @property
    def ground_is_dated(self) -> bool:
        """Whether its day is that of a training's end, which another term moves."""
        return self.due.rule == RUNS_OUT

    @property
    def about(self) -> str:
        """What the obligation's subject begins with."""
        return f"staff/{self.member}/{self.ground}"

    def promise(self, number: int) -> Promise:
        """The promise, so many having ended before on the same ground."""
        return Promise(
            clause=self.clause, subject=f"{self.about}/{number}", owed_by="processor", owed_to="controller", due=self.due,
            evidence=self.evidence, reminders=self.reminders,
        )  # fmt: skip


def wanted(register: Sequence[Entry], access: Sequence[Access], now: datetime) -> list[Wanted]:
    """What is owed: an undertaking and a training of everyone with access, and a new one before the last runs out."""
    found = list[Wanted]()
    for one in register:
        held = [each for each in access if each.actor in one.member.actors]
        if not held or one.member.released_at is not None:
            continue
        if not any(bound(each, now) for each in one.undertakings):
            ground = str(one.undertakings[-1].id) if one.undertakings else "first"
            found.append(_missing("staff.confidentiality", one.member.id, ground, "undertaking", now))
        counted = [each for each in one.trainings if each.ended_at is None]
        if not counted:
            ground = str(one.trainings[-1].id) if one.trainings else "first"
            found.append(_missing("staff.training", one.member.id, ground, "training", now))
            continue
        told = [each.trained_until for each in held if each.trained_until is not None and not each.behind]
        ends = min(told, default=None)
        if ends is not None and ends - AHEAD <= now:
            last = max(counted, key=lambda each: (each.on, each.recorded_at))
            at = ends - TICK
            found.append(Wanted(
                "staff.training", one.member.id, str(last.id), Due(strict=at, generous=at, rule=RUNS_OUT),
                tuple(each for each in (at - AHEAD + TICK, at - AGAIN) if each > now), "training",
            ))  # fmt: skip
    return found


def _missing(clause: str, member: UUID, ground: str, evidence: str, now: datetime) -> Wanted:
    at = now + WITHIN
    return Wanted(clause, member, ground, Due(strict=at, generous=at, rule=NO_PERIOD), (now + WITHIN / 2,), evidence)
