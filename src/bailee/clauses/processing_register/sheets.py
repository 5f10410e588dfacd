"""Sheets: a register in words, one line for each category of processing, as documents and pages show it. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from bailee.clauses.processing_register import saying
from bailee.clauses.processing_register.events import (
    Activity,
    Carried,
    Company,
    Declared,
    PartyOf,
    Pattern,
    Register,
    Tally,
)
from bailee.clauses.processing_register.straying import by_part
from bailee.vocabulary.places import EU27


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A category of processing in words; `times` and `last_at` are what really happened under it."""

    id: str
    name: str
    service: bool
    purposes: tuple[str, ...]
    operations: tuple[str, ...]
    categories: tuple[str, ...]
    groups: tuple[str, ...]
    actors: tuple[str, ...]
    recipients: tuple[str, ...]
    since: datetime
    until: datetime | None
    kept: str
    reason: str
    suspended: bool
    times: int
    last_at: datetime | None


def lines(register: Register, language: str) -> list[Line]:
    """Every category of processing of a register, in a language."""
    used = {id: tally for (id, part, _), tally in by_part(seen(register)).items() if not part}
    return [_line(one, register.declared, used.get(one.id), language) for one in register.declared.activities]


def seen(register: Register) -> Mapping[Pattern, Tally]:
    """What a register says was observed, as it was counted."""
    return {one.pattern: Tally(one.times, one.last_at) for one in register.observed.uses}


def kept(declared: Declared, language: str) -> list[tuple[str, str]]:
    """How long what is kept, in words."""
    return [(saying.said(language, f"term-{one.term}"), _period(language, one.period)) for one in declared.kept]


def party(one: PartyOf) -> str:
    """A side of the agreement on one line."""
    return ", ".join(part for part in (one.name, one.address, one.country) if part)


def officer(one: PartyOf, language: str) -> str:
    """Its data-protection officer on one line."""
    return f"{one.officer.name}, {one.officer.email}" if one.officer else saying.said(language, "none appointed")


def representative(one: PartyOf) -> str:
    """Its representative in the Union on one line; empty where none is named."""
    return f"{one.representative.name}, {one.representative.email}" if one.representative else ""


def company(one: Company) -> str:
    """A sub-processor on one line."""
    return f"{one.name} ({one.country}): {one.role}"


def carried(one: Carried, language: str) -> str:
    """A transfer on one line, with its guarantee."""
    lacking = "no guarantee is on record" if one.needed else "by the controller's consent alone"
    return f"{one.recipient} ({one.country}): {one.guarantee or saying.said(language, lacking)}"


def transferred(declared: Declared, language: str) -> list[str]:
    """Every transfer; that there is none is said."""
    none = [saying.said(language, "none: the data stay in the European Union")]
    return [carried(one, language) for one in declared.transfers] or none


def regions(declared: Declared, language: str) -> str:
    """Where data are held; all member states are said in one word."""
    whole = frozenset(declared.regions) == EU27
    return (
        saying.said(language, "the European Union, its 27 member states alone")
        if whole
        else ", ".join(declared.regions)
    )


def measures(declared: Declared, language: str) -> list[str]:
    """The measures of security in general words."""
    return [one.words.get(language) or one.words.get("en", one.id) for one in declared.measures]


def day(at: datetime | None) -> str:
    """A day as programs and people read it; empty for none."""
    return f"{at:%Y-%m-%d}" if at else ""


# What kind of code stands in a field of an activity.
CODES = {"purposes": "purpose", "operations": "nature", "groups": "group", "actors": "doer"}


def values(field: str, codes: Iterable[str], declared: Declared, language: str) -> list[str]:
    """What a field of a difference says, in words."""
    if field == "categories":
        return [saying.category(language, one, declared.labels) for one in codes]
    if field == "period":
        return [_period(language, one) for one in codes]
    kind = CODES.get(field)
    return [saying.coded(language, kind, one) for one in codes] if kind else list(codes)


def which(part: str, name: str, declared: Declared, language: str) -> str:
    """What a member of a part is called."""
    if part == "activities":
        return saying.activity(language, name)
    if part == "kept":
        return saying.said(language, f"term-{name}")
    told = {one.id: one.words.get(language, one.id) for one in declared.measures}
    return told.get(name, name) if part == "measures" else name


def _line(one: Activity, declared: Declared, used: Tally | None, language: str) -> Line:
    def words(kind: str, codes: Iterable[str]) -> tuple[str, ...]:
        return tuple(saying.coded(language, kind, code) for code in codes)

    return Line(
        id=one.id, name=saying.activity(language, one.id), service=one.id.startswith("service:"),
        purposes=words("purpose", one.purposes), operations=words("nature", one.operations),
        categories=tuple(saying.category(language, id, declared.labels) for id in one.categories),
        groups=words("group", one.groups), actors=words("doer", one.actors), recipients=one.recipients,
        since=one.since, until=one.until, kept=_period(language, one.kept), reason=one.reason, suspended=one.suspended,
        times=used.times if used else 0, last_at=used.last_at if used else None,
    )  # fmt: skip


def _period(language: str, period: str) -> str:
    return saying.lasting(language, period)
