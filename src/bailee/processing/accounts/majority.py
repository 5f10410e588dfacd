"""Majority: whether a person is of age, and nothing else (clause data.majority).

Off unless an instruction covers the category birth-date: `check` wants the permit. What it gives holds the
answer, the day it was found, the country and that country's age; the date of birth is neither returned, nor kept,
nor named in an error. Pure: today is an argument. The ages are dated data with their source.
"""

from datetime import date
from functools import cache
from importlib import resources

import msgspec

from bailee.contract.ruling import Permit

CATEGORY = "birth-date"
OLDEST = 130


class Majority(msgspec.Struct, frozen=True):
    """What is kept of a check: the answer, its day, the country asked about and the age that counts there."""

    adult: bool
    checked_at: date
    country: str
    age: int


class Ages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table: the age of majority by country (ISO 3166), as of a day, after a source."""

    format: str
    as_of: date
    source: str
    note: str
    ages: dict[str, int]
    differs_within: dict[str, int]


class NotInstructed(Exception):
    """No instruction covers dates of birth: majority is not checked (clause data.majority)."""


class NotChecked(ValueError):
    """The check cannot be made; `code` says why: unknown-country, not-a-date, in-the-future, too-old."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@cache
def ages() -> Ages:
    """The table that comes with the platform."""
    text = resources.files("bailee.processing.accounts").joinpath("majority_ages.json").read_bytes()
    return msgspec.json.decode(text, type=Ages)


def check(born: date, country: str, today: date, *, permit: Permit) -> Majority:
    """Whether someone born on a day is of age in a country today.

    Where the age differs inside a country, the highest of it counts: nobody is called an adult who may not be.
    Born on 29 February, one comes of age on 1 March of a common year.
    """
    if CATEGORY not in permit.categories:
        raise NotInstructed
    table = ages()
    if country not in table.ages:
        raise NotChecked("unknown-country")
    if born > today:
        raise NotChecked("in-the-future")
    reached = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if reached > OLDEST:
        raise NotChecked("too-old")
    age = max(table.ages[country], table.differs_within.get(country, 0))
    return Majority(adult=reached >= age, checked_at=today, country=country, age=age)


def read_date(text: str) -> date:
    """A date of birth as ISO 8601 (1990-12-31) or as day/month/year; the text is in no error."""
    try:
        if "/" in text:
            day, month, year = text.strip().split("/")
            return date(int(year), int(month), int(day))
        return date.fromisoformat(text.strip())
    except ValueError:
        raise NotChecked("not-a-date") from None
