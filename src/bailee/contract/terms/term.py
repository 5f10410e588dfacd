"""A dated term: a value, the paragraph it comes from, and its readings where the text has two."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

Word = Annotated[str, Meta(min_length=1, max_length=200)]
Anchor = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*\.[0-9]{1,3}$")]
Value = Annotated[str, Meta(min_length=1, max_length=60)]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every part of an agreement: nothing unknown is accepted."""


class ReadingOf(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to read a passage: its name, its rule in words, the value and what it counts from."""

    name: Word
    rule: Word
    value: Value
    counts_from: Word
    anchor: Anchor | None = None


class Term(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number (or a choice) of the agreement.

    `value` is a period (`30 days`), a number or a word; `strict` and `generous` name readings. The strict
    one binds the processor, the generous one serves the other side.
    """

    value: Value
    anchor: Anchor | None = None
    clause: Word
    since: date | None = None
    ours: bool = False
    readings: tuple[ReadingOf, ...] = ()
    strict: Word | None = None
    generous: Word | None = None

    def reading(self, name: str | None) -> ReadingOf | None:
        """The reading of that name, if the term has one."""
        return next((one for one in self.readings if one.name == name), None)
