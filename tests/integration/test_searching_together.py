"""Exact searches that come together: each is ruled, recorded and answered as if it had come alone."""

import asyncio
import json
from uuid import UUID

import asyncpg
import msgspec
import pytest

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate import passage as passage_room
from bailee.gate import seeking
from bailee.gate.matching import Matching
from bailee.gate.passage import TooLate
from bailee.gate.sets import START, Sought
from bailee.infra.database import Unavailable
from bailee.vault import searching
from bailee.vault.sealing import Altered
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose


class Directory:
    """A controller and the people it holds, searched by e-mail in process."""

    def __init__(self, rooms, holder, client) -> None:
        self.rooms, self.id, self.client = rooms, holder.id, client

    async def person(self, email: str, *groups: str) -> tuple[UUID, UUID]:
        person, record = await self.client.person({"email": email}, *groups)
        return UUID(person), UUID(record)

    def asks(self, purpose: Purpose = Purpose.account_management) -> AccessRequest:
        actor = Actor("system:crm", ActorKind.controller_system, self.client.credential)
        return AccessRequest(actor=actor, controller=self.id, operation=Operation.consult, purpose=purpose)

    async def search(self, email: str, *, limit: int = 50, after=START):
        return await self.rooms.sets.search(self.asks(), Sought("profile", "email", email), after, limit)

    async def entries(self) -> list[dict]:
        head = await self.rooms.reading.integrated(self.id)
        return [json.loads(e.opened.body) async for e in self.rooms.reading.entries(self.id, 0, head.size) if e.opened]

    async def says(self, entry: str) -> dict:
        batch, _, position = entry.partition(".")
        return json.loads(await self.rooms.reading.body(self.id, UUID(batch), int(position)))

    async def tag(self, email: str) -> bytes:
        key = await self.rooms.keys.controller_key(self.id, "index")
        return searching.tag(key.secret, "profile", "email", email)


def people_of(page) -> set[UUID]:
    return {one.address.person for one in page.released.records}


@pytest.fixture
async def directory(rooms, hold):
    holder = await hold()
    return Directory(rooms, holder, await holder.client())


@pytest.fixture
async def owner(premises):
    connection = await asyncpg.connect(premises.clusters[0].address())
    yield connection
    await connection.close()


async def test_searches_of_several_controllers_each_find_their_own_and_leave_their_own_entries(rooms, hold, directory):
    other = await hold()
    there = Directory(rooms, other, await other.client())
    here = {f"n{n}@a.example": await directory.person(f"n{n}@a.example") for n in range(6)}
    same, _ = await there.person("n0@a.example")
    pages = await asyncio.gather(
        *(directory.search(email) for email in here),
        there.search("n0@a.example"),
        directory.search("nobody@a.example", limit=1),
    )
    assert [people_of(page) for page in pages] == [{person} for person, _ in here.values()] + [{same}, set()]
    assert pages[-1].after is None, "nothing found ends the search, however short the page"
    for page, (person, record) in zip(pages, here.values(), strict=False):
        said = await directory.says(page.released.entry)
        assert (said["kind"], said["records"]) == ("permit", [[str(person), "profile", str(record)]])
    assert (await there.says(pages[-2].released.entry))["records"][0][0] == str(same)
    nothing = await directory.says(pages[-1].released.entry)
    assert (nothing["kind"], nothing.get("records")) == ("permit", None)


async def test_a_page_is_as_long_as_asked_and_the_next_begins_where_it_ended(directory):
    twins = {(await directory.person("twin@a.example"))[0] for _ in range(3)}
    first = await directory.search("twin@a.example", limit=2)
    second = await directory.search("twin@a.example", limit=2, after=first.after)
    assert len(people_of(first)) == 2
    assert people_of(first) | people_of(second) == twins
    assert second.after is None
    long = await directory.search("twin@a.example", limit=seeking.TOGETHER + 1)
    assert people_of(long) == twins


async def test_a_search_ruled_under_an_older_dossier_is_ruled_again(directory, rooms):
    person, _ = await directory.person("ada@a.example")
    current = await rooms.passage.dossier(directory.id)
    rooms.archive._dossiers[directory.id] = msgspec.structs.replace(current, version=current.version - 1)
    assert people_of(await directory.search("ada@a.example")) == {person}
    rooms.archive._dossiers[directory.id] = msgspec.structs.replace(current, version=current.version - 1)
    page = await rooms.sets.page(directory.asks(), "profile", START, 10)
    assert people_of(page) == {person}
    older = msgspec.structs.replace(current, version=current.version - 1, documents=current.documents)
    rooms.archive._dossiers[directory.id] = older
    before = len(await directory.entries())
    assert people_of(await directory.search("ada@a.example")) == {person}
    assert len(await directory.entries()) == before + 1, "what was ruled in vain is in no entry"


async def test_what_shares_a_tag_without_the_value_is_found_by_neither_way(directory, rooms, owner):
    person, record = await directory.person("ada@a.example")
    await owner.execute(
        "INSERT INTO bailee.blind_index (controller_id, tag, person_id, record_id) VALUES ($1, $2, $3, $4)",
        directory.id, await directory.tag("other@a.example"), person, record,
    )  # fmt: skip
    page = await directory.search("other@a.example")
    assert page.released.records == ()
    assert (await directory.says(page.released.entry))["records"] == [[str(person), "profile", str(record)]]
    matching = Matching(passage=rooms.passage, appending=rooms.appending, database=rooms.data, keys=rooms.keys)
    wanted = [Sought("profile", "email", email) for email in ("other@a.example", "ada@a.example")]
    matched = await matching.match(directory.asks(), wanted)
    assert set(matched.found) == {wanted[1]}


async def test_who_is_restricted_or_gone_is_not_found_among_those_who_are(directory, rooms):
    ada, _ = await directory.person("one@a.example")
    hidden, _ = await directory.person("one@a.example")
    gone, record = await directory.person("one@a.example")
    assert (await directory.client("PATCH", f"/api/v1/persons/{hidden}", {"restricted": True})).status == 200
    await rooms.keys.shred_person(directory.id, gone)
    rooms.keys.forget_persons()
    page = await directory.search("one@a.example")
    assert people_of(page) == {ada}
    assert [(at.person, refusal) for at, refusal in page.released.withheld] == [(gone, None)]
    kept = [one for one in await directory.entries() if one["kind"] == "withheld"]
    assert [one["records"] for one in kept] == [[[str(gone), "profile", str(record)]]]


async def test_a_record_that_does_not_open_fails_its_own_search_alone(directory, owner):
    ada, _ = await directory.person("ada@a.example")
    broken, record = await directory.person("broken@a.example")
    await owner.execute(
        "UPDATE bailee.record SET sealed = sealed || '\\x00' WHERE controller_id = $1 AND record_id = $2",
        directory.id, record,
    )  # fmt: skip
    found, failed, alone = await asyncio.gather(
        directory.search("ada@a.example"),
        directory.search("broken@a.example"),
        directory.search("broken@a.example", limit=seeking.TOGETHER + 1),
        return_exceptions=True,
    )
    assert people_of(found) == {ada}
    assert isinstance(failed, Altered)
    assert isinstance(alone, Altered)
    said = [one for one in await directory.entries() if one.get("reason") == "altered"]
    assert [one["records"] for one in said] == [[[str(broken), "profile", str(record)]]] * 2


async def test_nothing_is_opened_where_nothing_can_be_recorded(directory, rooms, monkeypatch):
    await directory.person("ada@a.example")
    opened: list[object] = []
    monkeypatch.setattr(rooms.passage._seeking._opening, "open", lambda *given: opened.append(given))
    with monkeypatch.context() as away:
        away.setattr(rooms.appending._writing._space, "low", lambda: True)
        with pytest.raises(Unavailable):
            await directory.search("ada@a.example")
    assert opened == []


async def test_a_search_that_took_too_long_is_thrown_away(directory, monkeypatch):
    await directory.person("ada@a.example")
    monkeypatch.setattr(passage_room, "FRESH_SECONDS", -1.0)
    with pytest.raises(TooLate):
        await directory.search("ada@a.example")


async def test_a_search_that_is_not_instructed_is_refused_and_recorded(directory, rooms):
    await directory.person("ada@a.example")
    sought = Sought("profile", "email", "ada@a.example")
    refused = await rooms.sets.search(directory.asks(Purpose.prospecting), sought, START, 10)
    assert isinstance(refused, Refusal)
    assert [one["kind"] for one in await directory.entries()][-1] == "refusal"
