"""Counting who was reached, from what the ledger says. Pure: entries in, rows and categories out.

What was refused or withheld reached nobody. An access counts for the records that its entry names, and for persons that
are named without a record. Of a store, the ledger says what was in it and has been deleted since.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.breach_notice.events import Scope
from bailee.clauses.breach_notice.mistakes import Faulty

NIL = UUID(int=0)
REACHING = ("permit", "change")
LONGEST_ACTOR, MOST_PERSONS = 200, 1_000


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry says of an access; everything else in a body is no matter of this."""

    kind: str
    at: datetime
    actor: str
    credential: UUID | None = None
    persons: tuple[UUID, ...] = ()
    records: tuple[tuple[UUID, str, UUID], ...] = ()
    categories: tuple[str, ...] = ()
    digest: str = ""


class Row(msgspec.Struct, frozen=True):
    """A record that was reached, or a person without one (the nil id). `many` is how many records the row stands for."""

    person: UUID
    record: UUID
    type: str
    many: int


_read = msgspec.json.Decoder(Said).decode


class Reached:
    """What a scope reached, as the ledger tells it. It holds what was not taken away yet, each record once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.entries = self.unread = self.matches = 0
        self.categories: set[str] = set()
        self._persons = frozenset(scope.persons)
        self._rows: set[Row] = set()

    def add(self, bodies: Iterable[bytes | None]) -> None:
        """Take entries in; None where what one said is gone."""
        for body in bodies:
            self.entries += 1
            if body is None:
                self.unread += 1
                continue
            said = _read(body)
            if said.kind not in REACHING:
                continue
            if self.scope.kind == "access":
                self._access(said)
            else:
                self._deleted(said)

    @property
    def held(self) -> int:
        """How many rows wait to be taken away."""
        return len(self._rows)

    def take(self) -> list[Row]:
        """Take away what has been found since, in the order of ids."""
        found = sorted(self._rows, key=lambda one: (one.person, one.record))
        self._rows.clear()
        return found

    def _access(self, said: Said) -> None:
        scope = self.scope
        if not scope.since <= said.at <= scope.until:
            return
        if scope.actor and said.actor != scope.actor:
            return
        if scope.credential is not None and said.credential != scope.credential:
            return
        records = [one for one in said.records if not self._persons or one[0] in self._persons]
        named = {one[0] for one in said.records}
        alone = [one for one in said.persons if one not in named and (not self._persons or one in self._persons)]
        if records or alone:
            self.matches += 1
            self.categories.update(said.categories)
        self._rows.update(Row(person, record, type, 1) for person, type, record in records)
        self._rows.update(Row(person, NIL, "", 0) for person in alone)

    def _deleted(self, said: Said) -> None:
        """A record that was deleted since the window began may have been in the store: the bound counts it."""
        if said.kind == "change" and not said.digest and said.at >= self.scope.since:
            self._rows.update(Row(person, record, type, 1) for person, type, record in said.records)


def faults(scope: Scope, now: datetime) -> tuple[str, ...]:
    """The codes of what keeps a scope from being computed."""
    found = []
    if scope.until < scope.since:
        found.append("ends-before-it-begins")
    if scope.since > now:
        found.append("window-in-the-future")
    if scope.kind == "access" and not (scope.actor or scope.credential or scope.persons):
        found.append("nobody-named")
    if len(scope.actor) > LONGEST_ACTOR or len(scope.persons) > MOST_PERSONS:
        found.append("too-much-named")
    return tuple(found)


def check(scope: Scope, now: datetime) -> Scope:
    """The scope, or `Faulty`."""
    if found := faults(scope, now):
        raise Faulty(*found)
    return scope
