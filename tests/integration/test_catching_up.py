"""After days of standstill every duty catches up, in whatever order it comes to it, and what is late is said to be late."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import msgspec
from tests.household import Household
from tests.integration.test_mail import Keeping, serving
from tests.integration.test_notices import NOTICE, Told
from tests.integration.test_obligations import promise
from tests.integration.test_rounds import listing

from bailee.contract.agreement import CustomDuty
from bailee.worker import jobs
from bailee.worker.jobs import Duty
from bailee.worker.rounds import Round

AWAY_FOR = "+10d"
ADDED = CustomDuty(
    id="tell-the-board", trigger="complaint-received", period="5 days", owed_to="controller", evidence="the minutes"
)


async def left_behind(rooms, hold, profile, mark: str) -> Household:
    """A controller with something of many duties begun, just before the worker goes away."""
    holder = await hold(custom_duties=[msgspec.to_builtins(ADDED)])
    house = Household(rooms, holder.id, holder)
    await (await holder.client()).person(profile | {"email": f"{mark}.{profile['email']}"})
    now = rooms.clock.now()
    promised = house.wings.promised
    reminded = promise(now + timedelta(days=20), "complaint/1", reminders=(now + timedelta(days=1),))
    async with rooms.committing.transaction(house.id) as change:
        owed = await promised.obligations.open(change, promise(now + timedelta(days=2), "request/1"), by="tests")
        await promised.obligations.open(change, reminded, by="tests")
        await promised.queueing.queue(change, msgspec.structs.replace(NOTICE, discharges=owed), by="tests")
    return house


async def test_what_was_left_for_days_ends_alike_in_whatever_order_the_duties_come(rooms, hold, profile, settings):
    clock = Path(settings.clock.removeprefix("file:"))
    await rooms.ticking.confirm()
    houses = [await left_behind(rooms, hold, profile, mark) for mark in ("one", "two")]
    keeping, said = Keeping(), []
    try:
        clock.write_text(AWAY_FOR)
        async with serving(keeping) as port:
            for house, order in zip(houses, (1, -1), strict=True):
                told = Told(rooms, house.holder, keeping)
                told.connect(port)
                house.wings.promised.__dict__["mailing"] = told.promised.mailing
                every = [one.do for one in [*rooms.duties(), *house.wings.duties()] if isinstance(one.do, Round)]
                await rooms.ticking.tick()
                await rooms.ticking.confirm()  # days passed in a moment: somebody looked at a clock
                for _ in range(3):  # the letter about addresses waits for the reading of the agreement
                    for going in every[::order]:
                        going.who._controllers = listing([house.id])  # type: ignore[attr-defined]
                        await going()
                said.append(Counter(one["kind"] for one in await house.entries()))
    finally:
        clock.write_text("+0s")
        await rooms.ticking.tick()
        await rooms.ticking.confirm()
    assert said[0] == said[1]
    assert {one.controller for one in await rooms.setbacks.listed()}.isdisjoint({house.id for house in houses})
    kinds = said[0]
    assert (kinds["notice-sent"], kinds["obligation-reminded"]) == (3, 1), (
        "what was owed, the letter that reminds of it, and the one that offers to change an address"
    )
    for house in houses:
        listed = await house.wings.promised.obligations.listed(house.id)
        owed = {(one.promise.clause, one.promise.subject): one for one in listed}
        assert ("custom.tell-the-board", "complaint/1") in owed, "opened by what came before the standstill"
        late = owed["rights.complaint", "request/1"]
        assert (late.state, late.infringed_at) == ("discharged", late.promise.binding)
        [unsent] = [one for one in listed if one.promise.subject.endswith("/unsent")]
        assert unsent.state == "discharged", "that it was late in leaving is said, though it leaves now"


async def test_the_first_tick_goes_before_every_duty(rooms):
    order, stopping = list[str](), asyncio.Event()

    class Ticks:
        async def tick(self) -> int:
            await asyncio.sleep(0.05)
            order.append("tick")
            return 0

    async def duty() -> int:
        order.append("duty")
        stopping.set()
        return 0

    await jobs.run([Duty("a duty", 60.0, duty)], Ticks(), stopping, rooms.noticing)  # type: ignore[arg-type]
    assert order[0] == "tick"
