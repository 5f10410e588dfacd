"""Saying: the codes of a register in the reader's language, for documents as for pages."""

from functools import cache
from pathlib import Path

from bailee.infra.web import words as speech
from bailee.infra.web.words import Words
from bailee.vocabulary.categories import CATALOGUE, CUSTOM

TEMPLATES = Path(__file__).with_name("templates")


@cache
def words() -> Words:
    """The words of this room."""
    return Words((TEMPLATES,))


def said(language: str, text: str, **values: object) -> str:
    """A text, or a code such as `purpose-support`, in a language."""
    return words().say(language, text, **values)


def coded(language: str, kind: str, code: str) -> str:
    """A code of a kind in words: `operation`, `consult`; a code that has none stays as it is."""
    name = f"{kind}-{code}"
    found = said(language, name)
    return code if found == name else found


def measured(language: str, id: str) -> str:
    """What a measure is, in general words."""
    return said(language, f"measure-{id}")


def activity(language: str, id: str) -> str:
    """What a category of processing is called: a service by its name, an instruction by its own."""
    return said(language, id).removeprefix("service:")


def category(language: str, id: str, labels: dict[str, str] | None = None) -> str:
    """What a category of data is called; one that a controller added as the agreement calls it."""
    known = CATALOGUE.get(id)
    if known is not None:
        return known.fr if language == "fr" else known.en
    return (labels or {}).get(id) or id.removeprefix(CUSTOM).replace("-", " ")


def lasting(language: str, period: str) -> str:
    """A period in words."""
    return speech.lasting(language, period)
