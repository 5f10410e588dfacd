"""Breaches by program and by command: opened, counted, told; read and answered by their controller."""

import json
import re
from datetime import timedelta

import pytest
from tests.household import ADMIN, Household, commanded
from tests.integration.test_breaches import Office, clock, office  # noqa: F401 -- fixtures
from tests.speaking import Client

from bailee.api.application import Application
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.parties import ActorKind

WHAT = {"what": "A key was copied.", "natures": ["confidentiality", "confidentiality"]}


@pytest.fixture
def app(rooms):
    return Application(data_plane(rooms), control_plane(rooms))


async def operator(app, rooms) -> Client:
    issued = await rooms.credentials.issue(
        rooms.platform, by="tests", actor="staff:ops", kind=ActorKind.processor_staff,
        purposes=("contract-administration",), expires_at=rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    return Client(app, issued.text, issued.credential)


async def member(app, holder) -> Client:
    made = await holder.client("contract-administration", kind=ActorKind.controller_staff, actor="staff:legal")
    return Client(app, made.token, made.credential)


async def test_a_breach_from_suspicion_to_the_end_over_http(app, office, rooms, profile):  # noqa: F811
    one, other = office.holders
    person, _ = await (await one.client()).person(profile)
    ours, base = await operator(app, rooms), "/api/v1/breaches"
    found = await ours("POST", base, {"description": WHAT})
    assert (found.status, found.body["state"], found.body["natures"]) == (201, "finding", ["confidentiality"])
    here = f"{base}/{found.body['id']}"
    assert (await ours("POST", f"{here}/notices", {})).status == 409
    later = (office.now() + timedelta(hours=1)).isoformat()
    wrong = await ours("POST", f"{here}/decision", {"decision": "confirm", "aware_at": later})
    assert (wrong.status, wrong.body["type"].rpartition("/")[2]) == (422, "awareness-in-the-future")
    asked = {"decision": "confirm", "controllers": [str(one.id)], "tell": True}
    confirmed = await ours("POST", f"{here}/decision", asked)
    assert [case["state"] for case in confirmed.body["controllers"]] == ["sending"]
    stranger = await ours("POST", f"{here}/controllers", {"controllers": [str(rooms.platform)]})
    assert stranger.status == 422
    window = {"since": (office.now() - timedelta(hours=1)).isoformat(), "until": office.now().isoformat()}
    assert (await ours("POST", f"{here}/scopes", {"kind": "store", **window})).status == 202
    assert (await ours("POST", f"{here}/scopes", {"kind": "access", **window})).status == 422
    await office.go_on()
    [case] = (await ours("GET", here)).body["controllers"]
    assert (case["persons"], case["figures_are"], case["computed"][0]["exact"]) == (1, "bound", False)
    figures = {"controller": str(one.id), "version": case["version"], "reason": "looked at", "persons": 2}
    assert (await ours("POST", f"{here}/figures", figures)).status == 200
    assert (await ours("POST", f"{here}/figures", figures)).status == 412
    said = {"description": WHAT | {"measures": "Turned."}, "version": (await ours("GET", here)).body["version"]}
    assert (await ours("PUT", f"{here}/description", said)).body["measures"] == "Turned."
    assert (await ours("POST", f"{here}/notices", {"news": "Two."})).body == {"controllers": [str(one.id)]}
    assert (await ours("POST", f"{here}/controllers", {"controllers": [str(other.id)]})).status == 200
    told = {"controller": str(one.id), "at": office.now().isoformat(), "how": "by phone"}
    assert (await ours("POST", f"{here}/told-otherwise", told)).status == 409
    assert (await ours("POST", f"{here}/close")).status == 409
    assert (await ours("POST", f"{here}/notices", {"closing": True})).status == 409, "one has had no notice"
    assert (await ours("POST", f"{here}/notices", {})).body == {"controllers": [str(other.id)]}
    assert (await ours("POST", f"{here}/notices", {"closing": True})).status == 202
    closed = await ours("POST", f"{here}/close")
    assert (closed.status, closed.body["state"]) == (200, "closed")
    assert [one["id"] for one in (await ours("GET", base)).body] == [found.body["id"]]
    other_one = await ours("POST", base, {"description": WHAT})
    dismissed = await ours(
        "POST", f"{base}/{other_one.body['id']}/decision", {"decision": "dismiss", "reason": "a drill"}
    )
    assert dismissed.body["state"] == "dismissed"
    assert (await ours("GET", f"{base}/{case['id']}")).status == 404
    await office.go_on()

    theirs, notices = await member(app, one), "/api/v1/breach-notices"
    [mine] = (await theirs("GET", notices)).body
    assert (mine["persons"], [sent["kind"] for sent in mine["notices"]]) == (
        2,
        ["first", "further", "closing"],
    )
    place = f"{notices}/{mine['id']}"
    assert (await theirs("GET", f"{place}/file")).body["persons"]["approximate_number"] == 2
    assert (await theirs("GET", f"{place}/file", query="form=pdf&language=fr")).raw.startswith(b"%PDF-")
    assert (await theirs("GET", f"{place}/draft", query="language=fr")).raw.startswith(b"Au sujet")
    [row] = [json.loads(line) for line in (await theirs("POST", f"{place}/persons")).raw.splitlines()]
    assert (row["person"], row["records"], row["held"]) == (person, 1, True)
    remark = {"remark": "authority-not-told", "at": office.now().isoformat(), "words": "no risk"}
    assert (await theirs("POST", f"{place}/remarks", remark | {"words": ""})).status == 422
    assert (await theirs("POST", f"{place}/remarks", remark)).status == 204
    foreign = await member(app, other)
    for method, path in (("GET", "file"), ("GET", "draft"), ("POST", "persons")):
        assert (await foreign(method, f"{place}/{path}")).status == 404
    assert (await foreign("POST", f"{place}/remarks", remark)).status == 404
    assert (await theirs("GET", base)).status == 404, "the register is the processor's"


async def test_a_list_of_ids_waits_for_a_second_person_too(app, office):  # noqa: F811
    one, _ = office.holders
    house = Household(office.rooms, one.id, one)
    await house.staff(ADMIN)
    await house.staff(ADMIN)
    breach = await office.open(one)
    theirs = await member(app, one)
    case = await office.case(breach, one)
    assert (await theirs("POST", f"/api/v1/breach-notices/{case.id}/persons")).status == 409, "nothing is computed"
    scope = {
        "kind": "store",
        "since": (office.now() - timedelta(hours=1)).isoformat(),
        "until": office.now().isoformat(),
    }
    ours = await operator(app, office.rooms)
    await ours("POST", f"/api/v1/breaches/{breach.id}/scopes", scope)
    await office.go_on()
    answer = await theirs("POST", f"/api/v1/breach-notices/{case.id}/persons")
    assert (answer.status, answer.body["type"].rpartition("/")[2]) == (409, "second-person")


async def test_the_register_and_a_new_breach_by_command(office, premises):  # noqa: F811
    one, _ = office.holders
    house = Household(office.rooms, one.id, one)
    empty = await commanded(house, premises, "breaches")
    assert (empty.exit_code, "no breach is on record" in empty.output) == (0, True)
    for typed, code in (
        (("--aware-at", "soon"), 2), (("--aware-at", "2026-01-01T10:00"), 2), (("--controller", str(one.company.id)[:-1] + "0"), 2),
        (("--suspicion",), 0), (("--controller", str(one.id), "--nature", "integrity", "--tell", "--json"), 0),
        (("--aware-at", "2026-01-01T10:00+01:00"), 0),
    ):  # fmt: skip
        made = await commanded(house, premises, "breaches", "open", "--what", "Something was changed.", *typed)
        assert made.exit_code == code, (typed, made.output)
    late = await commanded(house, premises, "breaches")
    assert (late.exit_code, "waits" in late.output) == (1, True)
    await office.go_on()
    told = await commanded(house, premises, "breaches", "--json")
    [found] = [each for each in json.loads(told.stdout) if each["controllers"]]
    assert (found["natures"], found["controllers"][0]["state"]) == (["integrity"], "told")
    assert found["controllers"][0]["seconds"] >= 0
    assert told.exit_code == 0
    shown = await commanded(house, premises, "breaches")
    assert (shown.exit_code, re.search(r"\d\.\d h", shown.output) is not None) == (0, True)
    everyone = await commanded(house, premises, "breaches", "open", "--what", "Of all.", "--suspicion", "--everyone")
    assert everyone.exit_code == 0
