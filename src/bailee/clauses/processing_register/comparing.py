"""Comparing: what one version of a register says otherwise than another. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from bailee.clauses.processing_register.events import Declared

How = Literal["new", "gone", "changed"]
# What is told one by one, and by which of its fields it is known again.
LISTS = {
    "activities": ("id",), "companies": ("name",), "transfers": ("recipient", "country"), "measures": ("id",),
    "kept": ("term",),
}  # fmt: skip
ALONE = ("title", "version", "agreement", "since", "ended_at", "regions", "stopped", "labels")


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference: in which part, of which member, in which field, and what it was and is. Empty lists: nothing."""

    how: How
    part: str
    which: str
    field: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def differences(before: Declared, after: Declared) -> tuple[Difference, ...]:
    """Everything that one says and the other does not, part by part; for lists only what came and what went."""
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    found: list[Difference] = []
    for side in ("controller", "processor"):
        found += _fields(side, "", old[side], new[side])
    for part, known_by in LISTS.items():
        found += _members(part, known_by, old[part], new[part])
    found += _fields("agreement", "", {name: old[name] for name in ALONE}, {name: new[name] for name in ALONE})
    return tuple(found)


def _members(
    part: str, known_by: Sequence[str], before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterable[Difference]:
    old, new = (_by_name(known_by, members) for members in (before, after))
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield Difference(how="gone", part=part, which=name)
        elif name not in old:
            yield Difference(how="new", part=part, which=name)
        else:
            yield from _fields(part, name, old[name], new[name])


def _by_name(known_by: Sequence[str], members: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Members by name; the second of a name, as of an instruction of which two parts go on, has its number beside it."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in members:
        name = " ".join(str(one[field]) for field in known_by)
        found[name if name not in found else f"{name} ({len(found)})"] = one
    return found


def _fields(part: str, which: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Difference]:
    for field in before:
        if before[field] != after[field]:
            old, new = _texts(before[field]), _texts(after[field])
            if isinstance(before[field], list | tuple):
                old, new = [one for one in old if one not in new], [one for one in new if one not in old]
            yield Difference(
                how="changed", part=part, which=which, field=field, before=tuple(old), after=tuple(new)
            )  # fmt: skip


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        return [str(one) for one in value.values()]
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    if isinstance(value, str):
        return [_day(value)]
    return [str(value)]


def _day(text: str) -> str:
    """An instant to the minute; any other text as it is."""
    if len(text) < 20 or text[10:11] != "T":
        return text
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"
    except ValueError:
        return text
