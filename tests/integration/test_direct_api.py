"""Messages over HTTP: handed in by the processor's systems, read by their controller, and by no other."""

from datetime import timedelta

import msgspec
import pytest
from tests.integration.test_direct_requests import Desk, mail, newest
from tests.speaking import Client

from bailee.api.application import Application
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.parties import ActorKind


@pytest.fixture
async def desk(rooms):
    return Desk(rooms)


@pytest.fixture
def application(rooms):
    return Application(data_plane(rooms), control_plane(rooms))


async def operator(rooms, application):
    issued = await rooms.credentials.issue(
        rooms.platform, by="tests", actor="system:site", kind=ActorKind.processor_system,
        purposes=("contract-administration",), expires_at=rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    return Client(application, issued.text)


async def test_an_operators_system_hands_in_what_a_person_wrote_elsewhere_once(rooms, application, desk, hold):
    holder = await hold()
    site = await operator(rooms, application)
    body = {"reply_to": "jo@elsewhere.example", "text": "Delete my data", "once": "17", "controller": str(holder.id)}
    first, again = [await site("POST", "/api/v1/messages", body) for _ in range(2)]
    assert (first.status, first.body) == (202, again.body)
    await desk.messages.due()
    found = await newest(desk)
    assert (str(found.message_id), found.channel, found.reason) == (first.body["message"], "api", "addressed")
    assert len(await desk.letters(holder.id)) == 1
    unknown = await site("POST", "/api/v1/messages", body | {"controller": "01a20992-e778-72da-9709-6aaf092006a9"})
    assert unknown.status == 404
    wrong = await site("POST", "/api/v1/messages", body | {"asks": "A99"})
    assert wrong.status == 400
    theirs = await holder.client("contract-administration")
    theirs.app = application
    assert (await theirs("POST", "/api/v1/messages", body)).status == 404


async def test_a_controllers_system_lists_its_own_and_takes_the_message_as_it_came(application, desk, hold, profile):
    holder, other = await hold(), await hold(1)
    await (await holder.client()).person(profile)
    content = mail(profile["email"])
    await desk.passed_on(content)
    theirs, stranger = await holder.client("contract-administration"), await other.client("contract-administration")
    theirs.app = stranger.app = application
    [one] = (await theirs("GET", "/api/v1/direct-requests")).body
    assert (one["verdict"], one["rights"], one["content_held"]) == ("request", ["A17"], True)
    assert [clock["clause"] for clock in one["clocks"]] == ["rights.forward"]
    assert profile["email"] not in msgspec.json.encode(one).decode()
    assert (await stranger("GET", "/api/v1/direct-requests")).body == []
    original = f"/api/v1/direct-requests/{one['id']}/original"
    assert (await theirs("GET", original)).status == 403, (
        "who administers the contract does not read what persons write"
    )
    theirs, stranger = await holder.client("rights-of-persons"), await other.client("rights-of-persons")
    theirs.app = stranger.app = application
    taken = await theirs("GET", original)
    assert taken.raw.replace(b"\r\n", b"\n").rstrip() == content.rstrip()
    assert (await stranger("GET", original)).status == 404


async def rights_officer(rooms, application):
    issued = await rooms.credentials.issue(
        rooms.platform, by="tests", actor="system:desk", kind=ActorKind.processor_system,
        purposes=("rights-of-persons",), expires_at=rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    return Client(application, issued.text)


async def owed(desk, rooms, message):
    return {
        one.promise.clause: one for one in await desk.promised.obligations.listed(rooms.platform)
        if one.promise.subject == f"message/{message}"
    }  # fmt: skip


COMPLAINT = "I want to complain: you shared my data without my consent."


async def test_a_complaint_of_somebody_nobody_holds_is_decided_to_the_end_over_http(rooms, application, desk):
    site, officer = await operator(rooms, application), await rights_officer(rooms, application)
    found = await desk.passed_on(mail("nobody@elsewhere.example", COMPLAINT))
    assert (found.state, found.kinds) == ("unassigned", ("A77",))
    clock = (await owed(desk, rooms, found.message_id))["rights.complaint"]
    assert clock.promise.binding == found.received_at + timedelta(hours=72)
    waiting = {one["id"]: one for one in (await site("GET", "/api/v1/messages")).body}
    assert waiting[str(found.message_id)]["rights"] == ["A77"]
    one = f"/api/v1/messages/{found.message_id}"
    assert (await site("GET", one)).status == 403, "who administers contracts does not read what persons write"
    assert (await officer("GET", one)).body["text"].strip() == COMPLAINT
    assert (await officer("POST", f"{one}/decision", {"decision": "pass-on"})).status == 400
    assert (await officer("POST", f"{one}/decision", {"decision": "concerns-nobody"})).status == 204
    ended = (await owed(desk, rooms, found.message_id))["rights.complaint"]
    assert (ended.state, ended.proof.startswith("entry/")) == ("discharged", True)
    assert (await desk.keeping.find(found.message_id)).reason == "concerns-nobody"
    assert str(found.message_id) not in {each["id"] for each in (await site("GET", "/api/v1/messages")).body}


async def test_the_same_complaint_is_passed_on_over_http_once_and_to_none_without_an_agreement(
    rooms, application, desk, hold
):
    holder, officer = await hold(), await rights_officer(rooms, application)
    found = await desk.passed_on(mail("nobody@elsewhere.example", COMPLAINT))
    bare = await rooms.filing.open_dossier("Nobody yet SA", by="tests")
    decision = f"/api/v1/messages/{found.message_id}/decision"
    body = {"decision": "pass-on", "controllers": [str(holder.id), str(bare)], "rights": ["A77"]}
    assert (await officer("POST", decision, body)).status == 409
    assert await desk.letters(holder.id) == []
    assert (await officer("POST", decision, body | {"controllers": [str(holder.id)]})).status == 204
    assert [one.kind for one in await desk.letters(holder.id)] == ["complaint"]
    assert (await owed(desk, rooms, found.message_id))["rights.complaint"].state == "discharged"
    assert (await officer("POST", decision, {"decision": "neither"})).status in (404, 409)
    assert (await officer("GET", "/api/v1/messages/01a20992-e778-72da-9709-6aaf092006a9")).status == 404


async def test_what_is_the_processors_own_is_answered_over_http(rooms, application, desk):
    officer = await rights_officer(rooms, application)
    found = await desk.passed_on(mail("nobody@elsewhere.example", "Hello there", "Hello"))
    decision = f"/api/v1/messages/{found.message_id}/decision"
    assert (await officer("POST", decision, {"decision": "answered"})).status == 409
    for said in ("own", "answered"):
        assert (await officer("POST", decision, {"decision": said})).status == 204
    clocks = await owed(desk, rooms, found.message_id)
    assert {clause: one.state for clause, one in clocks.items()} == {
        "rights.forward": "discharged", "parties.contacts": "discharged"
    }  # fmt: skip
