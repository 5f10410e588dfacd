"""The roles that a directory's groups give, said by page, over HTTP and by command: no door without a second person."""

import json
from uuid import UUID

import pytest
from tests.household import ADMIN, OPERATOR, VIEWER, Household, commanded
from tests.speaking import Client

from bailee.api.application import Application
from bailee.processing.accounts.roles import permissions
from bailee.serving import control_plane, data_plane, directory

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
async def house(hold, rooms):
    holder = await hold()
    return Household(rooms, holder.id, holder)


async def with_group(house: Household, name: str = "Piste patrol") -> tuple[UUID, UUID]:
    """A group of the directory with one member: both ids."""
    member = await house.staff()
    scim = Client(directory(house.rooms), (await house.holder.client()).token)
    sent = {"schemas": [GROUP], "displayName": name, "members": [{"value": str(member)}]}
    made = await scim("POST", "/scim/v2/Groups", sent)
    assert made.status == 201, made.raw
    return UUID(made.body["id"]), member


async def given(house: Household, person: UUID) -> tuple[str, ...]:
    account = await house.wings.accounts.find(house.id, person)
    assert account is not None
    return account.roles


async def test_roles_of_a_group_are_chosen_on_a_page_in_both_languages(house):
    boss = await house.signed_in(await house.staff(ADMIN))
    assert b"No group yet" in (await boss.get("/access/groups")).raw
    group, member = await with_group(house)
    assert b"/access/groups" in (await boss.get("/access")).raw
    assert b"Piste patrol" in (await boss.get("/access/groups")).raw
    path = f"/access/groups/{group}"
    assert b"1 person is in this group." in (await boss.get(path)).raw
    assert (await boss.post(path, ("roles", VIEWER), ("roles", OPERATOR))).headers["location"] == "/access/groups"
    assert await given(house, member) == tuple(sorted((OPERATOR, VIEWER)))
    assert (await boss.post(path, roles="king")).status == 422
    boss.cookies["language"] = "fr"
    french = (await boss.get(path)).raw.decode()
    for words in ("Groupes de votre annuaire", "1 personne fait partie de ce groupe.", "Lecteur"):
        assert words in french, words
    assert (await boss.get(f"/access/groups/{member}")).status == 404
    assert (await boss.post(f"/access/groups/{member}", roles=VIEWER)).status == 404


async def test_on_the_page_nobody_gives_or_takes_more_than_they_have_and_administrators_wait(house):
    one, another = [await house.signed_in(await house.staff(ADMIN)) for _ in range(2)]
    group, member = await with_group(house)
    path = f"/access/groups/{group}"
    mine = ["accounts:role:assign", "accounts:account:read", *permissions([VIEWER], {})]
    await house.wings.accounts.make_role(house.id, "giver", mine, by="tests")
    giver = await house.signed_in(await house.staff("giver"))
    assert (await giver.post(path, roles=OPERATOR)).status == 403
    assert (await giver.post(path, roles=VIEWER)).headers["location"] == "/access/groups"
    waits = await one.post(path, ("roles", ADMIN))
    page = waits.headers["location"]
    assert page.startswith("/approvals/")
    assert await given(house, member) == (VIEWER,)
    assert b"Piste patrol" in (await another.get(page)).raw, "who decides sees which group, by its name"
    assert (await another.post(page, decision="approve")).status == 303
    do = (await one.get(page)).raw.decode()
    assert f'action="{path}"' in do, "done from the approval, with the very same request"
    assert (await one.post(path, ("roles", ADMIN))).headers["location"] == "/access/groups"
    assert await given(house, member) == (ADMIN,)
    assert (await giver.post(path)).status == 403, "what is above one's own is not taken either"
    assert (await one.post(path)).headers["location"].startswith("/approvals/"), "nor are administrators unmade alone"


async def test_over_http_the_controllers_own_credential_maps_and_a_foreign_one_finds_nothing(house, hold, rooms):
    for _ in range(2):
        await house.staff(ADMIN)
    group, member = await with_group(house)
    app = Application(data_plane(rooms), control_plane(rooms))
    keeper = Client(app, (await house.holder.client("contract-administration")).token)
    path = f"/api/v1/controllers/{house.id}/groups"
    listed = await keeper("GET", path)
    assert listed.body == [{"id": str(group), "name": "Piste patrol", "members": 1, "roles": []}]
    put = await keeper("PUT", f"{path}/{group}/roles", {"roles": [VIEWER]})
    assert (put.status, put.body["roles"]) == (200, [VIEWER]), put.raw
    assert await given(house, member) == (VIEWER,)
    waits = await keeper("PUT", f"{path}/{group}/roles", {"roles": [ADMIN]})
    assert (waits.status, waits.body["type"].rpartition("/")[2]) == (409, "second-person")
    assert await given(house, member) == (VIEWER,)
    approvals, by = house.wings.access.approvals, "somebody else"
    await approvals.decide(house.id, UUID(waits.body["detail"]), given=True, by=by)
    assert (await keeper("PUT", f"{path}/{group}/roles", {"roles": [ADMIN]})).status == 200
    assert await given(house, member) == (ADMIN,)
    for body, status in (({"roles": ["king"]}, 422), ({"roles": "x"}, 400), ({}, 400)):
        assert (await keeper("PUT", f"{path}/{group}/roles", body)).status == status, body
    assert (await keeper("PUT", f"{path}/{member}/roles", {"roles": []})).status == 404
    foreign = Client(app, (await (await hold(1)).client("contract-administration")).token)
    assert (await foreign("GET", path)).status == 404
    assert (await foreign("PUT", f"{path}/{group}/roles", {"roles": []})).status == 404
    system = Client(app, (await house.holder.client()).token)
    assert (await system("GET", path)).status == 403, "a credential for accounts says nothing of who may do what"


async def test_the_last_administrator_stays_whatever_a_group_is_said_to_give(house, rooms):
    group, member = await with_group(house)
    app = Application(data_plane(rooms), control_plane(rooms))
    keeper = Client(app, (await house.holder.client("contract-administration")).token)
    path = f"/api/v1/controllers/{house.id}/groups/{group}/roles"
    assert (await keeper("PUT", path, {"roles": [ADMIN]})).status == 200, "nobody else is there to ask"
    left = await keeper("PUT", path, {"roles": []})
    assert (left.status, left.body["type"].rpartition("/")[2]) == (409, "last-administrator")
    assert await given(house, member) == (ADMIN,)


async def test_an_operator_lists_and_maps_by_command_and_waits_as_well(house, premises):
    for _ in range(2):
        await house.staff(ADMIN)
    of = ("--controller", str(house.id))
    assert "No directory keeps a group here" in (await commanded(house, premises, "groups", "list", *of)).output
    group, member = await with_group(house)
    done = await commanded(house, premises, "groups", "give", str(group), "--role", VIEWER, *of)
    assert done.exit_code == 0, done.output
    assert await given(house, member) == (VIEWER,)
    said = await commanded(house, premises, "groups", "list", *of, "--json")
    assert json.loads(said.output) == [{"id": str(group), "name": "Piste patrol", "members": 1, "roles": [VIEWER]}]
    waits = await commanded(house, premises, "groups", "give", str(group), "--role", ADMIN, *of)
    assert (waits.exit_code, "second person" in waits.output) == (2, True), waits.output
    assert await given(house, member) == (VIEWER,)
    for wrong in ((str(group), "--role", "king"), (str(member),)):
        refused = await commanded(house, premises, "groups", "give", *wrong, *of)
        assert refused.exit_code == 2, refused.output
    kinds = [one["kind"] for one in await house.entries()]
    assert kinds.count("group-roles-mapped") == 1
