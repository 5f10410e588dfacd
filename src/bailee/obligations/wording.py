"""What an obligation is called, in English and French: one short phrase for each clause that may open one. Pure but
for reading its words once.
"""

from functools import cache
from pathlib import Path

from bailee.contract.clauses import BY_ID
from bailee.infra.web.words import Words
from bailee.obligations.custom_duties import CUSTOM

TEMPLATES = Path(__file__).with_name("templates")


@cache
def words() -> Words:
    """The words of this room."""
    return Words((TEMPLATES,))


def called(language: str, clause: str) -> str:
    """What is owed under a clause, as a short phrase; a duty that the agreement added goes by its own name."""
    if clause.startswith(CUSTOM):
        return clause.removeprefix(CUSTOM).replace("-", " ").capitalize()
    code = f"owed-{clause}"
    said = words().say(language, code)
    known = BY_ID.get(clause)
    return said if said != code else known.promise if known else clause


def said(language: str, text: str, **values: object) -> str:
    """A text of this room."""
    return words().say(language, text, **values)
