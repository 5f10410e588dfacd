"""Telling: each controller hears of a proposal on the path that its own agreement gives it, and its time runs from there.

Inside the Union, or without personal data: told, and then it stands; where the agreement gives a right to object there
too, once the time to object has passed. Outside: asked, and silence is no consent. A letter that comes back opens no
time to object; one that comes back later takes it back.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from bailee.clauses.sub_processors import deadlines, evidence, queries, wording
from bailee.clauses.sub_processors.engaging import Engaging, act, subject
from bailee.clauses.sub_processors.events import Decision, Known, Proposed, State
from bailee.clauses.sub_processors.keeping import Keeping
from bailee.clauses.sub_processors.mistakes import NothingThere
from bailee.clauses.sub_processors.paths import Way, way
from bailee.contract.agreement import Agreement
from bailee.gate.archive import Archive
from bailee.ledger.committing import Transaction
from bailee.obligations.calendar import Due
from bailee.obligations.mailbox.asking import Asking, Spoken
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.vocabulary.languages import language_of

PLATFORM = "platform"
LIST, CONSENT = "subprocessors.list", "subprocessors.consent"


def _promise(clause: str, about: str, due: Due, proof: str) -> Promise:
    """What we owe the controller."""
    return Promise(
        clause=clause, subject=about, owed_by="processor", owed_to="controller", due=due, evidence=proof
    )  # fmt: skip


class Telling:
    """Takes each proposal through its steps at one controller."""

    def __init__(
        self, *, keeping: Keeping, engaging: Engaging, archive: Archive, obligations: Obligations, queueing: Queueing,
        asking: Asking, language: Spoken, console: str,
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._engaging = engaging
        self._archive = archive
        self._obligations = obligations
        self._queueing = queueing
        self._asking = asking
        self._language = language
        self._console = console

    async def agreement(self, controller: UUID) -> Agreement | None:
        """The agreement in force with a controller whose contract runs; None: there is nobody to tell."""
        force = await self._archive.in_force(controller)
        return force.agreement if force is not None and force.ended_at is None else None

    async def catch_up(self, controller: UUID) -> int:
        """Have looked at whatever of the list this controller has not been told of: it came later. For the worker."""
        if await self.agreement(controller) is None:
            return 0
        now = self._keeping.clock.now()
        live = evidence.live(await self._keeping.listed(), now)
        async with self._keeping.committing.transaction(controller) as change:
            for what in live:
                await change.connection.fetchval(queries.TO_LOOK_AT, controller, what.id, now)
        return await self.due(controller)

    async def due(self, controller: UUID) -> int:
        """Take every step that has come; how many. For the worker."""
        now, taken = self._keeping.clock.now(), 0
        async with self._keeping.committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.WAITING, controller, now)
        if not rows:
            return 0
        agreement, known = await self.agreement(controller), await self._keeping.listed()
        by_id = {one.what.id: one for one in known}
        for row in rows:
            found = by_id.get(row["proposal_id"])
            async with self._keeping.committing.transaction(controller) as change:
                one = await self._keeping.lock(change, row["proposal_id"])
                if one.state == "due" and (agreement is None or found is None or found.state == "dropped"):
                    await change.connection.execute(queries.DROP_DECISION, controller, one.proposal)
                elif agreement is not None and found is not None and found.state == "approved":
                    taken += await self._step(change, one, found.what, agreement, known)
            self._archive.forget(controller)
        return taken

    async def _step(
        self, change: Transaction, one: Decision, what: Proposed, agreement: Agreement, known: list[Known]
    ) -> int:
        on = way(what.kind, what.entry, agreement)
        if one.notice is None:
            if one.state != "due":
                return 0
            for earlier in evidence.earlier(known, what):
                await self._give_way(change, what, earlier)
            await self._start(change, what, on, agreement)
            return 1
        letter = await change.connection.fetchrow(queries.ARRIVAL, change.controller, one.notice)
        arrived = letter is not None and letter["there"]
        if one.state == "telling" and letter is not None and arrived:
            await self._arrived(change, one, what, on, agreement=agreement, letter=letter)
        elif one.state == "open" and not arrived:
            await self._came_back(change, one, what)
        elif one.state == "open" and one.generous_at is not None and one.generous_at < self._keeping.clock.now():
            await self._over(change, one, what)
        else:
            return 0
        return 1

    async def _start(self, change: Transaction, what: Proposed, on: Way, agreement: Agreement) -> None:
        """Tell, or ask; of what the agreement itself names there is nothing to tell."""
        controller, now, notice = change.controller, self._keeping.clock.now(), None
        state: State = "standing"
        if on.path != "agreement":
            state = "telling"
            clause, about = (LIST, subject(what.id, "/notice")) if on.asks else (on.clause, subject(what.id))
            promise = _promise(clause, about, deadlines.telling_due(what.begins_at, now), "notice")
            owed = await self._obligations.open(change, promise, by=PLATFORM)
            letter = wording.notice(what, on, agreement, owed, console=self._console)
            if on.may_object:
                language = language_of(await self._language(controller))
                asked = wording.question(what, agreement, language, now)
                notice = await self._asking.ask(change, letter, asked, by=PLATFORM, language=language)
            else:
                notice = await self._queueing.queue(change, letter, by=PLATFORM)
        await change.connection.execute(queries.START_DECISION, controller, what.id, on.path, state, notice, now)
        why = [f"{code}:{country}" if country else code for code, country in on.why]
        details = {"path": on.path, "why": why, "content": what.digest}
        await change.append([act("sub-processor-announced", change, what, PLATFORM, **details)])
        if state == "standing":
            await self._engaging.engage(change, what, by=PLATFORM, proof="agreement")

    async def _arrived(
        self, change: Transaction, one: Decision, what: Proposed, on: Way, *, agreement: Agreement, letter: Record
    ) -> None:
        """A server took the letter over: from now on the controller's time runs, where it has any."""
        at: datetime = letter["arrived_at"]
        if not on.may_object:
            await self._write(change, one, "standing", told_at=at)
            await change.append([act("sub-processor-told", change, what, PLATFORM, told=at.isoformat())])
            await self._engaging.engage(change, what, by=PLATFORM, proof=f"notice/{one.notice}")
            return
        due, again = deadlines.window(agreement, at), f"/{letter['rounds']}" if letter["rounds"] else ""
        if on.asks:
            promise = Promise(
                clause=CONSENT, subject=subject(what.id, again), owed_by="controller", owed_to="processor", due=due,
                evidence="consent-or-objection", reminders=deadlines.reminders(due, at),
            )  # fmt: skip
        else:
            about = subject(what.id, f"/window{again}")
            promise = _promise(LIST, about, deadlines.waiting_due(due), "time-to-object-over")
        waiting = await self._obligations.open(change, promise, by=PLATFORM)
        await self._write(change, one, "open", told_at=at, due=due, waiting=waiting)
        details = {"told": at.isoformat(), "strict": due.strict.isoformat(), "generous": due.generous.isoformat()}
        await change.append([act("sub-processor-told", change, what, PLATFORM, **details)])

    async def _came_back(self, change: Transaction, one: Decision, what: Proposed) -> None:
        """It did not arrive after all: no time has run."""
        await self.settle(change, one, by=PLATFORM, withdrawn="notice-came-back")
        await self._write(change, one, "telling")
        await change.append([act("sub-processor-untold", change, what, PLATFORM)])

    async def _over(self, change: Transaction, one: Decision, what: Proposed) -> None:
        """The time to object has passed. Inside the Union it stands; outside silence is no consent."""
        if one.path == "outside":
            await self.settle(change, one, by=PLATFORM, withdrawn="silence-is-no-consent")
            await self._move(change, one, "silent")
            await change.append([act("sub-processor-silence", change, what, PLATFORM)])
            return
        await self.settle(change, one, by=PLATFORM, proof=f"proposal/{what.id}")
        await self._move(change, one, "standing")
        await self._engaging.engage(change, what, by=PLATFORM, proof="no-objection")

    async def settle(
        self, change: Transaction, one: Decision, *, by: str, proof: str = "", withdrawn: str = ""
    ) -> None:  # fmt: skip
        """Nobody waits for an answer any more: it came, or nothing is owed."""
        if one.waiting is None:
            return
        with suppress(NotOpen):
            if withdrawn:
                await self._obligations.withdraw(change, one.waiting, by=by, reason=withdrawn)
            else:
                await self._obligations.discharge(change, one.waiting, by=by, proof=proof)

    async def _give_way(self, change: Transaction, what: Proposed, earlier: Proposed) -> None:
        """What this one takes the place of is no longer asked about, and works until this one's first day."""
        await self._engaging.give_way(change, what, earlier, by=PLATFORM)
        with suppress(NothingThere):
            one = await self._keeping.lock(change, earlier.id)
            if one.waits:
                await self.settle(change, one, by=PLATFORM, withdrawn="superseded")
                await self._move(change, one, "over")

    async def _move(self, change: Transaction, one: Decision, state: State) -> None:
        """Another state, the times as they were."""
        due = Due(one.strict_at, one.generous_at, "") if one.strict_at and one.generous_at else None
        await self._write(change, one, state, told_at=one.told_at, due=due)

    async def _write(
        self, change: Transaction, one: Decision, state: State, *, told_at: datetime | None = None, due: Due | None = None,
        waiting: UUID | None = None,
    ) -> None:  # fmt: skip
        await change.connection.execute(
            queries.MOVE_DECISION, change.controller, one.proposal, state, told_at, due.strict if due else None,
            due.generous if due else None, waiting, self._keeping.clock.now(),
        )  # fmt: skip
