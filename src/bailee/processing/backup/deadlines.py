"""When a copy is made, when one is missed, when a drill is due, and which copies have served. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from bailee.obligations.calendar import Calendar
from bailee.obligations.promises import Promise
from bailee.processing.backup.events import Copy
from bailee.vocabulary.periods import Period

CLAUSE = "services.backup"
COPY, DRILL = "backup/", "drill/"
# Ours, not the agreement's: half of the time between two copies is left for making the next before it is missed, and a
# drill that the platform can make itself is made in the last days of its term.
HALF = 2
AHEAD = timedelta(days=3)
KEYS_AGAIN = timedelta(hours=1)  # the key store alone is copied again after a turn of keys, no more often than that


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How often a copy is made (hours), for how long one is kept, and how often one is proven (days)."""

    hours: int
    kept: int
    drilled: int

    @property
    def every(self) -> timedelta:
        """From one copy to the next."""
        return timedelta(hours=self.hours)

    @property
    def periods(self) -> dict[str, str]:
        """The three, as periods are written."""
        return {
            "every": str(Period(self.hours, "hours")), "kept": str(Period(self.kept, "days")),
            "drilled": str(Period(self.drilled, "days")),
        }  # fmt: skip

    @property
    def missed_after(self) -> Period:
        """How old the last good copy may become."""
        return Period(self.hours + -(-self.hours // HALF), "hours")

    def expires(self, taken: datetime) -> datetime:
        """When a copy has served."""
        return taken + timedelta(days=self.kept)


def copy_due(last: datetime | None, now: datetime, terms: Terms) -> bool:
    """Whether a copy is to be made now; `last` is when what the last good one holds was taken."""
    return last is None or now >= last + terms.every


def drill_due(last: datetime | None, now: datetime, terms: Terms) -> bool:
    """Whether the platform proves a copy now, of itself."""
    term = timedelta(days=terms.drilled)
    return last is None or now >= last + term - min(AHEAD, term / HALF)


def keys_due(last: Copy, living: frozenset[str], now: datetime) -> bool:
    """Whether the key store is to be copied again: a key died since that wraps what the last copy of it holds."""
    return now >= last.taken_at + KEYS_AGAIN and not living.issuperset(last.epochs)


def next_copy(after: str, since: datetime, terms: Terms) -> Promise:
    """What is owed once a copy was made (`after` names it), or the platform founded: the next one, in time."""
    return _promise(f"{COPY}{after}", since, terms.missed_after, "backup")


def next_drill(after: str, since: datetime, terms: Terms) -> Promise:
    """The same of drills."""
    promise = _promise(f"{DRILL}{after}", since, Period(terms.drilled, "days"), "drill")
    reminder = promise.due.strict - timedelta(days=7)
    return msgspec.structs.replace(promise, reminders=(reminder,) if reminder > since else ())


def spent(copies: Sequence[Copy], now: datetime) -> list[Copy]:
    """The copies that have served: those whose days are over, never the last good one that a restore can begin with.
    Copies of the key store alone have served as soon as a newer copy of it stands."""
    whole = [one for one in copies if one.kind == "full"]
    last = max(whole, key=_taken, default=None)
    newest = max((one for one in copies if one.has_keys), key=_taken, default=None)
    over = [one for one in whole if one is not last and one.expires_at <= now]
    return [*over, *(one for one in copies if one.kind == "keys" and one is not newest)]


def _taken(one: Copy) -> datetime:
    return one.taken_at


def _promise(subject: str, since: datetime, period: Period, evidence: str) -> Promise:
    due = Calendar("UTC", "EU").due(since, period)
    return Promise(
        clause=CLAUSE, subject=subject, owed_by="processor", owed_to="controller", due=due, evidence=evidence
    )
