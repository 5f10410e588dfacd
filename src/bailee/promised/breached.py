"""Breaches: told to the controllers they concern, counted, and what each of them sends on."""

from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from bailee.clauses import breach_notice as breach_notice_room
from bailee.clauses.breach_notice import queries
from bailee.clauses.breach_notice.commands import Breaches
from bailee.clauses.breach_notice.consulting import Told
from bailee.clauses.breach_notice.keeping import Keeping
from bailee.clauses.breach_notice.opening import Opening
from bailee.clauses.breach_notice.papers import Contact
from bailee.clauses.breach_notice.scoping import Scoping
from bailee.clauses.breach_notice.telling import Telling
from bailee.clauses.breach_notice.working import Working
from bailee.clauses.contact_data.slots import OURS
from bailee.processing.accounts.reconciling.merges import Merges
from bailee.promised.correspondence import Correspondence
from bailee.worker.jobs import Duty

BREACHES_ABREAST = 4
TEMPLATES = (Path(breach_notice_room.__file__).with_name("templates"),)


class Breached(Correspondence):
    """Breaches of personal data."""

    @cached_property
    def breach_files(self) -> Keeping:
        """The processor's files of breaches, and the controllers' own."""
        rooms = self.rooms
        return Keeping(rooms.data, rooms.keys, rooms.platform)

    @cached_property
    def breaches(self) -> Breaches:
        """Breaches, for the processor's staff."""
        rooms, keeping = self.rooms, self.breach_files
        return Breaches(
            opening=Opening(keeping=keeping, committing=rooms.committing, clock=rooms.clock), working=self.breach_work,
            telling=self.telling_breaches, keeping=keeping, committing=rooms.committing, clock=rooms.clock,
        )  # fmt: skip

    @cached_property
    def breach_work(self) -> Working:
        """What is carried out of breaches at their controllers."""
        rooms = self.rooms
        scoping = Scoping(
            database=rooms.data, reading=rooms.reading, archive=rooms.archive, clock=rooms.clock,
            alias=Merges(rooms.data, rooms.clock).survivor_of,
        )  # fmt: skip
        return Working(
            keeping=self.breach_files, scoping=scoping, telling=self.telling_breaches, obligations=self.obligations,
            book=self.book, committing=rooms.committing, clock=rooms.clock, in_force=self.in_force, everyone=self.everyone,
        )  # fmt: skip

    @cached_property
    def telling_breaches(self) -> Telling:
        """Notices of breaches."""
        rooms = self.rooms
        return Telling(
            queueing=self.queueing, clock=rooms.clock, contact=self._contact, console=rooms.settings.url.rstrip("/")
        )

    @cached_property
    def told(self) -> Told:
        """What controllers were told of breaches."""
        rooms = self.rooms
        return Told(
            keeping=self.breach_files, committing=rooms.committing, obligations=self.obligations, letters=self.letters,
            contact=self._contact, handed=rooms.exchanging.handovers.record, clock=rooms.clock,
        )  # fmt: skip

    async def _contact(self, controller: UUID) -> Contact:
        """Our officer, as this controller knows it now; where none is appointed, whoever reads an answer to the letter."""
        now, settings = await self.addresses.now(controller), self.rooms.settings
        officer = now.slots[OURS] if now is not None else None
        if officer is None or not officer.email:
            return Contact(settings.processor, settings.processor, settings.sender)
        return Contact(settings.processor, officer.name or settings.processor, officer.email)

    def breaches_given(self) -> dict[str, Any]:
        """What pages and endpoints of breaches ask for, by name."""
        return {"breaches": self.breaches, "told": self.told}

    def breaches_due(self) -> list[Duty]:
        """What is due of breaches."""
        due = self.breach_work.due
        return [self.rounds.asked("breaches", 2.0, queries.WITH_BREACHES, due, abreast=BREACHES_ABREAST)]
