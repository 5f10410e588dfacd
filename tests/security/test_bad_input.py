"""Bad input gets a clear problem document, in bounded time and memory, and changes nothing."""

import pytest

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
