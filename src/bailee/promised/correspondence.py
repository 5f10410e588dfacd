"""Correspondence: notices that arrive, addresses that hold, answers from a mailbox."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from bailee.clauses import audits as audits_room
from bailee.clauses import breach_notice as breach_notice_room
from bailee.clauses import contact_data as contact_data_room
from bailee.clauses import data_subject_requests as rights_room
from bailee.clauses import direct_requests as direct_requests_room
from bailee.clauses import instructions as instructions_room
from bailee.clauses import processing_register as register_room
from bailee.clauses import security_measures as measures_room
from bailee.clauses import sub_processors as sub_processors_room
from bailee.clauses.contact_data import queries as contacts
from bailee.clauses.contact_data.addresses import Addresses
from bailee.clauses.contact_data.commands import Contacts
from bailee.clauses.contact_data.offering import CHANGE, Offering
from bailee.clauses.contact_data.telling import BACK, CONFIRM
from bailee.clauses.contact_data.telling import Telling as ContactsTold
from bailee.infra.mail import Mailing
from bailee.ledger.committing import Transaction
from bailee.obligations import mailbox as mailbox_room
from bailee.obligations import notices as notices_room
from bailee.obligations import queries as owing
from bailee.obligations.mailbox.answering import Answering
from bailee.obligations.mailbox.asking import Asking
from bailee.obligations.mailbox.intents import Command, Intent
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.mailbox.replying import Replying
from bailee.obligations.notice_pages import Directory
from bailee.obligations.notices import queries
from bailee.obligations.notices.book import Book
from bailee.obligations.notices.bouncing import Bouncing
from bailee.obligations.notices.claiming import Claiming
from bailee.obligations.notices.failing import StaffLetters
from bailee.obligations.notices.keeping import Keeping
from bailee.obligations.notices.letters import Letters
from bailee.obligations.notices.post import Post
from bailee.obligations.notices.returning import Returning
from bailee.obligations.notices.sending import Sending
from bailee.obligations.notices.settling import UNSENT_AFTER, Settling
from bailee.obligations.notices.tending import Tending
from bailee.obligations.promises import Obligation
from bailee.obligations.reminding import AsksOf, Reminding
from bailee.processing.webhooks.announcing import Announcing
from bailee.promised.beginning import Beginning
from bailee.vocabulary.languages import Language
from bailee.worker.jobs import Duty

ROOMS = (contact_data_room, notices_room, mailbox_room)
WRITING = (
    *ROOMS, rights_room, instructions_room, direct_requests_room, breach_notice_room, sub_processors_room, register_room,
    measures_room, audits_room,
)  # fmt: skip
TEMPLATES = tuple(Path(str(room.__file__)).with_name("templates") for room in ROOMS)
# The rooms whose letters go out, by the name that a notice's `letter` begins with.
LETTERS = {str(room.__name__).rpartition(".")[2]: Path(str(room.__file__)).with_name("letters") for room in WRITING}


class Correspondence(Beginning):
    """Letters out, and what comes back of them."""

    async def names(self) -> dict[UUID, str]:
        """The controllers' names, the platform's own included."""
        return {one.id: one.name for one in await self.rooms.filing.listed()}

    @cached_property
    def mailing(self) -> Mailing:
        """The door for mail."""
        return Mailing(self.rooms.settings, self.rooms.clock)

    @cached_property
    def letters(self) -> Letters:
        """The letters of every room."""
        return Letters(LETTERS)

    @cached_property
    def addresses(self) -> Addresses:
        """Who is reached where, now."""
        rooms = self.rooms
        return Addresses(database=rooms.data, keys=rooms.keys, clock=rooms.clock, in_force=self.in_force)

    @cached_property
    def post(self) -> Post:
        """Whether mail leaves."""
        return Post(self.rooms.data, self.rooms.clock, self.rooms.platform)

    @cached_property
    def settling(self) -> Settling:
        """How sendings went, written down."""
        rooms = self.rooms
        return Settling(
            committing=rooms.committing, obligations=self.obligations, clock=rooms.clock,
            telling=Announcing(rooms.clock).of_notice, failing=StaffLetters(self.queueing, rooms.settings.origin),
        )  # fmt: skip

    @cached_property
    def sending(self) -> Sending:
        """Notices on their way out."""
        rooms = self.rooms
        return Sending(
            claiming=Claiming(rooms.committing, rooms.clock), keys=rooms.keys, clock=rooms.clock, mailing=self.mailing,
            letters=self.letters, routing=self.addresses, settling=self.settling, post=self.post, returning=self.returning,
            sender=rooms.settings.processor, noticing=rooms.noticing,
        )  # fmt: skip

    @cached_property
    def returning(self) -> Returning:
        """Tags in the addresses that letters leave from."""
        rooms = self.rooms
        return Returning(
            database=rooms.data, keys=rooms.keys, controllers=self.everyone, on=rooms.settings.mail_returns == "tagged"
        )

    @cached_property
    def bouncing(self) -> Bouncing:
        """Delivery reports, taken in."""
        return Bouncing(committing=self.rooms.committing, settling=self.settling, clock=self.rooms.clock)

    @cached_property
    def tending(self) -> Tending:
        """What a human does for a notice."""
        rooms = self.rooms
        return Tending(
            committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, obligations=self.obligations,
            routing=self.addresses, sending=self.sending,
        )  # fmt: skip

    @property
    def _text_term(self) -> timedelta:
        return timedelta(days=int(self.rooms.settings.notice_text_days))

    @cached_property
    def reminding(self) -> Reminding:
        """Letters about what falls due."""
        rooms = self.rooms

        async def spoken(controller: UUID) -> Language | None:
            agreement = None if controller == rooms.platform else await self.in_force(controller)
            return agreement.language if agreement else None

        return Reminding(
            committing=rooms.committing, asking=self.asking, clock=rooms.clock, spoken=spoken, answered=self.answered,
            noticing=rooms.noticing, origin=rooms.settings.origin,
        )  # fmt: skip

    @cached_property
    def answered(self) -> Mapping[str, AsksOf]:
        """What a controller that is reminded can answer from the letter, by the first word of what it is about.

        As with `acts`, each looks its room up when it is called.
        """

        async def contact(one: Obligation, _language: Language) -> Question | None:
            return await self.offering.waiting(one.controller, UUID(one.promise.subject.split("/")[1]))

        return {"contact": contact}

    @cached_property
    def keeping(self) -> Keeping:
        """Letters that have served their term."""
        rooms = self.rooms
        return Keeping(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
            term=self._text_term,
        )  # fmt: skip

    @cached_property
    def book(self) -> Book:
        """Which notices went where."""
        return Book(self.rooms.data)

    @cached_property
    def acts(self) -> Mapping[str, Command]:
        """What a controller can do from its mailbox: the clauses' commands, by the names their letters ask under.

        Each looks its room up when it is called: the rooms ask through `asking`, which needs these names.
        """

        async def confirm_contact(change: Transaction, intent: Intent, *, by: str) -> None:
            await self.contacts.confirm(change, intent, by=by)

        async def change_contact(change: Transaction, intent: Intent, *, by: str) -> None:
            await self.offering.answer(change, intent, by=by)

        async def take_back(change: Transaction, intent: Intent, *, by: str) -> None:
            await self.offering.take_back(change, intent, by=by)

        return {CONFIRM: confirm_contact, CHANGE: change_contact, BACK: take_back}

    @cached_property
    def asking(self) -> Asking:
        """Notices that want an answer."""
        rooms = self.rooms
        return Asking(
            queueing=self.queueing, keys=rooms.keys, clock=rooms.clock, commands=self.acts, origin=rooms.settings.origin
        )

    @cached_property
    def answering(self) -> Answering:
        """Answers from a mailbox."""
        rooms = self.rooms
        return Answering(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, mailing=self.mailing,
            letters=self.letters, routing=self.addresses, commands=self.acts,
        )  # fmt: skip

    @cached_property
    def replying(self) -> Replying:
        """Replies that wait for a human."""
        rooms = self.rooms
        return Replying(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
            answering=self.answering, obligations=self.obligations,
        )  # fmt: skip

    @cached_property
    def _contacts_told(self) -> ContactsTold:
        return ContactsTold(
            asking=self.asking, queueing=self.queueing, obligations=self.obligations, clock=self.rooms.clock
        )

    @cached_property
    def contacts(self) -> Contacts:
        """Addresses and officers, kept up to date."""
        rooms = self.rooms
        return Contacts(
            committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, addresses=self.addresses,
            telling=self._contacts_told, controllers=self.everyone,
        )  # fmt: skip

    @cached_property
    def offering(self) -> Offering:
        """Addresses, changed from a mailbox."""
        rooms = self.rooms
        return Offering(
            contacts=self.contacts, telling=self._contacts_told, addresses=self.addresses, asking=self.asking,
            committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
        )  # fmt: skip

    def letters_given(self) -> dict[str, Any]:
        """What the pages of notices and contacts ask for, by name."""
        return {
            "book": self.book, "tending": self.tending, "post": self.post, "replying": self.replying,
            "answering": self.answering, "contacts": self.contacts, "addresses": self.addresses,
            "routing": self.addresses, "directory": Directory(self.names),
        }  # fmt: skip

    def letters_due(self) -> list[Duty]:
        """What is due of letters."""
        asked = self.rounds.asked
        return [
            self.rounds.agreed("contacts", 5.0, self.contacts.due),
            asked("letters that offer to change an address", 10.0, contacts.WITH_OFFERS, self.offering.due),
            asked("notices", 2.0, queries.WITH_NOTICES, self.sending.send),
            asked("notices that do not leave", 10.0, queries.WITH_UNSENT, self.settling.unsent, ago=UNSENT_AFTER),
            asked("letters about what falls due", 60.0, owing.WITH_REMINDERS, self.reminding.write),
            self.rounds.destroying(
                "spent letters", 3600.0, queries.WITH_SPENT, self.keeping.forget, ago=self._text_term
            ),
        ]
