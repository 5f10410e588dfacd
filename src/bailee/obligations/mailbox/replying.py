"""Replying: a reply waits for a human of the processor, who confirms what it plainly says, or sets it aside."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.calendar import Due
from bailee.obligations.mailbox import queries
from bailee.obligations.mailbox.answering import LONGEST_NOTE, Answered, Answering, NotAsked, ShownOtherwise
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.mailbox.replies import Replied
from bailee.obligations.mailbox.sealing import REPLIES
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.vocabulary.ids import new_id

CLAUSE = "parties.cooperation"
A_DAY = timedelta(days=1)


class Reply(msgspec.Struct, frozen=True):
    """A reply as it is held; `replied` is None once its notice's text is gone."""

    id: UUID
    state: str
    received_at: datetime
    decided_at: datetime | None
    decided_by: str
    replied: Replied | None


class Asked(msgspec.Struct, frozen=True):
    """What a notice asks, and how it was answered. `open` is whether it still can be."""

    id: UUID
    question: Question
    state: str
    choice: str
    done_at: datetime | None
    done_by: str
    open: bool


class Replying:
    """Takes replies in, shows them, and carries out what a human confirms."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, clock: Clock, answering: Answering,
        obligations: Obligations,
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._keys = keys
        self._clock = clock
        self._answering = answering
        self._obligations = obligations

    async def receive(self, replied: Replied) -> UUID | None:
        """Keep a reply for a human; None where it answers no mail that was sent, or its text is gone, or it came before."""
        controller, id, now = replied.controller, new_id(), self._clock.now()
        try:
            key = await self._keys.controller_key(controller, f"notice/{replied.notice}", create=False)
        except KeyGone:
            return None
        async with self._committing.transaction(controller) as change:
            wrote_to = (controller, replied.notice, replied.recipient)
            if await change.connection.fetchval(queries.RECIPIENT, *wrote_to) is None:
                return None
            sealed = REPLIES.seal(key, controller, id, replied)
            kept: UUID | None = await change.connection.fetchval(
                queries.REPLY, controller, id, replied.notice, now, replied.digest, sealed
            )
            if kept is None:
                return None
            due = Due(strict=now + A_DAY, generous=now + A_DAY, rule="our own target: a day after it came")
            promise = Promise(
                clause=CLAUSE, subject=f"reply/{id}", owed_by="processor", owed_to="controller", due=due,
                evidence="a human's decision",
            )  # fmt: skip
            await self._obligations.open(change, promise, by="platform")
            details = {"reply": str(id), "notice": str(replied.notice)}
            await change.append([Act("mailbox-reply-received", controller, "platform", details, digest=replied.digest)])
        return kept

    async def letter(self, replied: Replied) -> str:
        """Which letter a mail answers; empty for what was never queued."""
        async with self._database.transaction(replied.controller) as tx:
            return await tx.fetchval(queries.LETTER, replied.controller, replied.notice) or ""

    async def of(self, controller: UUID, notice: UUID) -> list[Reply]:
        """The replies to a notice, opened; the caller has put the reading on record."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.REPLIES, controller, notice)
        try:
            key = await self._keys.controller_key(controller, f"notice/{notice}", create=False) if rows else None
        except KeyGone:
            key = None
        return [
            Reply(
                row["reply_id"], row["state"], row["received_at"], row["decided_at"], row["decided_by"],
                REPLIES.unseal(key, controller, row["reply_id"], row["sealed"]) if key else None,
            )
            for row in rows
        ]  # fmt: skip

    async def asked(self, controller: UUID, notice: UUID) -> list[Asked]:
        """What a notice asks; nothing once its text is gone."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.OF_NOTICE, controller, notice)
        found = []
        for row in rows:
            try:
                question = await self._answering.question(controller, row)
            except (NotAsked, ShownOtherwise):
                continue
            done = (row["state"], row["choice"], row["done_at"], row["done_by"])
            found.append(Asked(row["act_id"], question, *done, open=self._open(row)))
        return found

    async def decide(self, controller: UUID, reply: UUID, choice: str, *, by: str, act: UUID | None = None) -> None:
        """Confirm that a reply makes a choice, and carry it out; an empty choice sets the reply aside.

        `act` is which of the questions of the letter it answers; it may be left out where there is one alone.
        """
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.LOCK_REPLY, controller, reply)
            if row is None or row["state"] != "waiting":
                raise Answered
            state = "confirmed" if choice else "set-aside"
            await change.connection.execute(queries.DECIDE, controller, reply, state, self._clock.now(), by)
            details = {"reply": str(reply), "notice": str(row["notice_id"])}
            await change.append([Act(f"mailbox-reply-{state}", controller, by, details)])
            if choice:
                await self._carry_out(change, row, act, choice, by=by)
            owed = await self._obligations.find(change, CLAUSE, f"reply/{reply}")
            if owed is not None:
                try:
                    await self._obligations.discharge(change, owed, by=by, proof=f"reply/{reply}/{state}")
                except NotOpen:
                    return

    def _open(self, row: Record) -> bool:
        return bool(row["state"] == "open" and row["until_at"] > self._clock.now())

    async def _carry_out(self, change: Transaction, replied: Record, act: UUID | None, choice: str, *, by: str) -> None:
        """Do what the reply says, as its mailbox; who confirmed it stands beside."""
        reply, notice = replied["reply_id"], replied["notice_id"]
        rows = await change.connection.fetch(queries.OF_NOTICE, change.controller, notice)
        open_ = [row for row in rows if self._open(row) and act in (None, row["act_id"])]
        if len(open_) != 1:  # none any more, or it was not said which
            raise NotAsked
        held = await change.connection.fetch(queries.REPLIES, change.controller, notice)
        key = await self._keys.controller_key(change.controller, f"notice/{notice}", create=False)
        sealed = next(row["sealed"] for row in held if row["reply_id"] == reply)
        said = REPLIES.unseal(key, change.controller, reply, sealed)
        question = await self._answering.question(change.controller, open_[0])
        if choice not in question.choices or choice in question.handing:
            raise ShownOtherwise
        recipient = await change.connection.fetchval(queries.RECIPIENT, change.controller, notice, said.recipient)
        how = {"proof": "reply", "reply": str(reply), "confirmed_by": by}
        await self._answering.carry_out(
            change, open_[0], question, choice, by=f"mailbox:{recipient}", how=how,
            note=said.words[:LONGEST_NOTE] or f"reply/{reply}",
        )  # fmt: skip
