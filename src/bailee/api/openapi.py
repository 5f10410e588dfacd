"""The OpenAPI document (3.1): the framework's routes and the data plane's, with schemas that tell the truth.

The framework drops what closes an object, so every schema here comes from msgspec, from the very structs
that read and write the wire.
"""

from typing import Any, get_args

import msgspec
from litestar import Litestar

from bailee.api import shapes
from bailee.api.control import (
    approvals,
    endings,
    exchanges,
    groups,
    instruction_shapes,
    messages,
    obligations,
    privacy_notices,
    request_shapes,
    retention,
    webhooks,
)
from bailee.api.control import shapes as control_shapes
from bailee.api.people import FILTERS
from bailee.api.problems import Problem
from bailee.gate.looking.filters import State
from bailee.processing.accounts.import_jobs import LineResult
from bailee.vocabulary.groups import PersonGroup

J = dict[str, Any]
REF = "#/components/schemas/{name}"
ANSWERS = {400: "not well-formed", 401: "no valid credential", 403: "refused by a clause", 404: "unknown", 410: "erased or destroyed",
           412: "another version", 413: "too large", 422: "does not fit", 503: "a part is away: try again"}  # fmt: skip

# method, path, summary, request shape, answer shape, status, query parameters
DATA_PLANE: tuple[tuple[str, str, str, Any, Any, int, tuple[str, ...]], ...] = (
    ("post", "/persons", "Take a person in", shapes.PersonIn, shapes.PersonCreatedOut, 201, ()),
    ("get", "/persons", "List living people", None, shapes.PeopleOut, 200, ("limit", "cursor", *FILTERS)),
    ("get", "/persons/{person}", "What stands about a person", None, shapes.PersonOut, 200, ()),
    ("patch", "/persons/{person}", "Change groups, restriction, objections", shapes.PersonChange, shapes.WrittenOut, 200, ()),
    ("delete", "/persons/{person}", "Erase a person", None, shapes.ErasureOut, 202, ()),
    ("get", "/persons/{person}/erasure", "How far an erasure is", None, shapes.ErasureOut, 200, ()),
    ("post", "/persons/{person}/majority", "Check majority; the date of birth is not kept", shapes.MajorityIn, shapes.MajorityOut, 200, ()),
    ("get", "/persons/{person}/majority", "What is kept of the check", None, shapes.PageOut, 200, ("limit", "cursor")),
    ("put", "/persons/{person}/photo", "Hold a photograph", bytes, shapes.WrittenOut, 201, ()),
    ("get", "/persons/{person}/photo", "The photograph, upright and without metadata", None, bytes, 200, ("size",)),
    ("delete", "/persons/{person}/photo", "Delete the photograph", None, shapes.WrittenOut, 200, ()),
    ("post", "/persons/{person}/files", "Hold a file", bytes, shapes.WrittenOut, 201, ("name", "category")),
    ("get", "/persons/{person}/files", "A person's files", None, shapes.FilesOut, 200, ("limit", "cursor")),
    ("get", "/persons/{person}/files/{record}", "A file's content, whole or by Range", None, bytes, 200, ()),
    ("delete", "/persons/{person}/files/{record}", "Delete a file", None, shapes.WrittenOut, 200, ()),
    ("post", "/persons/{person}/{type}", "Hold a record", shapes.RecordIn, shapes.WrittenOut, 201, ()),
    ("get", "/persons/{person}/{type}", "A person's records (`records`: of all types)", None, shapes.PageOut, 200, ("limit", "cursor")),
    ("get", "/persons/{person}/{type}/{record}", "Read a record", None, shapes.ReadOut, 200, ("fields",)),
    ("put", "/persons/{person}/{type}/{record}", "Replace a record", dict[str, Any], shapes.WrittenOut, 200, ()),
    ("patch", "/persons/{person}/{type}/{record}", "Patch a record (RFC 7396)", dict[str, Any], shapes.WrittenOut, 200, ()),
    ("delete", "/persons/{person}/{type}/{record}", "Delete a record", None, shapes.WrittenOut, 200, ()),
    ("get", "/persons/{person}/relations", "The relations someone is part of", None, shapes.JoinedPageOut, 200, ("limit", "cursor")),
    ("post", "/relations", "Hold a record about several people", shapes.RelationIn, shapes.RelationCreatedOut, 201, ()),
    ("get", "/relations/{relation}", "Read a relation, every part in one read", None, shapes.RelationOut, 200, ()),
    ("post", "/search", "Search by a value or by words, or list a type; narrowed by a filter", shapes.SearchIn, shapes.PageOut, 200, ()),
    ("post", "/batch", "Read or create many", shapes.BatchIn, (shapes.BatchOut, shapes.CreatedManyOut), 200, ()),
)  # fmt: skip
HEADERS = {
    "Bailee-Purpose": "names one of the credential's purposes",
    "Idempotency-Key": "does it once",
    "If-Match": "the version expected",
}


def document(app: Litestar) -> J:
    """The whole document."""
    framework = app.openapi_schema.to_schema()
    structs = [
        *_structs(shapes),
        *_structs(control_shapes),
        *_structs(endings),
        *_structs(webhooks),
        *_structs(instruction_shapes),
        *_structs(messages),
        *_structs(privacy_notices),
        *_structs(retention),
        *_structs(obligations),
        *_structs(exchanges),
        *_structs(approvals),
        *_structs(groups),
        *_structs(request_shapes),
        LineResult,
        Problem,
    ]
    _, components = msgspec.json.schema_components(structs, ref_template=REF)
    kept = framework.get("components", {}).get("schemas", {})
    by_name = {name.rsplit("_", 1)[-1]: schema for name, schema in components.items()}
    schemas = {name: by_name.get(name, schema) for name, schema in kept.items()} | by_name
    paths = {path: _with_problems(item) for path, item in framework["paths"].items()}
    return {
        **framework,
        "paths": {**paths, **_data_plane()},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"credential": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"credential": []}],
    }


def _structs(module: Any) -> list[type]:
    return [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one.__module__ == module.__name__
    ]


def _data_plane() -> dict[str, J]:
    paths: dict[str, J] = {}
    for method, path, summary, sent, got, status, query in DATA_PLANE:
        operation: J = {
            "summary": summary,
            "operationId": f"{method}{path.replace('/', '_').replace('{', '').replace('}', '')}",
            "tags": ["people and records"],
            "parameters": [*_in_path(path), *_in_query(query), *_in_headers(method)],
            "responses": {str(status): _content("done", _schema(got)), **_problems()},
        }
        if sent is not None:
            operation["requestBody"] = {"required": True, **_content("", _schema(sent), body=True)}
        paths.setdefault("/api/v1" + path, {})[method] = operation
    return paths


def _schema(shape: Any) -> J:
    if isinstance(shape, tuple):
        return {"anyOf": [_schema(one) for one in shape]}
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        return {"$ref": REF.format(name=shape.__name__)}
    (found,), _ = msgspec.json.schema_components([shape], ref_template=REF)
    return found


def _content(words: str, schema: J, *, body: bool = False) -> J:
    content: J = {"content": {"application/json": {"schema": schema}}}
    if schema.get("contentEncoding") == "base64":  # bytes go over the wire as they are
        content = {"content": {"*/*": {}}}
    return content if body else {"description": words, **content}


def _problems() -> J:
    schema = {"schema": {"$ref": REF.format(name="Problem")}}
    return {
        str(status): {"description": words, "content": {"application/problem+json": schema}}
        for status, words in ANSWERS.items()
    }


def _with_problems(item: J) -> J:
    for operation in item.values():
        if isinstance(operation, dict) and "responses" in operation:
            good = {status: answer for status, answer in operation["responses"].items() if status < "300"}
            operation["responses"] = {**good, **_problems()}
    return item


def _in_path(path: str) -> list[J]:
    ids = {"person", "record", "relation"}
    return [
        {"name": name, "in": "path", "required": True,
         "schema": {"type": "string", "format": "uuid"} if name in ids else {"type": "string"}}
        for name in ("person", "type", "record", "relation")
        if "{" + name + "}" in path
    ]  # fmt: skip


def _in_query(names: tuple[str, ...]) -> list[J]:
    kinds = {
        "limit": {"type": "integer", "minimum": 1, "maximum": 500},
        "size": {"enum": ["64", "128", "256", "full"]},
        "group": {"enum": [str(group) for group in PersonGroup]},
        "state": {"enum": list(get_args(State))},
        **{name: {"type": "string", "format": "date-time"} for name in FILTERS if name.endswith(("_from", "_until"))},
    }
    return [{"name": name, "in": "query", "schema": kinds.get(name, {"type": "string"})} for name in names]


def _in_headers(method: str) -> list[J]:
    names = HEADERS if method != "get" else {"Bailee-Purpose": HEADERS["Bailee-Purpose"]}
    return [
        {"name": name, "in": "header", "description": words, "schema": {"type": "string"}}
        for name, words in names.items()
    ]
