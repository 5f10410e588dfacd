"""The clock leaps and runs back: nothing is destroyed by that alone, no reading is held up, no time runs back."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.household import worked

from bailee.cli.demo import parties
from bailee.wings import Wings
from bailee.worker import ticking as ticks
from bailee.worker.rounds import Round

DESTROYING = {
    "closing accounts", "ends of merges", "technical data", "records whose time is over", "ends of exceptions and texts",
    "spent letters", "messages that have served", "messages that have served here", "old requests of tools",
}  # fmt: skip


@pytest.fixture
def clock(settings) -> Iterator[Path]:
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.fixture
async def ended(hold, rooms):
    """A contract that has ended and whose data were made available."""
    holder = await hold()
    await (await holder.client()).person({"language": "fr"})
    document = parties.ended(holder.company, holder.agreement, rooms.clock.now() - timedelta(seconds=1))
    await rooms.ending.end(holder.id, document, by="tests")
    await rooms.ending.make_return(holder.id, by="tests", progressed=lambda _what, _count: None)
    return holder


async def test_a_leap_beyond_the_last_day_destroys_nothing_by_itself(ended, rooms, clock, monkeypatch):
    monkeypatch.setattr("bailee.clauses.return_and_destruction.commands.APART_SECONDS", 1e9)  # even if it agrees
    await rooms.ticking.confirm()
    await rooms.ticking.tick()
    assert await rooms.ticking.believed()
    clock.write_text("+45d")
    assert await rooms.ticking.tick() == 1
    assert not await rooms.ticking.believed()
    await worked(rooms.duties(), "ends of contracts", ended.id)
    assert (await rooms.ending.state(ended.id)).destroyed_at is None
    await rooms.ticking.tick()
    assert not await rooms.ticking.believed(), "a doubt stays until someone confirms"
    assert await rooms.ticking.confirm()
    assert await rooms.ticking.believed()
    await worked(rooms.duties(), "ends of contracts", ended.id)
    assert (await rooms.ending.state(ended.id)).destroyed_at is not None


@pytest.mark.parametrize("leapt", ["before the tick", "at the tick"])
async def test_a_leap_beyond_the_end_of_a_record_leaves_it_until_the_time_is_believed(hold, rooms, clock, leapt):
    holder = await hold()
    client = await holder.client()
    expiring = {
        "type": "profile",
        "data": {"language": "fr"},
        "expires_at": (rooms.clock.now() + timedelta(days=2)).isoformat(),
    }
    taken_in = await client("POST", "/api/v1/persons", {"groups": ["user"], "records": [expiring]})
    assert taken_in.status == 201, taken_in.raw
    await rooms.ticking.confirm()
    await rooms.ticking.tick()
    clock.write_text("+3d")
    if leapt == "at the tick":
        assert await rooms.ticking.tick() == 1
    duties = Wings(rooms).duties()
    assert await worked(duties, "records whose time is over", holder.id) == 0
    async with rooms.data.transaction(holder.id) as tx:
        assert await tx.fetchval("SELECT count(*) FROM bailee.record WHERE controller_id = $1", holder.id) == 1
    await rooms.ticking.tick()
    await rooms.ticking.confirm()
    assert await worked(duties, "records whose time is over", holder.id) == 1
    async with rooms.data.transaction(holder.id) as tx:
        assert await tx.fetchval("SELECT count(*) FROM bailee.record WHERE controller_id = $1", holder.id) == 0


async def test_whatever_destroys_what_has_served_its_time_asks_whether_the_time_is_believed(hold, rooms, monkeypatch):
    holder, asked = await hold(), []

    async def doubted() -> bool:
        asked.append(1)
        return False

    monkeypatch.setattr(rooms.ticking, "believed", doubted)
    for duty in [one for one in Wings(rooms).duties() if one.name in DESTROYING]:
        before = len(asked)
        assert await (duty.do.do(holder.id) if isinstance(duty.do, Round) else duty.do()) == 0
        assert len(asked) == before + 1, duty.name
    assert len(asked) == len(DESTROYING)


async def test_a_clock_that_runs_back_is_doubted_holds_deadlines_and_not_reads(hold, rooms, clock):
    clock.write_text("+6h")
    await rooms.ticking.tick()
    holder = await hold()
    client = await holder.client()
    person, record = await client.person({"language": "fr"})
    await rooms.ticking.confirm()
    head = await rooms.reading.integrated(holder.id)
    clock.write_text("+1h")
    assert await rooms.ticking.tick() == 1
    assert not await rooms.ticking.believed()
    fresh = await holder.client()
    for one in (client, fresh):
        assert (await one("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
    after = await rooms.reading.integrated(holder.id)
    assert after.size > head.size
    assert after.integrated_at >= head.integrated_at, "integration time never runs back"
    clock.write_text("+0s")
    await rooms.ticking.confirm()


async def test_a_platform_that_was_stopped_goes_on_believing_a_reboot_with_a_leap_does_not(rooms, monkeypatch):
    await rooms.ticking.confirm()
    base = {"ticked_at": rooms.clock.now(), "boot": "one", "steady": 100.0}
    stopped = rooms.clock.now() + timedelta(days=9)
    steady = 100.0 + timedelta(days=9).total_seconds()
    assert not ticks._leapt(base, stopped, steady, "one")
    assert ticks._leapt(base, stopped, 160.0, "one")
    assert not ticks._leapt(base, base["ticked_at"] + timedelta(hours=3), 5.0, "two")
    assert ticks._leapt(base, stopped, 5.0, "two")
    assert ticks._leapt(base, base["ticked_at"] - timedelta(hours=1), 5.0, "two")


async def test_entries_under_a_simulated_clock_say_so(hold, rooms):
    holder = await hold()
    await (await holder.client()).person({"language": "fr"})
    await rooms.reading.integrated(holder.id)
    bodies = [json.loads(e.opened.body) async for e in rooms.reading.entries(holder.id, 0, 100)]
    assert bodies
    assert all(body["simulated"] for body in bodies)
