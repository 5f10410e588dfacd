"""Offering: a letter says which addresses are used for a controller, and lets whoever reads it change one, without an account.

One such letter is open at any time: what was answered, or is a year old, is followed by another. A change from a letter
goes the way of every change: the new address is used once it is confirmed from there, and the one before hears at once.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from bailee.clauses.contact_data import queries
from bailee.clauses.contact_data.addresses import Addresses, Now
from bailee.clauses.contact_data.deadlines import CONFIRMED_WITHIN
from bailee.clauses.contact_data.events import ContactKnown, Reached
from bailee.clauses.contact_data.mistakes import NoAddress, NothingWaits
from bailee.clauses.contact_data.slots import ADDRESSES, NOBODY, THEIRS
from bailee.clauses.contact_data.telling import AGAIN, TAKE_BACK, Telling, pending
from bailee.clauses.contact_data.words import lines, said
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.obligations.mailbox.asking import Asking
from bailee.obligations.mailbox.intents import Intent, Stale, Unfit
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.routing import MARKED_UNDER, mark

CHANGE = "contact-change"
ALL, NO_OFFICER = "all", "no-officer"
OPEN_FOR = timedelta(days=366)
FOUND = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")
LONGEST_NAME = 200


class Changes(Protocol):
    """Who changes addresses, in a transaction that stands or falls with the answer (`commands.Contacts`)."""

    async def change_within(
        self, change: Transaction, now: Now, slots: Sequence[str], reached: Reached, *, by: str
    ) -> tuple[UUID, ...]:
        """Ask for another address in some slots; `NoAddress` where it is none."""
        ...

    async def no_officer_within(self, change: Transaction, now: Now, *, by: str) -> None:
        """There is no officer any more; `NothingWaits` where that is known."""
        ...

    async def drop_within(self, change: Transaction, contact: UUID, *, by: str) -> None:
        """Take a change back; `NothingWaits` where it was decided."""
        ...


class Offering:
    """Asks whether the addresses still hold, and changes them as it is told."""

    def __init__(
        self, *, contacts: Changes, telling: Telling, addresses: Addresses, asking: Asking,
        committing: Committing, keys: KeyStore, clock: Clock,
    ) -> None:  # fmt: skip
        self._contacts = contacts
        self._telling = telling
        self._addresses = addresses
        self._asking = asking
        self._committing = committing
        self._keys = keys
        self._clock = clock

    async def due(self, controller: UUID) -> int:
        """Queue the letter where none is open any more. For the worker."""
        now = await self._addresses.now(controller)
        if now is None:
            return 0
        async with self._committing.transaction(controller) as change:
            # whoever else looks at this controller waits here, and finds the letter
            await change.connection.fetch(queries.LOCK_AGREED, controller)
            if await change.connection.fetchval(queries.OFFERED, controller, self._clock.now()):
                return 0
            await self.offer(change, now, by="platform")
        return 1

    async def offer(self, change: Transaction, now: Now, *, by: str) -> None:
        """The letter with its question, to the office that requests go to."""
        notice = Notice(
            kind="contact", clause="parties.addresses", subject="contacts", letter="contact_data/known",
            values={"lines": lines(now)},
        )  # fmt: skip
        await self._asking.ask(change, notice, self.question(now), by=by, language=now.language)

    def question(self, now: Now) -> Question:
        """What is asked: exactly the addresses that are used, and what a change of one means."""
        noted = (ALL, *ADDRESSES, THEIRS)
        choices = noted if now.slots[THEIRS] == NOBODY else (*noted, NO_OFFICER)
        means = ("means", "no-officer-means") if NO_OFFICER in choices else ("means",)
        return Question(
            act=CHANGE, choices=choices, heading=said(now.language, "which"), noted=noted,
            words="\n".join([*lines(now), *(said(now.language, one) for one in means)]), until=self._clock.now() + OPEN_FOR,
        )  # fmt: skip

    async def waiting(self, controller: UUID, contact: UUID) -> Question | None:
        """What is asked of a change that nobody has confirmed yet; None where none waits."""
        now = await self._addresses.now(controller)
        lines = _of_change(now, contact) if now else []
        if now is None or not lines:
            return None
        slots, ids = [one.slot for one in lines], [one.id for one in lines]
        return pending(now, slots, ids, choices=(AGAIN, TAKE_BACK), until=self._clock.now() + CONFIRMED_WITHIN)

    async def answer(self, change: Transaction, intent: Intent, *, by: str) -> None:
        """The command of the mailed link. `Stale` where the mailbox it comes from is no address on record for it now."""
        one = THEIRS if intent.choice == NO_OFFICER else intent.choice
        slots = ADDRESSES if intent.choice == ALL else (one,)
        now = await self._spoken_for(change.controller, slots, by)
        if intent.choice == NO_OFFICER:
            try:
                return await self._contacts.no_officer_within(change, now, by=by)
            except NothingWaits:
                raise Stale from None
        try:
            await self._contacts.change_within(change, now, slots, written(intent.note), by=by)
        except NoAddress:
            raise Unfit from None

    async def take_back(self, change: Transaction, intent: Intent, *, by: str) -> None:
        """The command of the link that the address before is sent, and whoever is reminded: the change is taken back,
        or the new address is asked once more, if it is not confirmed."""
        now = await self._spoken_for(change.controller, tuple(intent.arguments["slots"]), by)
        contacts = [UUID(one) for one in intent.arguments["contacts"]]
        if intent.choice == AGAIN:
            lines = _of_change(now, contacts[0])
            if [one.id for one in lines] != contacts:
                raise Stale
            slots = [one.slot for one in lines]
            await self._telling.verify(change, now, slots, lines[0].reached, ids=contacts, by=by)
            return
        for contact in contacts:
            try:
                await self._contacts.drop_within(change, contact, by=by)
            except NothingWaits:
                raise Stale from None

    async def _spoken_for(self, controller: UUID, slots: tuple[str, ...], by: str) -> Now:
        """Who is reached now: a mailbox that was an address once has no say, whatever letters it keeps."""
        now = await self._addresses.now(controller)
        if now is None:
            raise Stale
        key = await self._keys.controller_key(controller, MARKED_UNDER)
        if by not in {f"mailbox:{mark(key, now.slots[slot].email)}" for slot in ("request", *slots)}:
            raise Stale
        return now


def _of_change(now: Now, contact: UUID) -> list[ContactKnown]:
    """The lines that one change wrote, a slot each, while it waits; its first is named."""
    first = next((one for one in now.known if one.id == contact and one.state == "asked"), None)
    return [
        one
        for one in now.known
        if first is not None
        and one.state == "asked"
        and (one.since_at, one.made_by, one.reached) == (first.since_at, first.made_by, first.reached)
    ]


def written(note: str) -> Reached:
    """The one address that a note says, and the name before it; `Unfit` where it says none, or several."""
    found = list(dict.fromkeys(FOUND.findall(note)))
    if len(found) != 1:
        raise Unfit
    before, bracket, _ = note.partition(f"<{found[0]}")
    name = " ".join(before.split("\n")[-1].replace('"', " ").split()) if bracket else ""
    return Reached(found[0].rstrip("."), name[:LONGEST_NAME])
