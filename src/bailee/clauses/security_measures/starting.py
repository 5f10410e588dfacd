"""Starting: a platform does not start with less than it had. Only what is declared is held to it, settings and catalogue:
a probe that cannot be run, or a measure that fails while all runs, never keeps a platform from its start.

While no controller has been taken on, nothing has been promised to anyone, and the settings may go up and down.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bailee.clauses.security_measures import catalogue, queries
from bailee.clauses.security_measures.declared import UNDECIDABLE, Declared, declared
from bailee.clauses.security_measures.events import Found
from bailee.clauses.security_measures.keeping import Keeping
from bailee.clauses.security_measures.mistakes import Lowered, Regression
from bailee.clauses.security_measures.saying import in_words
from bailee.infra.clock import Clock
from bailee.infra.settings import Settings
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act

ALTERED = (
    "line {number} of the catalogue of measures ({measure}) is not what this platform started with before: put the "
    "catalogue back as it was shipped, and add what is new below it"
)
UNDECIDED = "{name}: was {was}, would be {now}. Set it back; nothing takes its place over data that are held"
DECIDABLE = (
    "{name}: was {was}, would be {now}. Set it back; or, where something equal or better takes its place, record that with "
    "these settings: `bailee measures decide {measure}`"
)


class Starting:
    """Compares what is declared with what was reached."""

    def __init__(self, *, keeping: Keeping, settings: Settings, clock: Clock) -> None:
        self._keeping = keeping
        self._settings = settings
        self._clock = clock

    async def lowered(self) -> list[Lowered]:
        """Declared measures that these settings would lower."""
        reached, now = await self._keeping.levels(), declared(self._settings)
        return [
            Lowered(name, rank, now[name].rank, found, now[name].found)
            for name, (rank, found) in reached.items()
            if name in now and _lower(now[name], rank)
        ]

    async def problems(self, controllers: Sequence[UUID]) -> list[str]:
        """What would be lowered by a start now, in words with what to do; nothing where it may be."""
        found = []
        changed = catalogue.altered(catalogue.lines(), await self._keeping.lines())
        if changed is not None:
            found.append(ALTERED.format(number=changed.number + 1, measure=changed.measure))
        if any(one != self._keeping.platform for one in controllers):
            found += [_said(one) for one in await self.lowered()]
        return found

    async def stand(self, committing: Committing, controllers: Sequence[UUID]) -> None:
        """At a start: take in what is new of the catalogue and what has become better, or `Regression`."""
        problems = await self.problems(controllers)
        if problems:
            raise Regression(problems)
        free = all(one == self._keeping.platform for one in controllers)
        async with committing.transaction(self._keeping.platform) as change:
            now = self._clock.now()
            acts = [*await self._lines(change, now), *await self._levels(change, now, free=free)]
            if acts:
                await change.append(acts)

    async def _lines(self, change: Transaction, now: datetime) -> list[Act]:
        known = await self._keeping.lines()
        new = [(number, line) for number, line in enumerate(catalogue.lines()) if number not in known]
        for number, line in new:
            await change.connection.execute(
                queries.TAKE_LINE, change.controller, number, line.measure, line.digest, now
            )
        details = {"lines": len(new), "from": new[0][0] + 1} if new else {}
        return [Act("measures-taken-in", change.controller, "platform", details)] if new else []

    async def _levels(self, change: Transaction, now: datetime, *, free: bool) -> list[Act]:
        reached, acts = await self._keeping.levels(), []
        for name, one in declared(self._settings).items():
            before = reached.get(name)
            if one.rank is None or (before is not None and _same(one, before)):
                continue
            if before is None or one.rank >= before[0] or free:
                await self._keeping.reach(change, name, one, now)
                details = {"measure": name, "rank": one.rank, "reason": one.found.reason, "figures": one.found.figures}
                acts.append(Act("measure-declared", change.controller, "platform", details))
        return acts


def _lower(one: Declared, rank: int) -> bool:
    return one.rank is not None and one.rank < rank


def _same(one: Declared, before: tuple[int, Found]) -> bool:
    return (one.rank, one.found.reason, one.found.figures) == (before[0], before[1].reason, before[1].figures)


def _said(one: Lowered) -> str:
    was, now = in_words("en", one.was_found), in_words("en", one.found)
    words = UNDECIDED if one.measure in UNDECIDABLE else DECIDABLE
    return words.format(name=catalogue.newest(one.measure).en.name, was=was, now=now, measure=one.measure)
