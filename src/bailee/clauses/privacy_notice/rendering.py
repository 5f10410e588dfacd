"""Rendering: a notice's facts as the HTML that is shown, hosted and embedded. The same facts give the same bytes."""

import hashlib
import html
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bailee.clauses.privacy_notice.events import Told
from bailee.infra.web.words import Words, lasting, lowered
from bailee.vocabulary.categories import CATALOGUE

FOLDER = Path(__file__).with_name("templates")
TAG, CELLS = re.compile("<[^>]*>"), re.compile("</t[hd]><t[hd][^>]*>")


@cache
def _environment() -> tuple[Environment, Words]:
    shared = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    loader = FileSystemLoader(str(FOLDER))
    return Environment(loader=loader, autoescape=True, **shared), Words([FOLDER])  # type: ignore[arg-type]  # flags


def render(told: Told, language: str, group: str) -> bytes:
    """The notice, as a fragment of HTML."""
    environment, words = _environment()

    def t(text: str, **values: object) -> str:
        return words.say(language, text, **values)

    def category(id: str) -> str:
        known = CATALOGUE.get(id)
        return (known.fr if language == "fr" else known.en) if known else id.removeprefix("custom-")

    made = environment.get_template("privacy-notice.html").render(
        told=told,
        t=t,
        language=language,
        group=group,
        category=category,
        lowered=lowered,
        lasting=lambda period: lasting(language, period),
    )
    return made.encode()


def changes(before: bytes, after: bytes) -> tuple[list[str], list[str]]:
    """What a notice says now and did not before, and the other way about, line by line in plain text."""
    old, new = _lines(before), _lines(after)
    return [line for line in new if line not in old], [line for line in old if line not in new]


def _lines(content: bytes) -> list[str]:
    """A notice's own lines: a heading, a paragraph, an item or a row each."""
    plain = (TAG.sub(" ", CELLS.sub(", ", line)) for line in content.decode().split("\n"))
    return [line for one in plain if (line := " ".join(html.unescape(one).split()))]


def digest(content: bytes) -> str:
    """SHA-256 of the very bytes, in hex."""
    return hashlib.sha256(content).hexdigest()
