"""Two accounts of one human, and what joins them to others, across a merge and its undoing."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.browsing import PASSWORD, Browser
from tests.household import Household
from tests.integration.test_reconciling import Desk

from bailee.processing.accounts.reconciling import merging as merging_module
from bailee.processing.accounts.reconciling.conflicts import ChangedSince
from bailee.processing.accounts.reconciling.merges import TERM
from bailee.processing.accounts.reconciling.undoing import Later
from bailee.processing.accounts.sessions import Device

RELATIONS = "/api/v1/relations"
TAGS = {"x-category": "account-identifier", "x-purposes": ["account-management"]}
CONTRACT = {
    "type": "object", "additionalProperties": False, "x-erasure": "with-person", "required": ["role"],
    "properties": {"role": {"type": "string", "maxLength": 40, **TAGS}},
}  # fmt: skip


class Two:
    """The same human twice, each with an account, a password and a sign-in behind them."""

    def __init__(self, rooms: Any, holder: Any, desk: Desk, profile: dict[str, Any]) -> None:
        self.rooms, self.id, self.desk = rooms, holder.id, desk
        self.house = Household(rooms, holder.id, holder)
        self.elder = {k: v for k, v in profile.items() if k not in ("phone", "external_id")}
        self.younger = profile | {"email": f"new.{profile['email']}", "user_name": f"b.{profile['user_name']}"}

    async def start(self) -> "Two":
        self.a = await self.house.resident(self.elder, password=PASSWORD)
        self.b = await self.house.resident(self.younger, password=PASSWORD)
        return self

    async def comes_in(self, profile: dict[str, Any]) -> bool:
        return (await self.house.by_password(profile["email"])).status == 303

    async def activity(self, person: UUID) -> list[dict[str, Any]]:
        page = await self.desk.client("GET", f"/api/v1/persons/{person}/activity")
        return [one["data"] for one in page.body["records"]] if page.status == 200 else []

    async def signs_in(self, person: UUID, address: str) -> Browser:
        account = await self.house.wings.accounts.find(self.id, person)
        browser = Browser(self.house.app)
        where = Device(address, "tests")
        browser.cookies["session"] = await self.house.wings.sessions.open(self.id, account, ("password",), where)
        return browser

    async def related(self, *parts: tuple[UUID, str]) -> str:
        body = {"parts": [{"person": str(p), "type": "contract", "data": {"role": role}} for p, role in parts]}
        made = await self.desk.client("POST", RELATIONS, body)
        assert made.status == 201, made.raw
        return made.body["relation"]

    async def parts(self, relation: str) -> list[tuple[str, str]]:
        """Whose each part is, and what it says; all must be there."""
        read = await self.desk.client("GET", f"{RELATIONS}/{relation}")
        assert [part["state"] for part in read.body["parts"]] == ["here"] * len(read.body["parts"]), read.raw
        return [(part["record"]["person"], part["record"]["data"]["role"]) for part in read.body["parts"]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(merging_module, "BITES_AFTER_SECONDS", 0.0)


@pytest.fixture
async def two(rooms, hold, profile):
    holder = await hold()
    return await Two(rooms, holder, Desk(holder, await holder.client()), profile).start()


@pytest.fixture
def clock(settings):
    file = Path(settings.clock.removeprefix("file:"))
    before = file.read_text()
    yield file
    file.write_text(before)


async def test_one_way_in_is_closed_by_a_merge_and_open_again_as_it_was_after_its_undoing(two):
    assert await two.comes_in(two.elder)
    assert await two.comes_in(two.younger)
    before = await two.house.wings.means.read(
        two.id, two.b, (await two.house.wings.accounts.find(two.id, two.b)).key_id
    )
    browser = await two.signs_in(two.b, "192.0.2.7")
    assert (await browser.get("/me")).status == 200
    merge = await two.desk.merge(two.a, two.b)
    assert (await browser.get("/me")).headers["location"] == "/sign-in"
    assert not await two.comes_in(two.younger)
    assert await two.comes_in(two.elder)
    await two.desk.undo(merge)
    assert (await browser.get("/me")).headers["location"] == "/sign-in", "a session that was ended stays ended"
    account = await two.house.wings.accounts.find(two.id, two.b)
    after = await two.house.wings.means.read(two.id, two.b, account.key_id)
    assert (account.state, after) == ("active", before)
    assert await two.comes_in(two.younger)
    assert await two.comes_in(two.elder)


async def test_the_log_of_sign_ins_is_each_ones_own_and_is_there_again_after_an_undoing(two):
    await two.signs_in(two.a, "192.0.2.1")
    await two.signs_in(two.b, "192.0.2.2")
    merge = await two.desk.merge(two.a, two.b)
    assert [one["address"] for one in await two.activity(two.a)] == ["192.0.2.1"]
    assert await two.activity(two.b) == []
    assert not await two.comes_in(two.younger)
    await two.house.wings.promised.refusals.flush()
    await two.desk.undo(merge)
    assert [one["address"] for one in await two.activity(two.a)] == ["192.0.2.1"]
    assert [one["address"] for one in await two.activity(two.b)] == ["192.0.2.2"]
    assert await two.desk.scrub(two.a) == await two.desk.scrub(two.b) == []


async def test_relations_follow_the_survivor_and_each_part_goes_back_to_whose_it_was(two, profile):
    await two.rooms.filing.declare_type(two.id, "contract", CONTRACT, by="tests")
    third, _ = await two.desk.client.person(profile | {"email": "third@x.example", "user_name": "third"})
    third = UUID(third)
    with_a = await two.related((two.a, "lends"), (third, "borrows"))
    with_b = await two.related((third, "lends"), (two.b, "borrows"))
    between = await two.related((two.a, "gives"), (two.b, "takes"))
    ids = {one: str(one) for one in (two.a, two.b, third)}

    def whole(a: UUID, b: UUID) -> list[list[tuple[str, str]]]:
        return [
            [(ids[a], "lends"), (ids[third], "borrows")],
            [(ids[third], "lends"), (ids[b], "borrows")],
            [(ids[a], "gives"), (ids[b], "takes")],
        ]

    assert [await two.parts(one) for one in (with_a, with_b, between)] == whole(two.a, two.b)
    merge = await two.desk.merge(two.a, two.b)
    assert [await two.parts(one) for one in (with_a, with_b, between)] == whole(two.a, two.a)
    await two.desk.undo(merge)
    assert [await two.parts(one) for one in (with_a, with_b, between)] == whole(two.a, two.b)
    assert await two.desk.scrub(two.a) == await two.desk.scrub(two.b) == []


@pytest.mark.parametrize(("later", "revived"), [(Later.put_back, True), (Later.keep, False)])
async def test_a_part_whose_record_was_deleted_since_comes_back_where_the_record_does(two, profile, *, later, revived):
    await two.rooms.filing.declare_type(two.id, "contract", CONTRACT, by="tests")
    third, _ = await two.desk.client.person(profile | {"email": "third@x.example", "user_name": "third"})
    relation = await two.related((UUID(third), "lends"), (two.b, "borrows"))
    merge = await two.desk.merge(two.a, two.b)
    read = (await two.desk.client("GET", f"{RELATIONS}/{relation}")).body
    [moved] = [part["record"]["id"] for part in read["parts"] if part["record"]["person"] == str(two.a)]
    gone = await two.desk.client("DELETE", f"/api/v1/persons/{two.a}/contract/{moved}")
    assert gone.status == 200, gone.raw
    with pytest.raises(ChangedSince):
        await two.desk.undo(merge)
    await two.desk.undo(merge, later)
    if revived:
        assert await two.parts(relation) == [(third, "lends"), (str(two.b), "borrows")]
    else:
        read = (await two.desk.client("GET", f"{RELATIONS}/{relation}")).body
        assert [part["state"] for part in read["parts"]] == ["here", "gone"]
    held = (await two.desk.client("GET", f"/api/v1/persons/{two.b}/contract")).body["records"]
    assert len(held) == revived
    assert await two.desk.scrub(two.a) == await two.desk.scrub(two.b) == []


async def test_when_the_term_is_over_the_other_way_in_is_gone_and_its_relations_stay(two, clock, rooms, profile):
    await two.rooms.filing.declare_type(two.id, "contract", CONTRACT, by="tests")
    third, _ = await two.desk.client.person(profile | {"email": "third@x.example", "user_name": "third"})
    with_b = await two.related((UUID(third), "lends"), (two.b, "borrows"))
    await two.desk.merge(two.a, two.b)
    clock.write_text((rooms.clock.now() + TERM + timedelta(minutes=5)).isoformat())
    two.desk.client = await two.desk.holder.client()
    await two.desk.room.ending.due(two.id)
    assert set((await two.house.rows(two.b)).values()) == {0}
    assert not await two.comes_in(two.younger)
    assert await two.comes_in(two.elder)
    assert await two.parts(with_b) == [(third, "lends"), (str(two.a), "borrows")]
    assert str(two.b) not in json.dumps(await two.parts(with_b))
