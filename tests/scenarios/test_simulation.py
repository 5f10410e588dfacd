"""Years of random events under a virtual clock, with kills and restarts: nothing is lost, nothing is late or early.

What ought to be is kept beside the engine by a few lines that know nothing of it (`Ought`). Now and then the process
dies at a statement, before or after its commit; the server drops its connection; the worker is away for weeks; the
clock is doubted; rows of the table vanish or are altered and are made anew from the ledger.
"""

import os
import random
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.household import Household, until_done

from bailee.infra.database import Unavailable
from bailee.obligations.calendar import Calendar, Due
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.vocabulary.periods import Period

STEPS = 20_000 if os.environ.get("LONG") == "1" else 150
SEEDS = range(8) if os.environ.get("LONG") == "1" else (41,)
CALENDAR = Calendar.of("Europe/Paris", "FR")
PERIODS = ("1 hour", "24 hours", "72 hours", "1 day", "7 days", "30 days", "5 working-days", "1 month", "3 months")
TICK = timedelta(microseconds=1)


class Killed(Exception):
    """The process died here."""


class Time:
    """A clock that a test sets."""

    simulated = True

    def __init__(self) -> None:
        self.at = datetime(2027, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


class Ought(msgspec.Struct):
    """What ought to be of one obligation."""

    due: datetime
    reminders: tuple[datetime, ...]
    ended: datetime | None = None
    state: str = "open"

    def late(self, now: datetime) -> bool:
        return min(self.ended or now, now) > self.due


class Mortal:
    """A door to the ledger at which the process may die: before the commit, or when it has returned."""

    def __init__(self, committing: Any, chance: random.Random) -> None:
        self._committing, self._chance = committing, chance
        self.rate = 0.12

    @asynccontextmanager
    async def transaction(self, controller: UUID) -> Any:
        drawn = self._chance.random()
        async with self._committing.transaction(controller) as change:
            yield change
            if drawn < self.rate / 3:
                raise Killed("before the commit")
            if drawn < 2 * self.rate / 3:  # the server drops the connection in the middle
                await change.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        if drawn < self.rate:
            raise Killed("after the commit")


class World:
    """Controllers, an engine that dies and is started again, and what ought to be."""

    def __init__(self, rooms: Any, houses: list[Household], seed: int) -> None:
        self.rooms, self.houses, self.chance = rooms, houses, random.Random(seed)
        self.time, self.ought = Time(), dict[tuple[UUID, str], Ought]()
        self.mortal, self.trusted, self.deaths = Mortal(rooms.committing, self.chance), True, 0
        self.start()

    def start(self) -> None:
        async def believed() -> bool:
            return self.trusted

        self.engine = Obligations(
            database=self.rooms.data, committing=self.mortal, clock=self.time,  # type: ignore[arg-type]
            platform=self.rooms.platform, believed=believed,
        )  # fmt: skip

    async def round_of_all(self) -> int:
        """A round: every controller in turn, as long as there is something to say."""
        return sum([await until_done(self.engine.due, house.id) for house in self.houses])

    async def alive(self, do: Any) -> Any:
        """Do something; after a death the process is started again, and whoever asked asks again."""
        while True:
            try:
                return await do()
            except (Killed, Unavailable):
                self.deaths += 1
                self.start()

    async def step(self, number: int) -> None:
        self.time.at += timedelta(seconds=self.chance.randrange(1, 6 * 86400))
        drawn = self.chance.random()
        if drawn < 0.55:
            await self.open(number)
        elif drawn < 0.75:
            await self.end()
        elif drawn < 0.80:
            await self.move()
        elif drawn < 0.85:
            self.trusted = not self.trusted
        elif drawn < 0.88:
            await self.harm()
        if self.chance.random() < 0.7:
            await self.look()

    async def look(self) -> None:
        doubted = not self.trusted
        looked = await self.alive(self.round_of_all)
        assert not (doubted and looked), "nothing is judged while the time is doubted"

    async def open(self, number: int) -> None:
        house, about = self.chance.choice(self.houses), f"event/{number}"
        due = CALENDAR.due(self.time.at, Period.parse(self.chance.choice(PERIODS)))
        by = self.chance.choice(("processor", "controller"))
        binding = due.strict if by == "processor" else due.generous
        share = (binding - self.time.at) / 4
        reminders = tuple(self.time.at + share * n for n in (1, 2, 3))[: self.chance.randrange(4)]
        promise = Promise(
            clause="rights.complaint", subject=about, owed_by=by, owed_to="controller", due=due, evidence="notice",  # type: ignore[arg-type]
            reminders=reminders,
        )  # fmt: skip

        async def opening() -> None:
            async with self.mortal.transaction(house.id) as change:
                await self.engine.open(change, promise, by="simulation")

        await self.alive(opening)
        self.ought[house.id, about] = Ought(binding, reminders)

    async def some_open(self) -> tuple[UUID, str, UUID] | None:
        known = sorted(key for key, one in self.ought.items() if one.state == "open")
        if not known:
            return None
        controller, about = self.chance.choice(known)
        async with self.rooms.committing.transaction(controller) as change:
            return controller, about, await self.engine.find(change, "rights.complaint", about)

    async def end(self) -> None:
        found = await self.some_open()
        if found is None:
            return
        controller, about, id = found
        state = self.chance.choice(("discharged", "discharged", "withdrawn"))

        async def ending() -> None:
            try:
                async with self.mortal.transaction(controller) as change:
                    if state == "discharged":
                        await self.engine.discharge(change, id, by="simulation", proof=f"proof/{about}")
                    else:
                        await self.engine.withdraw(change, id, by="simulation", reason="mistaken")
            except NotOpen:
                return  # the process died after its commit, and was asked again

        await self.alive(ending)
        self.ought[controller, about].ended, self.ought[controller, about].state = self.time.at, state

    async def move(self) -> None:
        found = await self.some_open()
        if found is None or (ought := self.ought[found[0], found[1]]).late(self.time.at):
            return
        later = ought.due + timedelta(days=self.chance.randrange(1, 60))

        async def moving() -> None:
            async with self.mortal.transaction(found[0]) as change:
                due = Due(strict=later, generous=later, rule="extended")
                await self.engine.move_if(change, found[2], due, by="simulation", reason="complex")

        await self.alive(moving)
        ought.due = later

    async def harm(self) -> None:
        """Someone with the database loses or alters rows; they are made anew."""
        house = self.chance.choice(self.houses)
        async with self.rooms.data.transaction(house.id) as tx:
            rows = await tx.fetch("SELECT obligation_id FROM bailee.obligation WHERE controller_id = $1", house.id)
            for row in rows:
                if self.chance.random() < 0.2:
                    sql = "DELETE FROM bailee.obligation WHERE controller_id = $1 AND obligation_id = $2"
                    await tx.execute(sql, house.id, row["obligation_id"])
                elif self.chance.random() < 0.2:
                    sql = "UPDATE bailee.obligation SET due_at = due_at + interval '9 years', strict_at = strict_at + interval '9 years', generous_at = generous_at + interval '9 years', look_at = NULL, state = 'withdrawn', ended_at = opened_at WHERE controller_id = $1 AND obligation_id = $2"
                    await tx.execute(sql, house.id, row["obligation_id"])
        rebuilding = self.rooms.owing.rebuilding
        await rebuilding.rebuild(house.id, by="simulation")
        assert (await rebuilding.rebuild(house.id, by="simulation", mend=False)).whole

    async def settle(self) -> None:
        """The worker is back, the time is believed: what is, is what ought to be."""
        self.trusted = True
        while await self.alive(self.round_of_all):
            continue
        now = self.time.at
        for house in self.houses:
            held = {one.promise.subject: one for one in await self.engine.listed(house.id)}
            mine = {about: one for (controller, about), one in self.ought.items() if controller == house.id}
            assert held.keys() == mine.keys(), "lost, or made of nothing"
            for about, one in mine.items():
                is_ = held[about]
                assert (is_.state, is_.promise.binding, is_.ended_at) == (one.state, one.due, one.ended), about
                assert is_.infringed_at == (one.due if one.late(now) else None), (about, one)


async def told(house: Household, kind: str) -> Counter[str]:
    return Counter(one["details"]["obligation"] for one in await house.entries() if one["kind"] == kind)


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_obligation_is_lost_late_or_early(rooms, hold, seed):
    houses = [Household(rooms, (await hold(number)).id) for number in (0, 1)]
    world = World(rooms, houses, seed)
    for number in range(STEPS):
        await world.step(number)
        if number % 50 == 49:
            await world.settle()
    world.time.at += timedelta(days=400)
    await world.settle()
    assert world.deaths > STEPS / 20, "it was a hard life"
    platform = await told(Household(rooms, rooms.platform), "obligation-infringed")
    for house in houses:
        late = {str(one.id) for one in await world.engine.listed(house.id) if one.infringed_at}
        assert await told(house, "obligation-infringed") == Counter(late), "each once, in the controller's log"
        assert all(platform[one] == 1 for one in late), "and once in the platform's"
        reminders = await told(house, "obligation-reminded")
        given = {str(one.id): len(one.promise.reminders) for one in await world.engine.listed(house.id)}
        assert all(count <= given[one] for one, count in reminders.items()), "no reminder twice"
        assert (await rooms.owing.rebuilding.rebuild(house.id, by="simulation", mend=False)).whole
