"""What an obligation is called, in English and French: one short phrase for each clause that may open one. Pure but
for reading its words once.
"""

import re
from datetime import datetime
from functools import cache
from pathlib import Path

from bailee.contract.clauses import BY_ID
from bailee.infra.web import words as speech
from bailee.infra.web.words import Words
from bailee.obligations.custom_duties import CUSTOM

# What the calendar writes of how it counted, and the days and periods in it.
COUNTED = re.compile(
    r"(?P<amount>\d+) (?P<unit>[a-z-]+?)s? (?P<way>before|after) (?P<event>[-\d]{10} [\d:+-]+): (?P<ends>.+?) "
    r"\((?P<zone>[\w/+-]+), holidays (?P<holidays>[\w-]+)(?P<guessed>; [a-z, ]+)?\)"
)
INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d[+-]\d\d:\d\d)?")
THEN = ", then "
# How a rule begins whose period is our own.
OURS = (
    "ours, Art. 19 names no period: ", "ours, Art. 33(4) names no period: ",
    "our own target, the agreement names no hours: ",
)  # fmt: skip
WAYS = {
    "after": "{period} after {event}: until {ends}, counted in {zone} with the holidays of {holidays}{guessed}",
    "before": "{period} before {event}: until {ends}, counted in {zone} with the holidays of {holidays}{guessed}",
}
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


def rule(language: str, text: str) -> str:
    """How an instant was counted, its days in words; what was kept in another form stays as it is."""
    first, *later = text.split(THEN)
    own = next((one for one in OURS if first.startswith(one)), "")
    told = [_counted(language, one) for one in (first.removeprefix(own), *later)]
    return (said(language, own) if own else "") + said(language, THEN).join(told)


def _counted(language: str, text: str) -> str:
    found = COUNTED.fullmatch(text)
    if found is None:
        return said(language, text)
    ends, unit = INSTANT.findall(found["ends"]), found["unit"]
    until = "{first}" if len(ends) == 1 else "{first} (strict reading) or {last} (generous reading)"
    guessed = said(language, "; the holidays of that year are computed, not yet published") if found["guessed"] else ""
    return said(
        language, WAYS[found["way"]], period=words().count(language, int(found["amount"]), unit, f"{unit}s"),
        event=_read(language, found["event"]), zone=found["zone"], holidays=found["holidays"], guessed=guessed,
        ends=said(language, until, first=_read(language, ends[0]), last=_read(language, ends[-1])),
    )  # fmt: skip


def _read(language: str, instant: str) -> str:
    """A day, or an hour of it in the agreement's own zone, in words."""
    at = datetime.fromisoformat(instant)
    return speech.day(language, at) + (f", {at:%H:%M}" if ":" in instant else "")
