"""What is put in another's place does not open: every sealed thing, swapped pairwise by the owner of the servers.

The owner of a database can move bytes between rows. After each swap a read shows an integrity error (and an
entry says so) or nothing at all, never the other's data; swapped back, everything reads again.
"""

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
import structlog.testing
from tests.speaking import Client, Reply

from bailee.api.application import Application
from bailee.contract.documents import InstructionText, SignedDocument, content_of
from bailee.contract.signing import Signatory, sign
from bailee.serving import control_plane, data_plane

Place = tuple[Any, str, str]  # holder, person, record


class Owner:
    """The owner of both servers, who can write anything anywhere."""

    def __init__(self, data: Any, keys: Any) -> None:
        self.data, self.keys = data, keys

    async def swap(self, server: Any, table: str, column: str, one: dict[str, Any], other: dict[str, Any]) -> None:
        """Exchange one column of two rows."""
        values = [
            await server.fetchval(f"SELECT {column} FROM bailee.{table} WHERE {_where(row)}", *row.values())
            for row in (one, other)
        ]
        assert None not in values
        assert values[0] != values[1]
        async with server.transaction():
            for row, value in ((one, values[1]), (other, values[0])):
                done = await server.execute(
                    f"UPDATE bailee.{table} SET {column} = ${len(row) + 1} WHERE {_where(row)}", *row.values(), value
                )
                assert done == "UPDATE 1"


def _where(row: dict[str, Any]) -> str:
    return " AND ".join(f"{name} = ${n}" for n, name in enumerate(row, 1))


@pytest.fixture(autouse=True)
def quietly() -> Iterator[None]:
    """Defects are logged with places alone, as a server does: a traceback full of locals takes seconds to draw."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
async def owner(premises: Any) -> AsyncIterator[Owner]:
    data, keys = [await asyncpg.connect(cluster.address()) for cluster in premises.clusters]
    yield Owner(data, keys)
    await data.close()
    await keys.close()


class World:
    """Two controllers with people and records, and clients that read them."""

    def __init__(self, rooms: Any, owner: Owner) -> None:
        self.rooms, self.owner = rooms, owner
        self.app = Application(data_plane(rooms), control_plane(rooms))
        self.clients: dict[Any, Client] = {}
        self.admins: dict[Any, Client] = {}
        self.places: list[Place] = []
        self.said: dict[str, str] = {}  # record -> the mark that only it carries

    async def take(self, holder: Any, people: int, records: int) -> None:
        client = await holder.client()
        admin = await holder.client("contract-administration", actor="user:owner")
        self.clients[holder.id] = Client(self.app, client.token)
        self.admins[holder.id] = Client(self.app, admin.token)
        for _ in range(people):
            marks = [f"mark-{os.urandom(8).hex()}" for _ in range(records)]
            held = [{"type": "profile", "data": {"language": "fr", "external_id": mark}} for mark in marks]
            made = await self.clients[holder.id]("POST", "/api/v1/persons", {"groups": ["user"], "records": held})
            assert made.status == 201, made.raw
            for record, mark in zip(made.body["records"], marks, strict=True):
                self.places.append((holder, made.body["person"], record))
                self.said[record] = mark

    def of(self, holder: Any) -> list[Place]:
        return [place for place in self.places if place[0] is holder]

    def forget(self) -> None:
        """Nothing is remembered of what stood in the rows before."""
        self.rooms.keys.forget_persons()
        for controller in self.clients:
            self.rooms.keys.forget(controller)
            self.rooms.archive.forget(controller)

    async def read(self, place: Place) -> Reply:
        holder, person, record = place
        return await self.clients[holder.id]("GET", f"/api/v1/persons/{person}/profile/{record}")

    async def ways(self, place: Place) -> list[tuple[str, Reply]]:
        """Every way to get at what a record says."""
        holder, person, record = place
        client = self.clients[holder.id]
        batch = {"read": [{"person": person, "type": "profile", "record": record}]}
        search = {"type": "profile", "field": "external_id", "value": self.said[record]}
        return [
            ("read", await self.read(place)),
            ("read fields", await client("GET", f"/api/v1/persons/{person}/profile/{record}", query="fields=external_id")),
            ("list", await client("GET", f"/api/v1/persons/{person}/profile")),
            ("list all", await client("GET", f"/api/v1/persons/{person}/records")),
            ("batch", await client("POST", "/api/v1/batch", batch)),
            ("search", await client("POST", "/api/v1/search", search)),
            ("patch", await client("PATCH", f"/api/v1/persons/{person}/profile/{record}", {"language": "en"})),
        ]  # fmt: skip

    async def check_reads_again(self, *places: Place) -> None:
        for place in places:
            reply = await self.read(place)
            assert reply.status == 200, reply.raw
            assert reply.body["data"] == {"language": "fr", "external_id": self.said[place[2]]}

    async def bodies(self, controller: Any) -> list[Any]:
        """What the controller's log says."""
        await self.rooms.reading.integrated(controller)
        entries = [one async for one in self.rooms.reading.entries(controller, 0, 1_000_000)]
        return [json.loads(one.opened.body) for one in entries if one.opened]

    async def altered(self, place: Place) -> int:
        """How many entries say that this record does not open at its own address."""
        bodies = await self.bodies(place[0].id)
        return sum(body.get("reason") == "altered" and place[2] in json.dumps(body) for body in bodies)

    async def check_closed(self, *places: Place, unknown: bool = False, ways: bool = False) -> None:
        """No way shows another's data; a read says altered (or unknown), and an entry of each read says so."""
        others = {place[2]: [mark for record, mark in self.said.items() if record != place[2]] for place in places}
        for place in places:
            before = await self.altered(place)
            found = await self.ways(place) if ways else [("read", await self.read(place))]
            wrong = []
            for way, reply in found:
                if any(mark.encode() in reply.raw for mark in others[place[2]]):
                    # a list or search that leaves out what does not open may show this person's other records
                    own = {self.said[r] for h, p, r in self.places if p == place[1]}
                    shown = {mark for mark in others[place[2]] if mark.encode() in reply.raw}
                    if reply.status != 200 or not way.startswith("list") or not shown <= own:
                        wrong.append((way, "shows another's data", reply.raw))
                if not _closed(reply, unknown=unknown) and not (way != "read" and _empty(reply)):
                    wrong.append((way, reply.status, reply.raw))
                if self.said[place[2]].encode() in reply.raw:
                    wrong.append((way, "opens what was moved away", reply.raw))
            assert not wrong, wrong
            if found[0][1].status == 500:
                assert await self.altered(place) > before, "no entry says that the record does not open"


def _kind(reply: Reply) -> str:
    return reply.body.get("type", "").rsplit("/", 1)[-1]


def _closed(reply: Reply, *, unknown: bool = False) -> bool:
    """An integrity error, or nothing there."""
    return (reply.status, _kind(reply)) in {(500, "altered"), *({(404, "unknown")} if unknown else ())}


def _empty(reply: Reply) -> bool:
    return reply.status == 200 and reply.body.get("records") == []


@pytest.fixture
async def world(hold: Any, rooms: Any, owner: Owner) -> World:
    made = World(rooms, owner)
    for number in (0, 1):
        await made.take(await hold(number), people=2, records=3)
    return made


@asynccontextmanager
async def swapped(
    world: World, table: str, column: str, one: dict[str, Any], other: dict[str, Any], *, keys: bool = False
) -> AsyncIterator[None]:
    """Two rows' column exchanged, and back again."""
    server = world.owner.keys if keys else world.owner.data
    await world.owner.swap(server, table, column, one, other)
    world.forget()
    try:
        yield
    finally:
        await world.owner.swap(server, table, column, one, other)
        world.forget()


def record_row(place: Place) -> dict[str, Any]:
    return {"controller_id": place[0].id, "person_id": UUID(place[1]), "record_id": UUID(place[2])}


def person_row(place: Place) -> dict[str, Any]:
    return {"controller_id": place[0].id, "person_id": UUID(place[1])}


def pairs(world: World, of: str) -> list[tuple[Place, Place]]:
    """Every pair of records of one person, of two people of one controller, or of two controllers."""
    found = []
    for one, other in itertools.combinations(world.places, 2):
        kind = "controllers" if one[0] is not other[0] else "persons" if one[1] != other[1] else "person"
        if kind == of:
            found.append((one, other))
    return found


def people(world: World, of: str) -> list[tuple[Place, Place]]:
    """Every pair of people of one controller, or of two."""
    first = {place[1]: place for place in reversed(world.places)}
    found = list(itertools.combinations(first.values(), 2))
    return [pair for pair in found if (pair[0][0] is pair[1][0]) == (of == "persons")]


@pytest.mark.parametrize(("of", "count"), [("person", 12), ("persons", 18), ("controllers", 36)])
async def test_two_records_swapped_do_not_open(world: World, of: str, count: int) -> None:
    every = pairs(world, of)
    assert len(every) == count
    for number, (one, other) in enumerate(every):
        async with swapped(world, "record", "sealed", record_row(one), record_row(other)):
            await world.check_closed(one, other, ways=number == 0)
        await world.check_reads_again(one, other)


@pytest.mark.parametrize(("of", "count"), [("persons", 2), ("controllers", 4)])
async def test_two_wrapped_person_keys_swapped_open_nothing(world: World, of: str, count: int) -> None:
    every = people(world, of)
    assert len(every) == count
    for number, (one, other) in enumerate(every):
        async with swapped(world, "person_key", "wrapped", person_row(one), person_row(other), keys=True):
            await world.check_closed(one, other, unknown=True, ways=number == 0)
        await world.check_reads_again(one, other)


async def test_a_wrapped_key_that_does_not_open_keeps_nobody_else_from_reading(world: World) -> None:
    """Reads cross in batches: one person's altered key is that person's trouble alone."""
    [(one, other), *_] = people(world, "persons")
    third = (await world.clients[one[0].id].person({"language": "de"}))[0]
    bystander = (await world.clients[one[0].id]("GET", f"/api/v1/persons/{third}/profile")).body["records"][0]["id"]
    async with swapped(world, "person_key", "wrapped", person_row(one), person_row(other), keys=True):
        beside = world.clients[one[0].id]("GET", f"/api/v1/persons/{third}/profile/{bystander}")
        replies = await asyncio.gather(world.read(one), beside, world.read(other))
        assert [reply.status for reply in replies][1] == 200, replies[1].raw
        assert all(_closed(reply, unknown=True) for reply in (replies[0], replies[2])), replies


async def test_a_wrapped_key_that_does_not_open_keeps_no_other_controller_from_reading(world: World) -> None:
    [(one, other), *_] = people(world, "persons")
    [elsewhere, *_] = [place for place in world.places if place[0] is not one[0]]
    async with swapped(world, "person_key", "wrapped", person_row(one), person_row(other), keys=True):
        replies = await asyncio.gather(world.read(one), world.read(elsewhere), world.read(other))
        assert replies[1].status == 200, replies[1].raw


@pytest.mark.parametrize(("of", "count"), [("persons", 2), ("controllers", 4)])
async def test_two_key_ids_of_persons_swapped_open_nothing(world: World, of: str, count: int) -> None:
    every = people(world, of)
    assert len(every) == count
    for number, (one, other) in enumerate(every):
        async with swapped(world, "person", "key_id", person_row(one), person_row(other)):
            await world.check_closed(one, other, unknown=True, ways=number == 0)
        await world.check_reads_again(one, other)


async def test_two_key_ids_swapped_open_nothing_even_while_the_keys_are_remembered(world: World) -> None:
    """The keys of both are in memory under their ids: what they open is bound to its own person."""
    for of in ("persons", "controllers"):
        [(one, other), *_] = people(world, of)
        await world.check_reads_again(one, other)
        rows = person_row(one), person_row(other)
        await world.owner.swap(world.owner.data, "person", "key_id", *rows)
        await world.check_closed(one, other, unknown=True)
        await world.owner.swap(world.owner.data, "person", "key_id", *rows)
        await world.check_reads_again(one, other)


async def test_rows_and_keys_swapped_together_open_nothing(world: World) -> None:
    """The ciphertext, the id of its key and the wrapped key, all moved into another person's place."""
    for of in ("persons", "controllers"):
        [(one, other), *_] = people(world, of)
        async with swapped(world, "record", "sealed", record_row(one), record_row(other)):
            async with swapped(world, "person", "key_id", person_row(one), person_row(other)):
                await world.check_closed(one, other, unknown=True)
                async with swapped(world, "person_key", "wrapped", person_row(one), person_row(other), keys=True):
                    await world.check_closed(one, other, unknown=True)
                    moved = person_row(one), person_row(other)
                    async with swapped(world, "person_key", "key_id", *moved, keys=True):
                        await world.check_closed(one, other, unknown=True)
        await world.check_reads_again(one, other)


async def _instruct(holder: Any, name: str) -> None:
    """File a signed instruction."""
    at = holder.rooms.clock.now()
    text = InstructionText(
        format="bailee.dev/instruction/v1", id=name, purposes=("statistics",), operations=("consult",),
        categories=("identity",), groups=("user",), actors=("controller_system",), in_force_from=at, reason=name,
    )  # fmt: skip
    text = msgspec.convert(msgspec.to_builtins(text), InstructionText)
    role = next(one.role for one in holder.agreement.signatories if one.party == "controller")
    document = SignedDocument(kind="instruction", content=content_of(text), signatures=())
    signed = sign(document, Signatory(party="controller", role=role, name="For it"), holder.company.signing, at)
    await holder.rooms.filing.file(holder.id, signed, by="tests")


async def test_two_sealed_documents_swapped_are_never_read_as_each_other(world: World) -> None:
    holder = world.places[0][0]
    for name in ("first", "second"):
        await _instruct(holder, name)
    path = f"/api/v1/controllers/{holder.id}"
    listed = (await world.admins[holder.id]("GET", f"{path}/documents")).body
    assert len(listed) == 3
    rows = await world.owner.data.fetch(
        "SELECT controller_id, document_id FROM bailee.document WHERE controller_id = $1", holder.id
    )
    wrong = []
    for one, other in itertools.combinations([dict(row) for row in rows], 2):
        async with swapped(world, "document", "sealed", one, other):
            replies = [await world.read(world.places[0])]
            replies += [await world.admins[holder.id]("GET", f"{path}/{name}") for name in ("documents", "agreement")]
            wrong += [(reply.status, reply.raw) for reply in replies if not _closed(reply)]
            elsewhere = next(place for place in world.places if place[0] is not holder)
            await world.check_reads_again(elsewhere)
        assert (await world.admins[holder.id]("GET", f"{path}/documents")).body == listed
        await world.check_reads_again(world.places[0])
    assert not wrong, wrong


async def test_a_sealed_document_of_another_controller_is_never_read(world: World) -> None:
    holder, another = world.places[0][0], world.places[-1][0]
    rows = [
        dict(await world.owner.data.fetchrow(
            "SELECT controller_id, document_id FROM bailee.document WHERE controller_id = $1", one.id
        ))
        for one in (holder, another)
    ]  # fmt: skip
    wrong = []
    async with swapped(world, "document", "sealed", *rows):
        for one, place in ((holder, world.places[0]), (another, world.places[-1])):
            path = f"/api/v1/controllers/{one.id}"
            replies = [await world.read(place)]
            replies += [await world.admins[one.id]("GET", f"{path}/{name}") for name in ("documents", "agreement")]
            wrong += [(reply.status, reply.raw) for reply in replies if not _closed(reply)]
    await world.check_reads_again(world.places[0], world.places[-1])
    assert not wrong, wrong


async def _batches(world: World, holder: Any, count: int) -> Sequence[dict[str, Any]]:
    """Some integrated batches of the controller's log, the names of their first entries among them."""
    await world.rooms.reading.integrated(holder.id)
    rows = await world.owner.data.fetch(
        "SELECT controller_id, batch_id FROM bailee.ledger_batch WHERE controller_id = $1 AND first_index IS NOT NULL"
        " ORDER BY first_index LIMIT $2", holder.id, count,
    )  # fmt: skip
    return [dict(row) for row in rows]


async def _receipts(world: World, row: dict[str, Any]) -> list[Reply]:
    """What the API tells of a batch: the receipt of its first entry, and the log's entries."""
    path = f"/api/v1/controllers/{row['controller_id']}/ledger"
    admin = world.admins[row["controller_id"]]
    receipt = await admin("GET", f"{path}/receipts/{row['batch_id']}.0")
    return [receipt, await admin("GET", f"{path}/entries", query="start=0&limit=500")]


@pytest.mark.parametrize("of", ["one controller", "two controllers"])
async def test_two_bodies_of_the_log_swapped_do_not_open(world: World, of: str) -> None:
    holder, another = world.places[0][0], world.places[-1][0]
    mine = await _batches(world, holder, 4)
    theirs = await _batches(world, another, 3)
    every = list(itertools.combinations(mine, 2) if of == "one controller" else itertools.product(mine[:3], theirs))
    assert len(every) == (6 if of == "one controller" else 9)
    wrong = []
    for one, other in every:
        async with swapped(world, "ledger_batch", "body", one, other):
            for row in (one, other):
                wrong += [
                    (reply.status, reply.raw[:200]) for reply in await _receipts(world, row) if not _closed(reply)
                ]
        for row in (one, other):
            assert [reply.status for reply in await _receipts(world, row)] == [200, 200]
    assert not wrong, wrong
