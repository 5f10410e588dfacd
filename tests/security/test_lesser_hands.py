"""Inside one controller: what a lesser credential may not do with what belongs to everybody there.

A person's credential is for that person's own data, whatever purposes it serves; an auditor looks; a party lets in its
own and speaks for nobody of the processor's; the lines of an upload are data of people, and their uploader's alone.
"""

from typing import Any

import pytest
from tests.household import ADMIN, Household
from tests.integration.test_instructions_api import operator as operator_of
from tests.speaking import Client

from bailee.vocabulary.ids import new_id
from bailee.vocabulary.parties import ActorKind

SERVES = ("contract-administration", "rights-of-persons", "account-management")


@pytest.fixture
async def house(hold, rooms) -> Household:
    holder = await hold()
    return Household(rooms, holder.id, holder)


async def speaking(house: Household, kind: ActorKind, actor: str, *purposes: str) -> Client:
    client = await house.holder.client(*(purposes or SERVES), kind=kind, actor=actor)
    return Client(house.app.api, client.token, client.credential)


def asked(house: Household) -> list[tuple[str, str, Any]]:
    """What a controller's staff may do over HTTP: something of each room."""
    here, someone = f"/api/v1/controllers/{house.id}", new_id()
    credential = {
        "actor": "staff:me", "kind": "controller_staff", "purposes": ["contract-administration"],
        "expires_at": "2090-01-01T00:00:00Z",
    }  # fmt: skip
    request = {"right": "access", "person": str(someone)}
    subject = {
        "subject_request_id": "0e6f2f3e-45f4-4a3e-9c0b-2f63d0c1a111", "subject_request_type": "access",
        "submitted_time": "2026-11-01T00:00:00Z",
        "subject_identities": [
            {"identity_type": "email", "identity_value": "a@b.example", "identity_format": "raw"}
        ],
    }  # fmt: skip
    return [
        ("GET", f"{here}/documents", None), ("GET", f"{here}/agreement", None), ("GET", f"{here}/credentials", None),
        ("POST", f"{here}/credentials", credential), ("GET", f"{here}/ledger/entries", None),
        ("GET", f"{here}/ledger/persons/{someone}", None), ("GET", f"/log/{house.id}/checkpoint", None),
        ("POST", f"{here}/end/waiver", None), ("GET", f"{here}/approvals", None), ("GET", "/api/v1/webhooks", None),
        ("GET", "/api/v1/obligations", None), ("POST", "/api/v1/obligations/calendars", {"language": "en"}),
        ("GET", "/api/v1/notices", None), ("GET", "/api/v1/requests", None), ("POST", "/api/v1/requests", request),
        ("POST", "/opendsr/requests", subject), ("GET", "/api/v1/direct-requests", None),
        ("GET", f"/api/v1/privacy-notice/shown/{someone}", None), ("GET", "/api/v1/retention", None),
    ]  # fmt: skip


async def test_a_person_with_a_credential_sees_and_changes_nothing_of_the_whole(house):
    me = await speaking(house, ActorKind.person, str(new_id()))
    before = len(await house.rooms.credentials.listed(house.id))
    for method, path, body in asked(house):
        reply = await me(method, path, body)
        assert reply.status == 403, (method, path, reply.status, reply.raw[:200])
        assert b"not-own-data" in reply.raw, path
    assert len(await house.rooms.credentials.listed(house.id)) == before
    assert any(one.get("reason") == "not-own-data" for one in await house.entries()), "and that stands in the ledger"


async def test_an_auditor_looks_and_changes_nothing(house):
    auditor = await speaking(house, ActorKind.auditor, "auditor:one")
    for method, path, body in asked(house):
        reply = await auditor(method, path, body)
        assert (reply.status == 403) is (method != "GET"), (method, path, reply.status, reply.raw[:200])


async def test_a_party_gives_nobody_a_credential_in_the_processors_name(house):
    staff = await speaking(house, ActorKind.controller_staff, "staff:ada", "contract-administration")
    for kind in ("processor_staff", "processor_system", "controller_system"):
        wanted = {
            "actor": "staff:grace", "kind": kind, "purposes": ["account-management"],
            "expires_at": "2090-01-01T00:00:00Z",
        }  # fmt: skip
        reply = await staff("POST", f"/api/v1/controllers/{house.id}/credentials", wanted)
        assert reply.status == (201 if kind == "controller_system" else 403), (kind, reply.raw)


async def test_nor_by_rotating_one_that_the_processor_has_here(house):
    staff = await speaking(house, ActorKind.controller_staff, "staff:ada", "contract-administration")
    theirs = await house.holder.client(kind=ActorKind.processor_staff, actor="staff:grace")
    mine = await house.holder.client()
    here = f"/api/v1/controllers/{house.id}/credentials"
    before = len(await house.rooms.credentials.listed(house.id))
    never = await staff("POST", f"{here}/{new_id()}/rotation", {"overlap_hours": 1})
    refused = await staff("POST", f"{here}/{theirs.credential}/rotation", {"overlap_hours": 1})
    assert (refused.status, refused.raw) == (404, never.raw)
    admin = await house.signed_in(await house.staff(ADMIN))
    shown = (await admin.get("/credentials")).raw
    assert shown.count(b'action="/credentials/rotate"') == before - 1
    assert (await admin.post("/credentials/rotate", credential=str(theirs.credential))).status == 409
    assert len(await house.rooms.credentials.listed(house.id)) == before
    assert (await staff("POST", f"{here}/{mine.credential}/rotation", {"overlap_hours": 1})).status == 201
    operator = await operator_of(house.app.api, house.rooms)
    assert (await operator("POST", f"{here}/{theirs.credential}/rotation", {"overlap_hours": 1})).status == 201


async def test_the_lines_of_an_upload_are_their_uploaders_alone_and_reading_them_is_recorded(house):
    mine = await speaking(house, ActorKind.controller_system, "system:crm", "account-management")
    sent = await mine("POST", "/api/v1/imports", raw=b"E-mail,Last name\nnot an address,Doe\nzoe@b.example,Poe\n")
    job = f"/api/v1/imports/{sent.body['id']}"
    mapped = {"mapping": sent.body["proposal"], "policy": "create-only", "groups": ["user"]}
    assert (await mine("PUT", f"{job}/mapping", mapped)).status == 200
    assert (await mine("POST", f"{job}/check")).status == 202
    while await house.rooms.exchanging.working.due(house.id):
        pass
    others = (
        await speaking(house, ActorKind.controller_system, "system:figures", "statistics"),
        await speaking(house, ActorKind.person, str(new_id()), "account-management"),
    )
    never = f"/api/v1/imports/{new_id()}"
    for other in others:
        for method, end, body in (
            ("GET", "", None), ("GET", "/rejected", None), ("GET", "/lines", None), ("PUT", "/mapping", mapped),
            ("POST", "/check", None), ("POST", "/run", None), ("POST", "/stop", None), ("DELETE", "", None),
        ):  # fmt: skip
            replies = [await other(method, f"{one}{end}", body) for one in (job, never)]
            assert replies[0].status == 404, (method, end)
            assert replies[0].raw == replies[1].raw
    assert not [one for one in await house.entries() if one["kind"] == "upload-read"]
    returned = await mine("GET", f"{job}/rejected")
    assert b"not an address" in returned.raw
    assert [one["actor"] for one in await house.entries() if one["kind"] == "upload-read"] == ["system:crm"]
