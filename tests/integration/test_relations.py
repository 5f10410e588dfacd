"""A record about two people: each has their part, and the erasure of one leaves the other's."""

import json
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.relating import relations as relations_room
from bailee.gate.sets import Refused
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose

RELATIONS = "/api/v1/relations"
TAGS = {"x-category": "account-identifier", "x-purposes": ["account-management"]}
CONTRACT = {
    "type": "object", "additionalProperties": False, "x-erasure": "with-person", "required": ["role"],
    "properties": {"role": {"type": "string", "maxLength": 40, **TAGS}, "said": {"type": "string", "maxLength": 90, **TAGS}},
}  # fmt: skip


class Two:
    """A controller with two people and a contract between them."""

    def __init__(self, rooms: Any, holder: Any) -> None:
        self.rooms, self.holder, self.id = rooms, holder, holder.id

    async def start(self, profile: dict[str, Any]) -> "Two":
        await self.rooms.filing.declare_type(self.id, "contract", CONTRACT, by="tests")
        self.client = await self.holder.client()
        self.ada, _ = await self.client.person(profile)
        self.bob, _ = await self.client.person(profile | {"given_name": "Bob"})
        return self

    def part(self, person: str, role: str, **more: Any) -> dict[str, Any]:
        return {"person": person, "type": "contract", "data": {"role": role, **more}}

    async def related(self, **headers: str) -> Any:
        body = {"parts": [self.part(self.ada, "lends", said="a bicycle"), self.part(self.bob, "borrows")]}
        made = await self.client("POST", RELATIONS, body, **headers)
        assert made.status == 201, made.raw
        return made

    async def read(self, relation: str) -> Any:
        return await self.client("GET", f"{RELATIONS}/{relation}")

    async def states(self, relation: str) -> list[str]:
        return [part["state"] for part in (await self.read(relation)).body["parts"]]

    async def entries(self) -> list[dict[str, Any]]:
        head = await self.rooms.reading.integrated(self.id)
        return [json.loads(e.opened.body) async for e in self.rooms.reading.entries(self.id, 0, head.size) if e.opened]


@pytest.fixture
async def two(rooms, hold, profile):
    return await Two(rooms, await hold()).start(profile)


async def test_each_part_is_a_record_of_its_person_and_one_read_shows_both_under_one_entry(two):
    made = await two.related()
    relation, records = made.body["relation"], made.body["records"]
    assert made.headers["location"] == f"{RELATIONS}/{relation}"
    own = await two.client("GET", f"/api/v1/persons/{two.ada}/contract/{records[0]}")
    assert own.body["data"] == {"role": "lends", "said": "a bicycle"}
    before = len(await two.entries())
    read = await two.read(relation)
    assert [part["record"]["data"]["role"] for part in read.body["parts"]] == ["lends", "borrows"]
    [entry] = (await two.entries())[before:]
    assert entry["records"] == [[two.ada, "contract", records[0]], [two.bob, "contract", records[1]]]
    acts = [one for one in await two.entries() if one["kind"] == "related"]
    assert [(act["details"], act["persons"]) for act in acts] == [({"relation": relation}, [two.ada, two.bob])]
    for person, record in ((two.ada, records[0]), (two.bob, records[1])):
        listed = await two.client("GET", f"/api/v1/persons/{person}/relations")
        assert listed.body == {
            "relations": [{"relation": relation, "type": "contract", "record": record}],
            "cursor": None,
        }


async def test_erasing_one_removes_their_part_and_leaves_the_others(two, rooms):
    relation = (await two.related()).body["relation"]
    await two.client("DELETE", f"/api/v1/persons/{two.ada}")
    read = await two.read(relation)
    gone, here = read.body["parts"]
    assert (gone["state"], gone["record"], here["state"]) == ("gone", None, "here")
    assert gone["gone_at"] is not None
    assert here["record"]["data"] == {"role": "borrows"}
    async with rooms.data.transaction(two.id) as tx:
        rows = await tx.fetch("SELECT * FROM bailee.relation_part WHERE controller_id = $1 ORDER BY part", two.id)
    assert two.ada not in str([dict(row) for row in rows]), "whose it was is forgotten"
    assert await rooms.scrubbing.person(two.id, UUID(two.bob)) == []
    await two.client("DELETE", f"/api/v1/persons/{two.bob}")
    assert (await two.read(relation)).status == 404, "of a relation whose parts are all gone nothing is said"


async def test_a_part_deleted_by_its_address_is_gone_too(two):
    made = await two.related()
    relation, (record, _) = made.body["relation"], made.body["records"]
    await two.client("DELETE", f"/api/v1/persons/{two.ada}/contract/{record}")
    assert await two.states(relation) == ["gone", "here"]


async def test_what_one_persons_row_withholds_is_withheld_and_the_rest_is_read(two):
    relation = (await two.related()).body["relation"]
    await two.client("PATCH", f"/api/v1/persons/{two.ada}", {"restricted": True})
    read = await two.read(relation)
    withheld, here = read.body["parts"]
    assert (withheld["state"], withheld["reason"], withheld["clause"]) == ("withheld", "restricted", "rights.tools")
    assert here["state"] == "here"
    await two.client("PATCH", f"/api/v1/persons/{two.bob}", {"restricted": True})
    assert await two.states(relation) == ["withheld", "withheld"]


async def test_all_or_none_and_once(two):
    again = [await two.related(idempotency_key="contract-1") for _ in range(2)]
    assert again[0].body["relation"] == again[1].body["relation"]
    assert again[0].body["records"] == again[1].body["records"]
    unknown = {"parts": [two.part(two.bob, "x"), two.part(str(uuid4()), "y")]}
    assert (await two.client("POST", RELATIONS, unknown)).status == 404
    listed = await two.client("GET", f"/api/v1/persons/{two.bob}/contract")
    assert len(listed.body["records"]) == 1
    await two.client("PATCH", f"/api/v1/persons/{two.ada}", {"objections": ["account-management"]})
    refused = await two.client("POST", RELATIONS, {"parts": [two.part(two.bob, "x"), two.part(two.ada, "y")]})
    assert (refused.status, refused.body["clause"]) == (403, "rights.tools")


async def test_what_is_no_relation_is_refused(two):
    one = two.part(two.ada, "x")
    for parts, status in (
        ([one], 400), ([one, one], 422), ([one, {**one, "person": two.bob, "type": "letter"}], 404),
        ([one, {**one, "person": two.bob, "type": "activity"}], 403),
        ([one, {**one, "person": two.bob, "data": {"role": 5}}], 422), ([one] * 9, 400),
    ):  # fmt: skip
        assert (await two.client("POST", RELATIONS, {"parts": parts})).status == status, parts
    with pytest.raises(ValueError, match="a relation has"):
        await two.rooms.further.relations.create(None, [])


async def test_unknown_foreign_and_not_allowed_say_no_more_than_that(two, hold, rooms, profile):
    relation = (await two.related()).body["relation"]
    other = await (await hold(1)).client()
    foreign, unknown = await other("GET", f"{RELATIONS}/{relation}"), await two.read(str(uuid4()))
    assert foreign.status == unknown.status == 404
    assert foreign.raw == unknown.raw
    assert (await other("GET", f"/api/v1/persons/{two.ada}/relations")).body["relations"] == []
    support = await two.holder.client("statistics")
    assert (await support("GET", f"{RELATIONS}/{relation}")).status == 403
    assert (await support("GET", f"/api/v1/persons/{two.ada}/relations")).status == 403
    assert (await support("POST", RELATIONS, {"parts": [two.part(two.ada, "x"), two.part(two.bob, "y")]})).status == 403


async def test_relations_of_one_person_come_in_pages(two):
    made = [(await two.related()).body["relation"] for _ in range(3)]
    first = await two.client("GET", f"/api/v1/persons/{two.ada}/relations", query="limit=2")
    rest = await two.client(
        "GET", f"/api/v1/persons/{two.ada}/relations", query=f"limit=2&cursor={first.body['cursor']}"
    )
    assert [one["relation"] for page in (first, rest) for one in page.body["relations"]] == sorted(made)
    assert rest.body["cursor"] is None


async def test_what_changes_between_ruling_and_reading_is_seen(two, monkeypatch, rooms):
    """Refused at the read itself; a key that went; all parts unknown by then."""
    made = await two.related()
    relation = UUID(made.body["relation"])
    room = rooms.further.relations
    call = (await two.holder.caller(two.client)).actor
    request = _request(two.id, call)
    real = room._passage.read

    async def refusing(asked):
        return Refusal(asked, "purposes.limited", "operation-not-covered", "Ask.")

    monkeypatch.setattr(room._passage, "read", refusing)
    assert isinstance(await room.read(request, relation), Refusal)

    async def erased_meanwhile(asked):
        nobody = tuple(Address(two.id, uuid4(), one.type, one.record) for one in asked.addresses)
        released = await real(_with(asked, nobody))
        return _known(released, asked.addresses)

    monkeypatch.setattr(room._passage, "read", erased_meanwhile)
    assert await room.read(request, relation) is None

    async def one_unknown(asked):
        first, second = asked.addresses
        released = await real(_with(asked, (Address(two.id, uuid4(), first.type, first.record), second)))
        return _known(released, (first,))

    monkeypatch.setattr(room._passage, "read", one_unknown)
    read = await two.read(str(relation))
    assert [(part["state"], part["reason"]) for part in read.body["parts"]] == [("withheld", "unknown"), ("here", "")]


async def test_relations_of_one_person_are_ruled_under_the_gate_that_was_read(two, monkeypatch, rooms):
    await two.related()
    request = _request(two.id, (await two.holder.caller(two.client)).actor)
    known, rule = await rooms.passage.dossier(two.id), rooms.passage.rule
    async with rooms.data.transaction(two.id) as tx:  # another worker has seen to a withdrawal meanwhile
        await tx.execute("UPDATE bailee.gate SET gate_version = gate_version + 1 WHERE controller_id = $1", two.id)

    def withdrawn(dossier, asked):
        if dossier.version == known.version:
            return rule(dossier, asked)
        return Refusal(asked, "purposes.limited", "operation-not-covered", "Ask.")

    monkeypatch.setattr(rooms.passage, "rule", withdrawn)
    found = await rooms.further.relations.of_person(request, UUID(two.ada), UUID(int=0), 5)
    assert isinstance(found, Refusal)


async def test_what_joins_what_is_returned_part_by_part(two, rooms, monkeypatch):
    made = [(await two.related()).body for _ in range(2)]
    await two.client("DELETE", f"/api/v1/persons/{two.ada}/contract/{made[0]['records'][0]}")
    asked = _request(two.id, (await two.holder.caller(two.client)).actor)
    monkeypatch.setattr(relations_room, "CHUNK", 3)
    pieces = [piece async for piece in rooms.further.relations.every(asked)]
    assert [len(piece) for piece in pieces] == [3, 1]
    told = {(str(one["relation"]), one["part"]): one for piece in pieces for one in piece}
    gone = told[made[0]["relation"], 0]
    assert (gone["person"], gone["record"], gone["gone_at"] is not None) == (None, None, True)
    assert str(told[made[1]["relation"], 1]["record"]) == made[1]["records"][1]
    refused = msgspec.structs.replace(asked, purpose=Purpose.statistics)
    with pytest.raises(Refused):
        await anext(rooms.further.relations.every(refused))


async def test_a_key_that_is_gone_takes_no_part(two, monkeypatch, rooms):
    async def none(wanted):
        return {}

    monkeypatch.setattr(rooms.further.relations._keys, "person_keys", none)
    body = {"parts": [two.part(two.ada, "x"), two.part(two.bob, "y")]}
    assert (await two.client("POST", RELATIONS, body)).status == 404


def _request(controller, actor):
    return AccessRequest(
        actor=actor, controller=controller, operation=Operation.consult, purpose=Purpose.account_management
    )


def _with(request, addresses):
    return msgspec.structs.replace(request, addresses=addresses)


def _known(released, addresses):
    return msgspec.structs.replace(released, withheld=tuple((address, None) for address in addresses))
