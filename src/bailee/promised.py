"""What was promised: the rooms of the clauses and of their obligations, built on the rooms of the house."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from bailee.clauses import contact_data as contact_data_room
from bailee.clauses import instructions as instructions_room
from bailee.clauses.contact_data.addresses import Addresses
from bailee.clauses.contact_data.commands import Contacts
from bailee.clauses.contact_data.telling import CONFIRM
from bailee.clauses.contact_data.telling import Telling as ContactsTold
from bailee.clauses.instructions.commands import Drafts
from bailee.contract.agreement import Agreement
from bailee.contract.reading import read_agreement
from bailee.gate import queries as gate
from bailee.house import Rooms
from bailee.infra import samples
from bailee.infra.mail import Mailing
from bailee.ledger.committing import Transaction
from bailee.obligations import mailbox as mailbox_room
from bailee.obligations import notices as notices_room
from bailee.obligations.mailbox.answering import Answering
from bailee.obligations.mailbox.asking import Asking
from bailee.obligations.mailbox.intents import Command, Intent
from bailee.obligations.mailbox.replying import Replying
from bailee.obligations.notice_pages import Directory
from bailee.obligations.notices.book import Book
from bailee.obligations.notices.bouncing import Bouncing
from bailee.obligations.notices.failing import StaffLetters
from bailee.obligations.notices.keeping import Keeping
from bailee.obligations.notices.letters import Letters
from bailee.obligations.notices.post import Post
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.notices.sending import Sending
from bailee.obligations.notices.settling import Settling
from bailee.obligations.notices.tending import Tending
from bailee.obligations.obligations import Obligations
from bailee.processing.webhooks.announcing import Announcing
from bailee.worker.jobs import Duty

TEMPLATES = tuple(
    Path(str(room.__file__)).with_name("templates")
    for room in (instructions_room, contact_data_room, notices_room, mailbox_room)
)
# The rooms whose letters go out, by the name that a notice's `letter` begins with.
LETTERS = {
    name: Path(str(room.__file__)).with_name("letters")
    for name, room in (("notices", notices_room), ("mailbox", mailbox_room), ("contact_data", contact_data_room))
}


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

    async def names(self) -> dict[UUID, str]:
        """The controllers' names, the platform's own included."""
        return {one.id: one.name for one in await self.rooms.filing.listed()}

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
    def mailing(self) -> Mailing:
        """The door for mail."""
        return Mailing(self.rooms.settings, self.rooms.clock)

    @cached_property
    def letters(self) -> Letters:
        """The letters of every room."""
        return Letters(LETTERS)

    async def in_force(self, controller: UUID) -> Agreement | None:
        """The agreement in force now, as of the latest that is on file."""
        async with self.rooms.data.transaction(controller) as tx:
            row = await tx.fetchrow(gate.GATE, controller)
        dossier = await self.rooms.archive.dossier(controller, row["gate_version"]) if row else None
        force = dossier.in_force(self.rooms.clock.now()) if dossier else None
        return force.agreement if force else None

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
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, mailing=self.mailing,
            letters=self.letters, routing=self.addresses, settling=self.settling, post=self.post,
            sender=rooms.settings.processor, controllers=self.everyone,
        )  # fmt: skip

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

    @cached_property
    def keeping(self) -> Keeping:
        """Letters that have served their term."""
        rooms = self.rooms
        return Keeping(
            database=rooms.data, committing=rooms.committing, keys=rooms.keys, clock=rooms.clock,
            term=timedelta(days=int(rooms.settings.notice_text_days)), controllers=self.everyone,
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

        return {CONFIRM: confirm_contact}

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
    def contacts(self) -> Contacts:
        """Addresses and officers, kept up to date."""
        rooms = self.rooms
        telling = ContactsTold(
            asking=self.asking, queueing=self.queueing, obligations=self.obligations, clock=rooms.clock
        )
        return Contacts(
            committing=rooms.committing, keys=rooms.keys, clock=rooms.clock, addresses=self.addresses, telling=telling,
            controllers=self.everyone,
        )  # fmt: skip

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
        return {
            "drafts": self.drafts, "obligations": self.obligations, "book": self.book, "tending": self.tending,
            "post": self.post, "replying": self.replying, "answering": self.answering, "contacts": self.contacts,
            "addresses": self.addresses, "routing": self.addresses, "directory": Directory(self.names),
        }  # fmt: skip

    def given_to_api(self) -> dict[str, Any]:
        """What the clauses' endpoints ask for, by name."""
        return {"obligations": self.obligations, "book": self.book, "post": self.post}

    def duties(self) -> list[Duty]:
        """What the jobs' process looks after for the clauses."""
        return [
            Duty("obligations", 2.0, self.obligations.due),
            Duty("contacts", 5.0, self.contacts.due),
            Duty("notices", 2.0, self.sending.go_on),
            Duty("spent letters", 3600.0, self.keeping.forget),
        ]
