"""Asking: a notice that wants an answer is queued together with its question; the letter carries the link."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.infra.tokens import fresh
from bailee.infra.web.words import moment
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.obligations.mailbox import queries
from bailee.obligations.mailbox.intents import Commands
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.mailbox.sealing import QUESTIONS, seal
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.vocabulary.ids import new_id
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
        if question.act not in self._commands:
            raise UnknownAct(question.act)
        id, link = new_id(), fresh(change.controller)
        spoken = language_of(language)
        values = notice.values | {
            "link": f"{self._origin}/act/{link.text}", "until": moment(spoken, question.until),
        }  # fmt: skip
        await self._queueing.queue(change, msgspec.structs.replace(notice, values=values), by=by, id=id)
        key = await self._keys.controller_key(change.controller, QUESTIONS)
        await change.connection.execute(
            queries.ASK, change.controller, link.id, id, question.act, link.digest, question.content, self._clock.now(),
            question.until, question.coded, seal(key, change.controller, link.id, question), QUESTIONS,
        )  # fmt: skip
        details = {
            "act": question.act,
            "notice": str(id),
            "choices": list(question.choices),
            "content": question.content,
        }
        await change.append([Act("mailbox-asked", change.controller, by, details)])
        return id
