"""Letters: templates of every room, in English and French, as text and HTML. Nothing a value holds breaks out of them.

`room/name` is `name.{en,fr}.{txt,html}` in that room's folder. The text says its subject with `{% set subject %}`. In
the HTML every value is escaped; in the text a value stays on its line, unless the template quotes it. An instant that a
value holds is said in the letter's language by `| dated`. Controls and marks that turn the direction of writing are taken
out of values everywhere.
"""

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, TemplateError, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from bailee.infra.letters import LONGEST_SUBJECT, TURNING
from bailee.infra.pdf import NotTypeset, typeset
from bailee.infra.web.words import day, moment

FORMAL = Path(__file__).with_name("letters") / "formal.typ"
DATED = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)? UTC)?")
UNSET = re.compile("[^\n -~\u00a0-\u024f\u0370-\u03ff\u0400-\u04ff\u2010-\u2027\u2030-\u203a\u20ac]")


class BrokenLetter(Exception):
    """A letter is not there, or cannot be written with these values."""


class Written(msgspec.Struct, frozen=True):
    """A letter that is written: its subject on one line, its text, its HTML."""

    subject: str
    text: str
    html: str


class Quoted(str):
    """Text that a template set apart on lines of its own."""

    __slots__ = ()


class Letters:
    """The letters of several rooms, by the rooms' names."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.folders = dict(folders)
        loader = PrefixLoader({room: FileSystemLoader(str(folder)) for room, folder in folders.items()})
        shared: dict[str, Any] = {
            "loader": loader, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True,
        }  # fmt: skip
        self._text = Environment(**shared, finalize=_on_its_line, autoescape=False)  # noqa: S701 -- plain text
        self._html = Environment(**shared, autoescape=True)
        self._text.filters["quoted"] = _quoted
        self._html.filters["quoted"] = _set_apart
        self._text.filters["dated"] = self._html.filters["dated"] = _dated

    def write(self, letter: str, language: str, values: Mapping[str, Any]) -> Written:
        """The letter in a language, or `BrokenLetter`."""
        given = {name: cleaned(value) for name, value in values.items()} | {"language": language}
        try:
            text = self._text.get_template(f"{letter}.{language}.txt").make_module(given)
            html = self._html.get_template(f"{letter}.{language}.html").render(given)
            subject = str(text.subject)  # type: ignore[attr-defined]  # set by the template
        except (TemplateError, AttributeError, TypeError, ValueError, LookupError) as problem:
            raise BrokenLetter(f"{letter}.{language}: {type(problem).__name__}") from problem
        return Written(" ".join(subject.split())[:LONGEST_SUBJECT], str(text).strip() + "\n", html)

    def names(self) -> list[str]:
        """Every letter there is, as `room/name`."""
        return sorted(
            {f"{room}/{file.name.split('.')[0]}" for room, folder in self.folders.items() for file in folder.glob("*.*.*")}
        )  # fmt: skip


def cleaned(value: Any) -> Any:
    """A value without controls and turning marks, lines kept; lists and objects through and through."""
    match value:
        case str():
            plain = value.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
            return "".join(one for one in plain if one in "\n\t" or not _unfit(one))
        case dict():
            return {key: cleaned(one) for key, one in value.items()}
        case list() | tuple():
            return [cleaned(one) for one in value]
        case _:
            return value


def formal(written: Written, *, sender: str, language: str, at: datetime, reference: str) -> bytes:
    """The letter as PDF/A: the same letter gives the same bytes; or `BrokenLetter`.

    A character that no font at hand has (PDF/A forbids an empty box) becomes a question mark: the mail beside has it.
    """
    data = {
        "subject": written.subject, "text": written.text, "sender": cleaned(sender), "language": language,
        "day": at.date().isoformat(), "reference": reference,
    }  # fmt: skip
    for one in (data, {name: UNSET.sub("?", value) for name, value in data.items()}):
        with suppress(NotTypeset):
            return typeset(FORMAL, one)
    raise BrokenLetter("the letter cannot be set as a document")


def _unfit(one: str) -> bool:
    return one in TURNING or unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")


def _on_its_line(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Quoted):
        return " ".join(value.split())
    return value


@pass_context
def _dated(context: Context, value: str) -> str:
    """A day or an instant in words: 1 July 2026 where a value has 2026-07-01. Whatever else it holds stays as it is."""
    if not DATED.fullmatch(value):
        return value
    at = datetime.fromisoformat(value.removesuffix(" UTC"))
    return (moment if value.endswith("UTC") else day)(context["language"], at)


def _quoted(value: str) -> Quoted:
    """A text of several lines, each under a mark, so that none is taken for the letter's own."""
    return Quoted("\n".join(f"> {line}".rstrip() for line in str(value).splitlines()))


def _set_apart(value: str) -> Markup:
    style = "margin:1rem 0;padding:.6rem 1rem;border-left:3px solid #9aa69f;white-space:pre-wrap"
    return Markup('<blockquote style="{}">{}</blockquote>').format(style, escape(str(value)))
