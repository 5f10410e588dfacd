"""Persons: their rights, carried out for their controllers."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from bailee.clauses import data_subject_requests as rights_room
from bailee.clauses.data_subject_requests import queries
from bailee.clauses.data_subject_requests.by_mail import STEP, TELLING, ByMail
from bailee.clauses.data_subject_requests.commands import Rights
from bailee.clauses.data_subject_requests.events import Request
from bailee.gate.changing import Changing
from bailee.gate.uploading import Uploading
from bailee.infra.outbound import Outbound
from bailee.ledger.committing import Transaction
from bailee.obligations.mailbox.intents import Command, Handed, Intent
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.promises import Obligation
from bailee.obligations.reminding import AsksOf
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.export_forms import writer
from bailee.processing.accounts.holding_about import HeldAbout
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.refusals import Refusals
from bailee.processing.accounts.sessions import Sessions
from bailee.promised.beginning import sample
from bailee.promised.correspondence import Correspondence
from bailee.vocabulary.languages import Language
from bailee.worker.jobs import Duty

REQUESTS_ABREAST = 2
TEMPLATES = (Path(rights_room.__file__).with_name("templates"),)


class Persons(Correspondence):
    """What persons may ask, and what becomes of it."""

    @cached_property
    def means(self) -> Means:
        """What people sign in with."""
        return Means(self.rooms.data, self.rooms.keys)

    @cached_property
    def accounts(self) -> Accounts:
        """The accounts of people, looked at."""
        rooms = self.rooms
        return Accounts(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, means=self.means, clock=rooms.clock
        )

    @cached_property
    def refusals(self) -> Refusals:
        """Who was refused at the door."""
        rooms = self.rooms
        return Refusals(
            accounts=self.accounts, means=self.means, appending=rooms.appending, technical=self.technical,
            clock=rooms.clock,
        )  # fmt: skip

    @cached_property
    def rights(self) -> Rights:
        """The rights of persons, for their controllers."""
        rooms = self.rooms
        sessions = Sessions(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
            technical=self.technical,
        )  # fmt: skip
        changing = Changing(passage=rooms.passage, appending=rooms.appending, committing=rooms.committing)
        uploading = Uploading(
            changing=changing, records=rooms.records, files=rooms.files.files, keys=rooms.keys, database=rooms.data,
            clock=rooms.clock,
        )  # fmt: skip

        async def ready(change: Transaction, one: Request) -> None:
            await self.by_mail.ready(change, one)

        return Rights(
            rooms, obligations=self.obligations, queueing=self.queueing, uploading=uploading,
            outbound=Outbound(sandbox=rooms.settings.sandbox), forms=_written, ready=ready,
            known=self.addresses.as_known, base=sample,
            held_about=HeldAbout(accounts=self.accounts, means=self.means, sessions=sessions),
        )  # fmt: skip

    @cached_property
    def by_mail(self) -> ByMail:
        """Requests of persons, answered from the controller's mailbox."""
        rights = self.rights
        return ByMail(
            requests=rights.requests, recipients=rights.recipients, taking_along=rights.taking_along, asking=self.asking,
            language=self._written_to_in, clock=self.rooms.clock,
        )  # fmt: skip

    async def _written_to_in(self, controller: UUID) -> str:
        return (await self.addresses.route(controller, "request", "controller")).language

    @cached_property
    def acts(self) -> Mapping[str, Command]:
        """What a controller can do from its mailbox, the answers about one request among them."""

        async def step(change: Transaction, intent: Intent, *, by: str) -> Handed | None:
            return await self.by_mail.answer(change, intent, by=by)

        async def tell(change: Transaction, intent: Intent, *, by: str) -> None:
            await self.by_mail.tell(change, intent, by=by)

        return {**super().acts, STEP: step, TELLING: tell}

    @cached_property
    def answered(self) -> Mapping[str, AsksOf]:
        """What a controller that is reminded can answer from the letter, a person's request among it."""

        async def request(one: Obligation, language: Language) -> Question | None:
            return await self.by_mail.owed(one, language)

        return {**super().answered, "request": request}

    def rights_due(self) -> list[Duty]:
        """What is due of the rights of persons."""
        working = self.rights.working
        return [
            self.rounds.asked("requests of persons", 0.0, queries.WITH_REQUESTS, working.due, abreast=REQUESTS_ABREAST),
            self.rounds.destroying("ends of exceptions and texts", 60.0, queries.WITH_ENDS, working.tidy),
        ]


def _written(form: Literal["csv", "vcard"], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Profiles in a form of an export."""
    made = writer(form)
    return made.write(rows) + made.end()
