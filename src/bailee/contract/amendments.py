"""Amendments: dated differences applied on an agreement, giving another agreement. Nothing is edited in place."""

from typing import Any

import msgspec

from bailee.contract.agreement import Agreement
from bailee.contract.documents import Amendment, Changed


class BrokenAmendment(ValueError):
    """A difference names a path that the agreement does not have, or a value that does not fit there."""


def amended(agreement: Agreement, amendment: Amendment) -> Agreement:
    """The agreement with the differences made."""
    tree: Any = msgspec.json.decode(agreement.canonical())
    for change in amendment.changes:
        _put(tree, change)
    try:
        return msgspec.convert(tree, Agreement)
    except msgspec.ValidationError as error:
        raise BrokenAmendment(str(error)) from error


def _put(tree: Any, change: Changed) -> None:
    *way, last = change.path.split(".")
    place = tree
    for step in way:
        place = _into(place, step, change.path)
    if isinstance(place, list):
        place[_index(place, last, change.path)] = change.value
    elif isinstance(place, dict) and last in place:
        place[last] = change.value
    else:
        raise BrokenAmendment(f"the agreement has nothing at {change.path}")


def _into(place: Any, step: str, path: str) -> Any:
    if isinstance(place, list):
        return place[_index(place, step, path)]
    if isinstance(place, dict) and step in place:
        return place[step]
    raise BrokenAmendment(f"the agreement has nothing at {path}")


def _index(members: list[Any], step: str, path: str) -> int:
    """A member of a list by its id (or category, or group), or by its number."""
    for number, member in enumerate(members):
        if isinstance(member, dict) and step in (member.get("id"), member.get("category"), member.get("group")):
            return number
    if step.isdigit() and int(step) < len(members):
        return int(step)
    raise BrokenAmendment(f"the agreement has nothing at {path}")
