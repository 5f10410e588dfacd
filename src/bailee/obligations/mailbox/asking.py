"""Asking: a notice that wants answers is queued together with its questions; the letter carries a link for each."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.infra.tokens import Token, fresh
from bailee.infra.web.words import moment
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.obligations.mailbox import queries
from bailee.obligations.mailbox.intents import Commands
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.mailbox.sealing import QUESTIONS, UNDER
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.vocabulary.languages import language_of

# The language that a controller is written to in.
Spoken = Callable[[UUID], Awaitable[str]]


class UnknownAct(ValueError):
    """No command of this name was given to the house."""


class Asking:
    """Queues notices that ask. `origin` is where people reach the console."""

    def __init__(self, *, queueing: Queueing, keys: KeyStore, clock: Clock, commands: Commands, origin: str) -> None:
        self._queueing = queueing
        self._keys = keys
        self._clock = clock
        self._commands = commands
        self._origin = origin

    async def ask(
        self, change: Transaction, notice: Notice, question: Question, *, by: str, language: str = "en"
    ) -> UUID:
        """Queue the notice; its letter is given `link` and `until` beside its own values. The notice's id."""
        link = self._link(change, question)
        values = notice.values | self._said(link, question, language)
        id = await self._queueing.queue(change, msgspec.structs.replace(notice, values=values), by=by)
        await self._write(change, id, link, question, by=by)
        return id

    async def ask_each(
        self, change: Transaction, notice: Notice, questions: Mapping[str, Question], *, by: str, language: str = "en"
    ) -> UUID:
        """Queue a notice that asks about several matters; its letter is given `asks`: `link` and `until` by the name of
        each. The notice's id."""
        links = {name: self._link(change, one) for name, one in questions.items()}
        asks = {name: self._said(links[name], one, language) for name, one in questions.items()}
        values = notice.values | {"asks": asks}
        id = await self._queueing.queue(change, msgspec.structs.replace(notice, values=values), by=by)
        for name, one in questions.items():
            await self._write(change, id, links[name], one, by=by)
        return id

    def _link(self, change: Transaction, question: Question) -> Token:
        if question.act not in self._commands:
            raise UnknownAct(question.act)
        return fresh(change.controller)

    def _said(self, link: Token, question: Question, language: str) -> dict[str, str]:
        return {"link": f"{self._origin}/act/{link.text}", "until": moment(language_of(language), question.until)}

    async def _write(self, change: Transaction, id: UUID, link: Token, question: Question, *, by: str) -> None:
        key = await self._keys.controller_key(change.controller, UNDER)
        await change.connection.execute(
            queries.ASK, change.controller, link.id, id, question.act, link.digest, question.content, self._clock.now(),
            question.until, question.coded, QUESTIONS.seal(key, change.controller, link.id, question), UNDER,
        )  # fmt: skip
        details = {
            "act": question.act,
            "notice": str(id),
            "choices": list(question.choices),
            "content": question.content,
        }
        await change.append([Act("mailbox-asked", change.controller, by, details)])
