"""The OpenAPI document is valid, closed and true: what it names is served, what is served is named."""

from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from tests.speaking import Client

from bailee.api.application import Application
from bailee.api.data_plane import PREFIXES, ROUTES
from bailee.serving import control_plane, data_plane


@pytest.fixture
def served(rooms) -> Application:
    return Application(data_plane(rooms), control_plane(rooms))


@pytest.fixture
async def document(served) -> dict[str, Any]:
    reply = await Client(served, "")("GET", "/openapi.json")
    return reply.body


async def test_it_is_a_valid_openapi_3_1_document(document):
    assert document["openapi"].startswith("3.1")
    validate(document)


async def test_every_object_that_is_sent_is_closed(document):
    sent = [name for name in document["components"]["schemas"] if name.endswith("In")]
    assert len(sent) >= 8
    for name in sent:
        assert document["components"]["schemas"][name]["additionalProperties"] is False, name


async def test_every_route_of_the_data_plane_is_in_it_and_no_other(document):
    served = {
        (("/api/v1/" + "/".join(route)), method.lower()) for route, methods in ROUTES.items() for method in methods
    }
    blank = {
        (
            path.replace("{person}", "{}").replace("{record}", "{}").replace("{type}", "*").replace("{relation}", "{}"),
            method,
        )
        for path, item in document["paths"].items()
        for method in item
        if path.startswith(PREFIXES)
    }
    assert blank == served


async def test_every_operation_without_a_credential_answers_401_as_a_problem_document(served, document):
    open_to_all = ("/health", "/metrics")
    client = Client(served, "")
    problem = Draft202012Validator(document["components"]["schemas"]["Problem"])
    for path, item in document["paths"].items():
        if path.startswith(open_to_all):
            continue
        for method in item:
            filled = path
            for name in (
                "controller",
                "person",
                "record",
                "credential",
                "job",
                "webhook",
                "delivery",
                "obligation",
                "direct_request",
                "calendar",
                "notice",
                "request_id",
                "approval",
                "group",
                "draft",
                "message",
                "rule",
            ):
                filled = filled.replace("{" + name + "}", "01a20992-e778-72da-9709-6aaf092006a9")
            filled = filled.replace("{level}", "0").replace("{older}", "1")
            for word in ("type", "name", "path"):
                filled = filled.replace("{" + word + "}", "x")
            reply = await client(method.upper(), filled, {} if method in ("post", "put", "patch") else None)
            assert reply.status in (400, 401), (method, filled, reply.raw)
            problem.validate(reply.body)


async def test_answers_fit_the_schemas_they_are_documented_with(hold, served, profile, document):
    holder = await hold()
    client = Client(served, (await holder.client()).token)
    person, record = await client.person(profile)
    reply = await client("GET", f"/api/v1/persons/{person}/profile/{record}")
    schema = {"$ref": "#/components/schemas/ReadOut", "components": document["components"]}
    Draft202012Validator(schema).validate(reply.body)
    assert msgspec.json.decode(reply.raw)["data"] == profile


async def test_the_page_for_people_loads_nothing_from_elsewhere(served):
    reply = await Client(served, "")("GET", "/docs")
    assert reply.status == 200
    assert b"<script" not in reply.raw
    assert b"http" not in reply.raw.replace(b"over HTTP", b"").replace(b"bailee: HTTP", b"")
