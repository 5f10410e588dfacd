"""Record types: what a controller may hold about people, declared as JSON Schema.

Every property carries `x-category` (a data category) and `x-purposes`; the type says how it is erased
(`x-erasure`). An untagged field, an open object or a type that could not be erased is refused, with
every problem at once. Patterns are refused in declared types: their time cannot be bounded.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from bailee.vault.type_fits import misfits
from bailee.vault.type_steps import Step, apply, origins
from bailee.vocabulary.purposes import Purpose

ALLOWED = frozenset(
    [
        "$schema",
        "title",
        "description",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "enum",
        "const",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "items",
        "minItems",
        "maxItems",
        "uniqueItems",
        "x-category",
        "x-purposes",
        "x-search",
        "x-search-name",
        "x-erasure",
        "x-term",
    ]
)
BOUNDS = {"maxLength": 100_000, "maxItems": 1_000}
DEPTH = 6
RESERVED = frozenset({"records", "erasure", "profile", "scim", "photo", "files", "majority", "activity", "relations"})


class Field(msgspec.Struct, frozen=True):
    """One property: its data category and the purposes it may be used for."""

    category: str
    purposes: frozenset[str]


class RefusedType(ValueError):
    """A declaration that cannot be accepted; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class RefusedData(ValueError):
    """Data that do not fit their type; each problem is (JSON pointer, what is wrong). No value is quoted."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {what}" for place, what in problems))
        self.problems = problems


class RecordType:
    """An accepted type: it validates data and tells which fields an access may see.

    `steps` lead from the data of its first version to those of this one; `name_tokens` says whether the words of its
    whole names are indexed (the controller's choice, `tokens.py`).
    """

    def __init__(
        self,
        name: str,
        version: int,
        schema: Mapping[str, Any],
        *,
        steps: Sequence[Step] = (),
        name_tokens: bool = False,
    ) -> None:
        self.name = name
        self.steps = tuple(steps)
        self.name_tokens = name_tokens
        self._origins = origins(self.steps)
        self.version = version
        self.kept_by_platform = schema.get("x-kept-by") == "platform"
        self.schema = schema
        properties: Mapping[str, Any] = schema["properties"]
        self.fields = {
            field: Field(tags["x-category"], frozenset(tags["x-purposes"])) for field, tags in properties.items()
        }
        self.whole_name_fields: dict[str, tuple[str, ...]] = (
            {"name": tuple(schema["x-search-name"])} if "x-search-name" in schema else {}
        )
        self.searchable = tuple(f for f, tags in properties.items() if tags.get("x-search") == "eq") + tuple(
            self.whole_name_fields
        )
        self.indexed = frozenset(self.searchable) - set(self.whole_name_fields) | {
            part for parts in self.whole_name_fields.values() for part in parts
        }
        self.purposes = frozenset(p for field in self.fields.values() for p in field.purposes)
        self._validator = Draft202012Validator(schema)
        self._fits = jsonschema_rs.Draft202012Validator(dict(schema)).is_valid
        self._visible = lru_cache(maxsize=512)(self._find_visible)

    def check(self, data: Any) -> dict[str, Any]:
        """The data if they fit, else `RefusedData` with every problem."""
        if self._fits(data):
            checked: dict[str, Any] = data
            return checked
        problems = [
            ("/" + "/".join(str(step) for step in error.absolute_path), _in_words(error.validator, error))
            for error in self._validator.iter_errors(data)
        ]
        raise RefusedData(sorted(problems)[:50] or [("", "does not fit its type")])

    def fits(self, data: Any) -> bool:
        """Whether data are as this version wants them."""
        return bool(self._fits(data))

    def upgraded(self, data: dict[str, Any]) -> dict[str, Any]:
        """Data of any version as this one has them; data of this version come back as they are."""
        return apply(self.steps, data) if self.steps else data

    def origin(self, field: str) -> str:
        """The name under which a field is indexed: its first one, so that a renaming leaves the index as it is."""
        return field if field in self.whole_name_fields else self._origins.get(field, field)

    def stores_like(self, previous: "RecordType") -> bool:
        """Whether what was held under the version before may stay as it is, its tags included."""
        return (
            self.steps == previous.steps
            and self.searchable == previous.searchable
            and self.whole_name_fields == previous.whole_name_fields
        )

    def with_tokens(self, on: bool) -> "RecordType":
        """The same type, the words of its names indexed or not."""
        return RecordType(self.name, self.version, self.schema, steps=self.steps, name_tokens=on)

    def categories(self, fields: Mapping[str, Any]) -> frozenset[str]:
        """The data categories that these fields belong to."""
        return frozenset(self.fields[name].category for name in fields if name in self.fields)

    def searched(self, field: str) -> frozenset[str]:
        """The data categories that a search by this field is about."""
        return self.categories(dict.fromkeys(self.whole_name_fields.get(field, (field,))))

    def visible(self, purpose: str, categories: frozenset[str]) -> frozenset[str]:
        """The fields that an access for this purpose, covering these categories, may see; a right reaches all."""
        return self._visible(purpose, categories)

    def sees_all(self, visible: frozenset[str]) -> bool:
        """Whether nothing of the type is withheld (then the sealed bytes are the answer as they are)."""
        return len(visible) == len(self.fields)

    def _find_visible(self, purpose: str, categories: frozenset[str]) -> frozenset[str]:
        return frozenset(
            name
            for name, field in self.fields.items()
            if field.category in categories and (purpose in field.purposes or purpose == Purpose.rights_of_persons)
        )


def declare(
    name: str, schema: Any, known_categories: frozenset[str], *, previous: RecordType | None = None,
    steps: Sequence[Step] = (),
) -> RecordType:  # fmt: skip
    """Accept a controller's declaration, or refuse it with every problem. A next version must take in what is held."""
    problems = list(_problems(name, schema, known_categories))
    if not problems and previous is not None:
        problems = misfits(previous.steps, steps, previous.schema, schema)
    if not problems and previous is None and steps:
        problems = ["the first version of a type has no steps: there is nothing before it"]
    if problems:
        raise RefusedType(problems)
    version, before = (previous.version + 1, previous.steps) if previous else (1, ())
    return RecordType(name, version, schema, steps=(*before, *steps))


def _problems(name: str, schema: Any, known: frozenset[str]) -> Iterator[str]:
    if not (name.isascii() and name.replace("-", "").isalnum() and name == name.lower() and len(name) <= 40):
        yield "the type's name must be lower-case letters, digits and hyphens, 40 at most"
    if name in RESERVED:
        yield f"the name {name!r} has a meaning of its own in addresses: choose another"
    if not isinstance(schema, dict) or schema.get("type") != "object" or not schema.get("properties"):
        yield "the schema must describe an object with properties"
        return
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as problem:
        yield f"not a valid JSON Schema at /{'/'.join(map(str, problem.absolute_path))}"
        return
    if schema.get("x-erasure") != "with-person":
        yield 'the type must say how it is erased: "x-erasure": "with-person"'
    for field, tags in schema["properties"].items():
        yield from _field_problems(field, tags, known)
    whole = schema.get("x-search-name", [])
    if not isinstance(whole, list) or any(part not in schema["properties"] for part in whole):
        yield "x-search-name must list properties of the type"
    yield from _shape_problems("", schema, 0)


def _field_problems(field: str, tags: Any, known: frozenset[str]) -> Iterator[str]:
    if not isinstance(tags, dict):
        yield f"/{field}: a property must be an object"
        return
    if "x-category" not in tags:
        yield f'/{field}: untagged: add "x-category" with a data category of the agreement'
    elif not isinstance(tags["x-category"], str) or tags["x-category"] not in known:
        yield f"/{field}: the agreement does not list the category {tags['x-category']!r}: amend it first"
    purposes = tags.get("x-purposes")
    if not isinstance(purposes, list) or not purposes:
        yield f'/{field}: untagged: add "x-purposes" with at least one purpose'
    else:
        for purpose in purposes:
            if purpose not in list(Purpose):
                yield f"/{field}: unknown purpose {purpose!r}"
    if tags.get("x-search", "eq") != "eq":
        yield f'/{field}: "x-search" can only be "eq"'


def _shape_problems(place: str, schema: Any, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield f"{place or '/'}: must be a schema object"
        return
    if depth > DEPTH:
        yield f"{place}: nested deeper than {DEPTH}"
        return
    for word in sorted(set(schema) - ALLOWED):
        yield f"{place or '/'}: the keyword {word!r} is not accepted here"
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        yield f'{place or "/"}: an object must be closed: "additionalProperties": false'
    if "type" not in schema and "enum" not in schema and "const" not in schema:
        yield f"{place or '/'}: say the type"
    for kind, bound in (("string", "maxLength"), ("array", "maxItems")):
        limit = schema.get(bound)
        if schema.get("type") == kind and "enum" not in schema and not (limit and limit <= BOUNDS[bound]):
            yield f'{place}: a {kind} needs "{bound}", {BOUNDS[bound]} at most'
    for name, inner in schema.get("properties", {}).items():
        yield from _shape_problems(f"{place}/{name}", inner, depth + 1)
    if "items" in schema:
        yield from _shape_problems(f"{place}/items", schema["items"], depth + 1)


def _in_words(keyword: object, error: Any) -> str:
    """What is wrong, without the offending value (it may be personal data)."""
    expected = error.validator_value
    match keyword:
        case "required":
            missing = [name for name in expected if name not in error.instance]
            return f"missing: {', '.join(missing)}"
        case "additionalProperties":
            known = error.schema["properties"]
            unknown = sorted(name[:40] for name in error.instance if name not in known)
            return f"unknown field: {', '.join(unknown)[:200]}; known: {', '.join(known)}"
        case "type":
            return f"must be of type {expected}"
        case "enum":
            return "must be one of the declared values"
        case "pattern":
            return str(error.schema.get("description", "does not have the required form"))
        case _:
            return f"breaks {keyword} {expected}"
