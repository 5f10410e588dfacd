"""The catalogue of measures: dated lines that are only ever added to. Pure but for reading its file once."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import yaml

FILE = Path(__file__).with_name("catalogue.yaml")
Kind = Literal["live", "declared", "attested"]
Article = Literal["a", "b", "c", "d"]


class Speech(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a measure is called, what it does, and how it is looked at, in one language."""

    name: str
    does: str
    probed: str


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line: a measure from a day on, at a level; `article` is the letter of Art. 32(1)."""

    measure: str
    since: date
    level: int
    article: Article
    kind: Kind
    en: Speech
    fr: Speech

    def said(self, language: str) -> Speech:
        """Its words in a language."""
        return self.fr if language == "fr" else self.en

    @property
    def digest(self) -> str:
        """SHA-256 of the line as it stands, in hex."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


class Altered(msgspec.Struct, frozen=True):
    """A line that is not what a start before took in; the measure it was about."""

    number: int
    measure: str


@cache
def lines() -> tuple[Line, ...]:
    """Every line, in the order of the file."""
    return tuple(msgspec.convert(yaml.safe_load(FILE.read_text(encoding="utf-8")), list[Line]))


def in_force(all_lines: Sequence[Line], day: date) -> dict[str, Line]:
    """The line of each measure that counts on a day: the last one, in the order in which measures came."""
    found: dict[str, Line] = {}
    for line in all_lines:
        if line.since <= day:
            found[line.measure] = line
    return found


def newest(measure: str) -> Line:
    """The last line about a measure."""
    return next(line for line in reversed(lines()) if line.measure == measure)


def altered(all_lines: Sequence[Line], known: Mapping[int, tuple[str, str]]) -> Altered | None:
    """The first line, by its place, that is gone or differs from what was taken in: `known` has measure and digest."""
    for number, (measure, digest) in sorted(known.items()):
        if number >= len(all_lines) or all_lines[number].digest != digest:
            return Altered(number, measure)
    return None


def lowered(all_lines: Sequence[Line]) -> list[str]:
    """Measures of which a later line is weaker, or earlier, than one before it: there must be none."""
    before: dict[str, Line] = {}
    found = []
    for line in all_lines:
        last = before.get(line.measure)
        if last is not None and (line.level < last.level or line.since < last.since):
            found.append(line.measure)
        before[line.measure] = line
    return found
