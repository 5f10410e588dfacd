"""Names found by their words where the controller wants it, and lists narrowed by what stands in clear."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.household import ADMIN, VIEWER, Household
from tests.speaking import Client

from bailee.contract.ruling import Refusal
from bailee.gate import finding as finding_room
from bailee.processing.accounts.pages import seeing
from bailee.serving import Doors
from bailee.vault import tokens

SEARCH = "/api/v1/search"


class Directory:
    """A controller whose people are searched."""

    def __init__(self, rooms: Any, holder: Any) -> None:
        self.rooms, self.holder, self.id = rooms, holder, holder.id
        self.path = f"/api/v1/controllers/{holder.id}/name-tokens"

    async def start(self) -> "Directory":
        self.data = await self.holder.client()
        admin = await self.holder.client("contract-administration", actor="system:admin")
        self.admin = Client(Doors(self.rooms), admin.token)
        return self

    async def named(self, given: str, family: str, *groups: str, **more: Any) -> str:
        profile = {"given_name": given, "family_name": family}
        person = await self.data(
            "POST", "/api/v1/persons",
            {"groups": list(groups) or ["user"], "records": [{"type": "profile", "data": profile, **more}]},
        )  # fmt: skip
        assert person.status == 201, person.raw
        return person.body["person"]

    async def switch(self, on: bool) -> Any:
        return await self.admin("PUT", self.path, {"on": on})

    async def done(self) -> None:
        for _ in range(200):
            if not (await self.rooms.further.renewing.standing(self.id))[0]:
                return
            await self.rooms.further.renewing.go_on(self.id)
        raise AssertionError("the renewal does not end")

    async def ready(self) -> None:
        assert (await self.switch(True)).status == 200
        await self.done()
        assert (await self.admin("GET", self.path)).body == {"state": "on", "renewals": []}

    async def search(self, **sent: Any) -> Any:
        return await self.data("POST", SEARCH, {"type": "profile", **sent})

    async def found(self, **sent: Any) -> set[str]:
        """Who is found, all pages of it."""
        people, cursor = set(), None
        while True:
            page = await self.search(**sent, **({"cursor": cursor} if cursor else {}))
            assert page.status == 200, page.raw
            people |= {one["person"] for one in page.body["records"]}
            cursor = page.body["cursor"]
            if cursor is None:
                return people

    async def count(self, length: int) -> int:
        async with self.rooms.data.transaction(self.id) as tx:
            return await tx.fetchval(
                "SELECT count(*) FROM bailee.blind_index WHERE controller_id = $1 AND length(tag) = $2", self.id, length
            )

    async def entries(self) -> list[dict[str, Any]]:
        head = await self.rooms.reading.integrated(self.id)
        return [json.loads(e.opened.body) async for e in self.rooms.reading.entries(self.id, 0, head.size) if e.opened]


@pytest.fixture
async def directory(rooms, hold):
    return await Directory(rooms, await hold()).start()


async def test_words_find_nobody_until_the_controller_switches_them_on_and_the_index_is_there(directory):
    ada = await directory.named("Ada", "Byron-King")
    off = await directory.search(words="ada")
    assert (off.status, off.body["type"].endswith("name-tokens")) == (409, True)
    assert (await directory.admin("GET", directory.path)).body["state"] == "off"
    building = await directory.switch(True)
    assert building.body["state"] == "building"
    [work] = building.body["renewals"]
    assert (work["type"], work["work"], work["records"], work["looked"]) == ("profile", "renewing", 1, 0)
    assert (await directory.search(words="ada")).status == 409
    late = await directory.named("Ada", "Lovelace")
    await directory.done()
    assert (await directory.admin("GET", directory.path)).body == {"state": "on", "renewals": []}
    assert await directory.found(words="ÀDA") == {ada, late}
    assert await directory.found(words="king ada") == {ada}
    assert await directory.found(words="byron") == {ada}
    assert await directory.found(words="byr") == set()
    assert await directory.found(words="king ada lovelace") == set()
    assert await directory.found(words="-") == set()
    assert await directory.found(field="name", value="lovelace ada") == {late}
    assert (await directory.switch(True)).body["state"] == "on"


async def test_switching_off_ends_the_search_at_once_and_deletes_the_tokens(directory, rooms):
    ada = await directory.named("Ada", "Byron")
    await directory.ready()
    exact = await directory.count(16)
    assert await directory.count(2) == 2
    off = await directory.switch(False)
    assert off.body["state"] == "off"
    assert [one["work"] for one in off.body["renewals"]] == ["deleting-tokens"]
    assert (await directory.search(words="ada")).status == 409
    await rooms.further.renewing.go_on(directory.id)
    assert (await directory.admin("GET", directory.path)).body["renewals"][0]["looked"] > 0
    await directory.done()
    assert (await directory.count(2), await directory.count(16)) == (0, exact)
    assert await directory.found(field="name", value="ada byron") == {ada}
    assert (await directory.switch(False)).body["state"] == "off"
    await directory.named("Grace", "Hopper")
    assert await directory.count(2) == 0
    assert (await directory.switch(True)).body["state"] == "building"
    assert (await directory.switch(False)).body["state"] == "off"
    await directory.switch(True)
    await directory.done()
    assert await directory.found(words="hopper")
    kinds = [one["kind"] for one in await directory.entries()]
    assert kinds.count("name-tokens-on") == 3
    assert kinds.count("name-tokens-off") == 2
    assert kinds.count("name-tokens-gone") == 1
    assert kinds.count("name-tokens-ready") == 2


async def test_it_is_the_controllers_switch_and_nobody_elses(directory, rooms, hold):
    issued = await rooms.credentials.issue(
        rooms.platform, by="tests", actor="operator", kind="processor_staff", purposes=["contract-administration"],
        expires_at=rooms.clock.now() + timedelta(hours=1),
    )  # fmt: skip
    operator = Client(Doors(rooms), issued.text)
    assert (await operator("GET", directory.path)).status == 200
    refused = await operator("PUT", directory.path, {"on": True})
    assert (refused.status, refused.body["clause"]) == (403, "autonomy.self-service")
    other = await Directory(rooms, await hold(1)).start()
    assert (await other.admin("PUT", directory.path, {"on": True})).status == 404
    assert (await other.admin("GET", directory.path)).status == 404
    unknown = f"/api/v1/controllers/{UUID(int=5)}"
    assert (await operator("GET", f"{unknown}/name-tokens")).status == 404
    assert (await operator("GET", f"{unknown}/types")).status == 404


async def test_a_search_by_words_leaves_one_entry_for_itself_and_one_for_what_it_gave(directory):
    people = {await directory.named("Oyvind", f"Byron{n}") for n in range(3)}
    await directory.named("Grace", "Hopper")
    await directory.ready()
    before = len(await directory.entries())
    assert await directory.found(words="oyvind") == people
    scope, given = (await directory.entries())[before:]
    assert "records" not in scope
    assert scope["categories"] == ["name"]
    assert {person for person, _, _ in given["records"]} == people
    assert "oyvind" not in json.dumps([scope, given]).casefold()
    await directory.found(words="nobody")
    [alone] = (await directory.entries())[before + 2 :]
    assert "records" not in alone


async def test_pages_go_on_where_they_stopped_and_their_cursors_are_bound_to_the_search(directory, monkeypatch):
    people = {await directory.named("Ada", f"Byron{n}") for n in range(5)}
    others = [await directory.named("Jean", f"Dupont{n}") for n in range(3)]
    await directory.ready()
    page = await directory.search(words="ada", limit=2)
    assert len(page.body["records"]) == 2
    cursor = page.body["cursor"]
    assert await directory.found(words="ada", limit=2) == people
    for other in ({"words": "jean"}, {"words": "ada", "filter": {"group": "user"}}, {"field": "name", "value": "ada"}):
        assert (await directory.search(**other, cursor=cursor)).status == 400
    monkeypatch.setattr(finding_room, "CHUNK", 1)
    monkeypatch.setattr(finding_room, "LOOKS_SECONDS", 600.0)
    assert await directory.found(words="ada") == people
    assert await directory.found(words="dupont1") == {others[1]}
    monkeypatch.setattr(finding_room, "LOOKS_SECONDS", -1.0)
    empty = await directory.search(words="dupont1")
    assert (await directory.found(words="dupont1"), empty.status) == ({others[1]}, 200)


async def test_the_erased_restricted_and_changed_are_found_no_more_or_by_their_new_name(directory, rooms):
    erased, restricted = await directory.named("Ada", "Byron"), await directory.named("Ada", "King")
    renamed = await directory.named("Ada", "Milbanke")
    await directory.ready()
    await directory.data("DELETE", f"/api/v1/persons/{erased}")
    await directory.data("PATCH", f"/api/v1/persons/{restricted}", {"restricted": True})
    page = await directory.data("GET", f"/api/v1/persons/{renamed}/profile")
    record = page.body["records"][0]["id"]
    await directory.data("PATCH", f"/api/v1/persons/{renamed}/profile/{record}", {"given_name": "Anne"})
    assert await directory.found(words="ada") == set()
    assert await directory.found(words="anne") == {renamed}
    assert await directory.count(2) == 4
    async with rooms.data.transaction(directory.id) as tx:
        await tx.execute("UPDATE bailee.record SET sealed = sealed || '\\x00' WHERE controller_id = $1 AND person_id = $2", directory.id, UUID(renamed))  # fmt: skip
    assert (await directory.search(words="anne")).status == 500


async def test_what_cannot_be_searched_so_is_said(directory, rooms, monkeypatch):
    await directory.ready()
    for sent, status in (
        ({"field": "email"}, 422), ({"value": "x"}, 422), ({"field": "email", "value": "x", "words": "y"}, 422),
        ({"words": "x", "filter": {"group": "king"}}, 400), ({"type": "unknown"}, 404),
        ({"type": "majority", "words": "x"}, 422), ({"type": "unknown", "words": "x"}, 422),
        ({"filter": {"created_from": "2026-01-01"}}, 400),
    ):  # fmt: skip
        assert (await directory.search(**sent)).status == status, sent
    passage = rooms.further.finding._passage
    ruled, asked, refuse = passage.rule, [], [1]

    def no(dossier, request):
        asked.append(request)
        refused = len(asked) == refuse[0]
        return (
            Refusal(request, "purposes.limited", "operation-not-covered", "Ask.")
            if refused
            else ruled(dossier, request)
        )

    monkeypatch.setattr(passage, "rule", no)
    for refuse[0] in (1, 2):
        asked.clear()
        assert (await directory.search(words="ada")).status == 403
    await directory.named("Ada", "Byron")
    refuse[0] = 3
    asked.clear()
    assert (await directory.search(words="ada")).status == 403, "refused between finding and releasing"


async def test_a_search_rules_again_when_something_changes_meanwhile(directory, rooms, monkeypatch):
    ada = await directory.named("Ada", "Byron")
    await directory.ready()
    room = rooms.further.finding
    real, calls = room._candidates, []

    async def changing(dossier, *given):
        calls.append(dossier.version)
        if len(calls) == 1:
            await rooms.filing.write_standing(directory.id, "someone", "trained_until", rooms.clock.now(), by="tests")
        return await real(dossier, *given)

    monkeypatch.setattr(room, "_candidates", changing)
    assert await directory.found(words="ada") == {ada}
    assert calls[1] > calls[0]


async def test_filters_narrow_lists_and_every_search(directory, rooms):
    one = await directory.named("Ada", "Byron", "employee", retention="5 years", recipients=["payroll"], source="hr")
    two = await directory.named("Ada", "King", "partner", purposes=["account-management"])
    await directory.ready()
    half = rooms.clock.now().isoformat()
    three = await directory.named("Ada", "Byron", "user")
    everyone = {one, two, three}
    for chosen, people in (
        ({}, everyone), ({"group": "employee"}, {one}), ({"group": "administrator"}, set()), ({"retention": "5 years"}, {one}),
        ({"recipient": "payroll"}, {one}), ({"source": "hr"}, {one}), ({"source": "controller"}, {two, three}),
        ({"purpose": "account-management"}, everyone), ({"purpose": "support"}, {one, three}), ({"retention": "never"}, set()),
        ({"created_from": half}, {three}), ({"created_until": half}, {one, two}), ({"changed_from": half}, {three}),
        ({"changed_until": half, "group": "partner"}, {two}), ({"state": "free"}, everyone), ({"state": "objecting"}, set()),
        ({"state": "held"}, set()), ({"state": "restricted"}, set()),
    ):  # fmt: skip
        assert await directory.found(filter=chosen) == people, chosen
        assert await directory.found(filter=chosen, words="ada", limit=1) == people, chosen
        assert await directory.found(filter=chosen, field="name", value="byron ada") == people - {two}, chosen
    assert await directory.found() == everyone
    assert await directory.found(limit=1) == everyone
    await directory.data("PATCH", f"/api/v1/persons/{one}", {"objections": ["support"]})
    assert await directory.found(filter={"state": "objecting"}) == {one}
    assert await directory.found(filter={"state": "free"}) == {two, three}


async def test_people_are_listed_by_group_state_and_times(directory, rooms):
    one, two = await directory.named("Ada", "Byron", "employee"), await directory.named("Ada", "King", "partner")
    half = rooms.clock.now().isoformat().replace("+00:00", "Z")
    three = await directory.named("Grace", "Hopper")
    await directory.data("PATCH", f"/api/v1/persons/{two}", {"restricted": True})

    async def listed(query: str) -> set[str]:
        found, cursor = set(), ""
        while True:
            page = await directory.data("GET", "/api/v1/persons", query=query + cursor)
            assert page.status == 200, page.raw
            found |= {person["id"] for person in page.body["persons"]}
            if page.body["cursor"] is None:
                return found
            cursor = f"&cursor={page.body['cursor']}"

    assert await listed("limit=1") == {one, two, three}
    assert await listed("limit=1&group=employee") == {one}
    assert await listed("state=restricted") == {two}
    assert await listed(f"created_from={half}") == {three}
    assert await listed(f"created_until={half}&limit=1") == {one, two}
    assert await listed(f"changed_from={half}") == {two, three}
    first = await directory.data("GET", "/api/v1/persons", query="limit=1&state=free")
    other = await directory.data("GET", "/api/v1/persons", query=f"limit=1&cursor={first.body['cursor']}")
    assert other.status == 400
    for wrong in ("group=king", "state=asleep", "created_from=yesterday", "created_from=2026-01-01T00:00:00"):
        assert (await directory.data("GET", "/api/v1/persons", query=wrong)).status == 400


async def test_the_key_that_goes_while_it_is_searched_leaves_nobody_found(directory, rooms, monkeypatch):
    await directory.named("Ada", "Byron")
    await directory.ready()

    async def none(wanted):
        return {}

    monkeypatch.setattr(rooms.further.finding._keys, "person_keys", none)
    assert await directory.found(words="ada") == set()


async def test_the_controllers_administrator_decides_in_the_console_and_sees_how_far_it_is(directory, rooms):
    house = Household(rooms, directory.id, directory.holder)
    ada = await directory.named("Ada", "Byron")
    browser = await house.signed_in(await house.staff(ADMIN))
    assert "switched off" in (await browser.get("/people/names")).raw.decode()
    assert "/people/names" in (await browser.get("/people")).raw.decode()
    assert ada not in (await browser.post("/people/search", sought="byron")).raw.decode()
    decided = await browser.post("/people/names", on="yes")
    assert (decided.status, decided.headers["location"]) == (303, "/people/names")
    building = (await browser.get("/people/names")).raw.decode()
    assert "the index is being built" in building
    assert 'hx-get="/people/names/progress"' in building
    await directory.done()
    after = (await browser.get("/people/names/progress")).raw.decode()
    assert "found by their words" in after
    assert "hx-get" not in after
    assert "Single words of a name are found too." in (await browser.get("/people")).raw.decode()
    assert ada in (await browser.post("/people/search", sought="byron")).raw.decode()
    assert "Nobody is found" in (await browser.post("/people/search", sought="lovelace")).raw.decode()
    await browser.post("/people/names", on="no")
    assert "is being deleted: 0 %" in (await browser.get("/people/names")).raw.decode()
    viewer = await house.signed_in(await house.staff(VIEWER))
    assert (await viewer.get("/people/names")).status == 403
    assert (await viewer.post("/people/names", on="yes")).status == 403


async def test_a_word_that_few_have_is_waited_for_so_long_and_no_longer(directory, rooms, monkeypatch):
    house = Household(rooms, directory.id, directory.holder)
    ada = await directory.named("Ada", "Byron")
    for n in range(3):
        await directory.named("Jean", f"Dupont{n}")
    await directory.ready()
    browser = await house.signed_in(await house.staff(ADMIN))
    await browser.get("/people/names")
    monkeypatch.setattr(finding_room, "CHUNK", 1)
    monkeypatch.setattr(finding_room, "LOOKS_SECONDS", -1.0)
    assert ada in (await browser.post("/people/search", sought="byron")).raw.decode()
    monkeypatch.setattr(seeing, "LOOKS", 0)
    assert ada not in (await browser.post("/people/search", sought="byron")).raw.decode()


async def test_a_third_word_that_a_candidate_lacks_is_found_out_after_opening(directory, monkeypatch):
    """Two words are looked up, the longest; what the others say is left to the comparing."""
    ada = await directory.named("Ada", "Byronson Kingsley")
    await directory.named("Eve", "Byronson Kingsley")
    await directory.ready()
    assert await directory.found(words="byronson kingsley ada") == {ada}
    monkeypatch.setattr(finding_room, "CHUNK", 1)
    monkeypatch.setattr(finding_room, "LOOKS_SECONDS", 600.0)
    page = await directory.search(words="byronson kingsley zoe")
    assert (page.body["records"], page.body["cursor"]) == ([], None), "all are gone through within one answer"


async def test_words_sought_under_an_older_dossier_are_sought_again_under_the_newer(directory, rooms):
    ada = await directory.named("Ada", "Byron")
    await directory.ready()
    current = await rooms.passage.dossier(directory.id)
    rooms.archive._dossiers[directory.id] = msgspec.structs.replace(current, version=current.version - 1)
    assert await directory.found(words="ada") == {ada}
    assert (await rooms.passage.dossier(directory.id)).version == current.version


async def test_what_of_another_type_lies_in_the_same_buckets_ends_no_search(directory, rooms, monkeypatch):
    """A page of candidates may hold records that have no name at all: the search goes on behind them."""
    await directory.ready()
    ada = await directory.named("Ada", "Byron")
    key = await rooms.keys.controller_key(directory.id, "index")
    first = tokens.sought(key.secret, "profile", "byron")[0]
    async with rooms.data.transaction(directory.id) as tx:
        await tx.execute(
            "INSERT INTO bailee.blind_index (controller_id, tag, person_id, record_id) VALUES ($1, $2, $3, $4)",
            directory.id, first, UUID(int=1), UUID(int=1),
        )  # fmt: skip
    monkeypatch.setattr(finding_room, "CHUNK", 1)
    monkeypatch.setattr(finding_room, "LOOKS_SECONDS", 600.0)
    assert await directory.found(words="byron") == {ada}
