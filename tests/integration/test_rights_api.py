"""Requests of persons by program: the whole way, what does not fit, and nothing of anyone else's."""

import io
import json
import zipfile
from functools import partial
from uuid import uuid4

import pytest
from tests.household import Household
from tests.speaking import Client

from bailee.api.application import Application
from bailee.serving import control_plane, data_plane

RIGHTS = ("rights-of-persons", "account-management")


@pytest.fixture
async def house(rooms, hold):
    holder = await hold()
    return Household(rooms, holder.id, holder)


@pytest.fixture
def app(rooms):
    return Application(data_plane(rooms), control_plane(rooms))


@pytest.fixture
async def speak(app, house):
    client = await house.holder.client(*RIGHTS)
    return Client(app, client.token, client.credential)


@pytest.fixture
def work(house):
    return partial(house.wings.promised.rights.working.due, house.id)


async def test_access_by_program_from_intake_to_proof(house, speak, work, profile):
    person, _ = await (await house.holder.client()).person(profile)
    asked = {"right": "access", "person": person, "words": "all of it", "identity": "declared"}
    made = await speak("POST", "/api/v1/requests", asked)
    assert (made.status, made.body["article"], made.body["state"]) == (201, "Art. 15", "received")
    path = f"/api/v1/requests/{made.body['id']}"
    ordered = await speak("POST", f"{path}/order", {"version": made.body["version"]})
    assert (ordered.status, ordered.body["step"]) == (202, "queued")
    await work()
    now = await speak("GET", path)
    assert now.body["step"] == "done", now.body
    pack = zipfile.ZipFile(io.BytesIO((await speak("GET", f"{path}/pack")).raw))
    assert json.loads(pack.read("data.json"))["records"][0]["data"] == profile
    stale = await speak("POST", f"{path}/answer", {"words": "Here.", "version": 1})
    assert (stale.status, stale.body["clause"]) == (412, "rights.tools")
    version = (await speak("GET", path)).body["version"]
    answered = await speak("POST", f"{path}/answer", {"words": "Here.", "version": version})
    assert (answered.status, answered.body["state"], answered.body["outcome"]) == (200, "answered", "granted")
    file = zipfile.ZipFile(io.BytesIO((await speak("GET", f"{path}/file")).raw))
    assert json.loads(file.read("request.json"))["state"] == "answered"
    [listed] = (await speak("GET", "/api/v1/requests", query=f"person={person}")).body
    assert listed["id"] == made.body["id"]
    again = await speak("POST", f"{path}/withdrawal", {"version": answered.body["version"]})
    assert again.status == 409


async def test_what_does_not_fit_is_a_problem_that_says_so(house, speak, work, profile):
    client = await house.holder.client()
    body = {"groups": ["user"], "records": [{"type": "profile", "data": profile, "recipients": ["Post SA"]}]}
    made = (await client("POST", "/api/v1/persons", body)).body
    one = (await speak("POST", "/api/v1/requests", {"right": "rectification", "person": made["person"]})).body
    path = f"/api/v1/requests/{one['id']}"
    assert (await speak("POST", f"{path}/order", {"version": one["version"]})).status == 422
    patch = {"type": "profile", "record": made["records"][0], "patch": {"company": "Lacs"}}
    ordered = await speak("POST", f"{path}/order", {"version": one["version"], "corrections": [patch]})
    assert ordered.status == 202
    await work()
    recipients = await speak("GET", f"{path}/recipients")
    assert [(r["recipient"], r["state"]) for r in recipients.body] == [("Post SA", "open")]
    assert (await speak("POST", f"{path}/recipients", {})).body[0]["state"] == "open", "its address is not known"
    told = await speak("POST", f"{path}/recipients", {"recipient": "Post SA", "excuse": "told-otherwise"})
    assert told.body[0]["state"] == "told"
    one = (await speak("POST", "/api/v1/requests", {"right": "access", "words": "me?", "channel": "email"})).body
    path = f"/api/v1/requests/{one['id']}"
    looked = await speak("POST", f"{path}/identity", {"identity": "document", "version": one["version"]})
    longer = await speak("POST", f"{path}/extension", {"reasons": "Many.", "version": looked.body["version"]})
    assert longer.body["state"] == "extended"
    refused = {"ground": "not-held", "reasons": "Nothing is held.", "version": longer.body["version"]}
    assert (await speak("POST", f"{path}/refusal", refused)).body["state"] == "refused"
    assert (await speak("POST", "/api/v1/requests", {"right": "whim"})).status == 400


async def test_another_controllers_request_and_person_answer_like_ones_that_never_were(
    app, hold, house, speak, profile
):
    person, _ = await (await house.holder.client()).person(profile)
    one = (await speak("POST", "/api/v1/requests", {"right": "access", "person": person})).body
    foreign = await hold(1)
    theirs = Client(app, (await foreign.client(*RIGHTS)).token)
    asked = [await theirs("POST", "/api/v1/requests", {"right": "access", "person": p}) for p in (person, str(uuid4()))]
    assert [(a.status, a.raw) for a in asked] == [(404, asked[0].raw)] * 2
    for way, body in (
        ("", None), ("/pack", None), ("/file", None), ("/recipients", None), ("/order", {"version": 1}),
        ("/withdrawal", {"version": 1}), ("/answer", {"words": "x", "version": 1}), ("/recipients", {}),
    ):  # fmt: skip
        paths = [f"/api/v1/requests/{id}{way}" for id in (one["id"], str(uuid4()))]
        answers = [await theirs("POST" if body is not None else "GET", path, body) for path in paths]
        assert [a.status for a in answers] == [404, 404], way
        assert answers[0].raw == answers[1].raw
    other = Client(app, (await house.holder.client("account-management")).token)
    assert (await other("GET", "/api/v1/requests")).status == 403
