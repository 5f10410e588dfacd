"""To whom a message goes: by its address, the company it names, and who holds the person. Pure.

Each controller is told only what concerns it: who is named by the sender hears of it and no other; who holds the
person hears of it unless the text speaks of another customer of ours. Where the signs disagree a human decides.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from bailee.clauses.direct_requests.events import How
from bailee.vault.searching import normal

LEGAL_FORMS = frozenset(
    [
        "sa",
        "sas",
        "sarl",
        "sasu",
        "snc",
        "scop",
        "sci",
        "eurl",
        "ltd",
        "limited",
        "plc",
        "llp",
        "inc",
        "llc",
        "gmbh",
        "ag",
        "kg",
        "se",
        "bv",
        "nv",
        "spa",
        "srl",
        "sl",
        "oy",
        "ab",
        "as",
        "aps",
        "sro",
        "the",
        "le",
        "la",
        "les",
        "de",
        "des",
        "du",
        "et",
        "and",
        "of",
        "cooperative",
        "societe",
        "company",
        "group",
        "groupe",
    ]
)
SHORTEST = 4


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What points to a controller. `held` are those that hold the person, with whom; the platform among them."""

    addressed: UUID | None
    company: str
    text: str
    about_us: bool
    held: Mapping[UUID, tuple[UUID, ...]]


class Destined(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message goes at once."""

    controllers: tuple[UUID, ...]
    how: How


class Undecided(msgspec.Struct, frozen=True, kw_only=True):
    """Why a human decides, as a code; `own` is the processor's to answer. `suggested` are who may be meant."""

    reason: str
    suggested: tuple[UUID, ...] = ()


def destined(signs: Signs, names: Mapping[UUID, str], platform: UUID) -> Destined | Undecided:
    """Where a message goes; `names` are the controllers of the directory."""
    held = tuple(one for one in names if one in signs.held)
    if signs.addressed in names:
        return Destined(controllers=(signs.addressed,), how="addressed")  # type: ignore[arg-type]  # it is in names
    if signs.company:
        called = tuple(one for one, name in names.items() if _is_called(name, signs.company))
        if len(called) == 1:
            return Destined(controllers=called, how="named")
        return Undecided(reason="company-unknown", suggested=called or held)
    if signs.about_us:
        return Undecided(reason="about-us" if held else "own", suggested=held)
    mentioned = tuple(one for one, name in names.items() if _mentions(signs.text, name))
    meant = tuple(one for one in held if one in mentioned)
    if held and (meant or not mentioned):
        return Destined(controllers=meant or held, how="held")
    if held or mentioned:
        return Undecided(reason="names-another" if held else "only-named", suggested=(*held, *mentioned))
    return Undecided(reason="own" if platform in signs.held else "nobody-found")


def _words(text: str) -> list[str]:
    return [one for one in normal("".join(c if c.isalnum() else " " for c in text)).split() if one not in LEGAL_FORMS]


def _is_called(name: str, typed: str) -> bool:
    """Whether a company is called so: all that was typed are words of its name, legal forms apart."""
    known, said = _words(name), _words(typed)
    return bool(said) and set(said) <= set(known) and sum(map(len, said)) >= SHORTEST


def _mentions(text: str, name: str) -> bool:
    """Whether a text holds a company's name, whole; short names are too common to count."""
    wanted = " ".join(_words(name))
    return len(wanted) > SHORTEST and f" {wanted} " in f" {' '.join(_words(text))} "
