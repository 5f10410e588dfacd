"""What is over answers like what is not there, and goes; what a hold keeps is not destroyed; nothing asked, nothing loops."""

import asyncio
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.household import ADMIN, Household
from tests.integration.test_relations import CONTRACT
from tests.unit.test_photographs import halves, saved

from bailee.contract.ruling import AccessRequest
from bailee.gate import expiring as expiring_room
from bailee.gate.changing import Changing
from bailee.gate.idempotency import once
from bailee.promised import Promised
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

MARK = CONTRACT | {"required": []}


@pytest.fixture
def clock(settings):
    """The file of the simulated clock, put back afterwards."""
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


class Lasting:
    """A controller with two people and records about them that have an end."""

    def __init__(self, rooms: Any, holder: Any, clock: Path) -> None:
        self.rooms, self.holder, self.id, self.clock = rooms, holder, holder.id, clock
        self.expiring = Promised(rooms).expiring

    async def start(self, profile: dict[str, Any]) -> "Lasting":
        for name, schema in (("contract", CONTRACT), ("mark", MARK)):
            await self.rooms.filing.declare_type(self.id, name, schema, by="tests")
        self.client = await self.holder.client(expires=timedelta(days=90))
        self.ada, self.profile = await self.client.person(profile)
        self.bob, _ = await self.client.person(profile | {"given_name": "Bob"})
        self.end = self.rooms.clock.now() + timedelta(days=10)
        return self

    async def add(self, person: str, kind: str = "contract", data: Any = None) -> str:
        sent = {"data": {"role": "lends"} if data is None else data, "expires_at": self.end.isoformat()}
        made = await self.client("POST", f"/api/v1/persons/{person}/{kind}", sent)
        assert made.status == 201, made.raw
        return f"/api/v1/persons/{person}/{kind}/{made.body['record']}"

    def at(self, before: timedelta) -> None:
        self.clock.write_text((self.end - before).isoformat())

    async def left(self) -> int:
        async with self.rooms.data.transaction(self.id) as tx:
            sql = "SELECT count(*) FROM bailee.record WHERE controller_id = $1 AND expires_at IS NOT NULL"
            return await tx.fetchval(sql, self.id)

    async def mark(self, person: str, column: str, on: bool = True) -> None:
        async with self.rooms.data.transaction(self.id) as tx:
            sql = f"UPDATE bailee.person SET {column} = $3 WHERE controller_id = $1 AND person_id = $2"
            await tx.execute(sql, self.id, UUID(person), on)


@pytest.fixture
async def lasting(rooms, hold, profile, clock):
    return await Lasting(rooms, await hold(), clock).start(profile)


@pytest.mark.parametrize("header", [{}, {"idempotency_key": "once"}])
@pytest.mark.parametrize(
    ("method", "body"), [("PATCH", {"role": "borrows"}), ("PUT", {"role": "borrows"}), ("DELETE", None)]
)
async def test_what_is_over_is_changed_by_nobody_and_answers_like_what_is_not_there(lasting, method, body, header):
    before, after = await lasting.add(lasting.ada), await lasting.add(lasting.ada)
    lasting.at(timedelta(days=1))
    assert (await lasting.client(method, before, body, **header)).status == 200
    lasting.at(-timedelta(days=1))
    absent = f"{after[:-12]}{'0' * 12}"
    said = [await lasting.client(method, path, body) for path in (after, absent)]
    assert [one.status for one in said] == [404, 404]
    assert said[0].body == said[1].body, "no difference is shown"
    again = await lasting.client(method, after, body, **{name: f"{value}-more" for name, value in header.items()})
    assert again.status == 404
    assert await lasting.left() == (1 if method == "DELETE" else 2), "nothing was deleted by it, nothing written"


async def test_records_of_every_type_are_there_the_day_before_their_end_and_gone_the_day_after(lasting, rooms):
    part = {"type": "contract", "data": {"role": "lends"}, "expires_at": lasting.end.isoformat()}
    parts = [part | {"person": lasting.ada}, part | {"person": lasting.bob, "expires_at": None}]
    relation = (await lasting.client("POST", "/api/v1/relations", {"parts": parts})).body["relation"]
    await lasting.add(lasting.ada)
    await lasting.add(lasting.bob, "mark", {"said": "a word"})
    profile = await lasting.add(lasting.bob, "profile", {"given_name": "B", "family_name": "B", "email": "b@b.example"})
    lasting.at(timedelta(days=1))
    assert await lasting.expiring.due(lasting.id) == 0
    assert await lasting.left() == 4
    assert (await lasting.client("GET", profile)).status == 200
    lasting.at(-timedelta(days=1))
    assert (await lasting.client("GET", profile)).status == 404, "hidden already"
    hits = await lasting.client("POST", "/api/v1/search", {"type": "profile", "field": "email", "value": "b@b.example"})
    assert hits.body["records"] == []
    assert await lasting.expiring.due(lasting.id) == 4
    assert await lasting.left() == 0
    read = await lasting.client("GET", f"/api/v1/relations/{relation}")
    assert [one["state"] for one in read.body["parts"]] == ["gone", "here"]
    for person in (lasting.ada, lasting.bob):
        assert await rooms.scrubbing.person(lasting.id, UUID(person)) == []
    assert await lasting.expiring.due(lasting.id) == 0


async def test_what_is_over_stays_as_long_as_a_restriction_or_a_hold_keeps_it(lasting, monkeypatch):
    monkeypatch.setattr(expiring_room, "CHUNK", 1)
    for person in (lasting.ada, lasting.bob):
        await lasting.add(person)
    await lasting.mark(lasting.ada, "held")
    await lasting.mark(lasting.bob, "restricted")
    lasting.at(-timedelta(days=1))
    assert await lasting.expiring.due(lasting.id) == 0
    await lasting.mark(lasting.bob, "restricted", on=False)
    assert await lasting.expiring.due(lasting.id) == 1
    await lasting.mark(lasting.ada, "held", on=False)
    assert await lasting.expiring.due(lasting.id) == 1
    assert await lasting.left() == 0


async def test_what_joins_someone_who_is_restricted_to_others_is_not_shown(lasting):
    part = {"type": "contract", "data": {"role": "lends"}}
    for end in (None, lasting.end.isoformat()):
        parts = [part | {"person": person, "expires_at": end} for person in (lasting.ada, lasting.bob)]
        assert (await lasting.client("POST", "/api/v1/relations", {"parts": parts})).status == 201
    path = f"/api/v1/persons/{lasting.ada}/relations"
    first = await lasting.client("GET", path, query="limit=1")
    assert (len(first.body["relations"]), first.body["cursor"] is None) == (1, False)
    lasting.at(-timedelta(days=1))
    assert len((await lasting.client("GET", path)).body["relations"]) == 1, "one is over"
    await lasting.client("PATCH", f"/api/v1/persons/{lasting.ada}", {"restricted": True})
    assert (await lasting.client("GET", path)).body["relations"] == []
    page = await lasting.client("GET", path, query="limit=1")
    assert (page.body["relations"], page.body["cursor"] is None) == ([], False), "what is left out ends no list"


async def test_a_hold_that_comes_while_a_deletion_waits_for_its_turn_is_kept(lasting, rooms):
    record, photo = await lasting.add(lasting.ada), f"/api/v1/persons/{lasting.ada}/photo"
    files = f"/api/v1/persons/{lasting.ada}/files"
    file = await lasting.client("POST", files, raw=b"a paper", query="name=a.txt&category=account-identifier")
    assert file.status == 201, file.raw
    paper = f"{files}/{file.body['record']}"
    assert (await lasting.client("PUT", photo, raw=saved(halves(), "PNG"))).status == 201
    async with rooms.data.transaction(lasting.id) as tx:
        sql = "UPDATE bailee.person SET held = true WHERE controller_id = $1 AND person_id = $2"
        await tx.execute(sql, lasting.id, UUID(lasting.ada))
        waiting = [asyncio.create_task(lasting.client("DELETE", path)) for path in (record, paper, photo)]
        waiting.append(asyncio.create_task(lasting.client("PUT", photo, raw=saved(halves(), "JPEG"))))
        await asyncio.wait(waiting, timeout=0.3)
    said = [await one for one in waiting]
    assert [(one.status, one.body["title"]) for one in said] == [(409, "A hold stops destruction here")] * 4
    for path in (record, paper, photo):
        assert (await lasting.client("GET", path)).status == 200
    await lasting.mark(lasting.ada, "held", on=False)
    for path in (record, paper, photo):
        assert (await lasting.client("DELETE", path)).status == 200


async def test_a_held_person_without_a_photograph_may_be_given_one(lasting):
    await lasting.mark(lasting.ada, "held")
    path = f"/api/v1/persons/{lasting.ada}/photo"
    assert (await lasting.client("PUT", path, raw=saved(halves(), "PNG"))).status == 201


async def test_a_read_that_names_nothing_is_answered_with_nothing(lasting, rooms):
    caller = await lasting.holder.caller(lasting.client)
    asked = AccessRequest(
        actor=caller.actor, controller=lasting.id, operation=Operation.consult, purpose=Purpose.account_management
    )
    released = await asyncio.wait_for(rooms.passage.read(asked), 20)
    assert (released.records, released.withheld) == ((), ())


async def test_what_is_in_the_way_of_a_request_and_no_repeat_of_it_is_said_and_not_tried_for_ever(lasting, rooms):
    caller = await lasting.holder.caller(lasting.client)
    asked = AccessRequest(
        actor=caller.actor, controller=lasting.id, operation=Operation.store, purpose=Purpose.account_management
    )
    tried = []

    async def in_the_way(*_given):
        tried.append(1)
        raise asyncpg.UniqueViolationError("in the way")

    secret = await rooms.keys.controller_key(lasting.id, "idempotency")
    given = once(secret, caller.actor.credential, "once", b"asked", rooms.clock.now())
    with pytest.raises(asyncpg.UniqueViolationError):
        await asyncio.wait_for(
            Changing(passage=rooms.passage, appending=rooms.appending, committing=rooms.committing).change(
                asked, in_the_way, given
            ),
            20,
        )
    assert len(tried) == 2


async def test_nothing_is_deleted_where_all_is_being_destroyed_or_nothing_lets_it(lasting, rooms):
    await lasting.add(lasting.ada)
    lasting.at(-timedelta(days=1))
    async with rooms.data.transaction(lasting.id) as tx:
        sql = "UPDATE bailee.gate SET state = 'destroying', gate_version = gate_version + 1 WHERE controller_id = $1"
        await tx.execute(sql, lasting.id)
    assert await lasting.expiring.due(lasting.id) == 0
    assert await lasting.left() == 1


async def test_what_the_agreement_lets_nobody_delete_stays_and_the_refusal_is_recorded(rooms, hold, profile, clock):
    lasting = Lasting(rooms, await hold(1, **{"services.deletion.categories": ["name"]}), clock)
    await lasting.start(profile)
    path = await lasting.add(lasting.ada)
    lasting.at(-timedelta(days=1))
    assert await lasting.expiring.due(lasting.id) == 0
    assert (await lasting.client("GET", path)).status == 404, "nobody is shown it all the same"
    assert await lasting.left() == 1
    refused = [one for one in await Household(rooms, lasting.id).entries() if one.get("operation") == "delete"]
    assert [(one["kind"], one["reason"]) for one in refused] == [("refusal", "category-not-covered")]


async def test_a_profile_that_is_over_is_passed_by_wherever_a_person_is_shown(lasting, profile):
    house = Household(lasting.rooms, lasting.id, lasting.holder)
    old = {"type": "profile", "data": profile | {"given_name": "Formerly"}, "expires_at": lasting.end.isoformat()}
    made = await lasting.client("POST", "/api/v1/persons", {"groups": ["user"], "records": [old]})
    assert made.status == 201, made.raw
    person = made.body["person"]
    now = await lasting.client(
        "POST", f"/api/v1/persons/{person}/profile", {"data": profile | {"given_name": "Nowadays"}}
    )
    assert now.status == 201, now.raw
    request = SimpleNamespace(controller=lasting.id, person=UUID(person))
    rights, finding = house.wings.promised.rights, house.wings.reconciling.finding
    for before, name in ((timedelta(days=1), "Formerly"), (-timedelta(seconds=1), "Nowadays")):
        lasting.at(before)
        browser = await house.signed_in(await house.staff(ADMIN))
        assert name in (await browser.get(f"/people/{person}")).raw.decode()
        held = {str(id) for id, type, _ in await rights.held_of(request) if type == "profile"}
        assert len(held) == (2 if name == "Formerly" else 1)
        assert now.body["record"] in held
        asked = AccessRequest(
            actor=Actor("staff:ada", ActorKind.controller_staff, new_id()), controller=lasting.id, operation=Operation.combine,
            purpose=Purpose.account_management, place="FR",
        )  # fmt: skip
        pair = await finding.pair(asked, UUID(person), UUID(lasting.ada))
        assert pair is not None, "a profile that stands is compared, whatever was before it"
        assert name in {pair.first.fields["given_name"], pair.second.fields["given_name"]}


async def test_every_sign_in_is_shown_the_latest_first_however_many_there_are(lasting, monkeypatch):
    monkeypatch.setattr("bailee.processing.accounts.pages.seeing.SIGN_INS", 2)
    house = Household(lasting.rooms, lasting.id, lasting.holder)
    person = await house.staff(ADMIN)
    for number in range(5):
        await house.wings.promised.technical.signed_in(
            lasting.id, person, ("passkey",), address="192.0.2.1", agent=f"browser-{number}"
        )
    shown = (await (await house.signed_in(person)).get("/me/activity")).raw.decode()
    assert sorted(range(5), key=lambda number: shown.index(f"browser-{number}")) == [4, 3, 2, 1, 0]
