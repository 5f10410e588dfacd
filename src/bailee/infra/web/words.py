"""Words of the pages: English stands in the templates, French in `words.fr.yaml` beside them. Codes that are shown
(permissions, reasons) have their English in `words.en.yaml`.

Pure but for reading its files once. A test holds that nothing on a page is without its French.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import yaml

from bailee.vocabulary.languages import LANGUAGES, language_of
from bailee.vocabulary.periods import Period

SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, ten times as fast, where its library is there
MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
}  # fmt: skip


SHORT = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}  # fmt: skip


class Words:
    """The French of every English text of some folders of templates."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.french = _read(tuple(folders), "words.fr.yaml")
        self.english = _read(tuple(folders), "words.en.yaml")

    def say(self, language: str, text: str, **values: object) -> str:
        """A text in a language, its `{slots}` filled."""
        found = (self.french if language == "fr" else self.english).get(text, text)
        return found.format(**values) if values else found

    def count(self, language: str, number: int, one: str, many: str) -> str:
        """`one` or `many` by number, with the number in front. French counts nought as one."""
        return f"{figure(language, number)} {self.either(language, number, one, many)}"

    def either(self, language: str, number: int, one: str, many: str) -> str:
        """`one` or `many` alone, where the number stands elsewhere."""
        single = number <= 1 if language == "fr" else number == 1
        return self.say(language, one if single else many)


@lru_cache(maxsize=8)
def _read(folders: tuple[Path, ...], name: str) -> dict[str, str]:
    """The words of several folders as one dictionary, read once; nobody writes to it."""
    found: dict[str, str] = {}
    for folder in folders:
        if (folder / name).exists():
            found |= yaml.load((folder / name).read_text(encoding="utf-8"), Loader=SAFE) or {}  # noqa: S506 -- either one is safe
    return found


def lowered(label: str) -> str:
    """A label as it stands within a sentence: `E-mail address` begins small there, `IP address` does not."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def lasting(language: str, period: str) -> str:
    """A period of the agreement in words: `30 days` as 30 days or 30 jours; what is none stays as it is."""
    try:
        return Period.parse(period).said(language_of(language))
    except ValueError:
        return period


def figure(language: str, number: int) -> str:
    """A number with its thousands apart: 12,345 or 12 345."""
    return f"{number:,}".replace(",", "\u202f") if language == "fr" else f"{number:,}"


def day(language: str, at: date | datetime) -> str:
    """A day in words: 3 November 2026, 1er novembre 2026."""
    number = "1er" if language == "fr" and at.day == 1 else str(at.day)
    return f"{number} {MONTHS[language][at.month - 1]} {at.year}"


def short_day(language: str, at: date | datetime) -> str:
    """A day in a picture: 3 Nov, 3 nov."""
    return f"{at.day} {SHORT[language][at.month - 1]}"


def moment(language: str, at: datetime) -> str:
    """A day and the time of it, in UTC to the minute; the page's own script shows it in the reader's zone."""
    return f"{day(language, at)}, {at:%H:%M} UTC"


def browser(agent: str) -> str:
    """A browser and its system out of a User-Agent, as people call them; empty for what is neither."""
    browsers = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "Mac"}
    systems |= {"Linux": "Linux"}
    found = [next((name for mark, name in known.items() if mark in agent), "") for known in (browsers, systems)]
    return ", ".join(one for one in found if one)


def preferred(header: str) -> str:
    """The first of our languages that an Accept-Language header names; English otherwise."""
    weighed = []
    for position, part in enumerate(header.split(",")[:20]):
        tag, _, rest = part.strip().partition(";")
        quality = rest.strip().removeprefix("q=") or "1"
        weight = float(quality) if quality.isascii() and quality.replace(".", "", 1).isdigit() else 0.0
        weighed.append((-weight, position, tag.lower().split("-")[0]))
    for weight, _, tag in sorted(weighed):
        if weight < 0 and tag in LANGUAGES:
            return tag
    return "en"
