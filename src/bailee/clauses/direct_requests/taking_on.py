"""Taking on: what a controller says of a passed-on request from its mailbox, and the next letter that asks.

Each link works once. Whoever takes a request on, or takes more time, is written to again, so that the next step needs no
account either.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

import msgspec

from bailee.clauses.direct_requests import deadlines, queries
from bailee.clauses.direct_requests.rights import COMPLAINT
from bailee.infra.clock import Clock
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.obligations.mailbox.asking import Asking, Spoken
from bailee.obligations.mailbox.intents import Intent, Stale
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.mailbox.steps import ANSWERED, COMPLEX, MANY
from bailee.obligations.notices.notice import Notice
from bailee.vocabulary.languages import Language, language_of

STEP, STEPPED = "request-step", "direct_requests/stepped"
TAKE_ON, REPLIED = "take-on", "replied"
# A month to answer in, the two more that it may be extended by, and a month that one may be late.
OPEN_FOR = timedelta(days=123)
HEADING = {
    "en": "A person's request: what do you do about it?", "fr": "La demande d'une personne : qu'en faites-vous ?",
}  # fmt: skip
COMPLAINED = {
    "en": "A person's complaint: what do you do about it?", "fr": "La réclamation d'une personne : qu'en faites-vous ?",
}  # fmt: skip
# Of a complaint nothing runs on at the controller that we would count.
SETTLED: dict[str, dict[str, str]] = {
    "en": {
        TAKE_ON: "We take it on: the ledger says so.",
        REPLIED: "We have answered the complaint ourselves: the ledger says so. The data held here stay as they are.",
    },
    "fr": {
        TAKE_ON: "Nous nous en chargeons : le journal le dit.",
        REPLIED: "Nous avons répondu nous-mêmes à la réclamation : le journal le dit. Les données tenues ici restent "
        "telles.",
    },
}
ABOUT = {
    "en": "The message of a person that was passed on to you, reference {request}.",
    "fr": "Le message d'une personne qui vous a été transmis, référence {request}.",
}
ASKS = {"en": "It was taken for:", "fr": "Il a été pris pour :"}
RIGHTS: dict[str, dict[str, str]] = {
    "en": {
        "A15": "access (Art. 15)", "A16": "rectification (Art. 16)", "A17": "erasure (Art. 17)",
        "A18": "restriction (Art. 18)", "A20": "portability (Art. 20)", "A21": "objection (Art. 21)",
        "A22": "automated decisions (Art. 22)", COMPLAINT: "a complaint",
    },
    "fr": {
        "A15": "accès (art. 15)", "A16": "rectification (art. 16)", "A17": "effacement (art. 17)",
        "A18": "limitation (art. 18)", "A20": "portabilité (art. 20)", "A21": "opposition (art. 21)",
        "A22": "décisions automatisées (art. 22)", COMPLAINT: "une réclamation",
    },
}  # fmt: skip
MEANS: dict[str, dict[str, str]] = {
    "en": {
        TAKE_ON: "We take it on: the ledger says so; the time to answer runs on.",
        COMPLEX: "Two more months, because it is complex: the person is told so in your name, at the address they wrote from.",
        MANY: "Two more months, because there are many requests: the person is told so in your name, likewise.",
        ANSWERED: "We have answered ourselves: it is closed, with your note as evidence. The data held here stay as they are.",
    },
    "fr": {
        TAKE_ON: "Nous nous en chargeons : le journal le dit ; le délai de réponse court toujours.",
        COMPLEX: "Deux mois de plus, car elle est complexe : la personne l'apprend en votre nom, à l'adresse d'où elle a écrit.",
        MANY: "Deux mois de plus, car les demandes sont nombreuses : la personne l'apprend en votre nom, de même.",
        ANSWERED: "Nous avons répondu nous-mêmes : elle est close, votre note en témoigne. Les données tenues ici restent telles.",
    },
}


class Owed(Protocol):
    """The controller's own requests that a message was taken for. Each raises `Stale` where nothing is to be done."""

    async def wait(self, change: Transaction, message: UUID) -> None:
        """Whether any of them waits for an answer still."""
        ...

    async def each(self, change: Transaction, message: UUID, language: Language) -> Mapping[str, Question]:
        """What is asked of each that can be decided alone, by what it asks for, in the language."""
        ...

    async def extend(self, change: Transaction, message: UUID, ground: str, *, by: str) -> None:
        """Two more months for each that has not had them, in its first month; the person is told the ground."""
        ...

    async def answered(self, change: Transaction, message: UUID, note: str, *, by: str) -> None:
        """The controller has answered the person itself: all that are open are over."""
        ...


class TakingOn:
    """Asks for the next step of a passed-on request, and takes it."""

    def __init__(self, *, asking: Asking, owed: Owed, language: Spoken, clock: Clock) -> None:
        self._asking = asking
        self._owed = owed
        self._language = language
        self._clock = clock

    async def ask(self, change: Transaction, notice: Notice, kinds: tuple[str, ...], *, by: str) -> None:
        """Queue the letter that passes a request or a complaint on, with its question. Of a text that no rule understood
        nothing is owed yet, so it can be taken on alone."""
        owing = any(kind != COMPLAINT for kind in kinds)
        choices: tuple[str, ...] = (TAKE_ON, COMPLEX, MANY, ANSWERED) if owing else (TAKE_ON,)
        if notice.clause == deadlines.COMPLAIN:
            choices = (TAKE_ON, REPLIED)
        await self._ask(change, notice, kinds, choices, by=by)

    async def step(self, change: Transaction, intent: Intent, *, by: str) -> None:
        """The command of the mailed link. `Stale` where a human has read the message otherwise since, or where what is
        owed was answered or extended, or the first month is over."""
        request, kinds = UUID(intent.arguments["request"]), tuple(intent.arguments["kinds"])
        row = await change.connection.fetchrow(queries.LOCKED_REQUEST, change.controller, request)
        complained = bool(intent.arguments.get("complaint"))
        if row is None or (COMPLAINT not in row["kinds"] if complained else tuple(row["kinds"]) != kinds):
            raise Stale
        if complained:
            left: tuple[str, ...] = (REPLIED,) if intent.choice == TAKE_ON else ()
        else:
            left = await self._step(change, intent, request, kinds, by=by)
        details = {"request": str(request), "step": intent.choice, "notice": str(intent.notice)}
        about = {"about": deadlines.COMPLAIN} if complained else {}
        await change.append([Act("request-stepped", change.controller, by, details | about)])
        if left:
            notice = Notice(
                kind="complaint" if complained else "request",
                clause=deadlines.COMPLAIN if complained else deadlines.FORWARD, subject=f"request/{request}",
                letter=STEPPED,
                values={
                    "request": str(request), "step": intent.choice, "about": "complaint" if complained else "request"
                },
            )  # fmt: skip
            await self._ask(change, notice, kinds, left, by=by)

    async def _step(
        self, change: Transaction, intent: Intent, request: UUID, kinds: tuple[str, ...], *, by: str
    ) -> tuple[str, ...]:
        """Do it to what is owed for the message; which steps are left then."""
        if intent.choice == ANSWERED:
            await self._owed.answered(change, request, intent.note, by=by)
        elif intent.choice in (COMPLEX, MANY):
            await self._owed.extend(change, request, intent.choice, by=by)
            return (ANSWERED,)
        elif any(kind != COMPLAINT for kind in kinds):
            await self._owed.wait(change, request)
            return (COMPLEX, MANY, ANSWERED)
        return ()

    async def _ask(
        self, change: Transaction, notice: Notice, kinds: tuple[str, ...], choices: tuple[str, ...], *, by: str
    ) -> None:
        language = language_of(await self._language(change.controller))
        request, complained = notice.subject.partition("/")[2], notice.clause == deadlines.COMPLAIN
        taken_for = [f"{ASKS[language]} {', '.join(RIGHTS[language][kind] for kind in kinds)}"] if kinds else []
        words = [
            ABOUT[language].format(request=request),
            *taken_for,
            *((SETTLED if complained else MEANS)[language][one] for one in choices),
        ]
        arguments: dict[str, Any] = {"request": request, "kinds": list(kinds)}
        asked = Question(
            act=STEP, choices=choices, heading=(COMPLAINED if complained else HEADING)[language],
            words="\n".join(words), until=self._clock.now() + OPEN_FOR,
            arguments=arguments | ({"complaint": True} if complained else {}),
            noted=(ANSWERED,) if ANSWERED in choices else (),
        )  # fmt: skip
        if notice.letter != STEPPED:
            await self._asking.ask(change, notice, asked, by=by, language=language)
            return
        each = {} if complained else await self._owed.each(change, UUID(request), language)
        values = notice.values | {"each": list(each)}
        notice = msgspec.structs.replace(notice, values=values)
        await self._asking.ask_each(change, notice, {"all": asked, **each}, by=by, language=language)
