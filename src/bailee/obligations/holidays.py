"""Public holidays: of a country or a part of it (`FR`, `FR-57`), or of the institutions of the European Union (`EU`).

Countries come from the `holidays` library; the institutions' from a dated table with its sources beside this file.
"""

from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import holidays as library
import yaml

DAY = timedelta(days=1)
INSTITUTIONS = "EU"


class UnknownHolidays(ValueError):
    """There is no holiday calendar of that code."""


@cache
def of(code: str, year: int) -> frozenset[date]:
    """The public holidays of a year in a calendar such as `FR`, `FR-57` or `EU`; `UnknownHolidays`."""
    if code == INSTITUTIONS:
        return _institutions(year)
    country, _, part = code.partition("-")
    try:
        return frozenset(library.country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError as error:
        raise UnknownHolidays(f"there is no holiday calendar {code!r}: a country such as FR, or EU") from error


def computed(code: str, year: int) -> bool:
    """Whether that year's holidays are computed from a pattern, because nobody has entered a published list."""
    return code == INSTITUTIONS and year not in _table()["years"]


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the church's own computation, in whole numbers)."""
    century, golden = year // 100, year % 19
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    epact -= (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    shift = epact - weekday
    month = 3 + (shift + 40) // 44
    return date(year, month, shift + 28 - 31 * (month // 4))


def _institutions(year: int) -> frozenset[date]:
    listed = _table()["years"].get(year)
    return by_pattern(year) if listed is None else frozenset(_days(year, listed["days"]))


def by_pattern(year: int) -> frozenset[date]:
    """The institutions' holidays in a year, computed from what their published lists have in common."""
    pattern, sunday = _table()["pattern"], easter(year)
    moving = {sunday + offset * DAY for offset in pattern["from_easter"]}
    return frozenset(moving | _days(year, pattern["fixed"]))


def _days(year: int, written: list[str]) -> set[date]:
    found = set()
    for one in written:
        first, _, last = one.partition("..")
        day, end = (date.fromisoformat(f"{year:04}-{part}") for part in (first, last or first))
        while day <= end:
            found.add(day)
            day += DAY
    return found


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(files("bailee.obligations").joinpath("institutions.yaml").read_text("utf-8"))
    return table
