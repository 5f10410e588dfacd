"""Obligations: opened with their event, late is written down, evidence ends them."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import msgspec
import pytest
from tests.agreed import in_force
from tests.household import Household, until_done

from bailee.contract.agreement import CustomDuty
from bailee.ledger.pruning import NotPruned
from bailee.obligations.calendar import Calendar, Due
from bailee.obligations.custom_duties import days
from bailee.obligations.evidence import File
from bailee.obligations.judging import TICK, Looked, look
from bailee.obligations.notices.notice import Notice
from bailee.obligations.notices.queueing import NOTICES
from bailee.obligations.obligations import CHUNK, NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.obligations.rebuilding import fold
from bailee.promised import Promised
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.periods import Period


@pytest.fixture
async def house(rooms, hold):
    holder = await hold()
    return Household(rooms, holder.id, holder)


@pytest.fixture
def obligations(rooms):
    return looked_after(rooms)


def looked_after(rooms, **more):
    given = {"database": rooms.data, "committing": rooms.committing, "clock": rooms.clock}
    return Obligations(**given, **({"platform": rooms.platform} | more))


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
    assert await until_done(obligations.due, house.id) == 1
    assert await until_done(obligations.due, house.id) == 0
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
    assert await until_done(obligations.due, house.id) == 1
    assert await until_done(obligations.due, house.id) == 0
    kinds = [entry["kind"] for entry in await house.entries()]
    assert kinds.count("obligation-reminded") == 1
    assert kinds.count("obligation-infringed") == 0


async def test_until_its_last_instant_it_is_kept_and_the_instant_after_it_is_late(rooms, house, obligations):
    """Judged without a clock, so that the instants are exact."""
    due = rooms.clock.now()
    for ended, late in ((due, None), (due + TICK, due)):
        found = look(due + timedelta(days=1), due=due, reminders=[], since=due, ended_at=ended, infringed=False)
        assert (found.infringed_at, found.look_at) == (late, None)
    assert look(due, due=due, reminders=[], since=due, ended_at=None, infringed=False) == Looked(
        False, None, due + TICK
    )
    assert look(due + TICK, due=due, reminders=[], since=due, ended_at=None, infringed=False) == Looked(
        False, due, None
    )
    set_right = look(due, due=due, reminders=[], since=due, ended_at=due + timedelta(days=300), infringed=False)
    assert set_right == Looked(False, None, None), "what ended under a clock that was wrong is judged by the right one"


async def test_what_was_kept_late_is_an_infringement_even_if_nobody_looked_in_between(rooms, house, obligations):
    late = await opened(rooms, house, obligations, promise(rooms.clock.now() - timedelta(minutes=1)))
    async with rooms.committing.transaction(house.id) as change:
        await obligations.discharge(change, late, by="tests", proof="notice/1")
    assert await until_done(obligations.due, house.id) == 1
    assert await until_done(obligations.due, house.id) == 0
    [one] = await obligations.listed(house.id)
    assert (one.state, one.infringed_at) == ("discharged", one.promise.binding)
    here = [entry for entry in await house.entries() if entry["kind"] == "obligation-infringed"]
    theirs = [entry for entry in await platforms(rooms) if entry["details"]["obligation"] == str(late)]
    assert here[0]["details"] == theirs[0]["details"]
    assert theirs[0]["controller"] == str(house.id)


async def platforms(rooms):
    """The infringements in the platform's own log."""
    found = await Household(rooms, rooms.platform).entries()
    return [entry for entry in found if entry["kind"] == "obligation-infringed"]


async def test_while_the_time_is_doubted_nothing_is_judged_and_nothing_is_forgotten(rooms, house):
    trust = False

    async def believed():
        return trust

    obligations = looked_after(rooms, believed=believed)
    await opened(rooms, house, obligations, promise(rooms.clock.now() - timedelta(seconds=1)))
    assert await until_done(obligations.due, house.id) == 0
    assert (await obligations.listed(house.id))[0].infringed_at is None
    trust = True
    assert await until_done(obligations.due, house.id) == 1
    assert (await obligations.listed(house.id))[0].infringed_at is not None


async def test_another_day_is_written_down_with_its_reason_and_reminders(rooms, house, obligations):
    now = rooms.clock.now()
    what = await opened(rooms, house, obligations, promise(now + timedelta(days=30)))
    later = Due(strict=now + timedelta(days=90), generous=now + timedelta(days=92), rule="extended by 2 months")
    async with rooms.committing.transaction(house.id) as change:
        await obligations.move(change, what, later, by="tests", reason="complex", reminders=[now + timedelta(days=80)])
        assert not await obligations.move_if(change, what, later, by="tests", reason="complex")
    one = await obligations.one(house.id, what)
    assert (one.promise.due, one.promise.reminders) == (later, (now + timedelta(days=80),))
    [moved] = [entry for entry in await house.entries() if entry["kind"] == "obligation-moved"]
    assert (moved["details"]["reason"], moved["details"]["rule"]) == ("complex", "extended by 2 months")


async def test_everything_falls_due_in_one_minute_in_chunks_with_one_append_each(rooms, house, obligations):
    number = CHUNK + 200
    past = rooms.clock.now() - timedelta(seconds=1)
    async with rooms.committing.transaction(house.id) as change:
        for one in range(number):
            await obligations.open(change, promise(past, f"request/{one}"), by="tests")
    before = await batches(rooms, house)
    assert await until_done(obligations.due, house.id) == number
    assert await batches(rooms, house) == before + 2
    assert all(one.infringed_at == past for one in await obligations.listed(house.id))
    assert await until_done(obligations.due, house.id) == 0


async def batches(rooms, house):
    async with rooms.data.transaction(house.id) as tx:
        sql = "SELECT count(*) FROM bailee.ledger_batch WHERE controller_id = $1"
        return await tx.fetchval(sql, house.id)


async def test_the_table_is_made_anew_from_the_ledger(rooms, house, obligations):
    now = rooms.clock.now()
    reminded = promise(now + timedelta(days=2), "request/1", reminders=(now - timedelta(seconds=1),))
    names = {subject: await opened(rooms, house, obligations, what) for subject, what in {
        "open": reminded, "late": promise(now - timedelta(seconds=1), "request/2"),
        "kept": promise(now + timedelta(days=9), "request/3"), "kept late": promise(now - timedelta(days=1), "request/4"),
        "withdrawn": promise(now + timedelta(days=5), "request/5"), "moved": promise(now + timedelta(days=5), "request/6"),
    }.items()}  # fmt: skip
    later = Due(strict=now + timedelta(days=50), generous=now + timedelta(days=50), rule="moved")
    async with rooms.committing.transaction(house.id) as change:
        await obligations.discharge(change, names["kept"], by="tests", proof="notice/3")
        await obligations.discharge(change, names["kept late"], by="tests", proof="notice/4")
        await obligations.withdraw(change, names["withdrawn"], by="tests", reason="mistaken")
        await obligations.move(change, names["moved"], later, by="tests", reason="complex")
    await until_done(obligations.due, house.id)
    held = {one.id: one for one in await obligations.listed(house.id)}
    rebuilding = rooms.owing.rebuilding
    assert (await rebuilding.rebuild(house.id, by="tests")).whole
    async with rooms.data.transaction(house.id) as tx:
        await tx.execute("DELETE FROM bailee.obligation WHERE controller_id = $1 AND subject < 'request/4'", house.id)
        sql = "UPDATE bailee.obligation SET due_at = $2, strict_at = $2, look_at = $2 WHERE controller_id = $1"
        await tx.execute(sql, house.id, now + timedelta(days=999))
    compared = await rebuilding.rebuild(house.id, by="tests", mend=False)
    assert set(compared.missing) == {names[one] for one in ("open", "late", "kept")}
    assert set(compared.different) == {names[one] for one in ("kept late", "withdrawn", "moved")}
    assert not (await rebuilding.rebuild(house.id, by="tests")).whole
    assert {one.id: one for one in await obligations.listed(house.id)} == held
    assert (await rebuilding.rebuild(house.id, by="tests")).whole
    assert await until_done(obligations.due, house.id) == 0 or await until_done(obligations.due, house.id) == 0, (
        "what was said is not said again"
    )
    kinds = [entry["kind"] for entry in await house.entries()]
    assert (kinds.count("obligation-infringed"), kinds.count("obligations-rebuilt")) == (2, 1)


async def test_a_row_in_the_place_of_another_gives_way_to_what_the_ledger_says(rooms, house, obligations):
    now = rooms.clock.now()
    first = await opened(rooms, house, obligations, promise(now + timedelta(days=5), "request/1"))
    second = await opened(rooms, house, obligations, promise(now + timedelta(days=6), "request/2"))
    third = await opened(rooms, house, obligations, promise(now + timedelta(days=7), "request/3"))
    held, stranger = {one.id: one for one in await obligations.listed(house.id)}, new_id()
    evidence = rooms.owing.evidence
    paper = await evidence.attach(house.id, first, File("a.txt", b"a paper"), side="processor", by="tests")
    swap = "UPDATE bailee.obligation SET subject = $3 WHERE controller_id = $1 AND obligation_id = $2"
    async with rooms.data.transaction(house.id) as tx:
        sql = "UPDATE bailee.obligation SET obligation_id = $3 WHERE controller_id = $1 AND obligation_id = $2"
        await tx.execute(sql, house.id, first, stranger)
        sql = "UPDATE bailee.obligation_evidence SET obligation_id = $2 WHERE controller_id = $1"
        await tx.execute(sql, house.id, stranger)
        for one, subject in ((second, "aside"), (third, "request/2"), (second, "request/3")):
            await tx.execute(swap, house.id, one, subject)
    compared = await rooms.owing.rebuilding.rebuild(house.id, by="tests")
    assert (compared.missing, set(compared.different)) == ((first,), {second, third})
    assert {one.id: one for one in await obligations.listed(house.id)} == held
    assert [one.id for one in await evidence.listed(house.id, first)] == [paper.id]
    assert (await rooms.owing.rebuilding.rebuild(house.id, by="tests")).whole
    said = next(one for one in await house.entries() if one["kind"] == "obligations-rebuilt")
    assert said["details"]["gave_way"] == [str(stranger)]


async def test_a_promise_that_was_opened_again_after_its_row_was_lost_stands_once(rooms, house, obligations):
    now = rooms.clock.now()
    first = await opened(rooms, house, obligations, promise(now + timedelta(days=5)))
    async with rooms.data.transaction(house.id) as tx:
        await tx.execute("DELETE FROM bailee.obligation WHERE controller_id = $1", house.id)
    again = await opened(rooms, house, obligations, promise(now + timedelta(days=9)))
    assert first != again
    assert (await rooms.owing.rebuilding.rebuild(house.id, by="tests")).whole
    async with rooms.data.transaction(house.id) as tx:
        await tx.execute("DELETE FROM bailee.obligation WHERE controller_id = $1", house.id)
    assert (await rooms.owing.rebuilding.rebuild(house.id, by="tests")).missing == (again,)
    assert [one.id for one in await obligations.listed(house.id)] == [again]


async def test_what_changes_while_the_ledger_is_read_is_left_as_it_is(rooms, house, obligations, monkeypatch):
    now = rooms.clock.now()
    what = await opened(rooms, house, obligations, promise(now + timedelta(days=1)))
    later = Due(strict=now + timedelta(days=50), generous=now + timedelta(days=50), rule="moved")
    rebuilding = rooms.owing.rebuilding
    told = rebuilding._told

    async def meanwhile(controller):
        found = await told(controller)
        async with rooms.committing.transaction(controller) as change:
            await obligations.move(change, what, later, by="tests", reason="complex")
        return found

    monkeypatch.setattr(rebuilding, "_told", meanwhile)
    assert (await rebuilding.rebuild(house.id, by="tests")).whole
    assert (await obligations.one(house.id, what)).promise.due == later


async def test_entries_of_one_moment_may_stand_in_any_order(rooms, house, obligations):
    now = rooms.clock.now()
    what = await opened(rooms, house, obligations, promise(now + timedelta(days=1)))
    later = Due(strict=now + timedelta(days=50), generous=now + timedelta(days=50), rule="moved")
    async with rooms.committing.transaction(house.id) as change:
        await obligations.move(change, what, later, by="tests", reason="complex")
        await obligations.discharge(change, what, by="tests", proof="notice/1")
    bodies = [one for one in await house.entries() if one["kind"].startswith("obligation-")]
    assert len(bodies) == 3
    for order in permutations(bodies):
        found = {}
        early = [one for one in order if not fold(found, house.id, one)]
        assert all(fold(found, house.id, one) for one in early)
        assert found == {what: await obligations.one(house.id, what)}


async def test_a_row_that_no_entry_opened_is_found_and_kept(rooms, house, obligations):
    await opened(rooms, house, obligations, promise(rooms.clock.now() + timedelta(days=1)))
    async with rooms.data.transaction(house.id) as tx:
        sql = "UPDATE bailee.obligation SET obligation_id = $2 WHERE controller_id = $1"
        await tx.execute(sql, house.id, UUID(int=7))
    compared = await rooms.owing.rebuilding.rebuild(house.id, by="tests", mend=False)
    assert (compared.unknown, len(compared.missing)) == ((UUID(int=7),), 1)


async def test_entries_of_months_in_which_something_open_was_opened_are_not_forgotten(rooms, house, obligations):
    what = await opened(rooms, house, obligations, promise(rooms.clock.now() + timedelta(days=1)))
    year = rooms.clock.now().year
    with pytest.raises(NotPruned, match="still open"):
        await rooms.pruning.prune(house.id, f"{year + 1}-12", by="tests")
    assert (await rooms.pruning.prune(house.id, f"{year - 1}-01", by="tests")).months == ()
    async with rooms.committing.transaction(house.id) as change:
        await obligations.discharge(change, what, by="tests", proof="notice/1")
    assert await obligations.owed(house.id, f"{year + 1}-12") == ""


async def test_a_negotiated_duty_opens_with_its_trigger_and_counts_from_the_event(rooms, hold):
    duty = CustomDuty(
        id="tell-the-board", trigger="complaint-received", period="5 days", owed_to="controller",
        reminders=("3 days",), evidence="the minutes",
    )  # fmt: skip
    holder = await hold(custom_duties=[msgspec.to_builtins(duty)])
    house = Household(rooms, holder.id, holder)
    obligations = rooms.owing.obligations
    await opened(rooms, house, obligations, promise(rooms.clock.now() + timedelta(hours=72), "complaint/1"))
    assert await until_done(rooms.owing.custom_duties.due, holder.id) == 1
    assert await until_done(rooms.owing.custom_duties.due, holder.id) == 0
    complaint, ours = await obligations.listed(house.id)
    assert (ours.promise.clause, ours.promise.subject, ours.promise.owed_by) == (
        "custom.tell-the-board", "complaint/1", "processor",
    )  # fmt: skip
    calendar = Calendar.of("Europe/Paris", "FR")
    assert ours.promise.due == calendar.due(complaint.opened_at, Period(5, "days"))
    assert ours.promise.reminders == (calendar.opens(complaint.opened_at, Period(3, "days")),)


def test_each_anniversary_opens_a_duty_from_its_first_instant_on_and_none_from_before_the_signature(base):
    force = in_force()
    start = force.agreement.in_force_from
    first = Calendar.of("Europe/Paris", "FR").first(start.replace(year=start.year + 1))
    assert days(force, "contract-anniversary", first - TICK) == []
    assert [at for _, at in days(force, "contract-anniversary", first)] == [first]
    both = days(force, "contract-anniversary", first + timedelta(days=366))
    assert [subject for subject, _ in both] == [f"anniversary/{start.year + n}-01-01" for n in (1, 2)]
    late = msgspec.structs.replace(force, since=first + TICK)
    assert len(days(late, "contract-anniversary", first + timedelta(days=366))) == 1
    ended = msgspec.structs.replace(force, ended_at=first + timedelta(days=3))
    assert len(days(ended, "contract-anniversary", first + timedelta(days=366))) == 1
    [(_, begun)] = days(force, "agreement-in-force", force.since)
    assert begun == force.since
    assert days(force, "agreement-in-force", force.since - TICK) == []


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
    assert NOTICES.unseal(key, house.id, id, row["sealed"]) == notice
