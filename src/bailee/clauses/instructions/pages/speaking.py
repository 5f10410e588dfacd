"""What pages of this clause share: the words of the vocabulary in the reader's language, and what went wrong."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

from bailee.clauses.instructions.mistakes import (
    ChangedMeanwhile,
    Impossible,
    NothingInForce,
    NothingThere,
    NotNow,
)
from bailee.contract.authorising import NotAuthorised
from bailee.contract.documents import InstructionText
from bailee.contract.sentences import spoken, worded
from bailee.contract.wording import ACTORS, CATEGORIES, GROUPS, OPERATIONS, PURPOSES, Grammar, phrases
from bailee.infra.web.answers import NOT_HERE, Wrong
from bailee.infra.web.pages import local
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import Language, language_of

OUTRUN = Wrong(409, "The words have changed", "Read the instruction again before you go on.", "instructions.written")
STRANGER = Wrong(
    403, "Your signature has no force here",
    "Only those who signed the agreement for your organisation can sign what follows it.", "instructions.written",
)  # fmt: skip
NEVER = Wrong(422, "This could never be allowed", "Mend what is marked first.", "purposes.limited")
NO_AGREEMENT = Wrong(
    409, "No agreement is in force", "There is nothing to instruct under yet.", "instructions.documented"
)
NOT_NOW = Wrong(409, "That step does not go from here", "Load the page anew to see how things stand.")
UNNAMED = Wrong(422, "Sign with your name", "It stands in the document for as long as it is kept.")


def vocabulary(visit: Visit) -> dict[str, Any]:
    """The vocabulary's words for a page."""
    language = language_of(visit.language)
    tables = {
        "actors": ACTORS,
        "operations": OPERATIONS,
        "categories": CATEGORIES,
        "groups": GROUPS,
        "purposes": PURPOSES,
    }
    return {
        "said_of": {name: phrases(table, language) for name, table in tables.items()},
        "spoken": language,
        "sentence": shown,
        "plainly": lambda text, other: _typeset(spoken(text, other)),
    }


def shown(text: InstructionText, language: Language) -> Markup:
    """An instruction's sentence for the eye: French marks stay on the line of what they belong to, and the page's script
    shows its instants in the reader's zone."""
    instants = dict[str, Markup]()

    def marked(at: datetime, _grammar: Grammar) -> str:
        mark = secrets.token_hex(16)  # no text of anybody's holds it
        instants[mark] = local(language, at.astimezone(UTC))
        return mark

    said = escape(_typeset(worded(text, language, marked)))
    for mark, instant in instants.items():
        said = said.replace(mark, instant)
    return said


def _typeset(words: str) -> str:
    return words.replace(" :", "\u00a0:").replace("« ", "«\u00a0").replace(" »", "\u00a0»")


@contextmanager
def in_words() -> Iterator[None]:
    """What keeps an act from being done, told to the reader."""
    try:
        yield
    except NothingThere:
        raise NOT_HERE from None
    except ChangedMeanwhile:
        raise OUTRUN from None
    except NotAuthorised:
        raise STRANGER from None
    except Impossible:
        raise NEVER from None
    except NothingInForce:
        raise NO_AGREEMENT from None
    except NotNow:
        raise NOT_NOW from None
