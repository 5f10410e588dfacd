"""What the letters of instructions ask, so that it can be answered from the mailbox: the very words that are confirmed. Pure."""

from datetime import datetime, timedelta

from bailee.clauses.instructions.events import Challenged
from bailee.clauses.instructions.evidence import Filed
from bailee.contract.challenges import GIVEN
from bailee.contract.instructions import Instruction
from bailee.contract.sentences import scope
from bailee.obligations.mailbox.questions import Question
from bailee.vocabulary.languages import Language

ANSWER = "challenge-answer"
CONFIRM, STOP = "confirm", "stop"
WITHDRAWAL, WITHDRAW = "instruction-withdraw", "withdraw"
OPEN_FOR = timedelta(days=366)  # no law sets a day for the answer; what is suspended waits for it
HEADING: dict[Language, str] = {
    "en": "Does this instruction stand?", "fr": "Cette instruction est-elle maintenue ?",
}  # fmt: skip
WITHDRAWN: dict[Language, str] = {
    "en": "Withdraw this instruction?", "fr": "Retirer cette instruction ?",
}  # fmt: skip
REASONS: dict[Language, str] = {"en": "It is challenged because:", "fr": "Elle est contestée parce que :"}
MEANS: dict[Language, dict[str, str]] = {
    "en": {
        CONFIRM: "Confirm: it stands; a suspension ends at once.",
        STOP: "Stop: nothing is done under it from now on, but what serves rights, return and security.",
        WITHDRAW: "Withdraw: nothing is done under it from now on, but what serves rights, return and security. To have it "
        "again, sign another.",
    },
    "fr": {
        CONFIRM: "Confirmer : elle est maintenue ; une suspension prend fin aussitôt.",
        STOP: "Arrêter : plus rien n'est fait en son nom, sauf ce qui sert les droits, la restitution et la sécurité.",
        WITHDRAW: "Retirer : plus rien n'est fait en son nom, sauf ce qui sert les droits, la restitution et la sécurité. "
        "Pour l'avoir de nouveau, signez-en une autre.",
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


def withdrawing(one: Filed, said: str, language: Language, now: datetime) -> Question:
    """What is asked of an instruction on record, for as long as it may be withdrawn."""
    until = now + OPEN_FOR if one.until is None else min(one.until, now + OPEN_FOR)
    return Question(
        act=WITHDRAWAL, choices=(WITHDRAW,), heading=WITHDRAWN[language],
        words="\n".join([one.text.id, said, MEANS[language][WITHDRAW]]), until=until, about=one.digest,
        arguments={"instruction": one.text.id, "digest": one.digest},
    )  # fmt: skip
