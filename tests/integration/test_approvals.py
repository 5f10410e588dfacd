"""The second person: what waits, for whom, bound to what, done once; reviews of access; credentials that rotate."""

import asyncio
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.browsing import Browser
from tests.household import ADMIN, DPO, OPERATOR, VIEWER, Household, commanded
from tests.integration.test_scim_directories import Scim, entra
from tests.speaking import Client

from bailee.api.application import Application
from bailee.infra.premises import Premises
from bailee.processing.accounts.approving.approvals import LASTS, NotWaiting
from bailee.processing.accounts.approving.dangers import COUNTS_FOR, DEFAULT, Asked, Danger
from bailee.processing.accounts.lifecycle import Step
from bailee.processing.accounts.reviewing import EVERY, Decision, due_at
from bailee.serving import control_plane, data_plane, directory
from bailee.vocabulary.parties import ActorKind


@pytest.fixture
async def house(hold, rooms):
    holder = await hold()
    return Household(rooms, holder.id, holder)


@pytest.fixture
def clock(settings):
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


async def two(house: Household) -> tuple[Browser, Browser]:
    return await house.signed_in(await house.staff(ADMIN)), await house.signed_in(await house.staff(ADMIN))


def waiting(reply) -> str:
    """The page of the approval that something waits under."""
    assert reply.status == 303, (reply.status, reply.raw[-300:])
    found = re.fullmatch(r"/approvals/[0-9a-f-]{36}", reply.headers["location"])
    assert found, reply.headers["location"]
    return found[0]


EXPORT = {"format": "ndjson", "recipient": "Alpages SA"}


async def test_an_export_of_everyone_waits_is_approved_by_another_and_done_once(house, profile):
    asker, second = await two(house)
    await (await house.holder.client()).person(profile)
    page = waiting(await asker.post("/exports", **EXPORT))
    assert waiting(await asker.post("/exports", **EXPORT)) == page, "asked twice, it waits once"
    own = await asker.post(page, decision="approve")
    assert own.status == 403, "nobody is their own second person"
    assert waiting(await asker.post("/exports", **EXPORT)) == page
    shown = (await second.get(page)).raw
    assert b"Alpages SA" in shown
    assert b"ndjson" in shown
    assert (await second.post(page, decision="approve")).status == 303
    other = await asker.post("/exports", **(EXPORT | {"recipient": "Another SA"}))
    assert waiting(other) != page, "what was approved is this request and no other"
    assert waiting(await second.post("/exports", **EXPORT)) != page, "and nobody else's"
    once, again = await asyncio.gather(asker.post("/exports", **EXPORT), asker.post("/exports", **EXPORT))
    done = [one for one in (once, again) if one.status == 201]
    assert len(done) == 1, (once.status, again.status)
    assert profile["email"].encode() in done[0].raw
    waiting(again if done[0] is once else once)
    kinds = [one["kind"] for one in await house.entries()]
    assert [kinds.count(f"approval-{one}") for one in ("given", "used")] == [1, 1]
    [asked, given, used] = [
        next(one for one in await house.entries() if one["kind"] == f"approval-{name}") for name in ("asked", "given", "used")
    ]  # fmt: skip
    assert asked["digest"] == given["digest"] == used["digest"]
    assert "Alpages SA" not in f"{asked}{given}{used}", (
        "what is asked is bound by its digest, and stands nowhere in clear"
    )


async def test_an_approval_runs_out_is_refused_or_taken_back_and_then_opens_nothing(house, clock):
    asker, second = await two(house)
    page = waiting(await asker.post("/exports", **EXPORT))
    assert (await second.post(page, decision="refuse")).status == 303
    renewed = waiting(await asker.post("/exports", **EXPORT))
    assert renewed != page
    assert (await second.post(page, decision="approve")).status == 409, "decided is decided"
    assert (await asker.post(renewed, decision="withdraw")).status == 303
    assert (await second.post(renewed, decision="approve")).status == 409
    third = UUID(waiting(await asker.post("/exports", **EXPORT)).rpartition("/")[2])
    approvals = house.wings.access.approvals
    clock.write_text(f"+{int(LASTS.total_seconds()) - 30}s")
    assert (await approvals.find(house.id, third)).open(house.rooms.clock.now())
    clock.write_text(f"+{int(LASTS.total_seconds()) + 1}s")
    assert not (await approvals.find(house.id, third)).open(house.rooms.clock.now())
    with pytest.raises(NotWaiting):
        await approvals.decide(house.id, third, given=True, by="somebody else")


async def test_making_and_unmaking_an_administrator_waits_by_every_way(house, profile):
    asker, second = await two(house)
    boss, plain = await house.staff(ADMIN), await house.staff(VIEWER)
    held, _ = await (await house.holder.client()).person(profile)
    ways = [
        (f"/people/{plain}/account/roles", (("roles", ADMIN),)),
        (f"/people/{boss}/account/roles", (("roles", VIEWER),)),
        (f"/people/{boss}/account/step", (("step", "ask-closing"),)),
        (f"/people/{held}/account/invite", (("roles", ADMIN),)),
        ("/access/review", (("person", str(boss)), ("decision", "remove"))),
        ("/access/review", (("person", str(plain)), ("decision", "change"), ("roles", ADMIN))),
        ("/access/roles/new", (("name", "boss"), ("permissions", "accounts:role:assign"))),
        (f"/people/{boss}/erase", (("word", str(boss)[-6:]),)),
    ]
    for path, fields in ways:
        page = waiting(await asker.post(path, *fields))
        assert (await second.get(page)).status == 200, path
    accounts = house.wings.accounts
    assert (await accounts.find(house.id, plain)).roles == (VIEWER,)
    assert (await accounts.find(house.id, boss)).roles == (ADMIN,)
    assert await accounts.made_roles(house.id) == {}
    for path, fields in ((f"/people/{plain}/account/roles", (("roles", OPERATOR),)),
                         (f"/people/{boss}/account/step", (("step", "suspend"),))):  # fmt: skip
        done = await asker.post(path, *fields)
        assert not done.headers["location"].startswith("/approvals"), "what makes no administrator waits for nobody"
    path, fields = ways[0]
    page = waiting(await asker.post(path, *fields))
    assert (await second.post(page, decision="approve")).status == 303
    assert (await asker.post(path, *fields)).headers["location"] == f"/people/{plain}/account"
    assert (await accounts.find(house.id, plain)).roles == (ADMIN,)


async def test_the_second_person_has_the_permission_and_at_least_what_is_given(house):
    asker, _ = await two(house)
    plain = await house.staff()
    page = waiting(await asker.post(f"/people/{plain}/account/roles", ("roles", ADMIN)))
    await house.wings.accounts.make_role(
        house.id, "giver", ["accounts:role:assign", "accounts:account:read"], by="tests"
    )
    for role, status in ((VIEWER, 404), (DPO, 404), ("giver", 403)):
        browser = await house.signed_in(await house.staff(role))
        assert (await browser.post(page, decision="approve")).status == status, role
    assert (await Browser(house.app).get(page)).headers["location"] == "/sign-in"


async def test_presence_is_proven_before_a_decision(house, clock):
    asker, second = await two(house)
    page = waiting(await asker.post("/exports", **EXPORT))
    clock.write_text("+11m")
    answer = await second.post(page, decision="approve")
    assert answer.headers["location"].startswith("/me/sign-in/prove")
    assert (await house.wings.access.approvals.find(house.id, UUID(page.rpartition("/")[2]))).state == "pending"


async def test_whoever_is_alone_acts_and_the_ledger_says_so_until_a_second_one_is_there(house, clock):
    alone = await house.signed_in(await house.staff(ADMIN))
    assert (await alone.post("/exports", **EXPORT)).status == 201
    assert "acted-alone" in [one["kind"] for one in await house.entries()]
    other = await house.staff(ADMIN)
    waiting(await alone.post("/exports", **EXPORT))
    await house.wings.accounts.step(house.id, other, Step.suspend, by="tests")
    waiting(await alone.post("/exports", **EXPORT))
    approvals = house.wings.access.approvals
    clock.write_text(f"+{int(COUNTS_FOR.total_seconds()) - 60}s")
    assert await approvals.several(house.id, Danger.export), "suspending the others does not lift the rule at once"
    clock.write_text(f"+{int(COUNTS_FOR.total_seconds()) + 60}s")
    assert not await approvals.several(house.id, Danger.export), "nor is anybody left waiting for ever"


async def test_which_acts_wait_is_the_controllers_choice_and_the_choice_waits_too(house, profile):
    asker, second = await two(house)
    assert await house.wings.access.approvals.chosen(house.id) == DEFAULT
    page = waiting(await asker.post("/approvals/rule", ("dangers", "erase"), ("dangers", "switches")))
    assert await house.wings.access.approvals.chosen(house.id) == DEFAULT
    assert (await second.post(page, decision="approve")).status == 303
    done = await asker.post("/approvals/rule", ("dangers", "switches"), ("dangers", "erase"))
    assert done.headers["location"] == "/approvals"
    assert await house.wings.access.approvals.chosen(house.id) == {Danger.erase, Danger.switches}
    assert (await asker.post("/exports", **EXPORT)).status == 201
    person, _ = await (await house.holder.client()).person(profile)
    waiting(await asker.post(f"/people/{person}/erase", word=person[-6:]))
    assert (await asker.get(f"/people/{person}")).status == 200


async def test_single_sign_on_waits_and_its_secret_is_shown_to_nobody(house):
    asker, second = await two(house)
    fields = {"issuer": "https://id.example", "client_id": "bailee", "secret": "s3cret-of-the-client"}
    page = waiting(await asker.post("/sign-on", **fields))
    for browser in (asker, second):
        shown = (await browser.get(page)).raw
        assert b"https://id.example" in shown
        assert b"s3cret" not in shown
    assert (await second.post(page, decision="approve")).status == 303
    assert waiting(await asker.post("/sign-on", **(fields | {"secret": "another"}))) != page
    assert (await asker.post("/sign-on", **fields)).headers["location"] == "/sign-on"
    assert (await house.wings.sign_on.agreed(house.id)).secret == fields["secret"]


async def test_a_system_waits_as_well_and_another_controller_sees_nothing_of_it(house, hold, rooms):
    _, second = await two(house)
    app = Application(data_plane(rooms), control_plane(rooms))
    system = Client(app, (await house.holder.client()).token)
    refused = await system("POST", "/api/v1/exports", {"format": "csv"})
    assert (refused.status, refused.body["type"].rpartition("/")[2]) == (409, "second-person")
    approval = refused.body["detail"]
    keeper = Client(app, (await house.holder.client("contract-administration")).token)
    [listed] = (await keeper("GET", f"/api/v1/controllers/{house.id}/approvals")).body
    assert (listed["id"], listed["state"], listed["asked_by"]) == (approval, "pending", "system:crm")
    stranger = await hold(1)
    foreign = Client(app, (await stranger.client("contract-administration")).token)
    assert (await foreign("GET", f"/api/v1/controllers/{house.id}/approvals")).status == 404
    assert (await foreign("DELETE", f"/api/v1/controllers/{stranger.id}/approvals/{approval}")).status == 404
    assert (await second.post(f"/approvals/{approval}", decision="approve")).status == 303
    assert (await system("POST", "/api/v1/exports", {"format": "csv"})).status == 200
    assert (await system("POST", "/api/v1/exports", {"format": "csv"})).status == 409
    [waits] = [
        one for one in (await keeper("GET", f"/api/v1/controllers/{house.id}/approvals")).body if one["state"] == "pending"
    ]  # fmt: skip
    assert (await keeper("DELETE", f"/api/v1/controllers/{house.id}/approvals/{waits['id']}")).status == 204


async def test_an_export_of_a_list_waits_like_one_of_everyone_and_one_of_a_single_person_does_not(
    house, rooms, profile
):
    _, second = await two(house)
    client = await house.holder.client()
    [(one, _), (other, _), (third, _)] = [
        await client.person(data) for data in (profile, {"language": "de"}, {"language": "it"})
    ]
    system = Client(Application(data_plane(rooms), control_plane(rooms)), client.token)

    async def export(*persons: str) -> Any:
        return await system("POST", "/api/v1/exports", {"format": "ndjson", "persons": persons})

    assert (await export(one)).status == (await export(one, one)).status == (await export()).status == 200
    waits = await export(one, other)
    assert (waits.status, waits.body["type"].rpartition("/")[2]) == (409, "second-person")
    approval = waits.body["detail"]
    assert (await export(other, one)).body["detail"] == approval, "the same list in another order"
    shown = (await second.get(f"/approvals/{approval}")).raw.decode()
    assert "Digest of the list of ids" in shown
    assert "<dt>Persons</dt><dd>2</dd>" in shown
    assert (await second.post(f"/approvals/{approval}", decision="approve")).status == 303
    assert (await export(one, third)).status == 409, "it was given for another list"
    assert (await system("POST", "/api/v1/exports", {"format": "ndjson"})).status == 409, "and not for everyone"
    done = await export(one, other)
    assert (done.status, len(done.raw.splitlines())) == (200, 2)
    assert (await export(one, other)).status == 409, "once"


async def test_a_system_or_a_directory_that_erases_waits_where_the_controller_wants_a_second_person(
    house, hold, profile
):
    """By default it does not: `DEFAULT` leaves it out. What would not be begun anyway is answered as ever."""
    _, second = await two(house)
    client = await house.holder.client()
    assert Danger.erase not in DEFAULT
    free, _ = await client.person({"language": "de"})
    assert (await client("DELETE", f"/api/v1/persons/{free}")).status == 202
    await house.wings.access.approvals.choose(house.id, frozenset({Danger.erase}), by="tests")
    (person, record), (other, _) = await client.person(profile), await client.person({"language": "it"})
    path = f"/api/v1/persons/{person}"
    waits = await client("DELETE", path, idempotency_key="once")
    assert (waits.status, waits.body["type"].rpartition("/")[2]) == (409, "second-person")
    assert (await client("DELETE", path)).body["detail"] == waits.body["detail"], "asked twice, it waits once"
    assert (await second.post(f"/approvals/{waits.body['detail']}", decision="approve")).status == 303
    assert (await client("DELETE", f"/api/v1/persons/{other}")).status == 409, "it was given for another one"
    assert (await client("GET", f"{path}/profile/{record}")).status == 200
    assert (await client("DELETE", path, idempotency_key="once")).status == 202
    assert (await client("GET", f"{path}/profile/{record}")).status == 404

    reader = await house.holder.client("support")
    stranger = await (await hold(1)).client()
    foreign, _ = await stranger.person({"language": "fr"})
    assert (await reader("DELETE", f"/api/v1/persons/{other}")).status == 403, "whoever may not erase asks nobody"
    nobody = await client("DELETE", f"/api/v1/persons/{foreign}")
    assert nobody.status == 404
    assert (await client("DELETE", path)).raw == nobody.raw
    waiting_now = [one for one in await house.wings.access.approvals.listed(house.id) if one.state == "pending"]
    assert [one.asked.values("person") for one in waiting_now] == [[other]]

    scim = Scim(directory(house.rooms), client)
    made = (await scim("POST", "/Users", entra())).body["id"]
    waits = await scim("DELETE", f"/Users/{made}")
    assert waits.status == 409
    [asked] = [
        one for one in await house.wings.access.approvals.listed(house.id) if one.asked and made in one.asked.path
    ]
    assert (await second.post(f"/approvals/{asked.id}", decision="approve")).status == 303
    assert (await scim("DELETE", f"/Users/{made}")).status == 204


async def test_whoever_issued_a_systems_credential_is_no_second_person_for_it(house, rooms):
    one = await house.staff(ADMIN)
    first, second = await house.signed_in(one), await house.signed_in(await house.staff(ADMIN))
    until = rooms.clock.now() + timedelta(days=1)
    given = {"kind": ActorKind.controller_system, "expires_at": until}
    await rooms.credentials.issue(
        house.id, by=str(one), actor="system:keeper", purposes=["contract-administration"], **given
    )
    issued = await rooms.credentials.issue(
        house.id, by="system:keeper", actor="system:feed", purposes=["account-management"], **given
    )
    system = Client(Application(data_plane(rooms), control_plane(rooms)), issued.text)
    approval = (await system("POST", "/api/v1/exports", {"format": "csv"})).body["detail"]
    assert (await first.post(f"/approvals/{approval}", decision="approve")).status == 403, "it stands behind both"
    assert (await system("POST", "/api/v1/exports", {"format": "csv"})).status == 409
    assert (await second.post(f"/approvals/{approval}", decision="approve")).status == 303
    assert (await system("POST", "/api/v1/exports", {"format": "csv"})).status == 200


async def test_what_waits_is_read_and_decided_over_http_by_a_second_person_alone(house, rooms):
    asker, _ = await two(house)
    app = Application(data_plane(rooms), control_plane(rooms))
    approval = waiting(await asker.post("/exports", **EXPORT)).rpartition("/")[2]
    path = f"/api/v1/controllers/{house.id}/approvals/{approval}"
    until = rooms.clock.now() + timedelta(days=1)

    async def client(actor, kind, by, controller=house.id):
        issued = await rooms.credentials.issue(
            controller, by=by, actor=actor, kind=kind, purposes=["contract-administration"], expires_at=until
        )
        return Client(app, issued.text)

    staff = await client("staff:anna", ActorKind.controller_staff, "operator")
    [listed] = (await staff("GET", f"/api/v1/controllers/{house.id}/approvals")).body
    read = (await staff("GET", path)).body
    assert read["approval"] == listed
    assert (read["path"], read["fields"]) == ("/exports", [["format", "ndjson"], ["recipient", "Alpages SA"]])
    decision = {"decision": "approve", "digest": listed["digest"]}
    for other in (
        await client("system:feed", ActorKind.controller_system, "operator"),
        await client("operator:1", ActorKind.processor_staff, "tests", rooms.platform),
        await client("staff:puppet", ActorKind.controller_staff, listed["asked_by"]),
    ):
        assert (await other("POST", f"{path}/decision", decision)).status == 403
    assert (await staff("POST", f"{path}/decision", decision | {"digest": "0" * 64})).status == 409
    assert (await staff("POST", f"{path[:-4]}0000/decision", decision)).status == 404
    waiting(await asker.post("/exports", **EXPORT))
    done = await staff("POST", f"{path}/decision", decision)
    assert (done.status, done.body["state"], done.body["decided_by"]) == (200, "approved", "staff:anna")
    assert (await staff("POST", f"{path}/decision", decision)).status == 409
    assert (await asker.post("/exports", **EXPORT)).status == 201
    assert (await staff("GET", path)).body["fields"] == []
    again = waiting(await asker.post("/exports", **EXPORT)).rpartition("/")[2]
    digest = (await staff("GET", f"/api/v1/controllers/{house.id}/approvals")).body[0]["digest"]
    refused = await staff(
        "POST", f"{path.rpartition('/')[0]}/{again}/decision", {"decision": "refuse", "digest": digest}
    )
    assert (refused.status, refused.body["state"]) == (200, "refused")


async def test_what_is_approved_are_the_very_bytes_that_run(house):
    asked = Asked(Danger.administrators, "/x", (("roles", "a"), ("roles", "b"), ("name", "c")))
    fields = asked.fields
    others = [
        msgspec.structs.replace(asked, fields=tuple(reversed(fields))),
        msgspec.structs.replace(asked, fields=(fields[1], fields[0], fields[2])),
        msgspec.structs.replace(asked, fields=(*fields, ("name", ""))),
        msgspec.structs.replace(asked, path="/y"),
        msgspec.structs.replace(asked, danger=Danger.switches),
    ]
    assert len({asked.canonical("me"), asked.canonical("you"), *(one.canonical("me") for one in others)}) == 7
    asker, second = await two(house)
    path = "/access/roles/new"
    made = ("name", "boss"), ("permissions", "accounts:role:assign"), ("permissions", "accounts:role:make")
    page = waiting(await asker.post(path, *made))
    assert (await second.post(page, decision="approve")).status == 303
    waiting(await asker.post(path, made[0], made[2], made[1]))
    assert (await asker.post(path, *made)).headers["location"] == "/access"


async def test_an_invitation_is_bound_to_the_address_it_goes_to(house, profile):
    asker, second = await two(house)
    client = await house.holder.client()
    person, record = await client.person(profile)
    page = waiting(await asker.post(f"/people/{person}/account/invite", roles=ADMIN))
    assert profile["email"].encode() in (await second.get(page)).raw
    assert (await second.post(page, decision="approve")).status == 303
    changed = await client("PATCH", f"/api/v1/persons/{person}/profile/{record}", {"email": "thief@elsewhere.example"})
    assert changed.status == 200, changed.raw
    assert waiting(await asker.post(f"/people/{person}/account/invite", roles=ADMIN)) != page


async def test_rotating_a_credential_waits_where_issuing_one_does(house):
    asker, second = await two(house)
    await house.wings.access.approvals.choose(house.id, DEFAULT | {Danger.credentials}, by="tests")
    await house.holder.client()
    [before] = await house.rooms.credentials.listed(house.id)
    sent = {"credential": str(before.credential)}
    page = waiting(await asker.post("/credentials/rotate", **sent))
    shown = (await second.get(page)).raw.decode()
    assert str(before.credential) in shown
    assert before.actor in shown
    assert len(await house.rooms.credentials.listed(house.id)) == 1
    assert (await second.post(page, decision="approve")).status == 303
    done = await asker.post("/credentials/rotate", **sent)
    assert (done.status, b'id="credential">' in done.raw) == (200, True)
    assert len(await house.rooms.credentials.listed(house.id)) == 2
    assert (await asker.post("/credentials/rotate", credential="01a20992-e778-72da-9709-6aaf092006a9")).status == 409


async def test_credentials_wait_over_http_and_by_command_as_they_do_in_the_console(house, rooms, premises):
    _, second = await two(house)
    await house.wings.access.approvals.choose(house.id, DEFAULT | {Danger.credentials}, by="tests")
    app = Application(data_plane(rooms), control_plane(rooms))
    keeper = Client(app, (await house.holder.client("contract-administration")).token)
    path, before = f"/api/v1/controllers/{house.id}/credentials", len(await rooms.credentials.listed(house.id))
    until = rooms.clock.now() + timedelta(days=30)
    wanted = {"actor": "system:feed", "kind": "controller_system", "purposes": ["account-management"],
              "expires_at": until.isoformat()}  # fmt: skip
    operator = await platform_client(rooms, app)
    for client in (keeper, operator):
        waits = await client("POST", path, wanted)
        assert (waits.status, waits.body["type"].rpartition("/")[2]) == (409, "second-person"), waits.raw
    assert len(await rooms.credentials.listed(house.id)) == before
    page = f"/approvals/{(await keeper('POST', path, wanted)).body['detail']}"
    shown = (await second.get(page)).raw
    assert b"system:feed" in shown
    assert (await second.post(page, decision="approve")).status == 303
    other = await keeper("POST", path, wanted | {"expires_at": (until + timedelta(seconds=1)).isoformat()})
    assert other.status == 409, "what was approved is this request, to the second"
    assert (await operator("POST", path, wanted)).status == 409, "and this asker's"
    issued = await keeper("POST", path, wanted)
    assert issued.status == 201, issued.raw
    assert (await keeper("POST", path, wanted)).status == 409, "once"
    rotation = f"{path}/{issued.body['credential']}/rotation"
    page = f"/approvals/{(await keeper('POST', rotation, {'overlap_hours': 2})).body['detail']}"
    assert (await second.post(page, decision="approve")).status == 303
    assert (await keeper("POST", rotation, {"overlap_hours": 720})).status == 409, "a longer overlap is another request"
    assert (await keeper("POST", rotation, {"overlap_hours": 2})).status == 201
    assert (await keeper("POST", f"{path}/{house.id}/rotation", {})).status == 404, "nobody is asked about nothing"
    await by_command(house, premises, second, until)


async def platform_client(rooms, app) -> Client:
    issued = await rooms.credentials.issue(
        rooms.platform, by="tests", actor="operator:1", kind=ActorKind.processor_staff,
        purposes=["contract-administration"], expires_at=rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    return Client(app, issued.text)


async def by_command(house: Household, premises: Premises, second: Browser, until: datetime) -> None:
    """The same by `bailee credential create`, which waits as any door does."""
    credentials = house.rooms.credentials
    before = len(await credentials.listed(house.id))
    typed = ("credential", "create", "--actor", "system:typed", "--controller", str(house.id), "--purpose",
             "account-management", "--expires", f"{until:%Y-%m-%d}")  # fmt: skip
    said = await commanded(house, premises, *typed)
    assert said.exit_code == 2, said.output
    [waiting] = [one for one in await house.wings.access.approvals.listed(house.id) if one.asked_by == "operator"]
    assert str(waiting.id) in said.output.replace("\n", "")
    assert len(await credentials.listed(house.id)) == before
    assert (await second.post(f"/approvals/{waiting.id}", decision="approve")).status == 303
    done = await commanded(house, premises, *typed)
    assert (done.exit_code, "bailee_" in done.output) == (0, True), done.output
    assert len(await credentials.listed(house.id)) == before + 1


async def test_a_review_is_due_after_half_a_year_and_its_decisions_are_kept(house, clock):
    boss, colleague = await house.staff(ADMIN), await house.staff(OPERATOR)
    browser = await house.signed_in(boss)
    account = await house.wings.accounts.find(house.id, colleague)
    assert due_at(account) == account.created_at + EVERY
    assert b"Nobody is due" in (await browser.get("/access/review")).raw
    clock.write_text(f"+{EVERY.days - 1}d")
    assert due_at(account) > house.rooms.clock.now()
    clock.write_text(f"+{EVERY.days + 1}d")
    browser = await house.signed_in(boss)
    assert b"2 accounts are due" in (await browser.get("/access/review")).raw
    assert (await browser.post("/access/review", person=str(colleague), decision="keep")).status == 303
    assert b"1 account is due" in (await browser.get("/access/review")).raw
    changed = (("person", str(colleague)), ("decision", "change"), ("roles", VIEWER))
    assert (await browser.post("/access/review", *changed)).headers["location"] == "/access/review"
    assert (await house.wings.accounts.find(house.id, colleague)).roles == (VIEWER,)
    found = await house.wings.access.reviewing.listed(house.id)
    assert [(one.decision, one.before, one.after, one.by) for one in found] == [
        (Decision.change, (OPERATOR,), (VIEWER,), str(boss)), (Decision.keep, (OPERATOR,), (OPERATOR,), str(boss)),
    ]  # fmt: skip
    [entry] = [one for one in await house.entries() if one["kind"] == "access-reviewed" and "change" in str(one)]
    assert (entry["details"]["roles_before"], entry["details"]["roles"]) == ([OPERATOR], [VIEWER])


async def test_the_processors_own_staff_is_invited_given_roles_and_looked_after(rooms):
    platform = Household(rooms, rooms.platform)
    await platform.alone()
    boss = await platform.signed_in(await platform.staff("processor-administrator"))
    wrong = await boss.post("/access/invite", address="nobody", roles="support")
    assert wrong.status == 422
    before = {one.person for one in await platform.wings.accounts.with_roles(rooms.platform)}
    asked = await boss.post("/access/invite", address="dpo@passerelle.example", roles="processor-dpo")
    assert b'id="link">' in asked.raw
    [invited] = [
        one for one in await platform.wings.accounts.with_roles(rooms.platform) if one.person not in before
    ]  # fmt: skip
    assert (invited.state, invited.roles) == ("invited", ("processor-dpo",))
    page = await boss.get(f"/people/{invited.person}/account")
    assert b"dpo@passerelle.example" in page.raw
    assert (await boss.post(f"/people/{invited.person}/account/roles", roles="support")).status == 303
    assert (await platform.wings.accounts.find(rooms.platform, invited.person)).roles == ("support",)
    assert (await boss.post(f"/people/{invited.person}/account/step", step="suspend")).status == 303


async def test_a_credential_rotates_with_an_overlap_and_tells_when_it_was_used(house, clock, profile):
    browser = await house.signed_in(await house.staff(ADMIN))
    client = await house.holder.client()
    await client.person(profile)
    await house.rooms.credentials.flush()
    [before] = await house.rooms.credentials.listed(house.id)
    assert before.used_at is not None
    reply = await browser.post("/credentials/rotate", credential=str(before.credential))
    text = re.search(rb'id="credential">(\w+)<', reply.raw.replace(b"-", b"_DASH_"))[1].decode().replace("_DASH_", "-")
    listed = {one.credential: one for one in await house.rooms.credentials.listed(house.id)}
    old = listed.pop(before.credential)
    [fresh] = listed.values()
    assert old.replaced_by == fresh.credential
    assert (fresh.actor, fresh.purposes) == (old.actor, old.purposes)
    assert (await browser.post("/credentials/rotate", credential=str(before.credential))).status == 409
    newer = Client(client.app, text)
    for one in (client, newer):
        assert (
            await one("POST", "/api/v1/search", {"type": "profile", "field": "email", "value": "x@y.eu"})
        ).status == 200
    assert old.expires_at - house.rooms.clock.now() <= timedelta(days=1)
    clock.write_text("+25h")
    assert (
        await client("POST", "/api/v1/search", {"type": "profile", "field": "email", "value": "x@y.eu"})
    ).status == 401


async def test_the_guide_knows_what_is_done_and_what_comes_next(house, profile, rooms):
    boss = await house.signed_in(await house.staff(ADMIN))
    first = (await boss.get("/guide")).raw.decode()
    assert re.findall(r'<li class="(\w*)">', first) == ["done", "done", "now", ""]
    await house.resident(profile, VIEWER)
    other = profile | {"email": f"o.{profile['email']}", "user_name": "o", "external_id": "o"}
    await (await house.holder.client()).person(other)
    assert "now" not in re.findall(r'<li class="(\w*)">', (await boss.get("/guide")).raw.decode())
    assert b"First steps</h2>" not in (await boss.get("/")).raw, "and the overview has room for what is"
    viewer = await house.signed_in(await house.staff())
    assert (await viewer.get("/guide")).headers["location"] == "/me"
