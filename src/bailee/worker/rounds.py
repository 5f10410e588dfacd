"""Rounds: one duty at every controller that has something due, each worked on alone.

Who has something due is one question, however many controllers there are (`what_is_due.sql` of the migrations). What
fails at one controller is written down, rests there for a pause that grows, and keeps no other waiting; it is tried again
until it is done, or not due any more. What hangs there fails when its time is over. Where no question can say it, a
round looks at the next few of all controllers.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog

from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.database import Database, Unavailable
from bailee.infra.setbacks.setbacks import Setbacks
from bailee.ledger.altered import Noticing
from bailee.worker.agreed import Agreed, Always, never
from bailee.worker.jobs import Duty

ROUND_SECONDS = 5.0
REST_FOR_EACH, LONGEST_REST = 0.003, 60.0  # asking takes 100 us a controller at most: a thirtieth of the time
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0
SHARE_SECONDS = 900.0  # the longest that one controller may keep the others of its duty waiting

log = structlog.get_logger()

Controllers = Callable[[], Awaitable[Sequence[UUID]]]
Do = Callable[[UUID], Awaitable[int]]


class Who(Protocol):
    """Says which controllers are looked at in a round. `whole`: whoever is not named has nothing due. `among`: how many
    controllers the last question was about."""

    whole: bool
    among: int

    async def due(self) -> Sequence[UUID]:
        """The controllers, in the order of their turn."""
        ...

    def done(self, controller: UUID) -> None:
        """One of them was looked at."""
        ...


class Asked:
    """Whoever has something due, by one statement over all: $1 the controllers, $2 the instant, `ago` before now."""

    whole = True

    def __init__(
        self, database: Database, controllers: Controllers, clock: Clock, sql: str, *, ago: timedelta = timedelta()
    ) -> None:
        self._database = database
        self._controllers = controllers
        self._clock = clock
        self._sql = sql
        self._ago = ago
        self.among = 0

    async def due(self) -> Sequence[UUID]:
        """The answer."""
        known = list(await self._controllers())
        self.among = len(known)
        rows = await self._database.fetch(self._sql, known, self._clock.now() - self._ago)
        return [row["controller"] for row in rows]

    def done(self, controller: UUID) -> None:
        """The next answer says so."""


class InTurn:
    """The next few of all controllers, for ever, beginning anywhere: for work that looks through everything."""

    whole = False

    def __init__(self, controllers: Controllers, most: int) -> None:
        self._controllers = controllers
        self._most = most
        self.among = 0  # nobody is asked
        self._after: UUID | None = None

    async def due(self) -> Sequence[UUID]:
        """Those after the last of the round before; from the start again once all have been."""
        known = sorted(await self._controllers())
        if self._after is None and known:
            self._after = secrets.choice(known)  # who is often restarted comes round as well
        after = [one for one in known if self._after is None or one > self._after]
        chosen = (after or known)[: self._most]
        self._after = chosen[-1] if chosen else None
        return chosen

    def done(self, controller: UUID) -> None:
        """Its turn was in this round."""


class Round:
    """One round of a duty. `abreast` controllers are worked on at a time; `again`: as long as there is more to do."""

    def __init__(
        self, name: str, who: Who, do: Do, *, setbacks: Setbacks, clock: Clock, abreast: int = 1, again: bool = True,
        noticing: Noticing | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.who = who
        self.do = do
        self._setbacks = setbacks
        self._clock = clock
        self._room = asyncio.Semaphore(abreast)
        self._again = again
        self._noticing = noticing
        self._held_up: dict[UUID, tuple[int, float]] | None = None  # times in turn, and until when it rests

    def rest(self) -> float:
        """How many seconds go before the question is asked again at least: the longer, the more controllers there are."""
        return min(self.who.among * REST_FOR_EACH, LONGEST_REST)

    async def __call__(self) -> int:
        """How much was done. `Unavailable` where the question itself is not answered."""
        began, total = self._clock.monotonic(), 0
        due = await self.who.due()
        busy = await self._rested(due, began)
        while busy:
            found = await asyncio.gather(*map(self._one, busy), return_exceptions=True)
            done = [one for one in found if not isinstance(one, BaseException)]
            if len(done) < len(found):
                raise next(one for one in found if isinstance(one, BaseException))
            total += sum(done)
            if not self._again or self._clock.monotonic() - began >= ROUND_SECONDS:
                break
            busy = [one for one, number in zip(busy, done, strict=True) if number]
        return total

    async def _rested(self, due: Sequence[UUID], now: float) -> list[UUID]:
        """Those whose pause is over. What was written down by a process before this one is tried at once."""
        if self._held_up is None:
            known = await self._setbacks.of(self.name)
            self._held_up = {one: (times, now) for one, times in known.items()}
        for gone in self._held_up.keys() - set(due) if self.who.whole else ():
            await self._setbacks.over(gone, self.name)
            del self._held_up[gone]
        return [one for one in due if self._held_up.get(one, (0, now))[1] <= now]

    async def _one(self, controller: UUID) -> int:
        """The work at one controller; what fails there is noted, and 0."""
        async with self._room:
            try:
                async with asyncio.timeout(SHARE_SECONDS):
                    number = await self.do(controller)
            except Unavailable as away:
                await self._failed(controller, away, grows=False)
                return 0
            except Exception as problem:  # noqa: BLE001 -- the worker's loop: what fails at one controller holds no other up
                await self._failed(controller, problem, grows=True)
                return 0
            self.who.done(controller)
            if self._held_up and self._held_up.pop(controller, (0, 0.0))[0]:
                await self._setbacks.over(controller, self.name)
            return number

    async def _failed(self, controller: UUID, problem: Exception, *, grows: bool) -> None:
        """Let it rest here. A server that is away is no fault of the controller: that pause does not grow."""
        assert self._held_up is not None
        times = self._held_up.get(controller, (0, 0.0))[0] + 1
        pause = min(FIRST_PAUSE * 2 ** min(times - 1, 10), LONGEST_PAUSE) if grows else FIRST_PAUSE
        self._held_up[controller] = times, self._clock.monotonic() + pause
        kind, again_at = type(problem).__name__, self._clock.now() + timedelta(seconds=pause)
        told = {"duty": self.name, "controller": str(controller), "kind": kind, "times": times, "again_in": pause}
        log.error(
            "a duty failed at a controller and will be tried again there", **told, exc_info=problem if grows else None
        )
        await self._setbacks.note(controller, self.name, kind, times=times, again_at=again_at)
        if self._noticing is not None:
            await self._noticing.note(problem, f"worker: {self.name}")


class Rounds:
    """Makes the rounds of a running platform."""

    def __init__(
        self, *, database: Database, archive: Archive, setbacks: Setbacks, clock: Clock, controllers: Controllers,
        noticing: Noticing, believed: Callable[[], Awaitable[bool]],
    ) -> None:  # fmt: skip
        self._database = database
        self._archive = archive
        self._setbacks = setbacks
        self._clock = clock
        self._controllers = controllers
        self._believed = believed
        self._noticing = noticing

    def asked(
        self, name: str, every: float, sql: str, do: Do, *, ago: timedelta = timedelta(), abreast: int = 1
    ) -> Duty:  # fmt: skip
        """A duty at whoever has something due, done under what is agreed there now."""
        who = Asked(self._database, self._controllers, self._clock, sql, ago=ago)

        async def as_it_is(controller: UUID) -> int:
            await self._archive.current(controller)
            return await do(controller)

        return self._duty(every, self._round(name, who, as_it_is, abreast=abreast))

    def destroying(
        self, name: str, every: float, sql: str, do: Do, *, ago: timedelta = timedelta()
    ) -> Duty:  # fmt: skip
        """A duty that destroys what has served its time: it waits while the time is not believed."""

        async def if_believed(controller: UUID) -> int:
            return await do(controller) if await self._believed() else 0

        return self.asked(name, every, sql, if_believed, ago=ago)

    def destroying_here(self, name: str, every: float, do: Callable[[], Awaitable[int]]) -> Duty:
        """The same of a duty about the platform's own."""

        async def if_believed() -> int:
            return await do() if await self._believed() else 0

        return Duty(name, every, if_believed)

    def agreed(self, name: str, every: float, do: Do, *, always: Always = never) -> Duty:
        """A duty at whoever's agreement has changed."""
        who = Agreed(
            database=self._database, archive=self._archive, clock=self._clock, controllers=self._controllers,
            always=always,
        )  # fmt: skip

        async def as_it_is(controller: UUID) -> int:
            await who.fresh(controller)
            return await do(controller)

        return self._duty(every, self._round(name, who, as_it_is))

    def in_turn(self, name: str, every: float, do: Do, *, most: int) -> Duty:
        """A duty at every controller, `most` of them in each round."""
        who = InTurn(self._controllers, most)
        return self._duty(every, self._round(name, who, do, again=False))

    def _round(self, name: str, who: Who, do: Do, *, abreast: int = 1, again: bool = True) -> Round:
        return Round(
            name, who, do, setbacks=self._setbacks, clock=self._clock, abreast=abreast, again=again,
            noticing=self._noticing,
        )  # fmt: skip

    @staticmethod
    def _duty(every: float, made: Round) -> Duty:
        return Duty(made.name, every, made, made.rest)
