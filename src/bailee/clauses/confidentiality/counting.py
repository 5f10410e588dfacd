"""Until when someone is bound and trained, under each agreement, and what a gate is told of it. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec

from bailee.clauses.confidentiality.events import Entry, Fact, Training, Undertaking
from bailee.obligations.calendar import DAY, TICK, Calendar
from bailee.vocabulary.periods import Period

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
FACTS: tuple[Fact, ...] = ("confidential_until", "trained_until")
AHEAD = timedelta(days=30)  # so long before a training runs out the next is called for
EASTMOST = timedelta(hours=14)  # where a day begins first

Standings = Mapping[tuple[str, str], datetime]


class Terms(msgspec.Struct, frozen=True):
    """What an agreement says of this clause: where its days are counted, and how long a training counts."""

    calendar: Calendar
    training_valid: str


def bound_until(one: Undertaking, calendar: Calendar) -> datetime:
    """The first instant at which an undertaking no longer counts."""
    until = FOREVER if one.until is None else calendar.first(one.until + DAY)
    return until if one.ended_at is None else min(until, one.ended_at)


def trained_until(one: Training, terms: Terms) -> datetime:
    """The first instant at which a training no longer counts: on the strict reading, which never runs on."""
    until = terms.calendar.due(terms.calendar.first(one.on), Period.parse(terms.training_valid)).strict + TICK
    return until if one.ended_at is None else min(until, one.ended_at)


def to_come(day: date, now: datetime) -> bool:
    """Whether a day has begun nowhere yet."""
    return day > (now + EASTMOST).date()


def facts(one: Entry, terms: Terms) -> dict[Fact, datetime]:
    """What a gate is told of someone; nothing of what is not on record."""
    found: dict[Fact, datetime] = {}
    if one.undertakings:
        found["confidential_until"] = max(bound_until(each, terms.calendar) for each in one.undertakings)
    if one.trainings:
        found["trained_until"] = max(trained_until(each, terms) for each in one.trainings)
    return found


def standings(register: Iterable[Entry], terms: Terms | None) -> dict[tuple[str, str], datetime]:
    """What a gate is to know of everyone in service, by actor and fact; nothing where nothing is agreed."""
    if terms is None:
        return {}
    serving = [one for one in register if one.member.released_at is None]
    return {
        (actor, fact): until
        for one in serving for actor in one.member.actors for fact, until in facts(one, terms).items()
    }  # fmt: skip


def changes(known: Standings, wanted: Standings, now: datetime) -> dict[tuple[str, str], datetime]:
    """What a gate must be told, knowing what it knows: what it should not know ends now. Other facts are not ours."""
    told = {key: until for key, until in wanted.items() if known.get(key) != until}
    over = {key: now for key, until in known.items() if key[1] in FACTS and key not in wanted and until > now}
    return told | over


def bound(one: Undertaking, now: datetime) -> bool:
    """Whether an undertaking binds still, wherever its last day ends latest."""
    return one.ended_at is None and (one.until is None or one.until >= (now - EASTMOST).date())
