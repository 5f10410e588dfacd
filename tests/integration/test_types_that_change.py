"""Record types go from version to version: reads show the newest form at once, what is held follows, tags included."""

import asyncio
import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.household import Household
from tests.speaking import Client

from bailee.contract.ruling import Refusal
from bailee.gate.renewing import renewals
from bailee.serving import Doors
from bailee.vault import queries as vault_queries

TAGS = {"x-category": "account-identifier", "x-purposes": ["account-management", "storage-and-backup"]}
TEXT = {"type": "string", "maxLength": 60, **TAGS}
FIRST = {
    "type": "object", "additionalProperties": False, "x-erasure": "with-person", "required": ["number"],
    "properties": {
        "number": {**TEXT, "x-search": "eq"},
        "place": {"type": "object", "additionalProperties": False, "properties": {"desk": {"type": "string", "maxLength": 9}}, **TAGS},
        "old": TEXT,
    },
}  # fmt: skip
SECOND = {
    "type": "object", "additionalProperties": False, "x-erasure": "with-person", "required": ["card", "kind"],
    "properties": {
        "card": {**TEXT, "x-search": "eq"}, "place": FIRST["properties"]["place"] | {"properties": {}},
        "desk": {"type": "string", "maxLength": 9, **TAGS, "x-search": "eq"}, "kind": TEXT,
    },
}  # fmt: skip
STEPS = [
    {"step": "rename", "from": "number", "to": "card"}, {"step": "move", "from": "place/desk", "to": "desk"},
    {"step": "default", "field": "kind", "value": "plain"}, {"step": "drop", "field": "old"},
]  # fmt: skip


class Declared:
    """A controller, its clients, and a type `badge` in its first version."""

    def __init__(self, rooms: Any, holder: Any) -> None:
        self.rooms, self.holder, self.id = rooms, holder, holder.id
        self.path = f"/api/v1/controllers/{holder.id}"

    async def start(self) -> "Declared":
        self.data = await self.holder.client()
        admin = await self.holder.client("contract-administration", actor="system:admin")
        self.admin = Client(Doors(self.rooms), admin.token)
        assert (await self.declare(FIRST)).status == 200
        return self

    async def declare(self, body: Any) -> Any:
        return await self.admin("PUT", f"{self.path}/types/badge", body)

    async def held(self, profile: dict[str, Any], data: dict[str, Any]) -> tuple[str, str]:
        person, _ = await self.data.person(profile)
        made = await self.data("POST", f"/api/v1/persons/{person}/badge", {"data": data})
        assert made.status == 201, made.raw
        return person, made.body["record"]

    async def listed(self) -> dict[str, Any]:
        answer = await self.admin("GET", f"{self.path}/types")
        return next(one for one in answer.body if one["type"] == "badge")

    async def done(self) -> None:
        for _ in range(60):
            await self.rooms.further.renewing.go_on(self.id)
            if not (await self.rooms.further.renewing.standing(self.id))[0]:
                return
        raise AssertionError("the renewal does not end")

    async def acts(self) -> list[dict[str, Any]]:
        return await Household(self.rooms, self.id).entries()

    async def found(self, field: str, value: str) -> list[Any]:
        answer = await self.data("POST", "/api/v1/search", {"type": "badge", "field": field, "value": value})
        assert answer.status == 200, answer.raw
        return answer.body["records"]

    async def stored(self, person: str, record: str) -> Any:
        async with self.rooms.data.transaction(self.id) as tx:
            return await tx.fetchrow(vault_queries.RECORD, self.id, UUID(person), UUID(record))

    async def tags(self, record: str) -> set[bytes]:
        async with self.rooms.data.transaction(self.id) as tx:
            rows = await tx.fetch(
                "SELECT tag FROM bailee.blind_index WHERE controller_id = $1 AND record_id = $2", self.id, UUID(record)
            )
        return {row["tag"] for row in rows}


@pytest.fixture
async def declared(rooms, hold):
    return await Declared(rooms, await hold()).start()


async def test_a_read_shows_the_new_form_at_once_and_what_is_held_follows_in_the_background(declared, rooms, profile):
    person, record = await declared.held(profile, {"number": "A-17", "place": {"desk": "D4"}, "old": "x"})
    before, tags = await declared.stored(person, record), await declared.tags(record)
    made = await declared.declare({"schema": SECOND, "steps": STEPS})
    assert made.status == 200, made.raw
    assert made.body["version"] == 2
    assert made.body["steps"] == STEPS
    assert made.body["renewal"]["records"] == 1
    new = {"card": "A-17", "desk": "D4", "kind": "plain", "place": {}}
    read = await declared.data("GET", f"/api/v1/persons/{person}/badge/{record}")
    assert read.body["data"] == new
    assert (await declared.stored(person, record))["sealed"] == before["sealed"], "only read, not yet rewritten"
    assert [one["id"] for one in await declared.found("card", "a-17")] == [record], "found under its new name at once"
    assert await declared.found("desk", "D4") == [], "a field newly searchable is found when its tags are there"
    await declared.done()
    after = await declared.stored(person, record)
    assert (after["version"], after["updated_at"]) == (2, before["updated_at"])
    assert tags < await declared.tags(record), "a renaming leaves the tag as it is"
    assert [one["data"] for one in await declared.found("desk", "d4")] == [new]
    assert (await declared.listed())["renewal"] is None
    assert await rooms.scrubbing.person(declared.id, UUID(person)) == [], "the ledger knows of the new version"
    acts = await declared.acts()
    done = next(act for act in acts if act["kind"] == "renewed")
    assert done["details"] == {"type": "badge", "rewritten": 1, "retagged": 1, "kept": 0}


async def test_patches_and_replacements_begin_from_the_new_form(declared, profile):
    person, record = await declared.held(profile, {"number": "B-1", "old": "x"})
    await declared.declare({"schema": SECOND, "steps": STEPS})
    path = f"/api/v1/persons/{person}/badge/{record}"
    assert (await declared.data("PATCH", path, {"kind": "gold"})).status == 200
    assert (await declared.data("GET", path)).body["data"] == {"card": "B-1", "kind": "gold"}
    assert (await declared.data("PUT", path, {"card": "B-2", "kind": "x"})).status == 200
    assert [one["data"]["card"] for one in await declared.found("card", "B-2")] == ["B-2"]
    assert (await declared.data("PATCH", path, {"number": "B-3"})).status == 422
    await declared.done()
    assert (await declared.data("GET", path)).body["version"] == 3, "nothing was left to rewrite"


async def test_what_is_narrower_is_refused_with_every_place_and_nothing_changes(declared):
    narrower = json.loads(json.dumps(SECOND))
    narrower["properties"]["card"]["maxLength"] = 5
    answer = await declared.declare({"schema": narrower, "steps": STEPS[1:3]})
    assert answer.status == 422
    said = json.dumps(answer.body["errors"])
    assert "/number: it has no place" in said
    assert "/old: it has no place" in said
    narrowed = await declared.declare({"schema": narrower, "steps": STEPS})
    assert "/card: maxLength is narrower" in json.dumps(narrowed.body["errors"])
    assert (await declared.declare({"schema": SECOND, "steps": [{"step": "turn"}]})).status == 422
    assert (await declared.listed())["version"] == 1
    for name in ("activity", "relations"):
        assert (await declared.admin("PUT", f"{declared.path}/types/{name}", FIRST)).status == 422


async def test_a_renewal_stops_anywhere_and_goes_on_and_sees_what_was_written_meanwhile(
    declared, rooms, monkeypatch, profile
):
    monkeypatch.setattr(renewals, "CHUNK", 2)
    monkeypatch.setattr(renewals, "AT_ONCE", 1)
    held = [await declared.held(profile, {"number": f"C-{n}"}) for n in range(5)]
    await declared.declare({"schema": SECOND, "steps": STEPS})
    looked = []
    for _ in range(2):
        assert await rooms.further.renewing.go_on(declared.id) == 1
        looked.append((await declared.listed())["renewal"]["looked"])
    assert looked == [2, 4]
    late = await declared.held(profile, {"card": "C-late", "kind": "x", "desk": "D9"})
    await declared.declare({"schema": SECOND, "steps": []})
    assert (await declared.listed())["renewal"]["looked"] == 4, "a version that stores alike begins nothing anew"
    await declared.done()
    for person, record in held:
        assert (await declared.stored(person, record))["version"] == 2
    assert (await declared.stored(*late))["version"] == 1
    await asyncio.gather(*(rooms.further.renewing.go_on(declared.id) for _ in range(2)))


async def test_what_a_hold_or_the_agreement_keeps_stays_and_the_restricted_are_renewed(declared, rooms, profile):
    kept, one = await declared.held(profile, {"number": "D-1", "old": "evidence"})
    objecting, two = await declared.held(profile, {"number": "D-2", "old": "x"})
    restricted, three = await declared.held(profile, {"number": "D-3", "old": "x"})
    async with rooms.data.transaction(declared.id) as tx:
        await tx.execute(
            "UPDATE bailee.person SET held = true WHERE controller_id = $1 AND person_id = $2", declared.id, UUID(kept)
        )
    await declared.data("PATCH", f"/api/v1/persons/{objecting}", {"objections": ["storage-and-backup"]})
    await declared.data("PATCH", f"/api/v1/persons/{restricted}", {"restricted": True})
    await declared.declare({"schema": SECOND, "steps": STEPS})
    await declared.done()
    assert (await declared.stored(kept, one))["version"] == 1
    assert (await declared.stored(objecting, two))["version"] == 1
    assert (await declared.stored(restricted, three))["version"] == 2
    assert (await declared.data("GET", f"/api/v1/persons/{kept}/badge/{one}")).body["data"] == {
        "card": "D-1", "kind": "plain",
    }  # fmt: skip
    acts = await declared.acts()
    assert next(act for act in acts if act["kind"] == "renewed")["details"]["kept"] == 2


async def test_a_record_that_does_not_open_is_recorded_and_the_others_are_renewed(declared, rooms, profile):
    person, record = await declared.held(profile, {"number": "E-1"})
    other, fine = await declared.held(profile, {"number": "E-2"})
    async with rooms.data.transaction(declared.id) as tx:
        await tx.execute(
            "UPDATE bailee.record SET sealed = sealed || '\\x00' WHERE controller_id = $1 AND record_id = $2",
            declared.id, UUID(record),
        )  # fmt: skip
    await declared.declare({"schema": SECOND, "steps": STEPS})
    await declared.done()
    assert (await declared.stored(person, record))["version"] == 1
    assert (await declared.stored(other, fine))["version"] == 2
    acts = await declared.acts()
    assert any(act.get("reason") == "altered" for act in acts)


async def test_where_the_processor_may_not_store_any_more_a_renewal_ends_refused(declared, rooms, monkeypatch, profile):
    await declared.held(profile, {"number": "F-1"})
    await declared.declare({"schema": SECOND, "steps": STEPS})
    passage = rooms.further.renewing._passage
    ruled = passage.rule

    def no(dossier, request):
        return Refusal(request, "purposes.limited", "operation-not-covered", "Ask.") if request.actor.id == "platform" else ruled(dossier, request)  # fmt: skip

    monkeypatch.setattr(passage, "rule", no)
    assert await rooms.further.renewing.go_on(declared.id) == 1
    assert (await declared.listed())["renewal"] is None
    on = await declared.admin("PUT", f"{declared.path}/name-tokens", {"on": True})
    assert (on.status, on.body["clause"]) == (403, "purposes.limited")


async def test_nothing_is_renewed_where_all_is_being_destroyed(declared, rooms, profile):
    await declared.held(profile, {"number": "G-1"})
    await declared.declare({"schema": SECOND, "steps": STEPS})
    async with rooms.data.transaction(declared.id) as tx:
        await tx.execute("UPDATE bailee.gate SET state = 'destroying', gate_version = gate_version + 1 WHERE controller_id = $1", declared.id)  # fmt: skip
    rooms.archive.forget(declared.id)
    assert await rooms.further.renewing.go_on(declared.id) == 1
    assert len((await rooms.further.renewing.standing(declared.id))[0]) == 1


async def test_a_renewal_and_a_switch_wait_for_the_newest_dossier(declared, rooms, monkeypatch, profile):
    await declared.held(profile, {"number": "H-1"})
    await declared.declare({"schema": SECOND, "steps": STEPS})
    real, given = rooms.passage.dossier, []

    async def older_first(controller, at_least=0):
        found = await real(controller, at_least)
        given.append(at_least)
        return found if at_least else msgspec.structs.replace(found, version=found.version - 1)

    monkeypatch.setattr(rooms.passage, "dossier", older_first)
    room = rooms.further.renewing
    assert await room._chunk(declared.id, "badge") is True
    assert (await declared.listed())["renewal"]["looked"] == 0
    assert await room._chunk(declared.id, "unheard-of") is True
    assert await rooms.further.name_tokens.switch(declared.id, True, by="tests") == "building"
    assert any(given)
    monkeypatch.undo()
    assert await room._chunk(declared.id, "unheard-of") is False
    await declared.done()
