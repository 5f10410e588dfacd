"""Answering: from a link to an act. Looking changes nothing; a code to the address on record is asked of whoever acts."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.infra.letters import Mail
from bailee.infra.mail import Accepted, Mailing
from bailee.infra.tokens import Token, parse
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.mailbox import queries
from bailee.obligations.mailbox.intents import Commands, Handed, Intent, Stale
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.mailbox.sealing import QUESTIONS
from bailee.obligations.notices.letters import Letters
from bailee.obligations.notices.queueing import NOTICES
from bailee.obligations.notices.routing import MARKED_UNDER, Routing, mark
from bailee.vocabulary.parties import ActorKind

ANYONE = "anyone"
CODE_LASTS = timedelta(minutes=15)
DIGITS, TRIES, CODES = 8, 5, 5
LONGEST_NOTE = 1_000


class NotAsked(Exception):
    """There is no such question, or its time is over: for whoever looks it is all the same."""


class Answered(Exception):
    """It was answered before."""


class ShownOtherwise(Exception):
    """What was answered is not what is asked."""


class WrongCode(Exception):
    """The code is not the one that was sent, it is too old, or it was tried too often."""


class NoteMissing(Exception):
    """This choice wants a few words, and not more than a page of them."""


class NoMoreCodes(Exception):
    """No other code will be sent for this question."""


class NotSent(Exception):
    """The code could not be mailed now."""


class Shown(msgspec.Struct, frozen=True):
    """A question as a page shows it: to whom it was sent, and whether and how it was answered."""

    question: Question
    to: str
    language: str
    choice: str
    done_at: datetime | None
    coding: bool  # a code was sent that still opens


class Seen(msgspec.Struct, frozen=True):
    """What a link leads to: its row, the question, the address on record now, and the language spoken there."""

    link: Token
    row: Record
    question: Question
    address: str
    language: str


class Answering:
    """Shows questions, mails codes, and carries answers out."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, clock: Clock, mailing: Mailing,
        letters: Letters, routing: Routing, commands: Commands,
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._keys = keys
        self._clock = clock
        self._mailing = mailing
        self._letters = letters
        self._routing = routing
        self._commands = commands

    async def show(self, text: str) -> Shown:
        """What a link leads to; nothing is changed by looking. `NotAsked` where it leads nowhere."""
        seen = await self._look(text)
        row = seen.row
        coding = row["code_digest"] is not None and row["code_until"] > self._clock.now()
        return Shown(seen.question, seen.address, seen.language, row["choice"], row["done_at"], coding)

    async def send_code(self, text: str) -> None:
        """Mail a code to the address on record; it answers for that address alone."""
        seen, now = await self._look(text), self._clock.now()
        link, code = seen.link, f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        to = await self._marked(seen)
        digest = _digest(await self._key(link.controller, seen.row), link, to, code)
        async with self._committing.transaction(link.controller) as change:
            row = await self._locked(change, link)
            if row["codes"] >= CODES:
                raise NoMoreCodes
            await change.connection.execute(queries.CODE, link.controller, link.id, digest, now + CODE_LASTS, to)
            details = {"act": row["act"], "notice": str(row["notice_id"]), "content": row["content"]}
            await change.append([Act("mailbox-code-sent", link.controller, "platform", details)])
        written = self._letters.write("mailbox/code", seen.language, {"code": code, "heading": seen.question.heading})
        mail = Mail(
            to=seen.address, subject=written.subject, text=written.text, html=written.html, language=seen.language,
            controller=link.controller,
        )  # fmt: skip
        if not isinstance(await self._mailing.send(mail), Accepted):
            raise NotSent

    async def answer(self, text: str, choice: str, *, content: str, code: str, note: str = "") -> Handed | None:
        """Carry a choice out: once, in time, of exactly what was shown, by whoever reads the address on record."""
        seen = await self._look(text)
        link, question = seen.link, seen.question
        to = await self._marked(seen)
        right = not question.coded or await self._try_code(link, to, code)
        async with self._committing.transaction(link.controller) as change:
            row = await self._locked(change, link)
            if choice not in question.choices or not hmac.compare_digest(content.encode(), row["content"].encode()):
                raise ShownOtherwise
            if not right:
                raise WrongCode
            by, how = f"mailbox:{to}", {"proof": "code" if question.coded else "link"}
            return await self.carry_out(change, row, question, choice, by=by, how=how, note=note)

    async def carry_out(
        self, change: Transaction, row: Record, question: Question, choice: str, *, by: str, how: dict[str, Any],
        note: str = "",
    ) -> Handed | None:  # fmt: skip
        """Use the question up, say so in the ledger, and do it: all or nothing."""
        now, command = self._clock.now(), self._commands.get(question.act)
        if command is None:
            raise Stale  # asked by a version that could do it
        note = note.strip() if choice in question.noted else ""
        if choice in question.noted and not 0 < len(note) <= LONGEST_NOTE:
            raise NoteMissing
        if await change.connection.fetchval(queries.DONE, change.controller, row["act_id"], choice, now, by) is None:
            raise Answered
        intent = Intent(
            controller=change.controller, act=question.act, choice=choice, content=question.content,
            arguments=question.arguments, notice=row["notice_id"], note=note,
        )  # fmt: skip
        details = {
            "act": intent.act, "choice": choice, "notice": str(intent.notice), "content": intent.content,
            "actor_kind": str(ActorKind.controller_staff), **how,
        }  # fmt: skip
        await change.append([Act("mailbox-answered", change.controller, by, details)])
        return await command(change, intent, by=by)

    async def question(self, controller: UUID, row: Record) -> Question:
        """What a row asks; `ShownOtherwise` where it is not what was digested."""
        key = await self._key(controller, row)
        question = QUESTIONS.unseal(key, controller, row["act_id"], row["sealed"])
        if question.content != row["content"]:
            raise ShownOtherwise
        return question

    async def _look(self, text: str) -> "Seen":
        """What a link leads to, read and closed again before anyone is asked where it goes."""
        link = parse(text)
        if link is None:
            raise NotAsked
        async with self._database.transaction(link.controller) as tx:
            row = await tx.fetchrow(queries.FIND, link.controller, link.id)
            known = row is not None and link.opens(row["secret_digest"])
            held = await tx.fetchrow(queries.NOTICE, link.controller, row["notice_id"]) if row and known else None
        if row is None or held is None:
            raise NotAsked
        if row["state"] == "open" and row["until_at"] <= self._clock.now():
            raise NotAsked
        named = await self._named(link.controller, row, held["sealed"])
        route = await self._routing.route(link.controller, held["kind"], held["side"])
        address = named or next(iter(route.to), "")
        return Seen(link, row, await self.question(link.controller, row), address, route.language)

    async def _named(self, controller: UUID, row: Record, sealed: bytes | None) -> str:
        """The address that the letter itself named; nothing where it named none, or its text is gone. Where the link
        alone is the proof that a letter arrives there, it goes with the letter."""
        with suppress(KeyGone):
            if sealed is not None:
                key = await self._keys.controller_key(controller, f"notice/{row['notice_id']}", create=False)
                return NOTICES.unseal(key, controller, row["notice_id"], sealed).to
        if not row["coded"]:
            raise NotAsked
        return ""

    async def _locked(self, change: Transaction, link: Token) -> Record:
        """The question's row, if it may still be answered."""
        row = await change.connection.fetchrow(queries.LOCK, link.controller, link.id)
        if row is None or row["until_at"] <= self._clock.now():
            raise NotAsked
        if row["state"] != "open":
            raise Answered
        return row

    async def _marked(self, seen: Seen) -> str:
        """The address on record, as the ledger and the outbox know it."""
        return mark(await self._keys.controller_key(seen.link.controller, MARKED_UNDER), seen.address)

    async def _try_code(self, link: Token, to: str, code: str) -> bool:
        """Whether the code is right and was mailed to this very address; a try is counted before it is looked at, stays
        counted, and stands in the ledger where it failed."""
        async with self._database.transaction(link.controller) as tx:
            row = await tx.fetchrow(queries.LOCK, link.controller, link.id)
            if (
                row is None
                or row["code_digest"] is None
                or row["code_tries"] >= TRIES
                or row["code_until"] <= self._clock.now()
            ):
                return False
            await tx.execute(queries.TRIED, link.controller, link.id)
        key = await self._key(link.controller, row)
        if hmac.compare_digest(_digest(key, link, to, code), row["code_digest"]):
            return True
        details = {
            "act": row["act"], "notice": str(row["notice_id"]), "reason": "code" if row["code_to"] == to else "address"
        }  # fmt: skip
        async with self._committing.transaction(link.controller) as change:
            await change.append([Act("mailbox-code-refused", link.controller, ANYONE, details)])
        return False

    async def _key(self, controller: UUID, row: Record) -> Key:
        try:
            return await self._keys.controller_key(controller, row["sealed_under"], create=False)
        except KeyGone:
            raise NotAsked from None


def _digest(key: Key, link: Token, to: str, code: str) -> bytes:
    """A code is short: only with the question's key can it be tried. It is bound to its question and its address."""
    content = b"bailee/code/2" + link.id.bytes + to.encode() + b"\n" + code.encode()
    return hmac.new(key.secret, content, hashlib.sha256).digest()
