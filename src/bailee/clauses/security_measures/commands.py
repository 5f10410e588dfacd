"""Measures: looked at, vouched for, reviewed, and replaced by something equal or better. The effects of this clause."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bailee.clauses.security_measures import catalogue
from bailee.clauses.security_measures.declared import UNDECIDABLE, Declared
from bailee.clauses.security_measures.events import Found, Incident, Kept, Said, Words
from bailee.clauses.security_measures.evidence import Statement, open_among, rows
from bailee.clauses.security_measures.judging import strip
from bailee.clauses.security_measures.keeping import Keeping
from bailee.clauses.security_measures.looking import Watching
from bailee.clauses.security_measures.mistakes import Changed, NoMeasure, NotEqual
from bailee.clauses.security_measures.owing import Owing
from bailee.clauses.security_measures.starting import Starting
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.vocabulary.ids import new_id

DAYS = 60
LONGEST = timedelta(days=366)
HISTORY = timedelta(days=400)


class Measures:
    """The clause's room. `everyone` gives the controllers, the platform among them."""

    def __init__(
        self, *, keeping: Keeping, committing: Committing, watching: Watching, owing: Owing, starting: Starting,
        clock: Clock, everyone: Callable[[], Awaitable[Sequence[UUID]]],
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._committing = committing
        self._watching = watching
        self._owing = owing
        self._starting = starting
        self._clock = clock
        self._everyone = everyone

    async def look(self, *, running: bool = True) -> int:
        """Look at every measure now; how many stand otherwise than before. `running`: whether the platform does. What an
        incident makes owed, or ends, is written down at every controller at once.
        """
        changed, incidents = await self._watching.look(running=running)
        if incidents:
            await self._everywhere()
        return changed

    async def due(self, controller: UUID) -> int:
        """What a controller is owed of measures. For the worker."""
        return await self._owing.due(controller)

    async def stand(self) -> None:
        """At a start: nothing that is declared is lowered, or `Regression`."""
        await self._starting.stand(self._committing, await self._everyone())

    async def problems(self) -> list[str]:
        """What a start with these settings would be refused for."""
        return await self._starting.problems(await self._everyone())

    async def statement(self) -> Statement:
        """Every measure in force with what was found last, and its last days."""
        now = self._clock.now()
        lines = catalogue.in_force(catalogue.lines(), now.date())
        kept = await self._keeping.kept(now - timedelta(days=DAYS + 1))
        strips = {name: strip(kept.get(name, ()), now, DAYS) for name in lines}
        found = rows(lines, await self._keeping.standings(), strips)
        reviews = await self._keeping.said("review", 1)
        incidents = [one for one in open_among(await self._keeping.incidents()) if one.measure in lines]
        return Statement(now, found, tuple(incidents), reviews[0] if reviews else None)

    async def history(self, measure: str) -> tuple[list[Kept], list[Incident], list[Said]]:
        """Of one measure: what was kept, what did not hold, and what named persons said, the latest first."""
        if measure not in {line.measure for line in catalogue.lines()}:
            raise NoMeasure(measure)
        kept = (await self._keeping.kept(self._clock.now() - HISTORY)).get(measure, [])
        incidents = [one for one in await self._keeping.incidents() if one.measure == measure]
        said = [*await self._keeping.said("attestation"), *await self._keeping.said("decision")]
        told = sorted((one for one in said if one.measure == measure), key=lambda one: one.at, reverse=True)
        return kept[::-1], incidents, told

    async def reached(self) -> dict[str, tuple[int, Found]]:
        """The rank that each declared measure has reached."""
        return await self._keeping.levels()

    async def reviews(self) -> list[Said]:
        """The reviews, the latest first."""
        return await self._keeping.said("review")

    async def attest(self, measure: str, said: Words, until: datetime, *, by: str) -> None:
        """A named person vouches for a measure until an instant, a year away at most. `NoMeasure`, `NotEqual`."""
        now = self._clock.now()
        line = catalogue.in_force(catalogue.lines(), now.date()).get(measure)
        if line is None or line.kind != "attested":
            raise NoMeasure(measure)
        if not (said.name and said.words):
            raise NotEqual("unnamed")
        if not now < until <= now + LONGEST:
            raise NotEqual("until")
        one = Said(id=new_id(), kind="attestation", measure=measure, at=now, by=by, said=said, until_at=until)
        await self._put(one, Act("measure-attested", self._keeping.platform, by, _told(one), digest=_digest(said)))
        await self.look()

    async def review(self, said: Words, digest: str, *, by: str) -> Said:
        """A named person has reviewed the statement of this digest: what every controller is owed of it is done.
        `Changed` where it says something else by now."""
        if not (said.name and said.words):
            raise NotEqual("unnamed")
        if (await self.statement()).digest != digest:
            raise Changed(digest)
        one = Said(
            id=new_id(), kind="review", measure="", at=self._clock.now(), by=by, said=said, digest=digest
        )  # fmt: skip
        await self._put(
            one, Act("measures-reviewed", self._keeping.platform, by, {"review": str(one.id)}, digest=digest)
        )
        await self._everywhere()
        return one

    async def decide(self, measure: str, to: Declared, judged: str, said: Words, *, by: str) -> Said:
        """A named person judges that something equal or better takes the place of a declared measure that goes down to a
        rank. Every controller is told. `NoMeasure`, `NotEqual`."""
        reached = await self._keeping.levels()
        if measure not in reached or to.rank is None:
            raise NoMeasure(measure)
        before, _ = reached[measure]
        if judged not in ("equal", "better"):
            raise NotEqual("not-equal")
        await self._weigh(measure, before, to.rank, said)
        now = self._clock.now()
        one = Said(
            id=new_id(), kind="decision", measure=measure, at=now, by=by, said=said, before=before, after=to.rank,
            judged="better" if judged == "better" else "equal",
        )  # fmt: skip
        async with self._committing.transaction(self._keeping.platform) as change:
            await self._keeping.say(change, one)
            await self._keeping.reach(change, measure, to, now)
            details = _told(one) | {"before": before, "after": to.rank, "judged": judged}
            await change.append([Act("measure-replaced", change.controller, by, details, digest=_digest(said))])
        await self._everywhere()
        return one

    async def _weigh(self, measure: str, before: int, after: int, said: Words) -> None:
        """Whether a decision may be taken at all; what it names instead must hold itself, where it is a measure."""
        if measure in UNDECIDABLE:
            raise NotEqual("undecidable")
        if after >= before:
            raise NotEqual("not-lower")
        if not (said.name and said.words and said.instead):
            raise NotEqual("unnamed")
        standing = (await self._keeping.standings()).get(said.instead)
        known = {line.measure for line in catalogue.lines()}
        if said.instead == measure or (
            said.instead in known and (standing is None or standing.found.state not in ("proven", "attested"))
        ):
            raise NotEqual("instead-does-not-hold")

    async def _put(self, one: Said, act: Act) -> None:
        async with self._committing.transaction(self._keeping.platform) as change:
            await self._keeping.say(change, one)
            await change.append([act])

    async def _everywhere(self) -> None:
        """At every controller at once: the instant counts. What fails at one keeps no other waiting: the worker comes round
        to it."""
        known = await self._owing.known()
        for controller in await self._everyone():
            await asyncio.gather(self._owing.at(controller, known), return_exceptions=True)


def _told(one: Said) -> dict[str, object]:
    told: dict[str, object] = {"measure": one.measure, "said": str(one.id)}
    return told | ({"until": one.until_at.isoformat()} if one.until_at else {})


def _digest(said: Words) -> str:
    """SHA-256 of what was put on record, which lies sealed."""
    return hashlib.sha256("\n".join((said.name, said.words, said.instead)).encode()).hexdigest()
