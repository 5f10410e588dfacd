"""Bad input gets a clear problem document, in bounded time and memory, and changes nothing."""

import pytest
from tests.speaking import Client

from bailee.api.calling import Call
from bailee.api.problems import Refusing
from bailee.api.wire import Request
from bailee.serving import Doors, data_plane
from bailee.vocabulary.parties import ActorKind

DEEP = b'{"groups":["user"],"records":[{"type":"profile","data":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}]}"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b'{"groups":[]}', 400),
        (b'{"groups":["user"],"extra":1}', 400),
        (b'{"groups":["king"]}', 400),
        (b'{"groups":"user"}', 400),
        (b'{"groups":["user"],"records":[{"type":"profile","data":{"email":"not a mail"}}]}', 422),
        (b'{"groups":["user"],"records":[{"type":"profile","data":{"email":"a@b\\r\\nBcc: x@y"}}]}', 422),
        (b'{"groups":["user"],"records":[{"type":"profile","data":{"given_name":"\\u0000"}}]}', 422),
        (b'{"groups":["user"],"records":[{"type":"profile","data":{"unknown":1}}]}', 422),
        (b'{"groups":["user"],"records":[{"type":"nothing","data":{}}]}', 422),
        (b'{"groups":["user"],"records":[{"type":"profile","data":{"phone":99999999999999999999999999}}]}', 422),
        (DEEP, (400, 422)),
        (b'{"groups":["user"],"x":"' + b"a" * (5 << 20) + b'"}', 413),
    ],
)
async def test_a_broken_body_is_refused_with_what_to_do_and_nobody_is_held(hold, raw, status):
    client = await (await hold()).client()
    reply = await client("POST", "/api/v1/persons", raw=raw)
    assert reply.status in (status if isinstance(status, tuple) else (status,)), reply.raw
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["remedy"]
    assert (await client("GET", "/api/v1/persons")).body["persons"] == []


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "status"),
    [
        ("GET", "/api/v1/persons", "limit=0", {}, 400),
        ("GET", "/api/v1/persons", "limit=99999999999999", {}, 400),
        ("GET", "/api/v1/persons", "limit=5&limit=6", {}, 400),
        ("GET", "/api/v1/persons", "what=ever", {}, 400),
        ("GET", "/api/v1/persons", "cursor=%00", {}, 400),
        ("GET", "/api/v1/persons", "cursor=AAAA", {}, 400),
        ("GET", "/api/v1/persons/../../etc", "", {}, 404),
        ("GET", "/api/v1/persons/%00", "", {}, 404),
        ("PUT", "/api/v1/persons", "", {}, 405),
        ("GET", "/api/v1/search", "", {}, 405),
        ("GET", "/api/v1/persons", "", {"bailee_purpose": "nonsense"}, 403),
        ("DELETE", "/api/v1/persons/00000000-0000-0000-0000-000000000000", "", {"idempotency_key": "k" * 300}, 400),
    ],
)
async def test_a_broken_request_line_is_refused(hold, method, path, query, headers, status):
    client = await (await hold()).client()
    reply = await client(method, path, query=query, **headers)
    assert reply.status == status, reply.raw
    assert reply.body["remedy"]


LATEST = "9999-12-31T23:59:59-14:00"  # an instant that no calendar has, in the zone where every calendar is


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "headers", "status"),
    [
        ("GET", "/api/v1/persons", "a=1&" * 30, None, {}, 400),
        ("GET", "/api/v1/persons", f"created_from={LATEST}", None, {}, 400),
        ("GET", "/api/v1/persons/{person}/a\x00b/{record}", "", None, {}, 404),
        ("PATCH", "/api/v1/persons/{person}", "", {"groups": ["user"]}, {"if_match": "\u0663"}, 400),
        ("PATCH", "/api/v1/persons/{person}", "", {"groups": ["user"]}, {"if_match": "9" * 19}, 400),
        ("POST", "/api/v1/search", "", {"type": "profile", "filter": {"changed_until": LATEST}}, {}, 400),
        ("POST", "/api/v1/persons/{person}/profile", "", {"data": {}, "expires_at": LATEST}, {}, 422),
        ("POST", "/api/v1/persons/{person}/profile", "", {"data": {}, "source": "a\x00"}, {}, 422),
        ("POST", "/api/v1/persons/{person}/profile", "", {"data": {}, "recipients": ["a\x00"]}, {}, 422),
        ("GET", "/api/v1/controllers/{controller}/ledger/entries", f"start={10**30}", None, {}, 400),
        ("PUT", "/api/v1/controllers/{controller}/types/odd", "", {"x-category": []}, {}, 422),
        ("PUT", "/api/v1/controllers/{controller}/types/odd", "", {"x-category": "c", "x-purposes": [{}]}, {}, 422),
        ("POST", "/api/v1/controllers/{controller}/credentials", "", {"expires_at": LATEST}, {}, 422),
        ("POST", "/api/v1/obligations/{person}/evidence", "", {"name": "a", "content": "\u00b2"}, {}, 422),
        ("POST", "/api/v1/messages/{person}/decision", "", {"decision": "own", "rights": -1}, {}, 400),
        ("GET", "/scim/v2/Users", "filter=meta.created%20eq%20%229999-12-31T23:59:59.999999Z%22", None, {}, 400),
        ("GET", "/scim/v2/Groups", "filter=meta.created%20gt%20%220001-01-01T00:00:00%2B14:00%22", None, {}, 400),
    ],
)
async def test_what_no_column_and_no_calendar_takes_is_the_callers_mistake_not_ours(
    hold, rooms, method, path, query, body, headers, status
):
    holder = await hold()
    purposes = "account-management" if "persons" in path.split("/") or "search" in path or "scim" in path else ""
    issued = await holder.client(purposes or "contract-administration", kind=ActorKind.controller_staff)
    client = Client(Doors(rooms).api, issued.token)
    person, record = await (await holder.client()).person({"language": "fr"})
    if "/types/" in path:
        body = {"type": "object", "x-erasure": "with-person", "properties": {"a": {"type": "string"} | body}}
    if "/credentials" in path:
        body = {"actor": "system:x", "kind": "controller_system", "purposes": ["account-management"]} | body
    filled = path.format(person=person, record=record, controller=holder.id)
    reply = await client(method, filled, body, query=query, **headers)
    assert reply.status == status, reply.raw


async def test_a_policy_is_said_in_any_letters_on_one_line(hold):
    """Spaces that do not break stand in every French text, and a joined sign is several."""
    client = await (await hold()).client()
    person, _ = await client.person({"language": "fr"})
    words = {
        "source": "formulaire\u00a0: \u00ab\u202fsalon\u202f\u00bb",
        "recipients": ["\U0001f469\u200d\U0001f52c lab"],
    }
    made = await client("POST", f"/api/v1/persons/{person}/profile", {"data": {"language": "fr"}} | words)
    assert made.status == 201, made.raw
    broken = await client("POST", f"/api/v1/persons/{person}/profile", {"data": {}, "source": "two\nlines"})
    assert broken.status == 422


@pytest.mark.parametrize("value", [b"\xb2", b'"\xb2"', b"\xb9\xb2\xb3"])
async def test_a_version_in_digits_of_another_kind_is_no_version(hold, rooms, value):
    """Latin-1 has digits that are none to `int`; a client of ours would send UTF-8."""
    holder = await hold()
    client = await holder.client()
    person, _ = await client.person({"language": "fr"})
    request = Request(
        {"method": "PATCH", "path": "", "query_string": b"", "headers": [(b"if-match", value)]},
        None,  # type: ignore[arg-type]  # the body is not read
    )
    with pytest.raises(Refusing):
        Call(data_plane(rooms), request, await holder.caller(client)).if_match()
    assert (await client("GET", f"/api/v1/persons/{person}")).status == 200
