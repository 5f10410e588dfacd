"""SCIM as directories really speak it: Entra ID's and Okta's request shapes, and what hostile ones get."""

import asyncio
import json
import os
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from tests.household import ADMIN, VIEWER, Household
from tests.speaking import Client, Reply

from bailee.infra.database import Unavailable
from bailee.processing.accounts.approving.approvals import SecondPerson
from bailee.processing.accounts.provisioning import Provisioning
from bailee.processing.accounts.roles import UnknownRole
from bailee.serving import directory
from bailee.vocabulary.parties import ActorKind

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OURS = "urn:bailee:scim:schemas:1.0:Person"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


class Scim:
    """A directory, speaking."""

    def __init__(self, app: Any, client: Client) -> None:
        self.client = Client(app, client.token)

    async def __call__(self, method: str, path: str, body: Any = None, query: str = "", **more: Any) -> Reply:
        if method == "GET":
            query = quote(query, safe="=&")
        return await self.client(method, f"/scim/v2{path}", body, query=query, **more)

    async def user(self, **more: Any) -> dict[str, Any]:
        reply = await self("POST", "/Users", entra(**more))
        assert reply.status == 201, reply.raw
        return reply.body

    async def found(self, filter: str, path: str = "/Users", more: str = "") -> list[str]:
        reply = await self("GET", path, query=f"filter={filter}{more}")
        assert reply.status == 200, reply.raw
        assert reply.body["totalResults"] >= len(reply.body.get("Resources", []))
        return [one["id"] for one in reply.body.get("Resources", [])]


@pytest.fixture
async def scim(rooms, hold):
    held = await hold()
    made = Scim(directory(rooms), await held.client())
    made.hold = held
    return made


def entra(**more: Any) -> dict[str, Any]:
    mark = os.urandom(6).hex()
    return {
        "schemas": [CORE, ENTERPRISE],
        "externalId": f"ext-{mark}",
        "userName": f"Test_User_{mark}@alpages.example",
        "active": True,
        "displayName": "Test User",
        "title": "Head of Snow",
        "emails": [{"primary": True, "type": "work", "value": f"work.{mark}@alpages.example"}],
        "phoneNumbers": [{"type": "mobile", "value": "+33 6 12 34 56 78"}],
        "addresses": [{"type": "work", "streetAddress": "12 rue du Lac\nBât. B", "locality": "Annecy",
                       "postalCode": "74000", "country": "FR", "formatted": "12 rue du Lac, Annecy"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": f"Zoé Lac-{mark}", "familyName": f"Lac-{mark}", "givenName": "Zoé",
                 "honorificPrefix": "Mme"},
        "preferredLanguage": "fr-FR",
        "roles": [],
        ENTERPRISE: {"organization": "Alpages", "department": "Pistes", "employeeNumber": "7"},
    } | more  # fmt: skip


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


async def test_a_user_goes_in_and_comes_back_whole_and_the_profile_holds_what_it_has_a_place_for(scim):
    sent = entra()
    made = (await scim("POST", "/Users", sent)).body
    shown = (await scim("GET", f"/Users/{made['id']}")).body
    assert shown == made
    for name in set(sent) - {"schemas", "meta", "roles"}:
        assert shown[name] == sent[name], name
    page = await (await scim.hold.client())("GET", f"/api/v1/persons/{made['id']}/profile")
    held = page.body["records"][0]["data"]
    assert held["title"] == "Mme"
    assert held["company"] == "Alpages"
    assert held["phone"] == "+33612345678"
    assert held["postal_address"]["complement"] == "Bât. B"
    assert held["language"] == "fr-FR"
    assert made["meta"]["location"].endswith(f"/scim/v2/Users/{made['id']}")


async def test_entra_finds_by_user_name_disables_with_a_string_and_changes_the_name(scim):
    made = await scim.user()
    assert await scim.found(f'userName eq "{made["userName"].upper()}"') == [made["id"]]
    assert await scim.found(f'externalId eq "{made["externalId"]}"') == [made["id"]]
    assert await scim.found(f'externalId eq "{made["externalId"].upper()}"') == []
    assert await scim.found('userName eq "nobody"') == []
    off = patch({"op": "Replace", "path": "active", "value": "False"})
    assert (await scim("PATCH", f"/Users/{made['id']}", off)).status in (200, 204)
    assert (await scim("GET", f"/Users/{made['id']}")).body["active"] is False
    assert await scim.found(f'userName eq "{made["userName"]}" and active eq true') == []
    changes = patch(
        {"op": "Replace", "path": "name.familyName", "value": "Updated"},
        {"op": "Add", "path": 'emails[type eq "home"].value', "value": "home@alpages.example"},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "new@alpages.example"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Neige"},
    )
    assert (await scim("PATCH", f"/Users/{made['id']}", changes)).status in (200, 204)
    shown = (await scim("GET", f"/Users/{made['id']}")).body
    assert shown["name"]["familyName"] == "Updated"
    assert shown[ENTERPRISE]["department"] == "Neige"
    assert {one["type"]: one["value"] for one in shown["emails"]} == {
        "work": "new@alpages.example", "home": "home@alpages.example",
    }  # fmt: skip
    assert await scim.found('emails[type eq "work" and value eq "new@alpages.example"]') == [made["id"]]
    assert await scim.found('emails[type eq "home" and value eq "new@alpages.example"]') == []


async def test_okta_disables_without_a_path_and_replaces_whole_users(scim):
    made = await scim.user()
    off = patch({"op": "replace", "value": {"active": False}})
    assert (await scim("PATCH", f"/Users/{made['id']}", off)).status in (200, 204)
    shown = (await scim("GET", f"/Users/{made['id']}")).body
    assert shown["active"] is False
    whole = {name: value for name, value in shown.items() if name not in ("active", "meta")}
    whole["name"] = {"familyName": "Neuf", "givenName": "Zoé"}
    replaced = await scim("PUT", f"/Users/{made['id']}", whole)
    assert replaced.status == 200
    assert replaced.body["name"]["familyName"] == "Neuf"
    assert replaced.body["active"] is False
    assert "honorificPrefix" not in replaced.body["name"]
    on = patch({"op": "replace", "value": {"active": True}})
    await scim("PATCH", f"/Users/{made['id']}", on)
    assert (await scim("GET", f"/Users/{made['id']}")).body["active"] is True


async def test_a_user_name_is_one_persons_also_when_two_ask_at_once(scim):
    sent = entra()
    replies = await asyncio.gather(*(scim("POST", "/Users", sent) for _ in range(4)))
    assert sorted(one.status for one in replies) == [201, 409, 409, 409]
    refused = next(one for one in replies if one.status == 409)
    assert refused.body["scimType"] == "uniqueness"
    assert sent["userName"] not in refused.raw.decode()
    other = await scim.user()
    taken = patch({"op": "replace", "path": "userName", "value": sent["userName"]})
    assert (await scim("PATCH", f"/Users/{other['id']}", taken)).status == 409
    assert await scim.found(f'userName eq "{sent["userName"]}"') != [other["id"]]


async def test_an_erased_user_is_gone_for_ever_and_the_name_comes_back_under_a_new_id(scim):
    sent = entra()
    first = (await scim("POST", "/Users", sent)).body
    assert (await scim("DELETE", f"/Users/{first['id']}")).status == 204
    gone = await scim("GET", f"/Users/{first['id']}")
    unknown = await scim("GET", f"/Users/{uuid4()}")
    assert gone.status == 404
    assert gone.raw == unknown.raw
    assert (await scim("DELETE", f"/Users/{first['id']}")).status == 404
    again = await scim("PUT", f"/Users/{first['id']}", sent)
    assert again.status == 404
    second = (await scim("POST", "/Users", sent)).body
    assert second["id"] != first["id"]
    assert (await scim("GET", f"/Users/{first['id']}")).status == 404


async def test_groups_are_made_filled_emptied_and_their_members_paged(scim):
    people = [(await scim.user())["id"] for _ in range(3)]
    made = await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "Équipe Neige", "externalId": "g-1"})
    assert made.status == 201
    group = made.body["id"]
    path = f"/Groups/{group}"
    add = patch({"op": "Add", "path": "members", "value": [{"value": one} for one in people]})
    assert (await scim("PATCH", path, add)).status in (200, 204)
    assert {one["value"] for one in (await scim("GET", path)).body["members"]} == set(people)
    assert "members" not in (await scim("GET", path, query="excludedAttributes=members")).body
    assert await scim.found('displayName eq "Équipe Neige"', "/Groups") == [group]
    assert await scim.found('externalId eq "g-1"', "/Groups", "&excludedAttributes=members") == [group]
    assert await scim.found(f'id eq "{group}" and members eq "{people[0]}"', "/Groups") == [group]
    assert await scim.found(f'id eq "{group}" and members eq "{uuid4()}"', "/Groups") == []
    pages = [await scim.found(f'groups eq "{group}"', more=f"&startIndex={n}&count=1") for n in (1, 2, 3, 4)]
    assert sorted(one for page in pages for one in page) == sorted(people)
    assert pages[3] == []
    user = (await scim("GET", f"/Users/{people[0]}")).body
    assert user["groups"][0]["display"] == "Équipe Neige"
    assert user["groups"][0]["$ref"].endswith(path)
    for operation in (
        {"op": "Remove", "path": "members", "value": [{"value": people[0]}]},
        {"op": "remove", "path": f'members[value eq "{people[1]}"]'},
    ):
        assert (await scim("PATCH", path, patch(operation))).status in (200, 204)
    assert [one["value"] for one in (await scim("GET", path)).body["members"]] == [people[2]]
    await scim("DELETE", f"/Users/{people[2]}")
    assert "members" not in (await scim("GET", path)).body
    okta = patch({"op": "replace", "value": {"id": group, "displayName": "Neuf\u00a0: « A\u202f! »"}})
    assert (await scim("PATCH", path, okta)).status in (200, 204)
    assert (await scim("GET", path)).body["displayName"] == "Neuf\u00a0: « A\u202f! »"
    lines = await scim("PATCH", path, patch({"op": "replace", "value": {"displayName": "Neuf\u2028"}}))
    assert (lines.status, lines.body["scimType"]) == (400, "invalidValue")
    stranger = patch({"op": "add", "path": "members", "value": [{"value": str(uuid4()), "display": "x"}]})
    refused = await scim("PATCH", path, stranger)
    assert refused.status == 400
    assert refused.body["scimType"] == "invalidValue"
    assert (await scim("DELETE", path)).status == 204
    assert (await scim("GET", path)).status == 404


async def test_lists_count_sort_page_and_compare_what_is_not_personal(scim):
    made = [await scim.user() for _ in range(4)]
    ids = sorted(one["id"] for one in made)
    reply = await scim("GET", "/Users", query="startIndex=2&count=2")
    assert reply.body["totalResults"] == 4
    assert [one["id"] for one in reply.body["Resources"]] == ids[1:3]
    assert (await scim("GET", "/Users", query="count=0")).body["totalResults"] == 4
    last = made[-1]["meta"]["created"]
    assert await scim.found(f'meta.created ge "{last}"') == [made[-1]["id"]]
    assert await scim.found(f'not (meta.created lt "{last}") or id eq "{ids[0]}"') == sorted({ids[0], made[-1]["id"]})
    await scim("PATCH", f"/Users/{ids[0]}", patch({"op": "replace", "path": "active", "value": False}))
    assert await scim.found("active eq false") == [ids[0]]
    assert await scim.found("active ne false and id pr") == ids[1:]
    sorted_ = await scim("GET", "/Users", query="sortBy=meta.created&sortOrder=descending")
    assert [one["id"] for one in sorted_.body["Resources"]] == [one["id"] for one in reversed(made)]
    name = made[0]["name"]
    whole = f'name.givenName eq "{name["givenName"]}" and name.familyName eq "{name["familyName"]}"'
    assert await scim.found(whole) == [made[0]["id"]]
    body = {"schemas": [SEARCH], "filter": f'userName eq "{made[1]["userName"]}"', "attributes": ["userName"]}
    found = await scim("POST", "/Users/.search", body)
    assert [set(one) for one in found.body["Resources"]] == [{"schemas", "id", "userName"}]
    root = await scim("POST", "/.search", {"schemas": [SEARCH], "filter": f'userName eq "{made[1]["userName"]}"'})
    assert [one["id"] for one in root.body["Resources"]] == [made[1]["id"]]


@pytest.mark.parametrize(
    "filter",
    [
        'userName sw "a"', 'userName eq "a" or userName eq "b"', 'not (userName eq "a")', "userName pr",
        'name.familyName eq "Lac"', 'nickName eq "x"', 'emails co "@"', 'userName ne "x"', 'password eq "x"',
        'userName eq "a" and (externalId eq "b" or active eq true)', "userName eq true", "active gt true",
        'meta.created gt "yesterday"', 'meta.created co "2026"', "userName eq", "(" * 5000, "x eq 1",
        '"; DROP TABLE bailee.person; --', 'userName eq "a" and ' * 2000 + 'userName eq "b"',
        "not (" * 2000 + "active eq true" + ")" * 2000,
    ],
    ids=range(20),
)  # fmt: skip
async def test_any_other_filter_is_refused_and_opens_nothing(scim, filter):
    reply = await scim("POST", "/Users/.search", {"schemas": [SEARCH], "filter": filter})
    assert reply.status == 400, reply.raw[:300]
    assert reply.body["scimType"] in ("invalidFilter", "invalidSyntax", "tooMany")


async def test_quotes_in_a_value_stay_a_value(scim):
    name = 'a" or active eq true or userName eq "b\\'
    made = await scim.user(userName=name)
    await scim.user()
    assert await scim.found(f"userName eq {json.dumps(name)}") == [made["id"]]


async def test_a_manager_is_taken_as_entra_sends_it(scim):
    boss, made = await scim.user(), await scim.user()
    change = patch({"op": "Add", "path": f"{ENTERPRISE}:manager", "value": boss["id"]})
    assert (await scim("PATCH", f"/Users/{made['id']}", change)).status in (200, 204)
    assert (await scim("GET", f"/Users/{made['id']}")).body[ENTERPRISE]["manager"]["value"] == boss["id"]


@pytest.mark.parametrize("query", ["startIndex=99999999999999999999", "count=99999999999999999999", "count=-1"])
async def test_pages_beyond_everything_are_empty_or_bounded(scim, query):
    assert (await scim("GET", "/Users", query=query)).status == 200
    assert (await scim("GET", "/Groups", query=query)).status == 200


async def test_sorting_by_what_is_personal_is_refused(scim):
    reply = await scim("GET", "/Users", query="sortBy=userName")
    assert reply.status == 400


async def test_a_change_names_its_version_or_is_made_on_what_stands(scim):
    made = await scim.user()
    path, tag = f"/Users/{made['id']}", made["meta"]["version"]
    assert (await scim("GET", path, if_none_match=tag)).status == 304
    change = patch({"op": "replace", "path": "nickName", "value": "Zo"})
    assert (await scim("PATCH", path, change, if_match=tag)).status in (200, 204)
    assert (
        await scim("PATCH", path, patch({"op": "replace", "path": "nickName", "value": "Z"}), if_match=tag)
    ).status == 412
    assert (await scim("DELETE", path, if_match=tag)).status == 412
    names = [f"n{n}" for n in range(6)]
    replies = await asyncio.gather(
        *(scim("PATCH", path, patch({"op": "replace", "path": "nickName", "value": one})) for one in names)
    )
    assert {one.status for one in replies} <= {200, 204, 412}
    assert (await scim("GET", path)).body["nickName"] in names


async def test_bulk_resolves_its_references_and_is_bounded(scim):
    sent = entra()
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "u", "data": sent},
        {"method": "POST", "path": "/Groups", "bulkId": "g",
         "data": {"schemas": [GROUP], "displayName": "B", "members": [{"value": "bulkId:u"}]}},
        {"method": "POST", "path": "/Users", "bulkId": "again", "data": sent},
    ]  # fmt: skip
    reply = await scim("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
    assert [one["status"] for one in reply.body["Operations"]] == ["201", "201", "409"], reply.raw
    many = {"schemas": [BULK], "Operations": operations[:1] * 101}
    assert (await scim("POST", "/Bulk", many)).status == 413


async def test_another_controllers_ids_answer_like_unknown_ones(scim, rooms, hold):
    made = await scim.user()
    group = (await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "G"})).body["id"]
    other = Scim(directory(rooms), await (await hold(1)).client())
    change = patch({"op": "replace", "path": "displayName", "value": "x"})
    for method, body in (("GET", None), ("PUT", entra()), ("PATCH", change), ("DELETE", None)):
        theirs = await other(method, f"/Users/{made['id']}", body)
        nobody = await other(method, f"/Users/{uuid4()}", body)
        assert (theirs.status, theirs.raw, theirs.headers) == (404, nobody.raw, nobody.headers), method
    for method, body in (("GET", None), ("PATCH", change), ("DELETE", None)):
        theirs, nobody = [await other(method, f"/Groups/{one}", body) for one in (group, uuid4())]
        assert (theirs.status, theirs.raw) == (404, nobody.raw)
    members = {"schemas": [GROUP], "displayName": "H"}
    foreign = await other("POST", "/Groups", members | {"members": [{"value": made["id"]}]})
    unknown = await other("POST", "/Groups", members | {"members": [{"value": str(uuid4())}]})
    assert foreign.status == 400
    assert foreign.raw == unknown.raw
    assert await other.found(f'userName eq "{made["userName"]}"') == []
    assert await other.found(f'groups eq "{group}"') == []
    assert (await other("POST", "/Users", entra(userName=made["userName"]))).status == 201


async def test_me_is_the_person_whose_credential_it_is(scim, rooms):
    made = await scim.user()
    person = await scim.hold.client(kind=ActorKind.person, actor=made["id"])
    me = Scim(directory(rooms), person)
    shown = await me("GET", "/Me")
    assert shown.status == 200
    assert shown.body["id"] == made["id"]
    assert (await me("PATCH", "/Me", patch({"op": "replace", "path": "nickName", "value": "Zo"}))).status in (200, 204)
    for path, value in (
        ("active", False),
        ("userName", "king"),
        ("externalId", "king"),
        (f"{OURS}:personGroups", "administrator"),
        ("roles", [{"value": "king"}]),
        (f"{ENTERPRISE}:department", "Finance"),
    ):
        assert (await me("PATCH", "/Me", patch({"op": "replace", "path": path, "value": value}))).status == 403, path
    assert (await me("DELETE", "/Me")).status == 403
    assert (await me("POST", "/Users", entra())).status == 403
    assert (await me("POST", "/Groups", {"schemas": [GROUP], "displayName": "G"})).status == 403
    assert (await me("GET", "/Groups")).status == 403
    assert (await me("GET", "/Me")).body["nickName"] == "Zo"
    assert (await me("GET", "/Users")).status == 403
    other = await scim.user()
    assert (await me("GET", f"/Users/{other['id']}")).status == 403
    assert (await scim("GET", "/Me")).status == 404


async def test_a_refusal_of_the_gate_names_its_clause(scim, rooms):
    made = await scim.user()
    outside = Scim(directory(rooms), await scim.hold.client("profiling", kind=ActorKind.processor_system, actor="p"))
    reply = await outside("GET", f"/Users/{made['id']}")
    assert reply.status == 403
    assert "purposes." in reply.body["detail"]
    assert (await outside("POST", "/Users", entra())).status == 403
    assert (await outside("GET", "/Groups")).status == 403
    restrict = await (await scim.hold.client())("PATCH", f"/api/v1/persons/{made['id']}", {"restricted": True})
    assert restrict.status == 200
    reply = await scim("GET", f"/Users/{made['id']}")
    assert reply.status == 403
    assert "rights.tools" in reply.body["detail"]
    assert (await scim("GET", "/Users")).body["totalResults"] == 0
    assert (await scim("POST", "/Users", entra(userName=made["userName"]))).status == 409


async def test_hostile_bodies_are_refused_and_change_nothing(scim):
    made = await scim.user()
    path = f"/Users/{made['id']}"
    for raw, status in (
        (b"[" * 100_000, 400), (b"{" + b'"a":{' * 50_000, 400), (b"\xff\xfe", 400), (b"", 400), (b"x" * 10_000_000, 413),
        (json.dumps(entra(nickName="x" * 70_000)).encode(), 400),
        (json.dumps(entra(userName="a\nb")).encode(), 400), (json.dumps(entra(userName="a\u0000b")).encode(), 400),
        (json.dumps(entra(unknown="x")).encode(), 400), (json.dumps(entra(password="secret")).encode(), 400),
        (json.dumps(entra(emails=[{"value": "not an address"}])).encode(), 400),
        (json.dumps(entra(**{OURS: {"personGroups": "king"}})).encode(), 400),
    ):  # fmt: skip
        reply = await scim("POST", "/Users", raw=raw)
        assert reply.status == status, (raw[:40], reply.raw[:300])
        assert b"Traceback" not in reply.raw
        assert b"secret" not in reply.raw
    for operation in (
        {"op": "replace", "path": "id", "value": "x"}, {"op": "replace", "path": "meta.created", "value": "x"},
        {"op": "replace", "path": f"{OURS}:restricted", "value": True}, {"op": "remove", "path": "userName"},
        {"op": "replace", "path": "groups", "value": []}, {"op": "add", "path": "members[", "value": 1},
        {"op": "add", "path": "emails[" + "(" * 5000, "value": 1}, {"op": "eat", "path": "title", "value": 1},
    ):  # fmt: skip
        assert (await scim("PATCH", path, patch(operation))).status == 400, operation
    assert (await scim("GET", path)).body == made
    assert (await scim("GET", "/Users", query="count=%ff", x="\xff")).status in (200, 400)
    assert (await scim("GET", "/Users/../../x")).status == 404
    assert (await scim("GET", "/Users")).body["totalResults"] == 1


async def test_without_a_credential_nothing_but_what_is_announced(scim):
    nobody = Client(scim.client.app, "bailee_x")
    for path in ("/Users", "/Schemas", "/Groups", "/Me"):
        reply = await nobody("GET", f"/scim/v2{path}")
        assert reply.status == 401, reply.raw
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    announced = await nobody("GET", "/scim/v2/ServiceProviderConfig")
    assert announced.status == 200
    assert announced.body["changePassword"]["supported"] is False
    assert announced.headers["Cache-Control"] == "no-store"


async def test_membership_gives_the_roles_that_the_controller_mapped_and_the_last_administrator_stays(scim, rooms):
    mapping = Household(rooms, scim.hold.id, scim.hold).wings.access.group_roles
    first, second = [(await scim.user())["id"] for _ in range(2)]
    made = await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "Admins", "members": [{"value": first}]})
    path, group = f"/Groups/{made.body['id']}", UUID(made.body["id"])
    with pytest.raises(UnknownRole):
        await mapping.put(scim.hold.id, group, ["king"], door="tests", by="tests")
    await mapping.put(scim.hold.id, group, ["controller-administrator"], door="tests", by="tests")
    assert await _roles(rooms, scim.hold.id, first) == ["controller-administrator"]
    for method, where, body in (
        ("DELETE", f"/Users/{first}", None),
        ("DELETE", path, None),
        ("PATCH", path, patch({"op": "remove", "path": "members"})),
        ("PATCH", f"/Users/{first}", patch({"op": "replace", "value": {"active": "False"}})),
    ):
        assert (await scim(method, where, body)).status == 409, (method, where)
    assert await _roles(rooms, scim.hold.id, first) == ["controller-administrator"]
    add = patch({"op": "add", "path": "members", "value": [{"value": second, "display": "S"}]})
    assert (await scim("PATCH", path, add)).status in (200, 204)
    remove = patch({"op": "remove", "path": f'members[value eq "{first}"]'})
    assert (await scim("PATCH", path, remove)).status in (200, 204)
    assert await _roles(rooms, scim.hold.id, first) == []
    assert await _roles(rooms, scim.hold.id, second) == ["controller-administrator"]
    asked = await scim("GET", path, query="attributes=urn:bailee:scim:schemas:1.0:Group:roles")
    assert asked.body["urn:bailee:scim:schemas:1.0:Group"]["roles"] == ["controller-administrator"]


async def test_a_part_that_is_away_is_said_with_when_to_come_back(scim, monkeypatch):
    made = await scim.user()

    def away(*_: Any) -> Any:
        raise Unavailable("test", retry_after=7)

    monkeypatch.setattr(scim.hold.rooms.data, "transaction", away)
    reply = await scim("GET", f"/Users/{made['id']}")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "7")


async def test_what_a_crash_between_the_two_steps_leaves_is_mended_by_the_next_word(scim, rooms, monkeypatch):
    async def dies(*_: Any, **__: Any) -> None:
        raise Unavailable("test")

    sent = entra()
    with monkeypatch.context() as broken:
        broken.setattr(Provisioning, "put", dies)
        assert (await scim("POST", "/Users", sent)).status == 503
    assert (await scim("POST", "/Users", sent)).status == 409
    [id] = await scim.found(f'userName eq "{sent["userName"]}"')
    assert "active" not in (await scim("GET", f"/Users/{id}")).body
    await scim("PATCH", f"/Users/{id}", patch({"op": "replace", "path": "active", "value": "True"}))
    assert (await scim("GET", f"/Users/{id}")).body["active"] is True


async def _roles(rooms: Any, controller: Any, person: str) -> list[str]:
    async with rooms.data.transaction(controller) as tx:
        sql = "SELECT roles FROM bailee.account WHERE controller_id = $1 AND person_id = $2"
        return list(await tx.fetchval(sql, controller, UUID(person)))


async def test_our_extension_is_written_where_it_may_be_and_told_where_it_is_asked(scim):
    made = await scim.user(**{OURS: {"personGroups": "user employee", "restricted": True}})
    assert made[OURS] == {"personGroups": "employee user"}
    asked = await scim("GET", f"/Users/{made['id']}", query=f"attributes={OURS}:restricted,{OURS}:purposes")
    assert asked.body[OURS]["restricted"] is False
    assert "account-management" in asked.body[OURS]["purposes"]
    less = patch({"op": "replace", "path": f"{OURS}:personGroups", "value": "partner"})
    assert (await scim("PATCH", f"/Users/{made['id']}", less)).status in (200, 204)
    assert (await scim("GET", f"/Users/{made['id']}")).body[OURS] == {"personGroups": "partner"}


async def test_every_access_leaves_its_entry_and_nothing_personal_is_stored_in_clear(scim, rooms):
    before = await _entries(rooms, scim.hold.id)
    made = await scim.user()
    after = await _entries(rooms, scim.hold.id)
    await scim("GET", f"/Users/{made['id']}")
    await scim.found(f'userName eq "{made["userName"]}"')
    await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "Canary Group Zoé"})
    last = await _entries(rooms, scim.hold.id)
    assert before < after < last - 3
    async with rooms.data.transaction(scim.hold.id) as tx:
        for table in ("person", "record", "scim_group", "scim_member", "scim_claim", "account", "blind_index"):
            rows = await tx.fetch(f"SELECT t::text AS whole FROM bailee.{table} t")
            for row in rows:
                for canary in (made["userName"], "Canary", "Head of Snow", "Pistes"):
                    assert canary not in row["whole"]
                    assert canary.encode().hex() not in row["whole"]
        assert await tx.fetchval("SELECT count(*) FROM bailee.scim_claim") == 0


async def _entries(rooms: Any, controller: Any) -> int:
    async with rooms.data.transaction(controller) as tx:
        return int(await tx.fetchval("SELECT coalesce(sum(entries), 0) FROM bailee.ledger_batch"))


async def test_a_group_that_would_make_administrators_waits_for_a_second_person(scim, rooms):
    house = Household(rooms, scim.hold.id, scim.hold)
    one, another = [str(await house.staff(ADMIN)) for _ in range(2)]
    approvals = house.wings.access.approvals
    mapping = house.wings.access.group_roles
    member = (await scim.user())["id"]
    made = await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": member}]})
    group = UUID(made.body["id"])
    await mapping.put(house.id, group, [VIEWER], door="tests", by=one)
    assert await _roles(rooms, house.id, member) == [VIEWER], "what is not dangerous is done"
    with pytest.raises(SecondPerson) as waits:
        await mapping.put(house.id, group, [ADMIN], door="tests", by=one)
    assert await _roles(rooms, house.id, member) == [VIEWER]
    asked = (await approvals.find(house.id, waits.value.approval)).asked
    assert asked.fields == (("group", str(group)), ("roles", ADMIN))
    await approvals.decide(house.id, waits.value.approval, given=True, by=another)
    await mapping.put(house.id, group, [ADMIN], door="tests", by=one)
    assert await _roles(rooms, house.id, member) == [ADMIN]
    with pytest.raises(SecondPerson):
        await mapping.put(house.id, group, [], door="tests", by=one)
