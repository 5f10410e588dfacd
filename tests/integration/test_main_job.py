"""The main job through the data plane, on real servers."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from bailee.vocabulary.parties import ActorKind


def at(person: str, record: str) -> str:
    return f"/api/v1/persons/{person}/profile/{record}"


async def test_what_is_held_is_read_under_the_instruction_that_covers_it(hold, profile):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    reply = await client("GET", at(person, record))
    assert reply.status == 200
    assert reply.body["data"] == profile
    assert reply.body["instruction"] == "service:own-acts"
    assert reply.body["clause"] == "instructions.contract-counts"
    assert reply.headers["cache-control"] == "no-store"


async def test_every_access_has_its_entry_before_the_answer_and_it_names_what_was_released(hold, profile, rooms):
    holder = await hold()
    client = await holder.client()
    person, record = await client.person(profile)
    entry = (await client("GET", at(person, record))).body["entry"]
    await rooms.reading.integrated(holder.id)
    batch, _, position = entry.partition(".")
    receipt = await rooms.reading.receipt(holder.id, UUID(batch), int(position))
    bodies = [e.opened.body async for e in rooms.reading.entries(holder.id, 0, 100)]
    assert f'["{person}","profile","{record}"]'.encode() in b"".join(bodies)
    assert receipt.startswith("c2sp.org/tlog-proof@v1\n")
    assert profile["email"].encode() not in b"".join(bodies)


@pytest.mark.parametrize(
    ("kind", "purpose", "method", "clause"),
    [
        (ActorKind.controller_system, "prospecting", "GET", "purposes.limited"),
        (ActorKind.processor_system, "prospecting", "GET", "purposes.controller"),
        (ActorKind.processor_staff, "support", "GET", "staff.confidentiality"),
        (ActorKind.processor_system, "security", "DELETE", "purposes.limited"),
        (ActorKind.auditor, "account-management", "GET", "purposes.limited"),
    ],
)
async def test_what_no_instruction_covers_is_refused_by_its_clause(hold, profile, kind, purpose, method, clause):
    holder = await hold()
    person, record = await (await holder.client()).person(profile)
    reply = await (await holder.client(purpose, kind=kind))(method, at(person, record))
    assert (reply.status, reply.body["clause"]) == (403, clause)
    assert reply.body["remedy"]


async def test_support_staff_read_once_bound_and_trained_and_not_a_moment_longer(hold, profile, rooms):
    holder = await hold()
    person, record = await (await holder.client()).person(profile)
    staff = await holder.client("support", kind=ActorKind.processor_staff, actor="staff:7")
    soon = rooms.clock.now() + timedelta(hours=1)
    await rooms.filing.write_standing(holder.id, "staff:7", "confidential_until", soon, by="tests")
    assert (await staff("GET", at(person, record))).body["clause"] == "staff.training"
    await rooms.filing.write_standing(holder.id, "staff:7", "trained_until", soon, by="tests")
    assert (await staff("GET", at(person, record))).status == 200
    await rooms.filing.write_standing(holder.id, "staff:7", "confidential_until", rooms.clock.now(), by="tests")
    assert (await staff("GET", at(person, record))).status == 403


async def test_fields_asked_for_by_name_are_all_that_comes(hold, profile):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    reply = await client("GET", at(person, record), query="fields=email,language")
    assert reply.body["data"] == {"email": profile["email"], "language": "fr"}
    assert (await client("GET", at(person, record), query="fields=shoe_size")).status == 400


async def test_a_patch_changes_what_it_names_and_a_stale_version_is_told(hold, profile):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    done = await client("PATCH", at(person, record), {"language": "en", "phone": None}, if_match='"1"')
    assert (done.status, done.body["version"]) == (200, 2)
    data = (await client("GET", at(person, record))).body["data"]
    assert data == {k: v for k, v in profile.items() if k != "phone"} | {"language": "en"}
    stale = await client("PATCH", at(person, record), {"language": "fr"}, if_match='"1"')
    assert stale.status == 412


async def test_a_put_replaces_the_whole_record(hold, profile):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    assert (await client("PUT", at(person, record), {"email": "new@x.example"})).status == 200
    assert (await client("GET", at(person, record))).body["data"] == {"email": "new@x.example"}


async def test_a_record_is_deleted_and_no_longer_found(hold, profile):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    assert (await client("DELETE", at(person, record))).status == 200
    assert (await client("GET", at(person, record))).status == 404
    search = {"type": "profile", "field": "email", "value": profile["email"]}
    assert (await client("POST", "/api/v1/search", search)).body["records"] == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("email", lambda p: p["email"].upper()),
        ("phone", lambda p: p["phone"]),
        ("user_name", lambda p: p["user_name"]),
        ("external_id", lambda p: p["external_id"]),
        ("name", lambda p: f"{p['family_name'].replace('é', 'e').upper()}  elodie"),
    ],
)
async def test_exact_search_ignores_case_accents_and_order(hold, profile, field, typed):
    client = await (await hold()).client()
    person, _ = await client.person(profile)
    await client.person({"email": "somebody@else.example"})
    search = {"type": "profile", "field": field, "value": typed(profile)}
    reply = await client("POST", "/api/v1/search", search)
    assert [one["person"] for one in reply.body["records"]] == [person]


async def test_a_field_that_is_not_indexed_is_never_scanned(hold):
    client = await (await hold()).client()
    reply = await client("POST", "/api/v1/search", {"type": "profile", "field": "company", "value": "x"})
    assert reply.status == 422


async def test_a_batch_reads_many_under_one_entry_and_says_what_it_withheld(hold, profile):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    wanted = [
        {"person": person, "type": "profile", "record": record},
        {"person": str(uuid4()), "type": "profile", "record": str(uuid4())},
    ]
    reply = await client("POST", "/api/v1/batch", {"read": wanted})
    assert [one["id"] for one in reply.body["records"]] == [record]
    assert [one["reason"] for one in reply.body["withheld"]] == ["unknown"]


async def test_pages_follow_each_other_and_cursors_belong_to_their_credential(hold):
    holder = await hold()
    client = await holder.client()
    sent = [{"groups": ["user"], "records": [{"type": "profile", "data": {"language": "fr"}}]} for _ in range(7)]
    created = (await client("POST", "/api/v1/batch", {"create": sent})).body["created"]
    first = (await client("GET", "/api/v1/persons", query="limit=5")).body
    other = await holder.client()
    assert (await other("GET", "/api/v1/persons", query=f"limit=5&cursor={first['cursor']}")).status == 400
    second = (await client("GET", "/api/v1/persons", query=f"limit=5&cursor={first['cursor']}")).body
    assert [p["id"] for p in first["persons"] + second["persons"]] == sorted(c["person"] for c in created)
    assert second["cursor"] is None


async def test_the_same_key_does_it_once_and_another_request_under_it_is_told(hold, profile):
    client = await (await hold()).client()
    body = {"groups": ["user"], "records": [{"type": "profile", "data": profile}]}
    one = await client("POST", "/api/v1/persons", body, idempotency_key="k")
    again = await client("POST", "/api/v1/persons", body, idempotency_key="k")
    assert (again.status, again.body["person"], again.body["records"]) == (201, one.body["person"], one.body["records"])
    assert again.body["entry"] != one.body["entry"]
    assert (await client("POST", "/api/v1/persons", {"groups": ["user"]}, idempotency_key="k")).status == 422
    await client("DELETE", f"/api/v1/persons/{one.body['person']}")
    assert (await client("POST", "/api/v1/persons", body, idempotency_key="k")).status == 410


async def test_the_same_request_sent_twice_at_the_same_time_is_done_once(hold, profile):
    client = await (await hold()).client()
    body = {"groups": ["user"], "records": [{"type": "profile", "data": profile}]}
    replies = await asyncio.gather(*(client("POST", "/api/v1/persons", body, idempotency_key="k") for _ in range(5)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["person"] for reply in replies}) == 1
    assert len((await client("GET", "/api/v1/persons")).body["persons"]) == 1


async def test_a_restricted_person_is_stored_and_nothing_else(hold, profile):
    holder = await hold()
    client = await holder.client()
    person, record = await client.person(profile)
    assert (await client("PATCH", f"/api/v1/persons/{person}", {"restricted": True})).status == 200
    reply = await client("GET", at(person, record))
    assert (reply.status, reply.body["clause"]) == (403, "rights.tools")


async def test_an_objection_bites_for_its_purpose(hold, profile):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    await client("PATCH", f"/api/v1/persons/{person}", {"objections": ["account-management"]})
    assert (await client("GET", at(person, record))).status == 403


async def test_a_purpose_header_narrows_and_never_widens(hold, profile):
    holder = await hold()
    person, record = await (await holder.client()).person(profile)
    both = await holder.client("account-management", "prospecting")
    assert (await both("GET", at(person, record))).status == 400
    assert (await both("GET", at(person, record), bailee_purpose="account-management")).status == 200
    assert (await both("GET", at(person, record), bailee_purpose="prospecting")).body["clause"] == "purposes.limited"
    wider = await both("GET", at(person, record), bailee_purpose="security")
    assert (wider.status, wider.body["clause"]) == (403, "purposes.limited")


async def test_identical_refusals_are_coalesced_with_their_count(hold, profile, rooms):
    holder = await hold()
    person, record = await (await holder.client()).person(profile)
    mailing = await holder.client("prospecting")
    await asyncio.gather(*(mailing("GET", at(person, record)) for _ in range(20)))
    counts: list[int] = []
    while sum(counts) < 20:  # those of one second are said together at its end
        await asyncio.sleep(0.1)
        await rooms.reading.integrated(holder.id)
        bodies = [json.loads(e.opened.body) async for e in rooms.reading.entries(holder.id, 0, 200)]
        counts = [body.get("count", 1) for body in bodies if body["kind"] == "refusal"]
    assert sum(counts) == 20
    assert 2 <= len(counts) <= 6


async def test_declared_types_are_held_like_the_built_in_one_and_untagged_ones_are_refused(hold, rooms):
    from bailee.vault.record_types import RefusedType

    holder = await hold()
    schema = {
        "type": "object", "additionalProperties": False, "x-erasure": "with-person",
        "properties": {"plan": {"type": "string", "maxLength": 20, "x-category": "company", "x-purposes": ["account-management"]}},
    }  # fmt: skip
    await rooms.filing.declare_type(holder.id, "subscription", schema, by="tests")
    client = await holder.client()
    person, _ = await client.person({"language": "fr"})
    made = await client("POST", f"/api/v1/persons/{person}/subscription", {"data": {"plan": "gold"}})
    assert made.status == 201
    listed = await client("GET", f"/api/v1/persons/{person}/records")
    assert {one["type"] for one in listed.body["records"]} == {"profile", "subscription"}
    with pytest.raises(RefusedType) as refused:
        await rooms.filing.declare_type(holder.id, "bad", {"type": "object", "properties": {"a": {}}}, by="tests")
    assert len(refused.value.problems) >= 4
