"""Retention: rules that a controller makes, sees counted, confirms and ends; what is over goes by itself, and no sooner."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.household import ADMIN, Household, until_done, worked
from tests.integration.test_relations import CONTRACT

from bailee.clauses.retention import looking, queries
from bailee.clauses.retention.deadlines import SHOWN_FOR
from bailee.clauses.retention.events import WHOLE, Ground, Kept, Origin, Rule
from bailee.clauses.retention.keeping import AlteredRule
from bailee.clauses.retention.mistakes import NoSuchRule, NothingAgreed, NotNow, RuleRefused
from bailee.clauses.retention.showing import About
from bailee.cli.demo import parties
from bailee.contract.ruling import AccessRequest
from bailee.gate.outliving import Outliving
from bailee.obligations.calendar import Calendar
from bailee.vault.erasing import Erasing
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose

DAY, TICK = timedelta(days=1), timedelta(seconds=5)  # the clock runs on while a test works
RULE = Rule(name="Contracts", type="contract", origin=Origin.creation, period="30 days")
PERSONS = Rule(name="Everyone", type=WHOLE, origin=Origin.creation, period="30 days")
PARIS = Calendar.of("Europe/Paris", "FR")


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


class Stopped(Exception):
    """A process dies here."""


class Keeper:
    """A controller with two people and a record about each, and its rules."""

    def __init__(self, rooms: Any, holder: Any, clock: Path) -> None:
        self.rooms, self.holder, self.id, self.clock = rooms, holder, holder.id, clock
        self.house = Household(rooms, holder.id, holder)
        self.promised = self.house.wings.promised
        self.retention = self.promised.retention

    async def start(self, profile: dict[str, Any]) -> "Keeper":
        await self.rooms.filing.declare_type(self.id, "contract", CONTRACT, by="tests")
        self.client = await self.holder.client(expires=timedelta(days=5000))
        self.ada, _ = await self.client.person(profile)
        self.bob, _ = await self.client.person(profile | {"given_name": "Bob"}, "partner")
        for person in (self.ada, self.bob):
            await self.add(person)
        self.began = self.rooms.clock.now()
        return self

    async def add(self, person: str, expires_at: datetime | None = None) -> UUID:
        end = {"expires_at": expires_at.isoformat()} if expires_at else {}
        made = await self.client("POST", f"/api/v1/persons/{person}/contract", {"data": {"role": "lends"}} | end)
        assert made.status == 201, made.raw
        return UUID(made.body["record"])

    def at(self, instant: datetime) -> None:
        self.clock.write_text(instant.isoformat())

    def on(self, days: int, since: datetime | None = None) -> datetime:
        """The first instant of a day so many days after another."""
        return PARIS.first(PARIS.day(since or self.began) + days * DAY)

    async def confirmed(self, rule: Rule = RULE, **changes: Any) -> Kept:
        """A rule that was made, seen and confirmed."""
        draft = await self.retention.propose(self.id, msgspec.structs.replace(rule, **changes), by="dpo")
        return await self.confirm(draft.id)

    async def confirm(self, rule: UUID) -> Kept:
        seen = await self.retention.showing.preview(self.id, rule)
        assert seen is not None
        return await self.retention.confirm(self.id, rule, seen.id, by="dpo")

    async def run(self) -> int:
        return await until_done(self.retention.working.due, self.id)

    async def records(self, person: str = "", kind: str = "contract") -> int:
        async with self.rooms.data.transaction(self.id) as tx:
            sql = "SELECT count(*) FROM bailee.record WHERE controller_id = $1 AND type = $2 AND ($3 = '' OR person_id::text = $3)"
            return await tx.fetchval(sql, self.id, kind, person)

    async def state(self, person: str) -> str:
        async with self.rooms.data.transaction(self.id) as tx:
            sql = "SELECT state FROM bailee.person WHERE controller_id = $1 AND person_id = $2"
            return await tx.fetchval(sql, self.id, UUID(person))

    async def mark(self, person: str, column: str, value: Any = True) -> None:
        async with self.rooms.data.transaction(self.id) as tx:
            sql = f"UPDATE bailee.person SET {column} = $3 WHERE controller_id = $1 AND person_id = $2"
            await tx.execute(sql, self.id, UUID(person), value)

    async def entries(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in await self.house.entries() if one["kind"] == kind]

    async def asked(self) -> list[UUID]:
        """The controllers at which something is due."""
        rows = await self.rooms.data.fetch(queries.WITH_RETENTION, [self.id], self.rooms.clock.now())
        return [row["controller"] for row in rows]

    async def about(self, person: str) -> About:
        """What its system is told of a person."""
        caller = await self.holder.caller(self.client)
        asked = AccessRequest(
            actor=caller.actor, controller=self.id, operation=Operation.consult, purpose=Purpose.account_management,
            persons=(UUID(person),),
        )  # fmt: skip
        found = await self.retention.showing.about(asked, UUID(person))
        assert isinstance(found, About)
        return found

    async def overdue(self) -> dict[str, int]:
        return dict((await self.retention.showing.overview(self.id)).outlook.overdue)


@pytest.fixture
async def keeper(rooms, hold, profile, clock) -> Keeper:
    return await Keeper(rooms, await hold(), clock).start(profile)


async def test_what_is_over_goes_with_its_day_and_not_the_day_before(keeper):
    rule = await keeper.confirmed()
    keeper.at(keeper.on(29))
    await keeper.run()
    keeper.at(keeper.on(30) - TICK)
    assert await keeper.run() == 0, "everyone was looked at today"
    assert await keeper.records() == 2
    keeper.at(keeper.on(30))
    assert await keeper.run() > 0
    assert await keeper.records() == 0
    assert await keeper.state(keeper.ada) == "living"
    [applied] = await keeper.entries("retention-applied")
    assert applied["details"]["rule"] == str(rule.id)
    assert applied["details"]["number"] == 2
    assert sorted(applied["persons"]) == sorted([keeper.ada, keeper.bob])
    overview = await keeper.retention.showing.overview(keeper.id)
    assert (overview.taken, overview.outlook.total) == ({rule.id: 2}, 0)


async def test_counted_from_the_last_change_a_record_that_is_changed_stays(keeper):
    kept = await keeper.add(keeper.ada)
    await keeper.confirmed(origin=Origin.change)
    keeper.at(keeper.on(20))
    done = await keeper.client("PATCH", f"/api/v1/persons/{keeper.ada}/contract/{kept}", {"role": "borrows"})
    assert done.status == 200, done.raw
    keeper.at(keeper.on(30))
    await keeper.run()
    assert await keeper.records() == 1
    keeper.at(keeper.on(49) + timedelta(hours=23))
    await keeper.run()
    assert await keeper.records() == 1
    keeper.at(keeper.on(50))
    await keeper.run()
    assert await keeper.records() == 0


async def test_counted_from_the_last_sign_in_whoever_comes_stays_and_whoever_never_came_counts_from_being_taken_in(
    keeper, profile
):
    link = await keeper.house.wings.accounts.invite(keeper.id, UUID(keeper.ada), profile["email"], ["viewer"], by="t")
    await keeper.house.accept(link)
    await keeper.confirmed(PERSONS, origin=Origin.activity)
    keeper.at(keeper.on(10))
    account = await keeper.house.wings.accounts.find(keeper.id, UUID(keeper.ada))
    await keeper.house.signed_in(account.person)
    keeper.at(keeper.on(29) + timedelta(hours=23))
    await keeper.run()
    assert [await keeper.state(one) for one in (keeper.ada, keeper.bob)] == ["living", "living"]
    keeper.at(keeper.on(30))
    await keeper.run()
    assert [await keeper.state(one) for one in (keeper.ada, keeper.bob)] == ["living", "erased"]
    keeper.at(keeper.on(39) + timedelta(hours=23))
    await keeper.run()
    assert await keeper.state(keeper.ada) == "living"
    keeper.at(keeper.on(40))
    await keeper.run()
    assert await keeper.state(keeper.ada) == "erased"


async def test_counted_from_the_end_of_the_contract_there_is_no_day_until_it_ends(keeper):
    law = {"origin": Origin.end, "ground": Ground.accounting, "reference": "Code de commerce, art. L. 123-22"}
    await keeper.confirmed(period="10 days", **law)
    keeper.at(keeper.on(40))
    await keeper.run()
    overview = await keeper.retention.showing.overview(keeper.id)
    assert (overview.outlook.no_day, await keeper.records()) == (2, 2)
    ended = keeper.rooms.clock.now()
    signed = parties.ended(keeper.holder.company, keeper.holder.agreement, ended)
    await keeper.rooms.filing.file(keeper.id, signed, by="tests")
    keeper.at(keeper.on(9, ended) + timedelta(hours=23))
    await keeper.run()
    assert await keeper.records() == 2
    keeper.at(keeper.on(10, ended))
    await keeper.run()
    assert await keeper.records() == 0


async def test_a_rule_for_a_group_takes_whoever_is_in_it_on_the_day_and_purposes_are_those_of_the_record(keeper):
    await keeper.confirmed(group="partner")
    await keeper.confirmed(name="Support", purpose="security", period="20 days")
    keeper.at(keeper.on(20))
    await keeper.run()
    assert await keeper.records() == 2, "nothing of it is held for security"
    for person, groups in ((keeper.ada, ["user", "partner"]), (keeper.bob, ["user"])):
        done = await keeper.client("PATCH", f"/api/v1/persons/{person}", {"groups": groups})
        assert done.status == 200, done.raw
    keeper.at(keeper.on(30))
    await keeper.run()
    assert (await keeper.records(keeper.ada), await keeper.records(keeper.bob)) == (0, 1)


async def test_of_two_rules_and_an_end_of_its_own_the_earliest_binds(keeper):
    sooner = await keeper.add(keeper.ada, expires_at=keeper.on(10))
    await keeper.add(keeper.bob, expires_at=keeper.on(60))
    rule = await keeper.confirmed()
    await keeper.confirmed(name="Later", period="90 days")
    about = await keeper.about(keeper.ada)
    assert [(one.at, one.by, one.later) for one in about.ends] == [
        (keeper.on(10), "own", ("Contracts", "Later")), (keeper.on(30), "Contracts", ("Later",)),
    ]  # fmt: skip
    about = await keeper.about(keeper.bob)
    assert {(one.by, one.later) for one in about.ends} == {("Contracts", ("own", "Later")), ("Contracts", ("Later",))}
    assert (about.endless, about.until) == (1, keeper.on(30)), "the profile goes with its person"
    keeper.at(keeper.on(10))
    await keeper.run()
    assert await keeper.records() == 4, "what has an end of its own is not the rules' to take before their own day"
    assert await keeper.promised.expiring.due(keeper.id) == 1
    keeper.at(keeper.on(30))
    await keeper.run()
    assert await keeper.records() == 0
    taken = (await keeper.retention.showing.overview(keeper.id)).taken
    assert taken == {rule.id: 3}
    assert sooner


async def test_a_record_goes_with_its_person_where_they_go_first(keeper):
    await keeper.confirmed(PERSONS, group="user")
    await keeper.confirmed(period="40 days")
    about = await keeper.about(keeper.ada)
    assert (about.person.at, about.ends, about.endless) == (keeper.on(30), (), 0)
    keeper.at(keeper.on(30))
    await keeper.run()
    assert [await keeper.state(one) for one in (keeper.ada, keeper.bob)] == ["erased", "living"]
    erasure = await keeper.rooms.erasing.state(keeper.id, UUID(keeper.ada))
    assert erasure.step == "done"
    [applied] = await keeper.entries("retention-applied")
    assert (applied["details"]["type"], applied["persons"]) == (WHOLE, [keeper.ada])


@pytest.mark.parametrize("column", ["held", "restricted"])
@pytest.mark.parametrize("rule", [RULE, PERSONS])
async def test_what_a_hold_or_a_restriction_keeps_stays_until_it_ends_and_then_goes(keeper, column, rule):
    await keeper.mark(keeper.ada, column)
    draft = await keeper.retention.propose(keeper.id, rule, by="dpo")
    seen = await keeper.retention.showing.preview(keeper.id, draft.id)
    assert {(one.standing, one.number) for one in seen.counts} == {("free", 1), (column, 1)}
    await keeper.confirm(draft.id)
    keeper.at(keeper.on(30))
    await keeper.run()
    assert (await keeper.records(keeper.ada), await keeper.records(keeper.bob)) == (1, 0)
    assert await keeper.state(keeper.ada) == "living"
    assert await keeper.overdue() == {column: 1}
    assert not await keeper.promised.obligations.listed(keeper.id), "it is kept lawfully"
    await keeper.mark(keeper.ada, column, value=False)
    keeper.at(keeper.on(31))
    await keeper.run()
    assert await keeper.records(keeper.ada) == 0
    assert await keeper.overdue() == {}


async def test_whoever_administers_is_taken_whole_by_no_rule(keeper, profile):
    link = await keeper.house.wings.accounts.invite(keeper.id, UUID(keeper.ada), profile["email"], [ADMIN], by="t")
    await keeper.house.accept(link)
    await keeper.confirmed(PERSONS)
    await keeper.confirmed(group="user", period="40 days")
    keeper.at(keeper.on(41))
    await keeper.run()
    assert [await keeper.state(one) for one in (keeper.ada, keeper.bob)] == ["living", "erased"]
    assert await keeper.overdue() == {"administrator": 1}
    about = await keeper.about(keeper.ada)
    assert about.standing == "administrator"


async def test_a_rule_of_one_controller_takes_nothing_of_another(keeper, hold, rooms, profile):
    other = await Keeper(rooms, await hold(1), keeper.clock).start(profile)
    draft = await keeper.retention.propose(keeper.id, RULE, by="dpo")
    for do in (other.retention.end(other.id, draft.id, by="dpo"), other.retention.recount(other.id, draft.id)):
        with pytest.raises(NoSuchRule):
            await do
    await keeper.confirm(draft.id)
    keeper.at(keeper.on(30))
    assert await other.run() == 0
    await keeper.run()
    assert (await keeper.records(), await other.records()) == (0, 2)
    assert (await other.retention.showing.overview(other.id)).rules == ()


async def test_a_rule_that_is_ended_in_its_grace_takes_nothing(keeper):
    keeper.at(keeper.on(30))
    rule = await keeper.confirmed()
    assert rule.effective_at == keeper.on(8, rule.confirmed_at)
    await keeper.run()
    keeper.at(rule.effective_at - TICK)
    await keeper.run()
    assert await keeper.records() == 2, "all of it is over, and the grace is not"
    await keeper.retention.end(keeper.id, rule.id, by="dpo")
    keeper.at(rule.effective_at + DAY)
    await keeper.run()
    assert await keeper.records() == 2
    assert await keeper.run() == 0
    assert keeper.id not in await keeper.asked(), "without a rule nobody looks any more"
    with pytest.raises(NotNow):
        await keeper.retention.end(keeper.id, rule.id, by="dpo")
    with pytest.raises(NotNow):
        await keeper.retention.change(keeper.id, rule.id, RULE, by="dpo")
    kinds = [one["kind"] for one in await keeper.house.entries() if one["kind"].startswith("retention-")]
    assert kinds == [
        "retention-rule-proposed", "retention-previewed", "retention-rule-confirmed", "retention-rule-ended",
    ]  # fmt: skip


async def test_a_rule_holds_only_once_someone_was_shown_what_it_takes(keeper):
    draft = await keeper.retention.propose(keeper.id, RULE, by="dpo")
    with pytest.raises(NotNow, match="not-shown"):
        await keeper.retention.confirm(keeper.id, draft.id, new_id(), by="dpo")
    seen = await keeper.retention.showing.preview(keeper.id, draft.id)
    again = await keeper.retention.change(
        keeper.id, draft.id, msgspec.structs.replace(RULE, period="60 days"), by="dpo"
    )
    assert (again.version, again.id) == (2, draft.id)
    with pytest.raises(NotNow, match="not-shown"):
        await keeper.retention.confirm(keeper.id, draft.id, seen.id, by="dpo")
    seen = await keeper.retention.showing.preview(keeper.id, draft.id)
    keeper.at(seen.ended_at + SHOWN_FOR + TICK)
    with pytest.raises(NotNow, match="not-shown"):
        await keeper.retention.confirm(keeper.id, draft.id, seen.id, by="dpo")
    await keeper.retention.recount(keeper.id, draft.id)
    assert (await keeper.confirm(draft.id)).state == "confirmed"
    with pytest.raises(NotNow, match="confirmed"):
        await keeper.confirm(draft.id)
    with pytest.raises(NotNow, match="confirmed"):
        await keeper.retention.recount(keeper.id, draft.id)
    states = [(one.version, one.state) for one in await keeper.retention.showing.rules(keeper.id)]
    assert states == [(1, "ended"), (2, "confirmed")]


async def test_a_new_version_takes_the_place_of_the_one_that_holds_when_it_is_confirmed(keeper):
    rule = await keeper.confirmed()
    await keeper.retention.change(keeper.id, rule.id, msgspec.structs.replace(RULE, period="60 days"), by="dpo")
    states = [(one.version, one.state) for one in await keeper.retention.showing.rules(keeper.id)]
    assert states == [(1, "confirmed"), (2, "draft")]
    seen = await keeper.retention.showing.preview(keeper.id, rule.id)
    assert seen.total == 2, "counted as if it held alone"
    await keeper.confirm(rule.id)
    keeper.at(keeper.on(30))
    await keeper.run()
    assert await keeper.records() == 2
    keeper.at(keeper.on(60))
    await keeper.run()
    assert await keeper.records() == 0


async def test_what_was_shown_is_what_then_goes(keeper, monkeypatch):
    monkeypatch.setattr(looking, "PEOPLE", 1)
    monkeypatch.setattr(looking, "RECORDS", 2)
    for number in range(3):
        keeper.at(keeper.on(1 + number * 15))
        await keeper.add(keeper.ada)
    draft = await keeper.retention.propose(keeper.id, RULE, by="dpo")
    await until_done(keeper.retention.working.preview, keeper.id)
    seen = await keeper.retention.showing.preview(keeper.id, draft.id)
    assert seen.ended_at is not None
    await keeper.confirm(draft.id)
    gone: dict[str, int] = {}
    for number in range(90):
        if PARIS.day(keeper.on(41 + number)).day != 1:
            continue  # only the last day of each month
        keeper.at(keeper.on(40 + number))
        before = await keeper.records()
        await keeper.run()
        month = f"{PARIS.day(keeper.rooms.clock.now()):%Y-%m}"
        gone[month] = gone.get(month, 0) + before - await keeper.records()
    expected: dict[str, int] = {}
    for one in seen.counts:
        expected[one.month] = expected.get(one.month, 0) + one.number
    assert {month: number for month, number in gone.items() if number} == expected
    assert sum(expected.values()) == 5


async def test_what_the_agreement_lets_nobody_delete_is_owed_by_the_controller_until_it_does(
    rooms, hold, profile, clock
):
    keeper = await Keeper(rooms, await hold(1, **{"services.deletion.categories": ["name"]}), clock).start(profile)
    rule = await keeper.confirmed()
    keeper.at(keeper.on(30))
    await keeper.run()
    assert await keeper.records() == 2
    assert await keeper.overdue() == {"refused": 2}
    refused = [one for one in await keeper.entries("refusal") if one["operation"] == "delete"]
    assert {one["reason"] for one in refused} == {"category-not-covered"}
    [owed] = await keeper.promised.obligations.listed(keeper.id)
    assert (owed.promise.clause, owed.promise.owed_by, owed.state) == ("retention.necessary", "controller", "open")
    keeper.at(keeper.on(31))
    await keeper.run()
    assert len(await keeper.promised.obligations.listed(keeper.id)) == 1, "it is the same"
    await keeper.retention.end(keeper.id, rule.id, by="dpo")
    [owed] = await keeper.promised.obligations.listed(keeper.id)
    assert (owed.state, owed.proof) == ("withdrawn", "rule-ended")


async def test_what_the_agreement_comes_to_cover_goes_and_nothing_is_owed_any_more(rooms, hold, profile, clock):
    keeper = await Keeper(rooms, await hold(1, **{"services.deletion.categories": ["name"]}), clock).start(profile)
    await keeper.confirmed()
    keeper.at(keeper.on(30))
    await keeper.run()
    [owed] = await keeper.promised.obligations.listed(keeper.id)
    assert owed.state == "open"
    keeper.at(keeper.on(31))
    for person in (keeper.ada, keeper.bob):  # by the controller itself, instead of an instruction
        records = await keeper.client("GET", f"/api/v1/persons/{person}/contract")
        for one in records.body["records"]:
            await keeper.client("DELETE", f"/api/v1/persons/{person}/contract/{one['id']}")
    assert await keeper.records() == 0
    keeper.at(keeper.on(32))
    await keeper.run()
    [owed] = await keeper.promised.obligations.listed(keeper.id)
    assert (owed.state, owed.proof.partition("/")[0]) == ("discharged", "retention")
    assert await keeper.overdue() == {}


async def test_whoever_the_agreement_lets_nobody_erase_stays_and_it_is_said(rooms, hold, profile, clock):
    keeper = await Keeper(rooms, await hold(1, **{"services.deletion.operations": ["delete"]}), clock).start(profile)
    await keeper.confirmed(PERSONS)
    keeper.at(keeper.on(30))
    await keeper.run()
    assert await keeper.state(keeper.ada) == "living"
    assert await keeper.overdue() == {"refused": 2}
    refused = [one for one in await keeper.entries("refusal") if one["operation"] == "erase"]
    assert [one["reason"] for one in refused] == ["operation-not-covered"]
    [owed] = await keeper.promised.obligations.listed(keeper.id)
    assert owed.promise.subject.startswith("retention/")


async def test_a_stop_in_the_middle_of_a_chunk_leaves_nothing_half_and_the_look_goes_on(keeper, monkeypatch):
    monkeypatch.setattr(looking, "RECORDS", 1)
    rule = await keeper.confirmed()
    keeper.at(keeper.on(30))
    took, calls = looking._took, []

    async def stops(*given):
        calls.append(given)
        if len(calls) == 2:
            raise Stopped
        await took(*given)

    monkeypatch.setattr(looking, "_took", stops)
    with pytest.raises(Stopped):
        await keeper.run()
    assert await keeper.records() == 1, "the first chunk is done, of the second nothing"
    assert len(await keeper.entries("retention-applied")) == 1
    monkeypatch.setattr(looking, "_took", took)
    again = Household(keeper.rooms, keeper.id).wings.promised.retention  # as after a start
    await until_done(again.working.due, keeper.id)
    assert await keeper.records() == 0
    assert [one["details"]["number"] for one in await keeper.entries("retention-applied")] == [1, 1]
    assert (await keeper.retention.showing.overview(keeper.id)).taken == {rule.id: 2}


async def test_a_stop_after_people_were_marked_leaves_erasures_that_are_gone_on_with(keeper, monkeypatch):
    await keeper.confirmed(PERSONS)
    keeper.at(keeper.on(30))

    async def stops(*_given):
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(Erasing, "proceed", stops)
        with pytest.raises(Stopped):
            await keeper.run()
    assert await keeper.state(keeper.ada) == "erasing"
    assert (await keeper.client("GET", f"/api/v1/persons/{keeper.ada}/contract")).body["records"] == []
    await keeper.rooms.replay.go_on(keeper.id)
    assert [await keeper.state(one) for one in (keeper.ada, keeper.bob)] == ["erased", "erased"]
    await keeper.run()
    assert await keeper.overdue() == {}
    [applied] = await keeper.entries("retention-applied")
    assert applied["details"]["number"] == 2


async def test_while_the_time_is_doubted_nothing_goes(keeper):
    await keeper.confirmed()
    await keeper.run()
    ticking = keeper.rooms.ticking
    await ticking.tick()
    await ticking.confirm()
    keeper.at(keeper.on(31))  # at once: the clock leaps
    assert await ticking.tick() == 1
    duties = keeper.promised.duties()
    assert await worked(duties, "retention", keeper.id) == 0
    assert await keeper.records() == 2
    await ticking.confirm()
    assert await worked(duties, "retention", keeper.id) > 0
    assert await keeper.records() == 0
    keeper.clock.write_text("+0s")
    await ticking.confirm()


async def test_drafts_are_counted_by_the_worker_where_there_is_much_to_count(keeper, monkeypatch):
    monkeypatch.setattr("bailee.clauses.retention.commands.AT_ONCE", 0)
    draft = await keeper.retention.propose(keeper.id, RULE, by="dpo")
    seen = await keeper.retention.showing.preview(keeper.id, draft.id)
    assert (seen.ended_at, seen.total) == (None, 0)
    with pytest.raises(NotNow, match="not-shown"):
        await keeper.confirm(draft.id)
    await worked(keeper.promised.duties(), "what rules of retention would take", keeper.id)
    seen = await keeper.retention.showing.preview(keeper.id, draft.id)
    assert (seen.ended_at is not None, seen.total, seen.seen) == (True, 2, 4)
    assert (await keeper.confirm(draft.id)).state == "confirmed"


async def test_what_changes_between_the_look_and_the_locks_is_judged_once_more(keeper, monkeypatch):
    await keeper.confirmed(group="user")
    await keeper.confirmed(PERSONS, group="partner")
    keeper.at(keeper.on(30))
    locked = looking.Looking._locked

    async def meanwhile(self, look, persons):
        for person in persons:
            sql = "UPDATE bailee.person SET groups = '{employee}' WHERE controller_id = $1 AND person_id = $2"
            await look.change.connection.execute(sql, keeper.id, person)
        return await locked(self, look, persons)

    monkeypatch.setattr(looking.Looking, "_locked", meanwhile)
    await keeper.run()
    assert [await keeper.state(one) for one in (keeper.ada, keeper.bob)] == ["living", "living"]
    assert await keeper.records() == 2
    assert await keeper.overdue() == {}


async def test_where_nothing_is_agreed_no_rule_is_made_and_where_all_is_destroyed_nothing_is_looked_at(rooms, keeper):
    bare = await rooms.filing.open_dossier("Nobody SA", by="tests")
    retention = keeper.retention
    with pytest.raises(NothingAgreed):
        await retention.propose(bare, RULE, by="dpo")
    with pytest.raises(NoSuchRule):
        await retention.find(bare, new_id())
    assert await retention.working.due(bare) == await retention.working.preview(bare) == 0
    async with rooms.data.transaction(bare) as tx:
        await tx.execute(queries.LOOK_AT, bare, rooms.clock.now())
    assert await retention.working.due(bare) == 0
    async with rooms.data.transaction(bare) as tx:
        assert await tx.fetchval(queries.CLOCK, bare) > rooms.clock.now(), "not again today"
    await keeper.confirmed()
    async with rooms.data.transaction(keeper.id) as tx:
        sql = "UPDATE bailee.gate SET state = 'destroying', gate_version = gate_version + 1 WHERE controller_id = $1"
        await tx.execute(sql, keeper.id)
    keeper.at(keeper.on(30))
    assert await keeper.run() == 0
    with pytest.raises(NothingAgreed):
        await retention.propose(keeper.id, RULE, by="dpo")


async def test_a_rule_that_may_not_be_is_not_written_down(keeper, monkeypatch):
    with pytest.raises(RuleRefused, match="too-long"):
        await keeper.confirmed(period="11 years")
    monkeypatch.setattr("bailee.clauses.retention.commands.MOST", 1)
    await keeper.confirmed()
    with pytest.raises(NotNow, match="many"):
        await keeper.confirmed()
    assert len(await keeper.retention.showing.rules(keeper.id)) == 1


async def test_a_rule_that_was_altered_in_the_database_is_found_out(keeper, rooms):
    await keeper.confirmed()
    async with rooms.data.transaction(keeper.id) as tx:
        sql = "UPDATE bailee.retention_rule SET version = 7 WHERE controller_id = $1"
        await tx.execute(sql, keeper.id)
    with pytest.raises(AlteredRule):
        await keeper.retention.showing.overview(keeper.id)


async def test_the_door_itself_erases_nobody_who_is_held_restricted_or_gone_already(keeper, rooms):
    outliving = Outliving(passage=rooms.passage, erasing=rooms.erasing, place="FR")
    dossier, persons = await rooms.passage.current(keeper.id), [UUID(keeper.ada), UUID(keeper.bob)]
    await keeper.mark(keeper.ada, "held")
    await keeper.mark(keeper.bob, "restricted")
    async with rooms.committing.transaction(keeper.id) as change:
        assert await outliving.mark((dossier, change), persons) == []
    await keeper.mark(keeper.ada, "held", value=False)
    async with rooms.committing.transaction(keeper.id) as change:
        assert await outliving.mark((dossier, change), persons) == [UUID(keeper.ada)]
    async with rooms.committing.transaction(keeper.id) as change:
        assert await outliving.mark((dossier, change), persons) == [], "marked already"
    await outliving.carry(keeper.id, [UUID(keeper.ada)])
    assert [await keeper.state(one) for one in (keeper.ada, keeper.bob)] == ["erased", "living"]


async def test_a_rule_that_has_become_too_long_is_owed_its_change(keeper, monkeypatch):
    await keeper.confirmed()
    with monkeypatch.context() as before:  # as an agreement that was amended since allowed it
        before.setattr("bailee.clauses.retention.commands.check", lambda *_rule, **_under: None)
        rule = await keeper.confirmed(period="11 years")
    await keeper.run()
    [owed] = await keeper.promised.obligations.listed(keeper.id)
    assert (owed.state, owed.promise.owed_by) == ("open", "controller")
    assert owed.promise.subject.startswith(f"retention/{rule.id}/")
    admin = await keeper.house.signed_in(await keeper.house.staff(ADMIN))
    assert b"this rule is longer than what it allows" in (await admin.get(f"/retention/{rule.id}")).raw
    await keeper.retention.change(keeper.id, rule.id, msgspec.structs.replace(RULE, period="9 years"), by="dpo")
    await keeper.confirm(rule.id)
    [owed] = await keeper.promised.obligations.listed(keeper.id)
    assert (owed.state, owed.proof) == ("withdrawn", "rule-ended")
    await keeper.run()
    assert len(await keeper.promised.obligations.listed(keeper.id)) == 1
