"""Sub-processors: the list, what controllers are told and asked of it, and what they decide."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from bailee.clauses import sub_processors as sub_processors_room
from bailee.clauses.sub_processors import queries
from bailee.clauses.sub_processors.commands import Chain
from bailee.clauses.sub_processors.deciding import Deciding
from bailee.clauses.sub_processors.engaging import Engaging
from bailee.clauses.sub_processors.keeping import Keeping as ChainKept
from bailee.clauses.sub_processors.telling import Telling as ChainTold
from bailee.clauses.sub_processors.wording import OBJECTION
from bailee.ledger.committing import Transaction
from bailee.obligations.mailbox.intents import Command, Intent
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.promises import Obligation
from bailee.obligations.reminding import AsksOf
from bailee.promised.beginning import sample
from bailee.promised.persons import Persons
from bailee.vocabulary.languages import Language
from bailee.worker.jobs import Duty

TEMPLATES = (Path(sub_processors_room.__file__).with_name("templates"),)


class Chained(Persons):
    """Who works for the processor, and what the controllers say to it."""

    @cached_property
    def chain_kept(self) -> ChainKept:
        """The list and its proposals."""
        rooms = self.rooms
        return ChainKept(committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, platform=rooms.platform)

    @cached_property
    def _engaging(self) -> Engaging:
        return Engaging(self.rooms.filing, self.rooms.clock)

    @cached_property
    def chain(self) -> Chain:
        """The list, as the processor's staff keep it."""
        return Chain(
            keeping=self.chain_kept, database=self.rooms.data, controllers=self.everyone,
            known=lambda: frozenset(sample().category_ids()), processor=self.rooms.settings.processor, obligations=self.obligations,
        )  # fmt: skip

    @cached_property
    def chain_told(self) -> ChainTold:
        """What controllers are told and asked."""
        rooms = self.rooms
        return ChainTold(
            keeping=self.chain_kept, engaging=self._engaging, archive=rooms.archive, obligations=self.obligations,
            queueing=self.queueing, asking=self.asking, language=self._written_to_in,
            console=rooms.settings.url.rstrip("/"),
        )  # fmt: skip

    @cached_property
    def deciding(self) -> Deciding:
        """What controllers decide."""
        rooms = self.rooms
        return Deciding(
            keeping=self.chain_kept, telling=self.chain_told, engaging=self._engaging, filing=rooms.filing,
            archive=rooms.archive, obligations=self.obligations,
        )  # fmt: skip

    @cached_property
    def acts(self) -> Mapping[str, Command]:
        """What a controller can do from its mailbox, an objection to a sub-processor among it."""

        async def object_to(change: Transaction, intent: Intent, *, by: str) -> None:
            await self.deciding.object(change, intent, by=by)

        return {**super().acts, OBJECTION: object_to}

    @cached_property
    def answered(self) -> Mapping[str, AsksOf]:
        """What a controller that is reminded can answer from the letter, a proposed sub-processor among it."""

        async def proposal(one: Obligation, language: Language) -> Question | None:
            return await self.deciding.question(one.controller, UUID(one.promise.subject.split("/")[1]), language)

        return {**super().answered, "proposal": proposal}

    def chain_given(self) -> dict[str, Any]:
        """What pages and endpoints of sub-processors ask for, by name."""
        return {"chain": self.chain, "deciding": self.deciding}

    def chain_due(self) -> list[Duty]:
        """What is due of sub-processors."""

        async def look(controller: UUID) -> int:
            return await self.deciding.hear(controller) + await self.chain_told.catch_up(controller)

        return [
            self.rounds.asked("sub-processors", 2.0, queries.WITH_SUB_PROCESSORS, self.chain_told.due),
            self.rounds.agreed("sub-processors under a changed agreement", 5.0, look),
        ]
