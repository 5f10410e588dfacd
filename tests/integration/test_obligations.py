"""Obligations: opened with their event, late is written down, evidence ends them."""

from datetime import timedelta

import pytest
from tests.household import Household

from bailee.obligations.calendar import Due
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import unseal
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.promised import Promised


@pytest.fixture
async def house(rooms, hold):
    holder = await hold()
    return Household(rooms, holder.id, holder)


@pytest.fixture
def obligations(rooms, house):
    async def its_own():
        return [house.id]

    return Obligations(database=rooms.data, committing=rooms.committing, clock=rooms.clock, controllers=its_own)


def promise(at, subject="request/1", **more):
    due = Due(strict=at, generous=at + timedelta(days=2), rule="72 hours from receipt")
    given = {"clause": "rights.complaint", "owed_by": "processor", "owed_to": "controller", "evidence": "notice"}
    return Promise(subject=subject, due=due, **(given | more))


async def opened(rooms, house, obligations, what):
    async with rooms.committing.transaction(house.id) as change:
        return await obligations.open(change, what, by="tests")


async def test_the_same_event_opens_one_obligation(rooms, house, obligations):
    what = promise(rooms.clock.now() + timedelta(hours=72))
    first = await opened(rooms, house, obligations, what)
    assert await opened(rooms, house, obligations, what) == first
    [one] = await obligations.listed(house.id)
    assert (one.id, one.state, one.promise) == (first, "open", what)
    said = [entry for entry in await house.entries() if entry["kind"] == "obligation-opened"]
    assert [entry["details"]["obligation"] for entry in said] == [str(first)]


async def test_what_is_late_is_written_down_once_and_stays_open(rooms, house, obligations):
    now = rooms.clock.now()
    late = await opened(rooms, house, obligations, promise(now - timedelta(seconds=1)))
    await opened(rooms, house, obligations, promise(now + timedelta(days=1), "request/2"))
    theirs = promise(now - timedelta(seconds=1), "request/3", owed_by="controller")
    await opened(rooms, house, obligations, theirs)
    assert await obligations.due() == 1
    assert await obligations.due() == 0
    states = {one.promise.subject: (one.state, one.infringed_at) for one in await obligations.listed(house.id)}
    assert states["request/1"] == ("open", now - timedelta(seconds=1))
    assert states["request/2"] == ("open", None)
    assert states["request/3"] == ("open", None), "the generous reading serves the other side"
    async with rooms.committing.transaction(house.id) as change:
        await obligations.discharge(change, late, by="tests", proof="notice/1")
    ends = [entry for entry in await house.entries() if entry["kind"] == "obligation-discharged"]
    assert [entry["details"]["late"] for entry in ends] == [True]
    with pytest.raises(NotOpen):
        async with rooms.committing.transaction(house.id) as change:
            await obligations.withdraw(change, late, by="tests", reason="gone")


async def test_a_reminder_is_given_once(rooms, house, obligations):
    now = rooms.clock.now()
    what = promise(now + timedelta(days=2), reminders=(now - timedelta(seconds=1), now + timedelta(days=1)))
    await opened(rooms, house, obligations, what)
    assert await obligations.due() == 1
    assert await obligations.due() == 0
    kinds = [entry["kind"] for entry in await house.entries()]
    assert kinds.count("obligation-reminded") == 1
    assert kinds.count("obligation-infringed") == 0


async def test_a_notice_lies_sealed_beside_its_event(rooms, house):
    notice = Notice(
        kind="request", clause="rights.forward", subject="request/1", letter="x/y", values={"from": "someone"}
    )
    queueing = Promised(rooms).queueing
    async with rooms.committing.transaction(house.id) as change:
        id = await queueing.queue(change, notice, by="tests")
    async with rooms.data.transaction(house.id) as tx:
        sql = "SELECT sealed, sealed_under FROM bailee.notice WHERE controller_id = $1 AND notice_id = $2"
        row = await tx.fetchrow(sql, house.id, id)
    assert b"someone" not in row["sealed"]
    key = await rooms.keys.controller_key(house.id, row["sealed_under"], create=False)
    assert unseal(key, house.id, id, row["sealed"]) == notice
