"""What can be done about a request: taken in, identified, extended, ordered, answered, refused, withdrawn.

Each is one transaction: the row, its entry, the obligation it opens or ends, the letter it sends. What takes longer
is queued by `order` and carried out by `working.py`.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests import deadlines, queries
from bailee.clauses.data_subject_requests.corresponding import Corresponding
from bailee.clauses.data_subject_requests.events import (
    Asked,
    Identity,
    Mandate,
    NotNow,
    Outcome,
    Request,
    State,
    Step,
)
from bailee.clauses.data_subject_requests.keeping import Keeping, NoSuchRequest
from bailee.clauses.data_subject_requests.ordering import check
from bailee.clauses.data_subject_requests.papers import REFUSING, Order, Papers, digest, salt
from bailee.contract.agreement import Agreement
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.ledger.committing import Transaction
from bailee.obligations.calendar import Due
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.vault import queries as vault_queries
from bailee.vocabulary.ids import new_id

CLAUSE = "rights.tools"


class NoSuchPerson(Exception):
    """Nobody of that id is held for this controller."""


class TooLate(Exception):
    """The time in which this could be done is over."""


class Requests:
    """Requests of persons, for their controller."""

    def __init__(
        self, *, keeping: Keeping, archive: Archive, obligations: Obligations, letters: Corresponding, clock: Clock,
        base: Callable[[], Agreement],
    ) -> None:  # fmt: skip
        self.keeping = keeping
        self._archive = archive
        self._obligations = obligations
        self._letters = letters
        self._clock = clock
        self._base = base

    async def agreement(self, controller: UUID) -> Agreement:
        """The agreement in force, for its terms; where there is none the law's month is counted all the same."""
        dossier = await self.keeping.dossier(self._archive, controller)
        force = dossier.in_force(self._clock.now()) if dossier else None
        return force.agreement if force else self._base()

    async def open(self, controller: UUID, asked: Asked, *, by: str, mandate: Mandate | None = None) -> Request:
        """Take a request in: its clock runs from receipt, and the obligation to answer stands with it.

        With a mandate (self-service that answers at once) the work on it is queued in the same transaction.
        """
        async with self.keeping.committing.transaction(controller) as change:
            return await self.open_within(change, asked, by=by, mandate=mandate)

    async def open_within(
        self, change: Transaction, asked: Asked, *, by: str, mandate: Mandate | None = None
    ) -> Request:
        """The same in the transaction of another clause's event."""
        controller = change.controller
        now, agreement = self._clock.now(), await self.agreement(controller)
        received = asked.received_at or now
        if received > now:
            raise NotNow("not-received-yet")
        due = deadlines.answer(agreement, received)
        one = Request(
            id=new_id(), controller=controller, right=asked.right, person=asked.person, channel=asked.channel,
            identity=asked.identity, received_at=received, due=due, opened_by=by, message=asked.message,
            papers=Papers(salt=salt(), asked=asked.words, name=asked.name, contact=asked.contact, language=asked.language),
        )  # fmt: skip
        assert one.papers is not None
        await self.keeping.prepare(one)
        if asked.person is not None:
            row = await change.connection.fetchrow(vault_queries.PERSON, controller, asked.person)
            if row is None or row["state"] != "living":
                raise NoSuchPerson
        one = await self.keeping.insert(
            change, one, by=by, channel=one.channel, identity=one.identity, received_at=received.isoformat(),
            due=due.strict.isoformat(), asked=one.papers.commitment,
        )  # fmt: skip
        await self._owe(change, one, due, by)
        return one if mandate is None else await self._queue(change, one, Order(at_once=True), mandate, by)

    async def identify(
        self, controller: UUID, request: UUID, identity: Identity, *, by: str, version: int,
        change: Transaction | None = None,
    ) -> Request:  # fmt: skip
        """Note how sure it is who asks. A document shown for it is looked at and not kept."""
        one = await self._now(controller, request, version)
        after = msgspec.structs.replace(one, identity=identity, state=one.after("identify"))
        return await self._step(after, "request-identified", by=by, change=change, identity=identity)

    async def ask_identity(
        self, controller: UUID, request: UUID, words: str, *, send: bool, by: str, version: int,
        change: Transaction | None = None,
    ) -> Request:  # fmt: skip
        """Ask for more where there are reasonable doubts (Art. 12(6)). The clock runs on."""
        one = await self._now(controller, request, version)
        papers = _papers(one, asked_identity=words)
        after = msgspec.structs.replace(one, state=one.after("ask-identity"), papers=papers)
        letter = "identity" if send else ""
        return await self._step(after, "request-identity-asked", by=by, change=change, letter=letter, words=words)

    async def extend(
        self, controller: UUID, request: UUID, reasons: str, *, send: bool, by: str, version: int,
        change: Transaction | None = None,
    ) -> Request:  # fmt: skip
        """Two more months, where the request is complex or there are many; the person is told why within the first."""
        if change is None:
            async with self.keeping.committing.transaction(controller) as change:
                return await self.extend(controller, request, reasons, send=send, by=by, version=version, change=change)
        one = await self._now(controller, request, version)
        if not reasons.strip() or one.extended_at is not None:
            raise NotNow("extended" if one.extended_at else "reasons-missing")
        now = self._clock.now()
        if now > one.due.generous:
            raise TooLate("the first month is over")
        due = deadlines.extended(await self.agreement(controller), one.received_at)
        after = msgspec.structs.replace(
            one, state=one.after("extend"), extended_at=now, due=due, papers=_papers(one, extension=reasons)
        )
        obligation = await self._obligations.find(change, CLAUSE, one.subject)
        if obligation is not None:
            days = deadlines.reminders(due, now)
            await self._obligations.move(change, obligation, due, by=by, reason="extended", reminders=days)
        return await self._told(
            change, after, "request-extended", by=by, letter="extended" if send else "", words=reasons,
            due=due.strict.isoformat(),
        )  # fmt: skip

    async def order(
        self, controller: UUID, request: UUID, order: Order, *, mandate: Mandate, by: str, version: int
    ) -> Request:
        """Have the right carried out on what is held, in somebody's name; the work is queued, the oldest first."""
        one = await self._now(controller, request, version)
        async with self.keeping.committing.transaction(controller) as change:
            return await self.order_within(change, one, order, mandate=mandate, by=by)

    async def order_within(
        self, change: Transaction, one: Request, order: Order, *, mandate: Mandate, by: str
    ) -> Request:
        """The same, of a request as it was seen, within a transaction."""
        check(one.right, order)
        if one.person is None and one.step is not Step.stopped:
            raise NotNow("not-held")
        return await self._queue(change, one, order, mandate, by)

    async def answer(
        self, controller: UUID, request: UUID, words: str, *, outcome: Outcome = "", send: bool = True, by: str,
        version: int,
    ) -> Request:  # fmt: skip
        """Answer the person. What was carried out says how far the request was granted, else `outcome` does."""
        one = await self._now(controller, request, version)
        if one.person is not None and one.step is not Step.done:
            raise NotNow("not-carried-out")
        outcome = outcome or ("partly" if one.outcome == "partly" else "granted")
        return await self.finish(one, "answer", by=by, send=send, words=words, outcome=outcome)

    async def refuse(
        self, controller: UUID, request: UUID, ground: str, words: str, *, send: bool = True, by: str, version: int
    ) -> Request:
        """Refuse, with reasons and with the way to complain and to a court (Art. 12(4))."""
        one = await self._now(controller, request, version)
        if ground not in REFUSING or not words.strip():
            raise NotNow("reasons-missing")
        one = msgspec.structs.replace(one, papers=_papers(one, ground=ground))
        return await self.finish(one, "refuse", by=by, send=send, words=words, outcome="refused")

    async def withdraw(self, controller: UUID, request: UUID, *, by: str, version: int) -> Request:
        """The person no longer asks: nothing is owed any more."""
        one = await self._now(controller, request, version)
        async with self.keeping.committing.transaction(controller) as change:
            return await self.withdraw_within(change, one, by=by, reason="")

    async def withdraw_within(self, change: Transaction, one: Request, *, by: str, reason: str) -> Request:
        """The same in another clause's transaction: `misread` where the person never asked."""
        after = await self._ended(one, State(one.after("withdraw")))
        await self._release(change, one, by, reason or "withdrawn")
        after = msgspec.structs.replace(after, step=Step.none, reason=reason)
        return await self._told(change, after, "request-withdrawn", by=by, **({"reason": reason} if reason else {}))

    async def finish(
        self, one: Request, act: Any, *, by: str, send: bool, words: str, outcome: str,
        change: Transaction | None = None,
    ) -> Request:  # fmt: skip
        """End a request by an answer or a refusal, in a transaction of its own or in that of the work."""
        if change is None:
            async with self.keeping.committing.transaction(one.controller) as change:
                return await self.finish(one, act, by=by, send=send, words=words, outcome=outcome, change=change)
        after = await self._ended(one, one.after(act))
        after = msgspec.structs.replace(after, outcome=outcome, papers=_papers(after, answer=words))
        if one.erased and not await self._to_be_told(change, one):
            after = msgspec.structs.replace(after, keep_until=after.ended_at)
        kind = "request-refused" if act == "refuse" else "request-answered"
        letter = ("refused" if act == "refuse" else "answered") if send else ""
        after = await self._told(change, after, kind, by=by, letter=letter, words=words, outcome=outcome)
        obligation = await self._obligations.find(change, CLAUSE, one.subject)
        if obligation is not None:
            await self._obligations.discharge(change, obligation, by=by, proof=f"entry/{after.entries[-1]}")
        return after

    @staticmethod
    async def _to_be_told(change: Transaction, one: Request) -> bool:
        """Whether recipients are to be told still, from the papers."""
        rows = await change.connection.fetch(queries.RECIPIENTS, one.controller, one.id)
        return any(row["state"] == "open" for row in rows)

    async def _queue(self, change: Transaction, one: Request, order: Order, mandate: Mandate, by: str) -> Request:
        papers = _papers(one, order=order, trouble="")
        if one.step in (Step.none, Step.done):  # a new order begins anew; one that stopped goes on from where it stood
            papers = msgspec.structs.replace(papers, work={})
            await self.keeping.clear(change, one)
        after = msgspec.structs.replace(
            one, state=one.after("order"), step=Step.queued, reason="", mandate=mandate, papers=papers
        )
        return await self.keeping.write(change, after, "request-ordered", by=by)

    async def _now(self, controller: UUID, request: UUID, version: int) -> Request:
        """The request as it was seen, still open, with its papers."""
        one = await self.keeping.find(controller, request)
        if one.papers is None or not one.open:
            raise NotNow(str(one.state))
        self.keeping.check(one, version)
        return one

    async def _ended(self, one: Request, state: State) -> Request:
        now = self._clock.now()
        keep = deadlines.keeping(await self.agreement(one.controller), now)
        return msgspec.structs.replace(one, state=state, ended_at=now, keep_until=keep)

    async def _step(self, after: Request, kind: str, *, by: str, change: Transaction | None, **said: Any) -> Request:
        if change is not None:
            return await self._told(change, after, kind, by=by, **said)
        async with self.keeping.committing.transaction(after.controller) as change:
            return await self._told(change, after, kind, by=by, **said)

    async def _told(
        self, change: Transaction, after: Request, kind: str, *, by: str, letter: str = "", words: str = "", **said: Any
    ) -> Request:
        """Write a step; what is said to the person goes with it as a letter, and into the ledger as a salted digest."""
        assert after.papers is not None
        if words:
            said["words"] = digest(after.papers.salt, words)
        if letter and after.papers.contact:
            notice = await self._letters.to_person(change, after, letter, words, by=by)
            said["notice"] = str(notice)
        return await self.keeping.write(change, after, kind, by=by, **said)

    async def _owe(self, change: Transaction, one: Request, due: Due, by: str) -> None:
        promise = Promise(
            clause=CLAUSE, subject=one.subject, owed_by="controller", owed_to="person", due=due, evidence="answer",
            reminders=deadlines.reminders(due, self._clock.now()),
        )  # fmt: skip
        await self._obligations.open(change, promise, by=by)

    async def _release(self, change: Transaction, one: Request, by: str, reason: str) -> None:
        if (obligation := await self._obligations.find(change, CLAUSE, one.subject)) is not None:
            await self._obligations.withdraw(change, obligation, by=by, reason=reason)


def _papers(one: Request, **changes: Any) -> Papers:
    assert one.papers is not None
    return msgspec.structs.replace(one.papers, **changes)


__all__ = ["NoSuchPerson", "NoSuchRequest", "NotNow", "NotOpen", "Requests", "TooLate"]
