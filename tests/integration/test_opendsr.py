"""OpenDSR 2.0: a controller's own tool orders access, portability and erasure, and hears how far they are."""

import base64
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.household import Household
from tests.receiving import receiving
from tests.speaking import Client

from bailee.api.application import Application
from bailee.clauses.data_subject_requests.choices import RefusedChoice
from bailee.clauses.direct_requests.opendsr import calling_back, wire
from bailee.clauses.direct_requests.opendsr.calling_back import PAUSES
from bailee.infra.outbound import Outbound
from bailee.promised import Promised
from bailee.serving import control_plane, data_plane
from bailee.vocabulary.parties import Actor, ActorKind

RIGHTS = "rights-of-persons"


class Tool:
    """A controller's privacy tool: it speaks OpenDSR with a credential of its own."""

    def __init__(self, rooms, token, controller=None):
        self.rooms, self.promised, self.controller = rooms, Promised(rooms), controller
        self.client = Client(Application(data_plane(rooms), control_plane(rooms)), token)

    def body(self, kind, address, **more):
        return {
            "regulation": "gdpr", "subject_request_id": str(uuid4()), "subject_request_type": kind,
            "submitted_time": "2026-11-25T10:00:00Z", "api_version": "2.0",
            "subject_identities": [
                {"identity_type": "email", "identity_value": address, "identity_format": "raw"}
            ],
        } | more  # fmt: skip

    async def ask(self, kind, address, **more):
        body = self.body(kind, address, **more)
        return body, await self.client("POST", "/opendsr/requests", body)

    async def status(self, body):
        return await self.client("GET", f"/opendsr/requests/{body['subject_request_id']}")

    async def told(self):
        """One round of what the worker tells, where its question names this controller."""
        [round_] = [one.do for one in self.promised.intake_due() if one.name == "requests of tools"]
        return await round_.do(self.controller) if self.controller in await round_.who.due() else 0

    async def named(self, *hosts):
        """The controller names hosts at which its tools are called back."""
        choosing = self.promised.rights.choosing
        known = await choosing.of(self.controller)
        changed = msgspec.structs.replace(known, callbacks=frozenset(hosts))
        await choosing.choose(self.controller, changed, by="tests")

    async def work(self):
        while await self.promised.rights.working.due(self.controller):
            continue


@pytest.fixture
async def held(hold, profile, rooms):
    holder = await hold()
    person, _ = await (await holder.client()).person(profile)
    return holder, person, profile["email"], Tool(rooms, (await holder.client(RIGHTS)).token, holder.id)


async def verified(tool, reply):
    """The answer was signed by the certificate that the discovery names."""
    pem = (await tool.client("GET", "/opendsr/certificate.pem")).raw
    certificate = x509.load_pem_x509_certificate(pem)
    assert b"PRIVATE" not in pem
    signature = base64.b64decode(reply.headers["x-opendsr-signature"])
    certificate.public_key().verify(signature, reply.raw, ec.ECDSA(hashes.SHA256()))
    assert reply.headers["x-opendsr-processor-domain"] == "tests.example"


async def test_discovery_and_the_schema_of_the_envelope_are_for_everyone(held):
    _, _, _, tool = held
    tool.client.token = ""
    found = await tool.client("GET", "/opendsr/discovery")
    assert found.body["supported_subject_request_types"] == ["access", "portability", "erasure"]
    assert {one["identity_type"] for one in found.body["supported_identities"]} == {"email", "controller_customer_id"}
    await verified(tool, found)
    schema = await tool.client("GET", "/opendsr/envelope.schema.json")
    assert json.loads(schema.raw)["title"].startswith("Envelope")


async def test_an_erasure_is_carried_out_in_the_credentials_name_and_nobody_is_written_to(held, rooms):
    holder, person, address, tool = held
    body, reply = await tool.ask("erasure", address)
    assert reply.status == 201, reply.raw
    await verified(tool, reply)
    assert json.loads(base64.b64decode(reply.body["encoded_request"])) == body
    assert reply.body["controller_id"] == str(holder.id)
    assert (await tool.status(body)).body["request_status"] == "pending"
    await tool.work()
    done = await tool.status(body)
    assert done.body["request_status"] == "completed"
    assert "results_url" not in done.body
    await verified(tool, done)
    gone = await (await holder.client())("GET", f"/api/v1/persons/{person}")
    assert gone.status in (404, 410)
    entries = await Household(rooms, holder.id).entries()
    asked = next(one for one in entries if one["kind"] == "opendsr-requested")
    assert (asked["actor"], asked["persons"]) == ("system:crm", [person])
    async with rooms.data.transaction(holder.id) as tx:
        assert await tx.fetchval("SELECT count(*) FROM bailee.notice WHERE controller_id = $1", holder.id) == 0


async def test_the_request_is_stored_nowhere_as_it_came(held, rooms):
    holder, _, address, tool = held
    await tool.named("tool.alpages.example")
    await tool.ask("access", address, status_callback_urls=["https://tool.alpages.example/back?token=s3cret"])
    async with rooms.data.transaction(holder.id) as tx:
        row = await tx.fetchrow("SELECT * FROM bailee.opendsr_request WHERE controller_id = $1", holder.id)
    kept = b"".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for v in row.values())
    assert address.encode() not in kept
    assert b"s3cret" not in kept
    assert base64.b64encode(address.encode())[:-4] not in kept


@pytest.mark.parametrize("kind", ["access", "portability"])
async def test_results_are_taken_along_and_each_taking_is_recorded(held, rooms, kind):
    holder, person, address, tool = held
    body, _ = await tool.ask(kind, address)
    early = await tool.client("GET", f"/opendsr/requests/{body['subject_request_id']}/results")
    assert (early.status, early.body["error"]["code"]) == (404, 404)
    await tool.work()
    done = (await tool.status(body)).body
    assert done["request_status"] == "completed"
    assert done["results_count"] >= 1
    assert done["results_url"].endswith(f"/opendsr/requests/{body['subject_request_id']}/results")
    taken = await tool.client("GET", f"/opendsr/requests/{body['subject_request_id']}/results")
    held_ = b"".join(
        zipfile.ZipFile(io.BytesIO(taken.raw)).read(name) for name in zipfile.ZipFile(io.BytesIO(taken.raw)).namelist()
    )
    assert address.encode() in held_
    entries = await Household(rooms, holder.id).entries()
    assert [one["kind"] for one in entries].count("pack-taken") == 1


async def test_who_is_not_held_is_completed_at_once_and_nothing_is_found(held):
    _, _, _, tool = held
    body, reply = await tool.ask("erasure", "nobody@elsewhere.example")
    assert reply.status == 201
    done = (await tool.status(body)).body
    assert (done["request_status"], done["results_count"]) == ("completed", 0)


async def test_the_same_request_twice_is_one_and_its_id_serves_no_other(held):
    _, _, address, tool = held
    body, first = await tool.ask("access", address)
    again = await tool.client("POST", "/opendsr/requests", body)
    assert (again.status, again.body["received_time"]) == (201, first.body["received_time"])
    other = await tool.client("POST", "/opendsr/requests", body | {"subject_request_type": "erasure"})
    assert (other.status, other.body["error"]["errors"][0]["reason"]) == (409, "duplicate")


async def test_the_id_of_a_request_about_one_person_serves_no_request_about_another(held, rooms):
    holder, person, address, tool = held
    body, first = await tool.ask("access", address)
    someone = tool.body("access", "someone.else@elsewhere.example")
    other = await tool.client("POST", "/opendsr/requests", someone | {"subject_request_id": body["subject_request_id"]})
    assert (other.status, other.body["error"]["errors"][0]["reason"]) == (409, "duplicate")
    [identity] = body["subject_identities"]
    same = body | {"subject_identities": [identity | {"identity_value": f" {address.upper()} "}]}
    again = await tool.client("POST", "/opendsr/requests", same)
    assert (again.status, again.body["received_time"]) == (201, first.body["received_time"])
    entries = await Household(rooms, holder.id).entries()
    assert [one["persons"] for one in entries if one["kind"] == "opendsr-requested"] == [[person]]


async def test_of_several_people_under_one_address_each_ones_pack_is_given(held, profile, rooms):
    holder, first, address, tool = held
    second, _ = await (await holder.client()).person(profile | {"user_name": "another", "external_id": "another"})
    body, _ = await tool.ask("access", address)
    await tool.work()
    assert (await tool.status(body)).body["request_status"] == "completed"
    taken = await tool.client("GET", f"/opendsr/requests/{body['subject_request_id']}/results")
    whole = zipfile.ZipFile(io.BytesIO(taken.raw))
    packs = [zipfile.ZipFile(io.BytesIO(whole.read(name))) for name in whole.namelist()]
    said = [b"".join(pack.read(name) for name in pack.namelist()) for pack in packs]
    assert [sum(one.encode() in content for content in said) for one in (first, second)] == [1, 1]
    recorded = [one["persons"] for one in await Household(rooms, holder.id).entries() if one["kind"] == "pack-taken"]
    assert sorted(recorded) == sorted([[first], [second]])


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://elsewhere.example/back", "callbackHost"),
        ("https://tool.alpages.example:8443/back", "callbackHost"),
        ("http://tool.alpages.example/back", "callbackAddress"),
    ],
)
async def test_only_https_at_hosts_that_the_controller_named_is_called_back(held, url, reason):
    _, _, address, tool = held
    await tool.named("tool.alpages.example")
    tool.promised.ordering._check = Outbound().check  # as outside the sandbox
    fine = tool.body("access", address) | {"status_callback_urls": ["https://tool.alpages.example/back"]}
    assert await asked_of(tool, fine) is None
    refused = await asked_of(tool, tool.body("access", address) | {"status_callback_urls": [url]})
    assert (refused.status, refused.reason) == (400, reason)
    assert url not in refused.message


async def asked_of(tool, body):
    """What the room says to a request, as outside the sandbox; None where it takes it in."""
    try:
        await tool.promised.ordering.take(
            tool.controller, wire.parse(json.dumps(body).encode()), "access",
            actor=Actor("system:crm", ActorKind.controller_system, uuid4()), until=tool.rooms.clock.now() + timedelta(days=1),
        )  # fmt: skip
    except wire.Malformed as problem:
        return problem
    return None


async def test_a_host_that_is_named_no_more_is_not_called_and_no_address_stands_in_the_ledger(held, rooms):
    holder, _, address, tool = held
    async with receiving() as tools_side:
        host = f"127.0.0.1:{tools_side.port}"
        await tool.named(host)
        body, reply = await tool.ask("access", address, status_callback_urls=[f"http://{host}/jane.doe"])
        assert reply.status == 201
        await tool.named()
        assert await tool.promised.calling_back.due(tool.controller) == 0
        assert tools_side.got == []
    entries = await Household(rooms, holder.id).entries()
    [told] = [one for one in entries if one["kind"] == "opendsr-callback"]
    assert told["details"]["addresses"] == 1
    assert host not in str(entries)


async def test_a_host_is_a_name_alone(held):
    _, _, _, tool = held
    for wrong in (
        "https://tool.example",
        "tool.example/path",
        "u@tool.example",
        "tool example",
        "TOOL.example",
        "2130706433",
    ):
        with pytest.raises(RefusedChoice):
            await tool.named(wrong)


async def test_what_is_pending_can_be_cancelled_and_nothing_later(held):
    _, _, address, tool = held
    body, _ = await tool.ask("erasure", address)
    path = f"/opendsr/requests/{body['subject_request_id']}"
    cancelled = await tool.client("DELETE", path)
    assert cancelled.status == 202
    await verified(tool, cancelled)
    assert (await tool.status(body)).body["request_status"] == "cancelled"
    assert (await tool.client("DELETE", path)).status == 400
    await tool.work()
    assert (await tool.status(body)).body["request_status"] == "cancelled"


async def test_another_controllers_request_is_unknown_and_so_is_a_credential_for_something_else(held, hold, rooms):
    holder, _, address, tool = held
    body, _ = await tool.ask("access", address)
    other = await hold(1)
    stranger = Tool(rooms, (await other.client(RIGHTS)).token)
    foreign, unknown = await stranger.status(body), await stranger.status({"subject_request_id": str(uuid4())})
    assert (foreign.status, foreign.raw) == (404, unknown.raw)
    nothing = await stranger.client("GET", "/opendsr/requests/not-an-id")
    assert nothing.status == 404
    elsewhere = Tool(rooms, (await holder.client("account-management")).token)
    refused = await elsewhere.ask("access", address)
    assert (refused[1].status, "error" in refused[1].body) == (403, True)
    nobody = Tool(rooms, "bailee_nothing")
    assert (await nobody.ask("access", address))[1].status == 401


WRONG = [
    ({"subject_request_id": "x"}, 400), ({"subject_request_id": "01a20992-e778-72da-9709-6aaf092006a9"}, 400),
    ({"subject_request_type": "rectification"}, 400), ({"regulation": "ccpa"}, 400), ({"api_version": "9"}, 400),
    ({"submitted_time": "2026-11-25T10:00:00"}, 400), ({"submitted_time": 7}, 400), ({"subject_identities": []}, 400),
    ({"subject_identities": [{"identity_type": "email", "identity_value": "x", "identity_format": "sha256"}]}, 400),
    ({"subject_identities": [{"identity_type": "ios_advertising_id", "identity_value": "x", "identity_format": "raw"}]}, 400),
    ({"status_callback_urls": ["ftp://x.example"]}, 400), ({"status_callback_urls": ["https://u:p@x.example"]}, 400),
    ({"extensions": {"x": "y" * 70_000}}, 413),
]  # fmt: skip


@pytest.mark.parametrize(("change", "status"), WRONG)
async def test_what_cannot_be_served_is_said_in_opendsrs_form_without_anyones_data(held, change, status):
    _, _, address, tool = held
    reply = await tool.client("POST", "/opendsr/requests", tool.body("access", address) | change)
    assert reply.status == status
    said = reply.body["error"]
    assert (said["code"], set(said["errors"][0])) == (status, {"domain", "reason", "message"})
    assert address not in str(said)


async def test_each_change_is_called_back_signed_and_tried_again(held, rooms, settings):
    _, _, address, tool = held
    clock = Path(settings.clock.removeprefix("file:"))
    async with receiving() as tools_side:
        await tool.named(f"127.0.0.1:{tools_side.port}")
        statuses = iter([500, 204, 204, 204])
        tools_side.status = lambda _got: next(statuses)
        url = f"http://127.0.0.1:{tools_side.port}/back"
        body, reply = await tool.ask("erasure", address, status_callback_urls=[url])
        assert reply.status == 201, reply.raw
        try:
            assert await tool.told() == 0, "it was refused, and waits"
            assert await tool.told() == 0
            clock.write_text("+2m")
            assert await tool.told() == 1
            await tool.work()
            assert await tool.told() == 1
            assert await tool.told() == 0
        finally:
            clock.write_text("+0s")
    told = [json.loads(content) for _, _, content in tools_side.got]
    assert [one["request_status"] for one in told] == ["pending", "pending", "completed"]
    assert {one["status_callback_url"] for one in told} == {url}
    assert {one["subject_request_id"] for one in told} == {body["subject_request_id"]}
    assert address not in str(told)
    certificate = x509.load_pem_x509_certificate((await tool.client("GET", "/opendsr/certificate.pem")).raw)
    for _, headers, content in tools_side.got:
        signature = base64.b64decode(headers["x-opendsr-signature"])
        certificate.public_key().verify(signature, content, ec.ECDSA(hashes.SHA256()))


async def test_a_tool_that_keeps_us_waiting_holds_up_one_round_and_the_rest_is_told_in_the_next(held, monkeypatch):
    _, _, address, tool = held
    async with receiving() as tools_side:
        await tool.named(f"127.0.0.1:{tools_side.port}")
        url = f"http://127.0.0.1:{tools_side.port}/back"
        for _ in range(3):
            await tool.ask("access", address, status_callback_urls=[url])
        monkeypatch.setattr(calling_back, "ROUND_SECONDS", 0.0)
        assert await tool.told() == 0
        monkeypatch.undo()
        assert await tool.told() == 3


async def test_what_moved_on_while_it_was_told_is_told_once_more(held):
    _, _, address, tool = held
    async with receiving() as tools_side:
        await tool.named(f"127.0.0.1:{tools_side.port}")
        url = f"http://127.0.0.1:{tools_side.port}/back"
        body, _ = await tool.ask("erasure", address, status_callback_urls=[url])
        back = tool.promised.calling_back
        send = back._send

        async def slowly(one, to, hosts):
            if one.status == "pending":
                await tool.work()
                assert (await tool.status(body)).body["request_status"] == "completed"
            return await send(one, to, hosts)

        back._send = slowly
        assert await back.due(tool.controller) == 1
        assert await back.due(tool.controller) == 1
    told = [json.loads(content)["request_status"] for _, _, content in tools_side.got]
    assert told == ["pending", "completed"]


async def test_a_tool_that_never_hears_is_given_up_and_that_is_recorded(held, rooms, settings):
    holder, _, address, tool = held
    clock = Path(settings.clock.removeprefix("file:"))
    await tool.named("127.0.0.1:9", "192.0.2.1")
    await tool.ask("access", address, status_callback_urls=["http://127.0.0.1:9/closed", "https://192.0.2.1/private"])
    passed = 0
    try:
        for pause in (0, *PAUSES):
            passed += pause
            clock.write_text(f"+{passed}m")
            assert await tool.told() == 0
    finally:
        clock.write_text("+0s")
    kinds = [one["kind"] for one in await Household(rooms, holder.id).entries()]
    assert kinds.count("opendsr-callback") == len(PAUSES) + 1
    assert kinds.count("opendsr-callback-failed") == 1


async def test_who_only_looks_alike_to_an_index_is_not_meant(held, profile, rooms):
    holder, person, address, tool = held
    client = await holder.client()
    mark = profile["external_id"]
    other, _ = await client.person(profile | {"email": f"o.{address}", "user_name": "o", "external_id": mark.upper()})

    async def ordered(kind, value):
        identity = {"identity_type": kind, "identity_value": value, "identity_format": "raw"}
        body, reply = await tool.ask("erasure", address, subject_identities=[identity])
        assert reply.status == 201, reply.raw
        await tool.work()
        return (await tool.status(body)).body["request_status"]

    for lookalike in (address.replace("@", "@é"), "É" + address[1:]):
        assert await ordered("email", lookalike) == "completed", "nobody is held under it"
    assert await ordered("controller_customer_id", mark.upper()) == "completed"
    assert (await client("GET", f"/api/v1/persons/{other}")).status == 404
    assert (await client("GET", f"/api/v1/persons/{person}")).status == 200, "the number differs by its case"
    assert await ordered("controller_customer_id", mark.title()) == "completed"
    assert (await client("GET", f"/api/v1/persons/{person}")).status == 404, "where there is no other, it is theirs"


async def test_who_is_restricted_is_meant_all_the_same(held, rooms):
    holder, person, address, tool = held
    client = await holder.client()
    assert (await client("PATCH", f"/api/v1/persons/{person}", {"restricted": True})).status == 200
    await tool.ask("erasure", address.upper())
    await tool.work()
    assert (await client("GET", f"/api/v1/persons/{person}")).status == 404
