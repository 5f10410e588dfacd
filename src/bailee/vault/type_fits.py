"""Whether what a type held fits its next version: nothing that was accepted may be refused afterwards (data.custom).

The check is on the schemas, not on the records: it knows no data, takes the same time for a million records as for
none, and says every reason at once. A place where the new version is narrower is refused; wider is welcome. What a
datum *is* (its category) does not change; purposes may, since each record keeps those of its own policy class.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from bailee.vault.type_steps import Default, Drop, Move, Rename, Step, problems, schema_at

J = Mapping[str, Any]
# A bound that may only be loosened: its name, and whether more is looser.
BOUNDS = (("maxLength", True), ("maxItems", True), ("maximum", True), ("minLength", False), ("minItems", False),
          ("minimum", False))  # fmt: skip


def misfits(before: Sequence[Step], steps: Sequence[Step], old: J, new: J) -> list[str]:
    """Every reason why data of the old schema, after these steps, may not fit the new one."""
    wrong = problems(before, steps, old, new)
    if wrong:
        return wrong
    wrong = [one for step in steps if isinstance(step, Move) for one in _category_changed(step, old, new)]
    if wrong:
        return wrong
    carried = _carried(old, steps)
    defaults = {step.field: step.value for step in steps if isinstance(step, Default)}
    return [*_defaults(defaults, old, new), *_objects("", carried, new, frozenset(defaults))]


def _category_changed(move: Move, old: J, new: J) -> Iterator[str]:
    """What lies below a property is of that property's category: moving it must not make it something else."""
    was, becomes = (_category(schema, place) for schema, place in ((old, move.from_), (new, move.to)))
    if was != becomes:
        yield f"/{move.to}: what was held as {was!r} does not become {becomes!r}"


def _category(schema: J, place: str) -> Any:
    return schema["properties"][place.partition("/")[0]]["x-category"]


def _carried(old: J, steps: Sequence[Step]) -> J:
    """The old schema with every step applied to it, as they are to data."""
    found: Any = msgspec.json.decode(msgspec.json.encode(old))
    for step in steps:
        match step:
            case Drop(field):
                _cut(found, [field])
            case Rename(from_, to):
                required = from_ in found.get("required", ())
                found["properties"][to] = _cut(found, [from_])
                if required:
                    found["required"].append(to)
            case Move(from_, to):
                _graft(found, to.split("/"), _cut(found, from_.split("/")))
    return found  # type: ignore[no-any-return]  # -- JSON of a schema, decoded above


def _cut(schema: Any, path: list[str]) -> Any:
    *above, last = path
    holder = schema_at(schema, above) if above else schema
    assert isinstance(holder, dict)
    if last in holder.get("required", ()):
        holder["required"] = [one for one in holder["required"] if one != last]
    return holder["properties"].pop(last)


def _graft(schema: Any, path: list[str], what: Any) -> None:
    """Put a schema at a place; objects on the way are made as needed, tagged as nothing (the new schema tags them)."""
    *above, last = path
    for name in above:
        schema = schema.setdefault("properties", {}).setdefault(name, {"type": "object", "properties": {}})
    schema.setdefault("properties", {})[last] = what


def _defaults(defaults: J, old: J, new: J) -> Iterator[str]:
    for field, value in defaults.items():
        if schema_at(new, [field]) is None:  # required, and nowhere described
            yield f"/{field}: the new version has no such place"
        elif not Draft202012Validator(new["properties"][field]).is_valid(value):
            yield f"/{field}: the default does not fit its own property"
        if field in old.get("required", ()):
            yield f"/{field}: it is required already, a default would never be used"


def _objects(place: str, old: J, new: J, given: frozenset[str]) -> Iterator[str]:
    properties = new.get("properties", {})
    for name, inner in old.get("properties", {}).items():
        if name not in properties:
            yield f"{place}/{name}: it has no place in the new version: drop, rename or move it"
        else:
            yield from _narrower(f"{place}/{name}", inner, properties[name])
    for name in new.get("required", ()):
        if name not in old.get("required", ()) and name not in given:
            yield f"{place}/{name}: newly required, and data of before may lack it: give a default"


def _narrower(place: str, old: J, new: J) -> Iterator[str]:
    if "x-category" in old and old["x-category"] != new.get("x-category", old["x-category"]):
        yield f"{place}: what was held as {old['x-category']!r} does not become {new['x-category']!r}"
    if not _types(old) <= _types(new):
        yield f"{place}: the type {old.get('type')!r} is not accepted any more"
        return
    yield from _fewer_values(place, old, new)
    for bound, more_is_looser in BOUNDS:
        if bound in new and (
            bound not in old or (new[bound] < old[bound] if more_is_looser else new[bound] > old[bound])
        ):
            yield f"{place}: {bound} is narrower than before"
    if new.get("uniqueItems") and not old.get("uniqueItems"):
        yield f"{place}: uniqueItems is narrower than before"
    if "properties" in old or "properties" in new:
        yield from _objects(place, old, new, frozenset())
    if "items" in new and "items" not in old:
        yield f"{place}/items: items of any kind were accepted before"
    elif "items" in new:
        yield from _narrower(f"{place}/items", old["items"], new["items"])


def _types(schema: J) -> frozenset[str]:
    """The JSON types a schema accepts; a list of values accepts what its values are."""
    said = schema.get("type")
    if said is None:
        return frozenset(_type(value) for value in _values(schema) or ())
    named = frozenset({said} if isinstance(said, str) else said)
    return named | {"integer"} if "number" in named else named


def _type(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", list: "array"}
    return kinds.get(type(value), "object")


def _values(schema: J) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _fewer_values(place: str, old: J, new: J) -> Iterator[str]:
    allowed, before = _values(new), _values(old)
    if allowed is None:
        return
    if before is None or any(value not in allowed for value in before):
        yield f"{place}: fewer values are accepted than before"
