"""What a challenge's letter asks, so that it can be answered from the mailbox: the very words that are confirmed. Pure."""

from datetime import datetime, timedelta

from bailee.clauses.instructions.events import Challenged
from bailee.contract.challenges import GIVEN
from bailee.contract.instructions import Instruction
from bailee.contract.sentences import scope
from bailee.contract.wording import Language
from bailee.obligations.mailbox.questions import Question

ANSWER = "challenge-answer"
CONFIRM, STOP = "confirm", "stop"
OPEN_FOR = timedelta(days=30)
HEADING: dict[Language, str] = {
    "en": "Does this instruction stand?", "fr": "Cette instruction est-elle maintenue ?",
}  # fmt: skip
REASONS: dict[Language, str] = {"en": "It is challenged because:", "fr": "Elle est contestée parce que :"}
MEANS: dict[Language, dict[str, str]] = {
    "en": {
        CONFIRM: "Confirm: it stands; a suspension ends at once.",
        STOP: "Stop: nothing is done under it from now on, but what serves rights, return and security.",
    },
    "fr": {
        CONFIRM: "Confirmer : elle est maintenue ; une suspension prend fin aussitôt.",
        STOP: "Arrêter : plus rien n'est fait en son nom, sauf ce qui sert les droits, la restitution et la sécurité.",
    },
}


def question(made: Challenged, live: Instruction, language: Language, now: datetime) -> Question:
    """What is asked. The agreement's own services are changed by an amendment: they can only be confirmed."""
    choices = (CONFIRM, STOP) if live.clause == GIVEN else (CONFIRM,)
    words = [made.instruction, scope(live, language), REASONS[language], made.reason]
    return Question(
        act=ANSWER, choices=choices, heading=HEADING[language],
        words="\n".join([*words, *(MEANS[language][one] for one in choices)]), until=now + OPEN_FOR,
        arguments={"challenge": str(made.id), "instruction": made.instruction},
    )  # fmt: skip
