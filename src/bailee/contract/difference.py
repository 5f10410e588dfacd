"""Differences between two agreements, path by path, with the clause that each touches."""

from typing import Any

import msgspec

from bailee.contract.agreement import Agreement


class Difference(msgspec.Struct, frozen=True):
    """At one path: what it was, what it is (None where there is nothing)."""

    path: str
    before: Any
    after: Any


def difference(before: Agreement, after: Agreement) -> list[Difference]:
    """Everything that differs, in the order of the agreement."""
    return _compare("", _tree(before), _tree(after))


def matrix(base: Agreement, variants: dict[str, Agreement]) -> dict[str, dict[str, Any]]:
    """Path by path, what each variant has where it differs from the base (under the name `base`: the base's)."""
    rows: dict[str, dict[str, Any]] = {}
    for name, variant in variants.items():
        for found in difference(base, variant):
            rows.setdefault(found.path, {"base": found.before})[name] = found.after
    return rows


def _tree(agreement: Agreement) -> Any:
    """The agreement as plain lists and mappings, in its own order."""
    return msgspec.json.decode(msgspec.json.encode(agreement))


def _compare(path: str, before: Any, after: Any) -> list[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        names = [*before, *(name for name in after if name not in before)]
        return [one for name in names for one in _compare(_join(path, name), before.get(name), after.get(name))]
    if isinstance(before, list) and isinstance(after, list):
        left, right = _by_name(before), _by_name(after)
        names = [*left, *(name for name in right if name not in left)]
        return [one for name in names for one in _compare(_join(path, name), left.get(name), right.get(name))]
    return [] if before == after else [Difference(path, before, after)]


def _by_name(members: list[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for number, member in enumerate(members):
        own = (
            next((member[k] for k in ("id", "category", "group", "purpose", "name") if k in member), None)
            if isinstance(member, dict)
            else None
        )
        named[str(own) if own is not None and str(own) not in named else str(number)] = member
    return named


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
