"""Steps between two versions of a record type: how data of the version before become data of this one.

A step is data: rename a field, move a value within the record, give a default, drop a field. They are applied when a
record is read, in order, and again in the background when it is rewritten.

No record says which version it was written under, and none needs to: applying every step to data that have them behind
them changes nothing. That holds because a name that was given up is never taken again, a default is only for a field
that this and every later version requires, and objects are closed; `problems` refuses what would break it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Path = Annotated[str, Meta(min_length=1, max_length=300, pattern="^[^/]+(/[^/]+)*$")]


class Rename(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="rename", rename={"from_": "from"}):  # fmt: skip
    """A property is called otherwise; what it holds stays."""

    from_: Name
    to: Name


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="move", rename={"from_": "from"}):  # fmt: skip
    """A value goes to another place of the record; places are property names joined by `/`."""

    from_: Path
    to: Path


class Default(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="default"):
    """A property that is required from now on gets this value where there is none."""

    field: Name
    value: Any


class Drop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="drop"):
    """A property is not held any more: its values go."""

    field: Name


Step = Rename | Move | Default | Drop


def apply(steps: Sequence[Step], data: Mapping[str, Any]) -> dict[str, Any]:
    """The data after every step, in order. The given data are left as they were; pure, and the same twice as once."""
    found: dict[str, Any] = dict(data)
    for step in steps:
        match step:
            case Rename(from_, to):
                if from_ in found:
                    value = found.pop(from_)
                    found.setdefault(to, value)
            case Move(from_, to):
                found = _moved(found, from_.split("/"), to.split("/"))
            case Default(field, value):
                found.setdefault(field, value)
            case Drop(field):
                found.pop(field, None)
    return found


def gone(step: Step) -> str | None:
    """The place that a step leaves empty for good."""
    match step:
        case Rename(from_, _) | Move(from_, _):
            return from_
        case Drop(field):
            return field
    return None


def origins(steps: Sequence[Step]) -> dict[str, str]:
    """The first name of every renamed property: search tags keep it, so that a renaming leaves the index as it is."""
    found: dict[str, str] = {}
    for step in steps:
        if isinstance(step, Rename):
            found[step.to] = found.pop(step.from_, step.from_)
    return found


def problems(before: Sequence[Step], steps: Sequence[Step], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:  # fmt: skip
    """Why these steps do not lead from one schema to the other; every reason. `before` are the steps of old versions."""
    every = [*before, *steps]
    return [*_given_up(every, new), *_defaults_lost(every, new), *_sources(steps, old), *_targets(steps, old, new)]


def _given_up(steps: Sequence[Step], new: Mapping[str, Any]) -> Iterator[str]:
    for place in [one for step in steps if (one := gone(step)) is not None]:
        if schema_at(new, place.split("/")) is not None:
            yield f"/{place}: this name was given up and cannot be taken again: data of before would be taken for it"


def _defaults_lost(steps: Sequence[Step], new: Mapping[str, Any]) -> Iterator[str]:
    """A default is for a property that is required from then on: were it optional, what was left out would come back."""
    given: set[str] = set()
    for step in steps:
        match step:
            case Default(field, _):
                given.add(field)
            case Drop(field):
                given.discard(field)
            case Rename(from_, to) if from_ in given:
                given = given - {from_} | {to}
            case Move(from_, _) if from_ in given:
                given.discard(from_)
                yield f"/{from_}: it has a default and stays where it is: rename or drop it"
    for field in sorted(given - set(new.get("required", ()))):
        yield f"/{field}: a default is for a property that this version and all later ones require"


def _sources(steps: Sequence[Step], old: Mapping[str, Any]) -> Iterator[str]:
    taken: list[str] = []
    for place in [one for step in steps if (one := gone(step)) is not None]:
        if place in taken:
            yield f"/{place}: more than one step begins here"
        elif any(place.startswith(one + "/") for one in taken):
            yield f"/{place}: an earlier step has taken away what this lies in: put this step before it"
        elif schema_at(old, place.split("/")) is None:
            yield f"/{place}: the version before has no such place"
        taken.append(place)


def _targets(steps: Sequence[Step], old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    targets = [step.to for step in steps if isinstance(step, Rename | Move)]
    for place in sorted({one for one in targets if targets.count(one) > 1}):
        yield f"/{place}: more than one step ends here"
    for place in targets:
        if schema_at(old, place.split("/")) is not None:
            yield f"/{place}: the version before has something there already"
        if schema_at(new, place.split("/")) is None:
            yield f"/{place}: the new version has no such place"
    for step in steps:
        if isinstance(step, Move):
            yield from _way(step, old, new)


def _way(move: Move, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """What lies on the way to where a value is moved: plain objects, which nothing else must be in."""
    if "/" not in move.from_ + move.to:
        yield f"/{move.from_}: a property that stays a property is renamed, not moved"
    held: Mapping[str, Any] | None = old
    path: list[str] = []
    for name in move.to.split("/")[:-1]:
        path.append(name)
        there = schema_at(new, path)
        sure = held is not None and name in held.get("required", ())
        held = schema_at(held, [name]) if held is not None else None
        if there is None:
            return
        if there.get("type") != "object" or (held is not None and held.get("type") != "object"):
            yield f"/{'/'.join(path)}: a value is moved into objects alone"
        elif there.get("required") and not sure:
            yield f"/{'/'.join(path)}: it requires something, and data of before may lack it as a whole"


def schema_at(schema: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any] | None:
    """The schema of a place, or None where there is none."""
    found = schema
    for name in path:
        inner = found.get("properties", {}).get(name)
        if not isinstance(inner, Mapping):
            return None
        found = inner
    return found


def _moved(data: dict[str, Any], source: list[str], target: list[str]) -> dict[str, Any]:
    value, after = _taken(data, source)
    return data if value is msgspec.UNSET else _put(after, target, value)


def _taken(data: Mapping[str, Any], path: list[str]) -> tuple[Any, dict[str, Any]]:
    """What lies at a place, and the data without it; what it lay in stays, be it empty."""
    name, rest = path[0], path[1:]
    if name not in data or (rest and not isinstance(data[name], Mapping)):
        return msgspec.UNSET, dict(data)
    without = {key: value for key, value in data.items() if key != name}
    if not rest:
        return data[name], without
    value, inner = _taken(data[name], rest)
    return value, without | {name: inner}


def _put(data: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    name, rest = path[0], path[1:]
    if not rest:
        return data if name in data else data | {name: value}
    inner = data.get(name)
    return data | {name: _put(dict(inner) if isinstance(inner, Mapping) else {}, rest, value)}
