"""What this clause's letters, files and pages call things, in English and French. Pure but for reading its words once."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

from bailee.contract.wording import GROUPS, phrases
from bailee.infra.web.words import Words
from bailee.vocabulary.categories import CATALOGUE, CUSTOM
from bailee.vocabulary.languages import Language

TEMPLATES = Path(__file__).with_name("templates")
About = Literal["nature", "category", "group", "type", "section"]


@cache
def words() -> Words:
    """The words of this room."""
    return Words((TEMPLATES,))


def called(language: Language, about: About, term: str) -> str:
    """A term in words; one of a controller's own stays as it is named."""
    if about == "category":
        known = CATALOGUE.get(term)
        return (known.fr if language == "fr" else known.en) if known else term.removeprefix(CUSTOM)
    if about == "group":
        return phrases(GROUPS, language).get(term, term).removeprefix("des ")
    said = words().say(language, f"breach-{about}-{term}")
    return said if said != f"breach-{about}-{term}" else term


def listed(language: Language, about: About, terms: Iterable[str]) -> str:
    """Several of them in one line."""
    return ", ".join(called(language, about, one) for one in terms)
