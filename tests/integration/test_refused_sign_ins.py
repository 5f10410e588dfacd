"""Refused at the door: who was tried is written, without what was typed, and nobody fills a log by trying."""

import json

import pytest
from tests.browsing import ORIGIN, PASSWORD, Browser
from tests.household import Household

from bailee.infra.database import Unavailable
from bailee.processing.accounts import refusals as refusals_room
from bailee.processing.accounts.refusals import Tried
from bailee.processing.accounts.sessions import Device
from bailee.vocabulary.ids import new_id

WHERE = Device("192.0.2.7", "tests")


class Door(Household):
    """A household, and what is written of those who were refused."""

    async def refused(self) -> list[tuple[str | None, str, int]]:
        """Whom each entry is about, the method, and how many tries."""
        await self.wings.promised.refusals.flush()
        return [
            ((one.get("persons") or [None])[0], one["details"]["method"], one["details"]["tries"])
            for one in await self.entries()
            if one["kind"] == "sign-in-refused"
        ]

    async def activity(self, person) -> list[dict]:
        client = await self.holder.client()
        page = await client("GET", f"/api/v1/persons/{person}/activity")
        return [one["data"] for one in page.body["records"]]


@pytest.fixture
async def door(rooms, hold):
    holder = await hold()
    return Door(rooms, holder.id, holder)


async def test_a_wrong_password_is_written_under_its_person_and_in_their_own_log(door, profile, rooms):
    person = await door.resident(profile, password=PASSWORD)
    assert (await door.by_password(profile["email"], password="quite wrong")).status == 403
    assert await door.refused() == [(str(person), "password", 1)]
    [logged] = await door.activity(person)
    assert (logged["kind"], logged["methods"]) == ("sign-in-refused", ["password"])
    assert logged["address"]
    told = b"".join([one.opened.body async for one in rooms.reading.about(door.id, person)])
    assert b"sign-in-refused" in told
    assert profile["email"].encode() not in told
    assert logged["address"].encode() not in told
    browser = await door.signed_in(person)
    page = (await browser.get("/me/activity")).raw.decode()
    assert "refused at the door" in page
    assert "Sign-in refused" in page


async def test_an_address_nobody_has_is_nobodys_and_stands_nowhere(door):
    typed = f"nobody.{new_id()}@x.example"
    assert (await door.by_password(typed)).status == 403
    assert await door.refused() == [(None, "password", 1)]
    assert typed not in json.dumps(await door.entries())


async def test_an_hours_tries_are_written_when_they_are_one_ten_and_a_hundred(door, profile, monkeypatch):
    person = await door.resident(profile, password=PASSWORD)
    now = [1000.0]
    monkeypatch.setattr(door.wings.promised.refusals._clock, "monotonic", lambda: now[0])
    for _ in range(25):
        door.wings.promised.refusals.later(Tried(door.id, "password", profile["email"]), WHERE)
        await door.wings.promised.refusals.flush()
    assert await door.refused() == [(str(person), "password", 1), (str(person), "password", 10)]
    assert len(await door.activity(person)) == 1
    now[0] += refusals_room.TOGETHER_SECONDS - 1
    door.wings.promised.refusals.later(Tried(door.id, "password", profile["email"]), WHERE)
    assert len(await door.refused()) == 2
    now[0] += 1
    door.wings.promised.refusals.later(Tried(door.id, "password", profile["email"]), WHERE)
    assert (await door.refused())[2:] == [(str(person), "password", 1)]
    assert len(await door.activity(person)) == 2


async def test_tries_at_very_many_accounts_count_together(door, profile, monkeypatch):
    first = await door.resident(profile, password=PASSWORD)
    second = await door.staff(address=f"second.{profile['email']}", password=PASSWORD)
    monkeypatch.setattr(refusals_room, "MOST_ACCOUNTS", 1)
    for person in (first, second, second):
        door.wings.promised.refusals.later(Tried(door.id, "code", person=person), WHERE)
        await door.wings.promised.refusals.flush()
    assert await door.refused() == [(str(first), "code", 1), (None, "code", 1)]
    monkeypatch.setattr(refusals_room, "TOGETHER_SECONDS", 0.0)
    door.wings.promised.refusals.later(Tried(door.id, "code", person=second), WHERE)
    assert (await door.refused())[2:] == [(str(second), "code", 1)]


async def test_what_is_tried_while_very_much_is_written_is_nobodys(door, profile, monkeypatch):
    person = await door.resident(profile, password=PASSWORD)
    monkeypatch.setattr(refusals_room, "MOST_UNDER_WAY", 0)
    door.wings.promised.refusals.later(Tried(door.id, "password", profile["email"]), WHERE)
    door.wings.promised.refusals.later(Tried(door.id, "passkey", person=person), WHERE)
    assert await door.refused() == [(None, "password", 1)]


async def test_a_wrong_code_and_a_passkey_are_written_and_whoever_is_made_up_is_not(door, profile):
    person = await door.resident(profile, password=PASSWORD)
    browser = Browser(door.app)
    ticket = await door.wings.admitting.ticket(door.id, *await door.wings.admitting.standing(door.id, person))
    assert (await browser.post("/sign-in/code", ticket=ticket, code="000000")).status == 403
    assert (await browser.post("/sign-in/code", ticket="made up", code="000000")).status == 403
    assert await door.refused() == [(str(person), "code", 1)]
    elsewhere = new_id()
    door.wings.promised.refusals.later(Tried(elsewhere, "passkey", person=new_id()), WHERE)
    door.wings.promised.refusals.later(Tried(door.id, "passkey", person=person), WHERE)
    assert (await door.refused())[1:] == [(str(person), "passkey", 1)]
    async with door.rooms.data.transaction(elsewhere) as tx:
        assert await tx.fetchval("SELECT count(*) FROM bailee.ledger_batch WHERE controller_id = $1", elsewhere) == 0


async def test_whoever_cannot_prove_presence_in_an_open_session_is_written_as_well(door, profile):
    person = await door.resident(profile, password=PASSWORD)
    browser = await door.signed_in(person)
    assert (await browser.post("/me/sign-in/prove", password="quite wrong")).status == 403
    assert await door.refused() == [(str(person), "step-up-password", 1)]
    token = await browser.token()
    body = json.dumps({"challenge": "made up", "credential": {}}).encode()
    path = "/me/sign-in/prove/passkey/finish"
    answer = await browser.raw(path, body, origin=ORIGIN, x_csrf=token, content_type="application/json")
    assert answer.status == 403
    assert (await door.refused())[1:] == [(str(person), "step-up-passkey", 1)]
    refused = [one["methods"] for one in await door.activity(person) if one["kind"] == "sign-in-refused"]
    assert refused == [["step-up-password"], ["step-up-passkey"]]
    assert "password, to prove presence" in (await browser.get("/me/activity")).raw.decode()
    assert (await browser.post("/me/sign-in/prove", password=PASSWORD)).status == 303
    assert len(await door.refused()) == 2, "a proof that is right leaves none"


async def test_nobody_waits_for_a_refusal_that_cannot_be_written(door, profile, monkeypatch):
    await door.resident(profile, password=PASSWORD)

    async def away(_):
        raise Unavailable("away")

    with monkeypatch.context() as without:
        without.setattr(door.wings.promised.refusals._appending, "append_one", away)
        assert (await door.by_password(profile["email"], password="quite wrong")).status == 403
        await door.wings.promised.refusals.flush()
    assert await door.refused() == []
