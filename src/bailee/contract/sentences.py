"""Instructions as sentences: written from the data, and read back to the same data. Pure.

What a person reads before signing is made from what is signed, never beside it; reading the sentence back must give
the very data again, else nothing is signed (clause instructions.documented).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET

from bailee.contract.documents import InstructionText
from bailee.contract.instructions import Instruction
from bailee.contract.wording import ACTORS, CATEGORIES, GRAMMAR, GROUPS, OPERATIONS, PURPOSES, Grammar, phrases
from bailee.vocabulary.languages import LANGUAGES, Language

LISTS = (("actors", ACTORS), ("operations", OPERATIONS), ("categories", CATEGORIES), ("groups", GROUPS),
         ("purposes", PURPOSES))  # fmt: skip
FORMAT = "bailee.dev/instruction/v1"
# How an instant is said in a sentence.
SaysInstant = Callable[[datetime, Grammar], str]


class NotASentence(ValueError):
    """The words are not a sentence of an instruction; says where they stop being one."""

    def __init__(self, at: int, expected: str) -> None:
        super().__init__(f"at character {at + 1}: {expected} was expected")
        self.at, self.expected = at, expected


class SaysSomethingElse(Exception):
    """A sentence does not give the data back that it was made of: nothing may be signed on it."""


def sentence(text: InstructionText, language: Language) -> str:
    """What an instruction says, in words: all of it, so that it can be read back."""
    return worded(text, language, _instant)


def spoken(text: InstructionText, language: Language) -> str:
    """The same for whoever only reads it: instants to the minute."""
    return worded(text, language, _minute)


def worded(text: InstructionText, language: Language, instant: SaysInstant) -> str:
    """The same, its instants said in a way of one's own."""
    g = GRAMMAR[language]
    said = g.begins + text.id + g.colon + _capital(_scope(text, language))
    if text.retention is not UNSET:
        said += g.kept + _quoted(text.retention, g)
    if text.replaces is not UNSET:
        said += g.replaces + _quoted(text.replaces, g)
    said += g.since + instant(text.in_force_from, g)
    said += g.open_end if text.in_force_until is None else g.until + instant(text.in_force_until, g)
    said += "."
    for opening, words in ((g.ground, text.legal_ground), (g.safeguards, text.safeguards), (g.reason, text.reason)):
        if words is not UNSET:
            said += opening + _quoted(words, g) + "."
    return said


def scope(of: InstructionText | Instruction, language: Language) -> str:
    """Who may do what with which data of whom, and why, of an instruction or of a service; without its days."""
    return _capital(_scope(of, language)) + "."


def _scope(of: InstructionText | Instruction, language: Language) -> str:
    g = GRAMMAR[language]
    parts = [_listed(_in_order(getattr(of, name), table), phrases(table, language), g) for name, table in LISTS]
    actors, operations, categories, groups, purposes = parts
    said = actors + g.may + operations + " " + categories + g.of + groups + g.purposes + purposes
    if of.recipients:
        said += g.recipients + _listed(_in_order(of.recipients, {}), {}, g)
    return said


def _in_order(terms: Collection[str], table: Mapping[str, object]) -> Sequence[str]:
    """A signed list keeps its order; a set is told in that of the vocabulary."""
    if isinstance(terms, tuple):
        return terms
    known = list(map(str, table))
    return sorted(map(str, terms), key=lambda one: (known.index(one) if one in known else len(known), one))


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def read_sentence(words: str, language: Language) -> InstructionText:
    """The instruction that a sentence is; `NotASentence` where it is none."""
    g, cursor = GRAMMAR[language], _Cursor(words)
    known = {name: phrases(table, language) for name, table in LISTS}
    cursor.expect(g.begins)
    parts: dict[str, object] = {"format": FORMAT, "id": cursor.word(g.colon)}
    cursor.lower()
    parts["actors"] = cursor.listed(known["actors"], g)
    cursor.expect(g.may)
    parts["operations"] = cursor.listed(known["operations"], g)
    cursor.expect(" ")
    parts["categories"] = cursor.listed(known["categories"], g)
    cursor.expect(g.of)
    parts["groups"] = cursor.listed(known["groups"], g)
    cursor.expect(g.purposes)
    parts["purposes"] = cursor.listed(known["purposes"], g)
    parts["recipients"] = cursor.listed({}, g) if cursor.take(g.recipients) else ()
    for name, opening in (("retention", g.kept), ("replaces", g.replaces)):
        if cursor.take(opening):
            parts[name] = cursor.quoted(g)
    cursor.expect(g.since)
    parts["in_force_from"] = cursor.instant(g)
    if not cursor.take(g.open_end):
        cursor.expect(g.until)
        parts["in_force_until"] = cursor.instant(g)
    cursor.expect(".")
    for name, opening in (("legal_ground", g.ground), ("safeguards", g.safeguards)):
        if cursor.take(opening):
            parts[name] = cursor.quoted(g)
            cursor.expect(".")
    cursor.expect(g.reason)
    parts["reason"] = cursor.quoted(g)
    cursor.expect(".")
    cursor.end()
    try:
        return msgspec.convert(parts, InstructionText)
    except msgspec.ValidationError as error:
        raise NotASentence(len(words), str(error)) from error


def check(text: InstructionText) -> dict[Language, str]:
    """Its sentences, each read back and found to be the same data; else `SaysSomethingElse`."""
    said: dict[Language, str] = {}
    for language in LANGUAGES:
        said[language] = sentence(text, language)
        try:
            same = read_sentence(said[language], language) == text
        except NotASentence as error:
            raise SaysSomethingElse(language) from error
        if not same:
            raise SaysSomethingElse(language)
    return said


def _listed(terms: Sequence[str], known: Mapping[str, str], g: Grammar) -> str:
    """`a, b and c`; a term without a phrase of its own (a custom category, a recipient) stands in quotes."""
    said = [known.get(str(term)) or _quoted(term, g) for term in terms]
    return g.joins[0].join(said[:-1]) + (g.joins[1] if len(said) > 1 else "") + said[-1]


def _quoted(words: str, g: Grammar) -> str:
    opening, closing = g.quotes
    mark = closing.strip()
    return opening + words.replace("\\", "\\\\").replace(mark, "\\" + mark) + closing


def _instant(at: datetime, g: Grammar) -> str:
    at = at.astimezone(UTC)
    seconds = f":{at:%S}" if at.second or at.microsecond else ""
    parts = f".{at.microsecond:06d}" if at.microsecond else ""
    return f"{at.day} {g.months[at.month - 1]} {at.year:04d}, {at:%H:%M}{seconds}{parts} UTC"


def _minute(at: datetime, g: Grammar) -> str:
    return _instant(at.replace(second=0, microsecond=0), g)


class _Cursor:
    """Reads a sentence from left to right."""

    def __init__(self, words: str) -> None:
        self._words, self._at = words, 0

    def take(self, piece: str) -> bool:
        found = self._words.startswith(piece, self._at)
        self._at += len(piece) if found else 0
        return found

    def expect(self, piece: str) -> None:
        if not self.take(piece):
            raise NotASentence(self._at, repr(piece.strip() or "a space"))

    def word(self, before: str) -> str:
        """Everything before a piece, and past it."""
        end = self._words.find(before, self._at)
        if end < 0:
            raise NotASentence(self._at, repr(before.strip()))
        found, self._at = self._words[self._at : end], end + len(before)
        return found

    def lower(self) -> None:
        """A sentence begins with a capital; its first phrase does not."""
        rest = self._words[self._at :]
        self._words = self._words[: self._at] + rest[:1].lower() + rest[1:]

    def listed(self, known: Mapping[str, str], g: Grammar) -> tuple[str, ...]:
        found = [self._term(known, g)]
        while self._joined(known, g):
            found.append(self._term(known, g))
        return tuple(found)

    def _joined(self, known: Mapping[str, str], g: Grammar) -> bool:
        """Whether another member of the list follows; what else begins with a comma is left."""
        before = self._at
        for join in g.joins:
            if self.take(join):
                here = self._at
                follows = self.take(g.quotes[0]) or any(self.take(phrase) for phrase in known.values())
                self._at = here if follows else before
                if follows:
                    return True
        return False

    def _term(self, known: Mapping[str, str], g: Grammar) -> str:
        for term, phrase in sorted(known.items(), key=lambda one: -len(one[1])):
            if self.take(phrase):
                return term
        if self._words.startswith(g.quotes[0], self._at):
            return self.quoted(g)
        raise NotASentence(self._at, "one of: " + ", ".join(known.values()) if known else "a name in quotes")

    def quoted(self, g: Grammar) -> str:
        opening, closing = g.quotes
        self.expect(opening)
        mark, found = closing.strip(), ""
        while not self.take(closing):
            if self._at >= len(self._words):
                raise NotASentence(self._at, repr(mark))
            if self._words[self._at] == "\\":
                self._at += 1
            found += self._words[self._at : self._at + 1]
            self._at += 1
        return found

    def instant(self, g: Grammar) -> datetime:
        at = self._at
        day, month, year = self.word(" "), self.word(" "), self.word(", ")
        clock = self.word(" UTC")
        try:
            hour, minute, *seconds = clock.split(":")
            whole, _, parts = (seconds[0] if seconds else "0").partition(".")
            return datetime(
                int(year), g.months.index(month) + 1, int(day), int(hour), int(minute), int(whole),
                int(parts.ljust(6, "0")) if parts else 0, tzinfo=UTC,
            )  # fmt: skip
        except ValueError as error:
            raise NotASentence(at, "a day and an hour, as in " + _instant(EXAMPLE, g)) from error

    def end(self) -> None:
        if self._at != len(self._words):
            raise NotASentence(self._at, "the end")


EXAMPLE = datetime(2026, 12, 31, tzinfo=UTC)
