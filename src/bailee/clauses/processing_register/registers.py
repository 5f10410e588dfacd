"""Registers: made for any instant, and each new wording of what is declared kept as a version."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from bailee.clauses.processing_register import composing, queries
from bailee.clauses.processing_register.comparing import Difference, differences
from bailee.clauses.processing_register.counting import AT_ONCE, NOTHING_SEEN, OPEN, Counting, Seen
from bailee.clauses.processing_register.events import Declared, Register, Version
from bailee.clauses.processing_register.keeping import Keeping
from bailee.clauses.processing_register.sources import AsOf, Sources
from bailee.clauses.processing_register.straying import strays
from bailee.contract.force import NOTHING, Found, InForce, given_by
from bailee.gate.archive import Archive, Dossier
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act

PLATFORM = "platform"
TICK = timedelta(microseconds=1)


class NothingInForce(Exception):
    """Nothing was agreed with this controller at that instant, or there is no such controller."""


class NotYet(Exception):
    """The instant is still to come: nobody knows what will stand then."""


class NoVersion(Exception):
    """There is no version of that number."""


class Registers:
    """The registers of controllers."""

    def __init__(
        self, *, archive: Archive, committing: Committing, counting: Counting, keeping: Keeping, sources: Sources,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._archive = archive
        self._committing = committing
        self._counting = counting
        self._sources = sources
        self._clock = clock
        self.keeping = keeping

    async def at(self, controller: UUID, at: datetime | None = None) -> Register:
        """The register as of an instant, or of now. Of now, a new wording is kept at once."""
        now = self._clock.now()
        instant = now if at is None else at
        if instant > now:
            raise NotYet
        dossier = await self._dossier(controller)
        found, force, declared = await self._declared(dossier, instant, past=at is not None)
        digest = composing.digest(declared)
        if at is None and dossier.state == OPEN:
            await self._keep(controller, declared, digest)
        until = _counted_until(instant, now)
        seen = await self._counting.seen(controller, until) if dossier.state == OPEN else NOTHING_SEEN
        ended = [one for one in given_by(found.texts) if one.in_force_until and one.in_force_until <= instant]
        return Register(
            controller=controller, at=instant, made_at=now, digest=digest,
            number=await self.keeping.numbered(controller, digest, instant), declared=declared,
            observed=seen.observed(until),
            strays=strays(declared, ended, seen.totals, instant, counted_since=_whole_since(seen, force, instant)),
            destroyed=dossier.state != OPEN, simulated=self._clock.simulated,
        )  # fmt: skip

    async def difference(
        self, controller: UUID, before: int, after: int
    ) -> tuple[tuple[Version, Declared], tuple[Version, Declared], tuple[Difference, ...]]:
        """Two versions, and what the second says otherwise."""
        old, new = [await self.keeping.version(controller, number) for number in (before, after)]
        if old is None or new is None:
            raise NoVersion
        return old, new, differences(old[1], new[1])

    async def due(self, controller: UUID) -> int:
        """Keep a version where what is declared has changed; whether it had. For the worker."""
        try:
            dossier = await self._dossier(controller)
            _, _, declared = await self._declared(dossier, self._clock.now(), past=False)
        except NothingInForce:
            return 0
        return int(dossier.state == OPEN and await self._keep(controller, declared, composing.digest(declared)))

    async def _dossier(self, controller: UUID) -> Dossier:
        dossier = await self._archive.current(controller)
        if dossier is None:
            raise NothingInForce
        return dossier

    async def _declared(self, dossier: Dossier, at: datetime, *, past: bool) -> tuple[Found, InForce, Declared]:
        """What is declared as of an instant. Of the past it is not known any more what a challenge suspended; the measures
        are those that were told then, or where nobody had been told yet, those of now."""
        known = composing.in_force(dossier.documents, at, NOTHING if past else dossier.beside)
        if known is None:
            raise NothingInForce
        found, force = known
        of, sources = AsOf(dossier.controller, force.agreement, at), self._sources
        then = await self.keeping.stood(dossier.controller, at) if past else None
        declared = composing.compose(
            found, force, await sources.officers(of), companies=await sources.companies(of),
            transfers=await sources.transfers(of), measures=then.measures if then else await sources.measures(of),
        )  # fmt: skip
        return found, force, declared

    async def _keep(self, controller: UUID, declared: Declared, digest: str) -> bool:
        async with self._committing.transaction(controller) as change:
            if await change.connection.fetchval(queries.GATE, controller) != OPEN:
                return False  # its destruction has begun meanwhile
            kept = await self.keeping.keep(change, declared, digest, self._clock.now())
            if kept is not None:
                details = {"version": kept.number, "processes": len(declared.activities)}
                await change.append([Act("register-made", controller, PLATFORM, details, digest=digest)])
        return kept is not None


def end_of(day: date) -> datetime:
    """The last instant of a day, in UTC: a register of a day says what stood at its end."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) - TICK


def instant(text: str, now: datetime) -> datetime | None:
    """The instant that someone names: a day (its end), or an instant with its zone; None for today or for nothing.
    `ValueError` for what is neither."""
    if not text:
        return None
    if len(text) == len("2026-11-26"):
        day = date.fromisoformat(text)
        return None if day == now.astimezone(UTC).date() else end_of(day)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at.astimezone(UTC)


def _counted_until(at: datetime, now: datetime) -> date:
    """The last day that is counted: that of the instant, where it was over then or is today; otherwise the one before."""
    day = at.astimezone(UTC).date()
    return day if at == now or at >= end_of(day) else day - timedelta(days=1)


def _whole_since(seen: Seen, force: InForce, at: datetime) -> datetime:
    """Since when the ledger is counted. Before it is, or while very much waits, nobody can say what is out of use."""
    return force.since if seen.entries and seen.behind <= AT_ONCE else at
