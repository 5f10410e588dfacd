"""The log of sign-ins: sealed, read by its person and their controller, shortened after one term, gone after the other."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.browsing import Browser
from tests.household import ADMIN, Household

from bailee.contract.ruling import Refusal
from bailee.gate import expiring as expiring_room
from bailee.obligations.calendar import Calendar
from bailee.processing.accounts import technical as technical_room
from bailee.processing.accounts.sessions import Device
from bailee.vault import queries as vault_queries
from bailee.vocabulary.periods import Period


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    before = file.read_text()
    yield file
    file.write_text(before)


class Log:
    """A controller whose people sign in, and its log."""

    def __init__(self, rooms: Any, holder: Any) -> None:
        self.rooms, self.holder, self.id = rooms, holder, holder.id
        self.house = Household(rooms, holder.id, holder)
        promised = self.house.wings.promised
        self.technical, self.expiring = promised.technical, promised.expiring

    async def due(self) -> int:
        """What the jobs' process does for technical data: shorten them, and delete what has served its time."""
        return await self.technical.due(self.id) + await self.expiring.due(self.id)

    async def someone(self, profile: dict[str, Any]) -> UUID:
        self.client = await self.holder.client()
        return await self.house.resident(profile)

    async def signs_in(self, person: UUID, address: str = "192.0.2.77") -> Browser:
        account = await self.house.wings.accounts.find(self.id, person)
        browser = Browser(self.house.app)
        where = Device(address, "tests")
        browser.cookies["session"] = await self.house.wings.sessions.open(self.id, account, ("passkey",), where)
        return browser

    async def read(self, person: UUID) -> list[dict[str, Any]]:
        client = await self.holder.client(expires=timedelta(days=2))
        page = await client("GET", f"/api/v1/persons/{person}/activity")
        assert page.status == 200, page.raw
        return [one["data"] for one in page.body["records"]]

    async def rows(self, person: UUID) -> list[Any]:
        async with self.rooms.data.transaction(self.id) as tx:
            return await tx.fetch(
                "SELECT record_id, version, created_at, expires_at, sealed FROM bailee.record"
                " WHERE controller_id = $1 AND person_id = $2 AND type = 'activity'", self.id, person,
            )  # fmt: skip

    async def mark(self, person: UUID, column: str) -> None:
        async with self.rooms.data.transaction(self.id) as tx:
            await tx.execute(f"UPDATE bailee.person SET {column} = true WHERE controller_id = $1 AND person_id = $2", self.id, person)  # fmt: skip

    async def entries(self) -> list[dict[str, Any]]:
        head = await self.rooms.reading.integrated(self.id)
        return [json.loads(e.opened.body) async for e in self.rooms.reading.entries(self.id, 0, head.size) if e.opened]


def day_after(start: datetime, period: Period, agreement: Any) -> datetime:
    """The first instant of the day on which a period ends, in the agreement's time zone."""
    return Calendar.of(agreement.time_zone, agreement.holidays).opens(start, period)


@pytest.fixture
async def log(rooms, hold):
    return Log(rooms, await hold())


async def test_a_sign_in_is_sealed_and_read_by_the_person_and_the_controller(log, profile):
    person = await log.someone(profile)
    browser = await log.signs_in(person)
    [row] = await log.rows(person)
    assert b"192.0.2" not in row["sealed"]
    whole = {"kind": "signed-in", "methods": ["passkey"], "agent": "tests", "address": "192.0.2.77"}
    assert await log.read(person) == [whole]
    page = (await browser.get("/me/activity")).raw.decode()
    assert "192.0.2.77" in page
    taken = json.loads((await browser.get("/me/download")).raw)
    assert [one["data"] for one in taken["records"] if one["type"] == "activity"] == [whole]
    staff = await log.house.signed_in(await log.house.staff(ADMIN))
    assert "192.0.2.77" in (await staff.get(f"/people/{person}/activity")).raw.decode()
    written = [one for one in await log.entries() if one["kind"] == "change" and one["records"][0][1] == "activity"]
    assert written[0]["purpose"] == "security"


async def test_nobody_else_reads_the_log_and_nobody_writes_it(log, profile):
    person = await log.someone(profile)
    await log.signs_in(person)
    [row] = await log.rows(person)
    path = f"/api/v1/persons/{person}/activity"
    for method, at, body in (
        ("POST", path, {"data": {"kind": "signed-in"}}), ("PUT", f"{path}/{row['record_id']}", {"kind": "signed-in"}),
        ("PATCH", f"{path}/{row['record_id']}", {"address": "198.51.100.1"}),
    ):  # fmt: skip
        refused = await log.client(method, at, body)
        assert (refused.status, refused.body["clause"]) == (403, "data.technical")
    taken_in = {"groups": ["user"], "records": [{"type": "activity", "data": {"kind": "signed-in"}}]}
    assert (await log.client("POST", "/api/v1/persons", taken_in)).status == 403
    prospecting = await log.holder.client("prospecting")
    assert (await prospecting("GET", path)).status == 403


async def test_an_address_is_whole_the_day_before_its_term_and_shortened_on_the_day(log, profile, clock, rooms):
    person = await log.someone(profile)
    await log.signs_in(person)
    await log.signs_in(person, "2001:db8:1:2:3::9")
    rows = await log.rows(person)
    day = day_after(rows[0]["created_at"], Period.parse("30 days"), log.holder.agreement)
    clock.write_text((day - timedelta(minutes=2)).isoformat())
    assert await log.due() == 0
    assert [one["address"] for one in await log.read(person)] == ["192.0.2.77", "2001:db8:1:2:3::9"]
    clock.write_text((day + timedelta(minutes=2)).isoformat())
    assert await log.due() == 2
    assert [one["address"] for one in await log.read(person)] == ["192.0.2.0", "2001:db8:1::"]
    assert await log.due() == 0
    assert {row["version"] for row in await log.rows(person)} == {2}
    assert await rooms.scrubbing.person(log.id, person) == []
    await log.signs_in(person)
    clock.write_text((day + timedelta(days=32)).isoformat())
    assert await log.due() == 1


async def test_the_log_is_there_the_day_before_its_end_and_gone_on_the_day(log, profile, clock, rooms):
    person = await log.someone(profile)
    await log.signs_in(person)
    [row] = await log.rows(person)
    assert row["expires_at"] == day_after(row["created_at"], Period.parse("6 months"), log.holder.agreement)
    clock.write_text((row["expires_at"] - timedelta(minutes=2)).isoformat())
    assert await log.due() == 1, "shortened long ago"
    assert len(await log.read(person)) == 1
    clock.write_text((row["expires_at"] + timedelta(minutes=2)).isoformat())
    assert await log.read(person) == [], "nobody is shown it, deleted or not yet"
    assert await log.due() == 1
    assert await log.rows(person) == []
    assert await rooms.scrubbing.person(log.id, person) == []
    assert [one["operation"] for one in await log.entries() if one["kind"] == "change"][-1] == "delete"


async def test_what_is_held_or_restricted_stays_until_nothing_keeps_it(log, profile, clock, rooms, monkeypatch):
    monkeypatch.setattr(technical_room, "CHUNK", 1)
    monkeypatch.setattr(expiring_room, "CHUNK", 1)
    held, restricted = await log.someone(profile), await log.someone(profile | {"email": "b@alpages.example"})
    free = await log.someone(profile | {"email": "c@alpages.example"})
    for person in (held, restricted, free):
        await log.signs_in(person)
    await log.mark(held, "held")
    await log.mark(restricted, "restricted")
    clock.write_text("+35d")
    assert await log.due() == 1
    clock.write_text("+200d")
    assert await log.due() == 1
    assert [len(await log.rows(person)) for person in (held, restricted, free)] == [1, 1, 0]


async def test_the_log_goes_with_its_person(log, profile):
    person = await log.someone(profile)
    await log.signs_in(person)
    assert (await log.client("DELETE", f"/api/v1/persons/{person}")).status == 202
    assert await log.rows(person) == []


async def test_where_it_may_not_be_logged_the_sign_in_goes_on_and_the_refusal_is_recorded(
    log, profile, rooms, monkeypatch
):
    person = await log.someone(profile)
    passage = rooms.passage
    ruled = passage.rule

    def no(dossier, request):
        refused = request.actor.id == "platform"
        return (
            Refusal(request, "purposes.limited", "operation-not-covered", "Ask.")
            if refused
            else ruled(dossier, request)
        )

    await log.signs_in(person)
    monkeypatch.setattr(passage, "rule", no)
    browser = await log.signs_in(person)
    assert (await browser.get("/me/activity")).status == 200
    assert len(await log.rows(person)) == 1
    monkeypatch.setattr(technical_room, "_ends", lambda *_: rooms.clock.now())
    assert await log.due() == 0


async def test_the_platforms_own_staff_are_in_the_ledger_alone(rooms):
    house = Household(rooms, rooms.platform)
    person = await house.staff("processor-administrator")
    await house.signed_in(person)
    async with rooms.data.transaction(rooms.platform) as tx:
        rows = await tx.fetch(vault_queries.RECORDS_OF_PERSON, rooms.platform, person, UUID(int=0), None, 5)
    assert rows == []
    assert await house.wings.promised.technical.due(rooms.platform) == 0


async def test_what_does_not_open_or_has_gone_is_passed_over(log, profile, rooms, clock, monkeypatch):
    person = await log.someone(profile)
    for _ in range(2):
        await log.signs_in(person)
    rows = await log.rows(person)
    async with rooms.data.transaction(log.id) as tx:
        await tx.execute("UPDATE bailee.record SET sealed = sealed || '\\x00' WHERE controller_id = $1 AND record_id = $2", log.id, rows[0]["record_id"])  # fmt: skip
    clock.write_text("+40d")
    assert await log.due() == 1
    assert any(one.get("reason") == "altered" for one in await log.entries())

    async def none(wanted):
        return {}

    monkeypatch.setattr(log.technical._keys, "person_keys", none)
    assert await log.due() == 0
    monkeypatch.setattr(vault_queries, "RECORD", vault_queries.RECORD + " AND false")
    clock.write_text("+400d")
    assert await log.due() == 0


async def test_nothing_is_done_where_all_is_being_destroyed(log, rooms):
    async with rooms.data.transaction(log.id) as tx:
        await tx.execute("UPDATE bailee.gate SET state = 'destroying', gate_version = gate_version + 1 WHERE controller_id = $1", log.id)  # fmt: skip
    rooms.archive.forget(log.id)
    assert await log.due() == 0


async def test_merging_leaves_the_log_with_whom_it_is_about(log, profile, rooms):
    first, second = await log.someone(profile), await log.someone(profile | {"email": "d@alpages.example"})
    await log.signs_in(second)
    assert len(await log.rows(second)) == 1
    assert await log.rows(first) == []
