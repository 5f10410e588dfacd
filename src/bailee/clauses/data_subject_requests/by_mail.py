"""By mail: what a letter asks about one request, and what is done of the answer. No account is needed.

Whoever reads the controller's mailbox has a request carried out on what is held, takes more time within the first month
on the two grounds that Art. 12(3) knows, fetches the pack that answers it, says that the person was answered, asks who it
is, refuses with reasons, and has recipients told. What is wanted beyond that (parts that stay of an erasure, another
controller for a pack, corrections, an objection that does not prevail) is ordered in the console.
"""

from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

from bailee.clauses.data_subject_requests import phrases
from bailee.clauses.data_subject_requests.events import PACKED, Mandate, NotNow, Recipient, Request, Step
from bailee.clauses.data_subject_requests.keeping import ChangedMeanwhile, NoSuchRequest
from bailee.clauses.data_subject_requests.offering import (
    CARRIES,
    HANDING,
    KNOWN,
    NOTED,
    arguments,
    asked_about,
    offered,
    ordered,
)
from bailee.clauses.data_subject_requests.ordering import DoesNotFit
from bailee.clauses.data_subject_requests.phrases import (
    ASK_WHO,
    FETCH,
    GROUNDS,
    REFUSE,
    TELL,
)
from bailee.clauses.data_subject_requests.recipients import CLAUSE as TOLD
from bailee.clauses.data_subject_requests.recipients import Excuse, Recipients
from bailee.clauses.data_subject_requests.requesting import CLAUSE, Requests, TooLate
from bailee.clauses.data_subject_requests.taking_along import TakingAlong
from bailee.infra.clock import Clock
from bailee.infra.web.words import day
from bailee.ledger.committing import Transaction
from bailee.obligations.mailbox.asking import Asking, Spoken
from bailee.obligations.mailbox.intents import Handed, Intent, Stale
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.mailbox.steps import ANSWERED
from bailee.obligations.notices.notice import Notice
from bailee.obligations.promises import Obligation
from bailee.vocabulary.languages import Language, language_of
from bailee.vocabulary.parties import Actor, ActorKind

STEP, TELLING = "rights-step", "recipients-step"
OPEN_FOR = timedelta(days=123)  # a month to answer in, two more, and a month that one may be late
WORKED_FOR = timedelta(days=7)  # in the name of the mailbox that ordered it
MAILBOX = "mailbox:"
# What is said of recipients who are not written to from here.
EXCUSES: dict[str, Excuse] = {one: one for one in get_args(Excuse)}


class ByMail:
    """Asks about one request, and does what is answered."""

    def __init__(
        self, *, requests: Requests, recipients: Recipients, taking_along: TakingAlong, asking: Asking, language: Spoken,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._requests = requests
        self._recipients = recipients
        self._taking_along = taking_along
        self._asking = asking
        self._language = language
        self._clock = clock

    async def owed(self, obligation: Obligation, language: Language) -> Question | None:
        """What is asked about what is owed for a request; None where it cannot be answered from a mailbox."""
        about, _, rest = obligation.promise.subject.partition("/")
        if about != "request" or "/" in rest:
            return None
        match obligation.promise.clause:
            case clause if clause == CLAUSE:
                return await self.question(obligation.controller, UUID(rest), language)
            case clause if clause == TOLD:
                return await self.telling(obligation.controller, UUID(rest), language)
        return None

    async def question(self, controller: UUID, request: UUID, language: Language) -> Question | None:
        """What is asked of a request as it stands; None where nothing can be answered."""
        one = await self._find(controller, request)
        now = self._clock.now()
        choices = offered(one, now) if one else ()
        return _question(one, choices, language, now + OPEN_FOR) if one and choices else None

    async def telling(self, controller: UUID, request: UUID, language: Language) -> Question | None:
        """What is asked about the recipients of a request who are to be told still (Art. 19)."""
        one = await self._find(controller, request)
        waiting = await self._waiting(one) if one else []
        if one is None or not waiting:
            return None
        choices = (*((TELL,) if any(known.reached for known in waiting) else ()), *EXCUSES)
        words = [
            phrases.RECIPIENTS[language].format(request=one.id), *(f"{phrases.DASH} {known.name}" for known in waiting),
            *(phrases.MEANS[language][choice] for choice in choices),
        ]  # fmt: skip
        return Question(
            act=TELLING, choices=choices, heading=phrases.TOLD[language], words="\n".join(words),
            until=self._clock.now() + OPEN_FOR,
            arguments={"request": str(one.id), "recipients": [known.name for known in waiting]},
        )  # fmt: skip

    async def answer(self, change: Transaction, intent: Intent, *, by: str) -> Handed | None:
        """The command of the link about a request; `Stale` where it went on since, or the first month is over."""
        try:
            one = await self._requests.keeping.find(change.controller, UUID(intent.arguments["request"]))
            if one.papers is None or not asked_about(one, intent.arguments):  # over, or found to be about another
                raise Stale
            if intent.choice == FETCH:
                return await self._fetch(change, one, intent, by=by)
            if intent.choice in CARRIES.get(one.right, ()):
                order = ordered(one, intent, by=by)
                await self._requests.order_within(change, one, order, mandate=self._mandate(intent, by), by=by)
            elif intent.choice == ANSWERED:
                await self._requests.finish(
                    one, "answer", by=by, send=False, words=intent.note, outcome="", change=change
                )
            elif intent.choice == REFUSE:
                await self._requests.finish(
                    one, "refuse", by=by, send=True, words=intent.note, outcome="refused", change=change
                )
            elif intent.choice == ASK_WHO or intent.choice in KNOWN:
                await self._who(change, one, intent, by=by)
            else:
                await extend(self._requests, one, intent.choice, by=by, change=change)
        except (NoSuchRequest, NotNow, TooLate, ChangedMeanwhile, DoesNotFit):
            raise Stale from None
        return None

    async def tell(self, change: Transaction, intent: Intent, *, by: str) -> None:
        """The command of the link about recipients: written to where they are reached, or said why not."""
        one = await self._find(change.controller, UUID(intent.arguments["request"]))
        waiting = await self._waiting(one) if one else []
        if one is None or [known.name for known in waiting] != intent.arguments["recipients"]:
            raise Stale
        try:
            if intent.choice == TELL:
                await self._recipients.tell_within(change, one, by=by)
            else:
                for known in waiting:
                    one = await self._recipients.excuse_within(change, one, known.name, EXCUSES[intent.choice], by=by)
        except (NotNow, ChangedMeanwhile):
            raise Stale from None

    async def ready(self, change: Transaction, one: Request, *, fetched: bool = False) -> None:
        """The letter that a pack lies ready, or that the work has stopped, to the mailbox that ordered it; nothing where
        somebody else did."""
        stopped = one.step is Step.stopped
        if one.mandate is None or not one.mandate.actor.id.startswith(MAILBOX) or not (stopped or one.right in PACKED):
            return
        language, now = language_of(await self._language(change.controller)), self._clock.now()
        choices = offered(one, now) if stopped else (FETCH, ANSWERED)
        asked = _question(one, choices, language, now + OPEN_FOR)
        if stopped:
            why = phrases.WHY[language].get(one.reason, phrases.WHY[language][""])
            await self._write(change, one, asked, language, letter="stopped", why=why)
        else:
            await self._write(change, one, asked, language, letter="ready", fetched="yes" if fetched else "")

    async def _who(self, change: Transaction, one: Request, intent: Intent, *, by: str) -> None:
        """Asked who it is, or sure of it now; another letter asks for what comes next."""
        if intent.choice == ASK_WHO:
            one = await self._requests.ask_identity(
                one.controller, one.id, intent.note, send=True, by=by, version=one.version, change=change
            )
        else:
            one = await self._requests.identify(
                one.controller, one.id, KNOWN[intent.choice], by=by, version=one.version, change=change
            )
        language, now = language_of(await self._language(change.controller)), self._clock.now()
        asked = _question(one, offered(one, now), language, now + OPEN_FOR)
        await self._write(change, one, asked, language, letter="who", known="" if intent.choice == ASK_WHO else "yes")

    async def _write(
        self, change: Transaction, one: Request, asked: Question, language: Language, *, letter: str, **said: str
    ) -> None:
        """A letter to the controller about a request, with what is asked next."""
        notice = Notice(
            kind="request", clause=CLAUSE, subject=one.subject, letter=f"data_subject_requests/{letter}",
            values={
                "what": phrases.RIGHTS[language][one.right], "article": one.right.cited(language), "request": str(one.id),
                "due": day(language, one.due.strict), **said,
            },
        )  # fmt: skip
        await self._asking.ask(change, notice, asked, by=MAILBOX[:-1], language=language)

    async def _fetch(self, change: Transaction, one: Request, intent: Intent, *, by: str) -> Handed:
        """Who takes it is on record before its first byte leaves; another letter asks for what comes next."""
        pieces = await self._taking_along.take(change.controller, one.id, self._mandate(intent, by))
        await self.ready(change, one, fetched=True)
        return Handed("your-data.zip", "application/zip", pieces)

    async def _find(self, controller: UUID, request: UUID) -> Request | None:
        try:
            one = await self._requests.keeping.find(controller, request)
        except NoSuchRequest:
            return None
        return one if one.papers is not None else None

    async def _waiting(self, one: Request) -> list[Recipient]:
        return [known for known in await self._recipients.listed(one) if known.state == "open"]

    def _mandate(self, intent: Intent, by: str) -> Mandate:
        """In the name of the mailbox; what stands for its credential is the letter."""
        return Mandate(Actor(by, ActorKind.controller_staff, intent.notice), self._clock.now() + WORKED_FOR)


async def extend(requests: Requests, one: Request, ground: str, *, by: str, change: Transaction) -> None:
    """Two more months on one of the two grounds; the person is told it in their language."""
    assert one.papers is not None
    words = GROUNDS[ground][one.papers.language]
    await requests.extend(one.controller, one.id, words, send=True, by=by, version=one.version, change=change)


def _question(one: Request, choices: tuple[str, ...], language: Language, until: datetime) -> Question:
    assert one.papers is not None
    carried = dict.fromkeys(CARRIES.get(one.right, ()), phrases.CARRIED[language].get(one.right, ""))
    asked = arguments(one, choices)
    stops = {
        choice: phrases.stopping(choice, purposes, language) for choice, purposes in asked.get("stops", {}).items()
    }
    means = phrases.MEANS[language] | carried | stops
    unreached = REFUSE in choices and not one.papers.contact
    words = [
        phrases.ABOUT[language].format(
            right=phrases.RIGHTS[language][one.right], article=one.right.cited(language), request=one.id
        ),
        phrases.DUE[language].format(day=day(language, one.due.strict)),
        *([phrases.STOPPED[language]] if one.step is Step.stopped else []),
        *dict.fromkeys(means[choice] for choice in choices),
        *([phrases.UNREACHED[language]] if unreached else []),
    ]
    return Question(
        act=STEP, choices=choices, heading=phrases.HEADING[language].format(day=day(language, one.received_at)),
        words="\n".join(words), until=until, arguments=asked,
        noted=tuple(choice for choice in choices if choice in NOTED),
        handing=tuple(choice for choice in choices if choice in HANDING),
    )  # fmt: skip
