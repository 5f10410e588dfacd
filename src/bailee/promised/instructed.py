"""Instructions: given, challenged, overridden by law, rehearsed."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from bailee.clauses.instructions import queries
from bailee.clauses.instructions.answering import ANSWER, WITHDRAWAL
from bailee.clauses.instructions.challenging import Challenging
from bailee.clauses.instructions.compelling import Compelling
from bailee.clauses.instructions.informing import Informing
from bailee.clauses.instructions.instructing import Instructing
from bailee.clauses.instructions.rehearsing import Rehearsing
from bailee.clauses.instructions.sealing import Sealing
from bailee.ledger.committing import Transaction
from bailee.obligations.mailbox.intents import Command, Intent
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.promises import Obligation
from bailee.obligations.reminding import AsksOf
from bailee.promised.persons import Persons
from bailee.vocabulary.languages import Language
from bailee.worker.jobs import Duty


class Instructed(Persons):
    """What the controller has instructed, and what the law demands beside it."""

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
            obligations=self.obligations, asking=self.asking, language=self._written_to_in, clock=rooms.clock,
        )  # fmt: skip

    @cached_property
    def acts(self) -> Mapping[str, Command]:
        """What a controller can do from its mailbox, the answers to challenges among them."""

        async def answer_challenge(change: Transaction, intent: Intent, *, by: str) -> None:
            await self.challenging.answer(change, intent, by=by)

        async def withdraw(change: Transaction, intent: Intent, *, by: str) -> None:
            await self.challenging.withdraw(change, intent, by=by)

        return {**super().acts, ANSWER: answer_challenge, WITHDRAWAL: withdraw}

    @cached_property
    def answered(self) -> Mapping[str, AsksOf]:
        """What a controller that is reminded can answer from the letter, a challenge among it."""

        async def challenge(one: Obligation, language: Language) -> Question | None:
            return await self.challenging.question(one.controller, UUID(one.promise.subject.split("/")[1]), language)

        return {**super().answered, "challenge": challenge}

    @cached_property
    def informing(self) -> Informing:
        """Letters about instructions on record."""
        rooms = self.rooms
        return Informing(
            committing=rooms.committing, archive=rooms.archive, asking=self.asking, language=self._written_to_in,
            clock=rooms.clock,
        )  # fmt: skip

    @cached_property
    def compelling(self) -> Compelling:
        """Orders of the law."""
        rooms = self.rooms
        return Compelling(
            committing=rooms.committing, sealing=self.sealing, filing=rooms.filing, archive=rooms.archive,
            obligations=self.obligations, queueing=self.queueing, clock=rooms.clock, platform=rooms.platform,
            console=rooms.settings.url.rstrip("/"),
        )  # fmt: skip

    @cached_property
    def rehearsing(self) -> Rehearsing:
        """Recorded traffic against a proposal."""
        rooms = self.rooms
        return Rehearsing(reading=rooms.reading, archive=rooms.archive, appending=rooms.appending, clock=rooms.clock)

    def instructions_given(self) -> dict[str, Any]:
        """What pages and endpoints of instructions ask for, by name."""
        return {
            "instructing": self.instructing, "challenging": self.challenging, "compelling": self.compelling,
            "rehearsing": self.rehearsing,
        }  # fmt: skip

    def instructions_due(self) -> list[Duty]:
        """What is due of instructions."""
        return [
            self.rounds.agreed("instructions on record", 5.0, self.informing.due),
            self.rounds.asked("challenges", 5.0, queries.WITH_CHALLENGES, self.challenging.hear),
            self.rounds.asked("orders of the law", 2.0, queries.WITH_ORDERS, self.compelling.due),
        ]
