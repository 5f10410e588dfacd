"""What people see of retention: the rules, the calendar, what went; and of one person, what goes when and by which rule."""

from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.retention import queries
from bailee.clauses.retention.deadlines import Judge, earliest
from bailee.clauses.retention.events import OWN, Count, Going, Gone, Kept, Person, Preview, Standing
from bailee.clauses.retention.evidence import Outlook, by_rule, outlook
from bailee.clauses.retention.keeping import Keeping
from bailee.clauses.retention.looking import calendar_of, person_of, record_of
from bailee.contract.force import InForce
from bailee.contract.ruling import AccessRequest, Refusal, extend
from bailee.gate.archive import Archive, Dossier
from bailee.gate.passage import Passage
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.obligations.calendar import Calendar

SHOWN, MOST_RECORDS = 400, 2000
FULL = 100.0


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A controller's rules as they stand, what goes when, and what went; `looked_at` is None until a look was whole."""

    rules: tuple[Kept, ...]
    outlook: Outlook
    gone: tuple[Gone, ...]
    taken: dict[UUID, int]
    looked_at: datetime | None
    run_at: datetime | None
    calendar: Calendar


class End(msgspec.Struct, frozen=True, kw_only=True):
    """What of a person goes together: how many of a type, when, by which rule or by an end of their own.

    `later` are the names of what would have ended them later: the earliest binds. `wide` is where its day lies on the
    drawing, in percent.
    """

    type: str
    number: int
    at: datetime | None
    by: str
    later: tuple[str, ...]
    wide: float = FULL


class About(msgspec.Struct, frozen=True, kw_only=True):
    """When what is held about a person goes: the person whole, and what goes before; `standing` keeps it back."""

    person: End | None
    ends: tuple[End, ...]
    endless: int
    standing: Standing
    now: datetime
    until: datetime | None
    calendar: Calendar


class Showing:
    """Shows what is kept until when."""

    def __init__(
        self, *, committing: Committing, passage: Passage, archive: Archive, keeping: Keeping, clock: Clock,
        administrators: frozenset[str],
    ) -> None:  # fmt: skip
        self._passage = passage
        self._committing = committing
        self._archive = archive
        self._keeping = keeping
        self._clock = clock
        self._administrators = administrators

    async def rules(self, controller: UUID) -> list[Kept]:
        """Every version of every rule, the oldest first."""
        async with self._committing.transaction(controller) as change:
            return await self._keeping.listed(change)

    async def preview(self, controller: UUID, rule: UUID) -> Preview | None:
        """What a draft would take, as far as it is counted."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.PREVIEW, controller, rule)
            if row is None:
                return None
            counts = await _counts(change, row["look_id"])
        return Preview(
            id=row["look_id"], rule=row["rule_id"], version=row["version"], began_at=row["began_at"],
            ended_at=row["ended_at"], seen=row["seen"], counts=tuple(counts),
        )  # fmt: skip

    async def overview(self, controller: UUID) -> Overview:
        """All of it, as of the last whole look."""
        async with self._committing.transaction(controller) as change:
            tx = change.connection
            rules = await self._keeping.listed(change)
            last = await tx.fetchrow(queries.LAST_RUN, controller)
            counts = await _counts(change, last["look_id"]) if last else []
            gone = [
                Gone(rule=row["rule_id"], type=row["type"], day=row["day"], number=row["number"])
                for row in await tx.fetch(queries.GONE, controller, SHOWN)
            ]
            run_at = await tx.fetchval(queries.CLOCK, controller)
        now, force = self._clock.now(), await self._archive.in_force(controller)
        calendar = calendar_of(force) if force else Calendar("UTC", "EU")
        confirmed = {one.id for one in rules if one.state == "confirmed"}
        counts = [one for one in counts if one.rule in confirmed]
        return Overview(
            rules=tuple(rules), outlook=outlook(counts, calendar.day(now)), gone=tuple(gone), taken=by_rule(gone),
            looked_at=last["ended_at"] if last else None, run_at=run_at, calendar=calendar,
        )  # fmt: skip

    async def about(self, request: AccessRequest, person: UUID) -> About | Refusal | None:
        """When what is held about a person goes; None where nobody of this id is held. Ruled and recorded as a look at
        the person is, though only what stands in clear is looked at."""
        controller = request.controller
        dossier = await self._passage.current(controller)
        permit = self._passage.rule(dossier, request)
        if isinstance(permit, Refusal):
            return await self._passage.refuse(permit)
        force = dossier.in_force(permit.at)
        assert force is not None, "a permit comes of what is in force"
        async with self._committing.transaction(controller) as change:
            tx = change.connection
            found = await tx.fetch(queries.PEOPLE_NAMED, controller, [person])
            rules = [one for one in await self._keeping.listed(change) if one.state == "confirmed"]
            rows = await tx.fetch(queries.RECORDS_OF, controller, person, MOST_RECORDS)
            await change.append([extend(permit, (), (person,))])
        if not found:
            return None
        return self._drawn((dossier, force), rules, person_of(found[0], self._administrators), rows)

    def _drawn(
        self, under: tuple[Dossier, InForce], rules: Sequence[Kept], person: Person, rows: Sequence[Any]
    ) -> About:
        dossier, force = under
        judge, now = Judge(calendar_of(force), rules, force.ended_at), self._clock.now()
        names = {str(one.id): one.rule.name for one in rules} | {OWN: OWN}
        whole = judge.person(person)
        together: dict[tuple[str, datetime | None, str, tuple[str, ...]], int] = {}
        endless = 0
        for row in rows:
            ends = judge.ends(record_of(row, dossier), person)
            binding = earliest([*([whole] if whole else []), *ends])
            if binding is None or binding is whole:
                endless += binding is None
                continue
            later = tuple(names[one.by] for one in ends if one is not binding)
            key = row["type"], binding.at, names[binding.by], later
            together[key] = together.get(key, 0) + 1
        dated = [key[1] for key in together if key[1]] + ([whole.at] if whole and whole.at else [])
        until = max(dated, default=None)
        ends_ = tuple(
            End(type=kind, number=number, at=at, by=by, later=later, wide=_place(at, now, until))
            for (kind, at, by, later), number in sorted(together.items(), key=_order)
        )
        return About(
            person=_whole(whole, names, now, until), ends=ends_, endless=endless, standing=person.standing, now=now,
            until=until, calendar=calendar_of(force),
        )  # fmt: skip


def _whole(whole: Going | None, names: dict[str, str], now: datetime, until: datetime | None) -> End | None:
    if whole is None:
        return None
    wide = _place(whole.at, now, until)
    return End(type="person", number=1, at=whole.at, by=names[whole.by], later=(), wide=wide)


def _order(one: tuple[tuple[str, datetime | None, str, tuple[str, ...]], int]) -> tuple[float, str, str]:
    kind, at, by, _ = one[0]
    return at.timestamp() if at else inf, kind, by


def _place(at: datetime | None, now: datetime, until: datetime | None) -> float:
    """Where a day lies between now and the last one."""
    if at is None or until is None or until <= now:
        return FULL
    return round(min(max((at - now) / (until - now), 0.0), 1.0) * FULL, 1)


async def _counts(change: Transaction, look: UUID) -> list[Count]:
    return [
        Count(
            rule=row["rule_id"], type=row["type"], groups=row["person_groups"], month=row["month"],
            standing=row["standing"], number=row["number"],
        )
        for row in await change.connection.fetch(queries.COUNTED, change.controller, look)
    ]  # fmt: skip
