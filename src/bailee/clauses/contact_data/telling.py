"""Telling of changes: the letters of this clause, each with the obligation that its sending discharges."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from bailee.clauses.contact_data.addresses import Now
from bailee.clauses.contact_data.deadlines import CONFIRMED_WITHIN, to_confirm, to_tell
from bailee.clauses.contact_data.events import Reached
from bailee.clauses.contact_data.slots import NOBODY, THEIRS, clause_of
from bailee.clauses.contact_data.words import said, spoken
from bailee.infra.clock import Clock
from bailee.infra.web.words import day
from bailee.ledger.committing import Transaction
from bailee.obligations.mailbox.asking import Asking
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import NotOpen, Obligations

CONFIRM, BACK = "contact-confirm", "contact-back"
TAKE_BACK, AGAIN = "take-back", "ask-again"


def pending(
    now: Now, slots: Sequence[str], ids: Sequence[UUID], *, choices: Sequence[str], until: datetime,
    lost: Sequence[str] = (),
) -> Question:  # fmt: skip
    """What becomes of a change that is not confirmed yet; `lost` are the slots of whoever is asked, if not all."""
    return Question(
        act=BACK, choices=tuple(choices), heading=said(now.language, "back"), until=until,
        words="\n".join([*spoken(now.language, slots), *(said(now.language, f"{one}-means") for one in choices)]),
        arguments={"contacts": [str(one) for one in ids], "slots": list(lost or slots)},
    )  # fmt: skip


class Telling:
    """Writes the letters of a change into the transaction that makes it."""

    def __init__(self, *, asking: Asking, queueing: Queueing, obligations: Obligations, clock: Clock) -> None:
        self._asking = asking
        self._queueing = queueing
        self._obligations = obligations
        self._clock = clock

    async def ask(
        self, change: Transaction, now: Now, slots: Sequence[str], reached: Reached, *, ids: Sequence[UUID], by: str
    ) -> None:
        """The letter to a new address, with the link that confirms it; and word to the address before."""
        at, clause = self._clock.now(), clause_of(slots[0])
        await self._obligations.open(change, to_confirm(clause, ids[0], at), by=by)
        await self.verify(change, now, slots, reached, ids=ids, by=by)
        names = spoken(now.language, slots)
        for before in dict.fromkeys(now.slots[slot].email for slot in slots if now.slots[slot].email):
            values = {"slots": names, "day": self._day(now)}
            lost = [slot for slot in slots if now.slots[slot].email == before]
            back = pending(now, slots, ids, choices=(TAKE_BACK,), until=at + CONFIRMED_WITHIN, lost=lost)
            await self._tell(
                change, "asked", ids[0], values, clause=clause, by=by, to=before, asks=(back, now.language)
            )

    async def verify(
        self, change: Transaction, now: Now, slots: Sequence[str], reached: Reached, *, ids: Sequence[UUID], by: str
    ) -> None:
        """The letter to a new address, with the link that confirms it."""
        names = spoken(now.language, slots)
        question = Question(
            act=CONFIRM, choices=("confirm",), heading=said(now.language, "heading"), coded=False,
            words="\n".join([reached.email, *names]), until=self._clock.now() + CONFIRMED_WITHIN,
            arguments={"contacts": [str(one) for one in ids]},
        )  # fmt: skip
        letter = Notice(
            kind="contact", clause=clause_of(slots[0]), subject=f"contact/{ids[0]}", letter="contact_data/verify",
            values={"address": reached.email, "slots": names}, to=reached.email,
        )  # fmt: skip
        await self._asking.ask(change, letter, question, by=by, language=now.language)

    async def addresses(self, change: Transaction, now: Now, slots: Sequence[str], id: UUID, *, by: str) -> None:
        """An amendment names other addresses."""
        values = {"slots": spoken(now.language, slots), "day": self._day(now)}
        await self._tell(change, "changed", id, values, clause="parties.addresses", by=by)

    async def officer(self, change: Transaction, now: Now, slot: str, officer: Reached, *, id: UUID, by: str) -> None:
        """Another officer is named, ours or the controller's."""
        [whose] = spoken(now.language, [slot])
        values = {"whose": whose, "name": officer.name, "email": officer.email, "day": self._day(now)}
        await self._tell(change, "officer", id, values, clause="parties.dpo", by=by)

    async def no_officer(self, change: Transaction, now: Now, *, id: UUID, by: str) -> None:
        """The controller has no officer any more: it is told what is known now, and so are the officer before and our
        own people."""
        await self.officer(change, now, THEIRS, NOBODY, id=id, by=by)
        [whose] = spoken(now.language, [THEIRS])
        values = {"whose": whose, "name": "", "email": "", "day": self._day(now)}
        before = now.slots[THEIRS].email
        await self._tell(change, "officer", id, values, clause="parties.dpo", by=by, to=before)
        await self._heard(change, [THEIRS], id, by=by)

    async def confirmed(
        self, change: Transaction, slots: Sequence[str], ids: Sequence[UUID], *, by: str, proof: str
    ) -> None:
        """A new address was confirmed: what was owed for it is done, and our own people hear of it."""
        for slot, id in zip(slots, ids, strict=True):
            owed = await self._obligations.find(change, clause_of(slot), f"contact/{id}/confirm")
            if owed is not None:
                with suppress(NotOpen):
                    await self._obligations.discharge(change, owed, by=by, proof=proof)
        await self._heard(change, slots, ids[0], by=by)

    async def _heard(self, change: Transaction, slots: Sequence[str], id: UUID, *, by: str) -> None:
        """Our own people hear that a slot is filled otherwise now."""
        letter = Notice(
            kind="contact", clause=clause_of(slots[0]), subject=f"contact/{id}", letter="contact_data/changed",
            values={"slots": spoken("en", slots), "day": day("en", self._clock.now())}, side="processor",
        )  # fmt: skip
        await self._queueing.queue(change, letter, by=by)

    async def dropped(self, change: Transaction, slot: str, id: UUID, *, by: str) -> None:
        """A change was taken back: nothing is owed for it any more."""
        owed = await self._obligations.find(change, clause_of(slot), f"contact/{id}/confirm")
        if owed is not None:
            with suppress(NotOpen):
                await self._obligations.withdraw(change, owed, by=by, reason="change-dropped")

    async def _tell(
        self, change: Transaction, letter: str, id: UUID, values: dict[str, Any], *, clause: str, by: str, to: str = "",
        asks: tuple[Question, str] | None = None,
    ) -> None:  # fmt: skip
        """A notice of a change, and the obligation that its sending discharges; with a question in a language, if any."""
        owed = await self._obligations.open(change, to_tell(clause, id, self._clock.now()), by=by)
        notice = Notice(
            kind="contact" if to else "officer", clause=clause, subject=f"contact/{id}", letter=f"contact_data/{letter}",
            values=values, to=to, discharges=owed,
        )  # fmt: skip
        if asks is None:
            await self._queueing.queue(change, notice, by=by)
        else:
            question, language = asks
            await self._asking.ask(change, notice, question, by=by, language=language)

    def _day(self, now: Now) -> str:
        return day(now.language, self._clock.now())
