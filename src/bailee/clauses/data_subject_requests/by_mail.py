"""By mail: what a letter asks about one request, and what is done of the answer. No account is needed.

It is for whoever is reminded of a request, however that came in: more time within the first month, on the two grounds
that Art. 12(3) knows, or word that the person was answered.
"""

from datetime import datetime, timedelta
from uuid import UUID

from bailee.clauses.data_subject_requests.events import NotNow, Request
from bailee.clauses.data_subject_requests.keeping import ChangedMeanwhile, NoSuchRequest
from bailee.clauses.data_subject_requests.phrases import (
    ABOUT,
    ANSWERED,
    COMPLEX,
    DUE,
    GROUNDS,
    HEADING,
    MANY,
    MEANS,
    RIGHTS,
)
from bailee.clauses.data_subject_requests.requesting import Requests, TooLate
from bailee.infra.clock import Clock
from bailee.infra.web.words import day
from bailee.ledger.committing import Transaction
from bailee.obligations.mailbox.intents import Intent, Stale
from bailee.obligations.mailbox.questions import Question
from bailee.vocabulary.languages import Language

STEP = "rights-step"
OPEN_FOR = timedelta(days=123)  # a month to answer in, two more, and a month that one may be late


class ByMail:
    """Asks about one request, and does what is answered."""

    def __init__(self, requests: Requests, clock: Clock) -> None:
        self._requests = requests
        self._clock = clock

    async def question(self, controller: UUID, request: UUID, language: Language) -> Question | None:
        """What is asked of a request as it stands; None where nothing is owed for it any more."""
        try:
            one = await self._requests.keeping.find(controller, request)
        except NoSuchRequest:
            return None
        if not one.open or one.papers is None:
            return None
        now = self._clock.now()
        more = one.may("extend") and one.extended_at is None and now <= one.due.generous
        choices = (*((COMPLEX, MANY) if more else ()), *((ANSWERED,) if one.may("answer") else ()))
        return _question(one, choices, language, now + OPEN_FOR) if choices else None

    async def answer(self, change: Transaction, intent: Intent, *, by: str) -> None:
        """The command of the mailed link; `Stale` where it was answered or extended since, or the first month is over."""
        try:
            one = await self._requests.keeping.find(change.controller, UUID(intent.arguments["request"]))
            if intent.choice == ANSWERED:
                await self._requests.finish(
                    one, "answer", by=by, send=False, words=intent.note, outcome="", change=change
                )
            else:
                await extend(self._requests, one, intent.choice, by=by, change=change)
        except (NoSuchRequest, NotNow, TooLate, ChangedMeanwhile):
            raise Stale from None


async def extend(requests: Requests, one: Request, ground: str, *, by: str, change: Transaction) -> None:
    """Two more months on one of the two grounds; the person is told it in their language."""
    assert one.papers is not None
    words = GROUNDS[ground][one.papers.language]
    await requests.extend(one.controller, one.id, words, send=True, by=by, version=one.version, change=change)


def _question(one: Request, choices: tuple[str, ...], language: Language, until: datetime) -> Question:
    right = RIGHTS[language][one.right]
    words = [
        ABOUT[language].format(right=right, article=one.right.article, request=one.id),
        DUE[language].format(day=day(language, one.due.strict)),
        *(MEANS[language][choice] for choice in choices),
    ]
    return Question(
        act=STEP, choices=choices, heading=HEADING[language].format(day=day(language, one.received_at)),
        words="\n".join(words), until=until, arguments={"request": str(one.id)},
        noted=(ANSWERED,) if ANSWERED in choices else (),
    )  # fmt: skip
