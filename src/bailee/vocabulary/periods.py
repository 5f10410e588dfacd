"""Periods as agreements write them: an amount and a unit. What they end on is the legal calendar's matter."""

import re
from collections.abc import Mapping
from typing import Literal, cast

import msgspec

from bailee.vocabulary.languages import Language

Unit = Literal["hours", "days", "working-days", "months", "years"]
FORM = re.compile(r"([1-9][0-9]{0,4}) (hours?|(?:working-)?days?|months?|years?)")
# One and several of each, as people read them.
UNITS: Mapping[Language, Mapping[Unit, tuple[str, str]]] = {
    "en": {
        "hours": ("hour", "hours"), "days": ("day", "days"), "working-days": ("working day", "working days"),
        "months": ("month", "months"), "years": ("year", "years"),
    },
    "fr": {
        "hours": ("heure", "heures"), "days": ("jour", "jours"), "working-days": ("jour ouvré", "jours ouvrés"),
        "months": ("mois", "mois"), "years": ("an", "ans"),
    },
}  # fmt: skip


class Period(msgspec.Struct, frozen=True):
    """So many hours, days, working days, months or years."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> "Period":
        """The period that `str` wrote, such as `30 days` or `1 month`."""
        match = FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a period such as `30 days`, `72 hours` or `15 working-days`")
        unit = match[2] if match[2].endswith("s") else match[2] + "s"
        return cls(int(match[1]), cast(Unit, unit))

    def said(self, language: Language) -> str:
        """The period in words: 15 working days, 15 jours ouvrés."""
        one, many = UNITS[language][self.unit]
        return f"{self.amount} {one if self.amount == 1 else many}"

    def __str__(self) -> str:
        return f"{self.amount} {self.unit if self.amount != 1 else self.unit[:-1]}"
