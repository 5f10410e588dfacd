"""Stepping: what a controller says from its mailbox, done to its requests that a message was taken for."""

from uuid import UUID

from bailee.clauses.data_subject_requests.by_mail import ByMail, extend
from bailee.clauses.data_subject_requests.events import NotNow, Request, Right
from bailee.clauses.data_subject_requests.keeping import ChangedMeanwhile
from bailee.clauses.data_subject_requests.offering import LATER
from bailee.clauses.data_subject_requests.phrases import RIGHTS
from bailee.clauses.data_subject_requests.requesting import Requests, TooLate
from bailee.ledger.committing import Transaction
from bailee.obligations.mailbox.intents import Stale
from bailee.obligations.mailbox.questions import Question
from bailee.vocabulary.languages import Language


class Stepping:
    """All that a message was taken for goes one step, or none of it."""

    def __init__(self, requests: Requests, by_mail: ByMail) -> None:
        self._requests = requests
        self._by_mail = by_mail

    async def wait(self, change: Transaction, message: UUID) -> None:
        """`Stale` where all of it was answered."""
        await self._open(change, message)

    async def each(self, change: Transaction, message: UUID, language: Language) -> dict[str, Question]:
        """A question for each that can be carried out or refused, under what it asks for, in the order of the law."""
        found = {}
        for one in sorted(await self._open(change, message), key=lambda one: list(Right).index(one.right)):
            question = await self._by_mail.question(one.controller, one.id, language)
            if question is not None and set(question.choices) - LATER:
                found[f"{RIGHTS[language][one.right]} ({one.right.cited(language)})"] = question
        return found

    async def extend(self, change: Transaction, message: UUID, ground: str, *, by: str) -> None:
        """Two more months for each that has not had them; the person is told why, in their language."""
        waiting = [one for one in await self._open(change, message) if one.extended_at is None]
        if not waiting:
            raise Stale
        for one in waiting:
            try:
                await extend(self._requests, one, ground, by=by, change=change)
            except (NotNow, TooLate, ChangedMeanwhile):
                raise Stale from None

    async def answered(self, change: Transaction, message: UUID, note: str, *, by: str) -> None:
        """Nobody is written to, and nothing that is held changes: the controller has seen to it, as its note says."""
        for one in await self._open(change, message):
            try:
                await self._requests.finish(one, "answer", by=by, send=False, words=note, outcome="", change=change)
            except (NotNow, ChangedMeanwhile):
                raise Stale from None

    async def _open(self, change: Transaction, message: UUID) -> list[Request]:
        known = await self._requests.keeping.of_message(change, message)
        found = [await self._requests.keeping.find(change.controller, id) for id, _, void in known if not void]
        waiting = [one for one in found if one.open and one.papers is not None]
        if not waiting:
            raise Stale
        return waiting
