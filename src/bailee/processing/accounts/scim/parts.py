"""The parts of a User that the profile has a place for, each there and back. Pure.

What the standard says in more ways than the profile (several addresses, a number with spaces) is taken into the
profile only where reading it back gives what was sent; the form it was sent in is kept beside it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bailee.vault import profile
from bailee.vault.record_types import RefusedData

Entry = dict[str, Any]

_SPACING = re.compile(r"[\s().\-/\u00a0]+")
_ADDRESS = {"locality": "city", "postalCode": "postal_code", "region": "region", "country": "country"}
_LINES = ("street", "complement")


class Part(msgspec.Struct, frozen=True):
    """A list attribute whose main entry the profile holds: into the profile and back, and which keys that covers."""

    attribute: str
    field: str
    keys: tuple[str, ...]
    into: Callable[[Entry], Any]
    back: Callable[[Any], Entry]


def fits(field: str, value: Any) -> bool:
    """Whether the profile takes this value in this field."""
    try:
        profile.TYPE.check({field: value})
    except RefusedData:
        return False
    return True


def international(text: str) -> str:
    """A telephone number without spacing and `tel:`; the form E.164 has where the country was said."""
    bare = _SPACING.sub("", text.removeprefix("tel:").split(";")[0])
    return "+" + bare[2:] if bare.startswith("00") else bare


def address_into(entry: Mapping[str, Any]) -> dict[str, str]:
    """A postal address as the profile has it: street and complement are the lines of `streetAddress`."""
    lines = str(entry.get("streetAddress") or "").split("\n")
    found = dict(zip(_LINES, (line.removesuffix("\r") for line in lines), strict=False)) if lines[0] else {}
    return found | {ours: entry[theirs] for theirs, ours in _ADDRESS.items() if entry.get(theirs)}


def address_back(held: Mapping[str, str]) -> Entry:
    """A postal address as the standard has it."""
    street = "\n".join(held[line] for line in _LINES if held.get(line))
    found = {"streetAddress": street} if street else {}
    return found | {theirs: held[ours] for theirs, ours in _ADDRESS.items() if held.get(ours)}


PARTS = (
    Part("emails", "email", ("value",), lambda entry: entry.get("value"), lambda held: {"value": held}),
    Part("phoneNumbers", "phone", ("value",), lambda entry: international(str(entry.get("value") or "")),
         lambda held: {"value": held}),
    Part("addresses", "postal_address", ("streetAddress", *_ADDRESS), address_into, address_back),
)  # fmt: skip
HELD, SENT = "$held", "$sent"


def take(part: Part, entries: list[Entry]) -> tuple[Any, list[Entry]]:
    """The main entry's value for the profile (None where it has none that fits), and what remains to be kept."""
    place = _main(entries)
    if place is None:
        return None, entries
    entry = entries[place]
    said = {key: entry[key] for key in part.keys if entry.get(key) not in (None, "")}
    value = part.into(entry)
    if not value or not fits(part.field, value):
        return None, entries
    kept: Entry = {key: inner for key, inner in entry.items() if key not in part.keys} | {HELD: True}
    if part.back(value) != said:
        if part.field != "phone":
            return None, entries
        kept[SENT] = entry["value"]
    return value, [*entries[:place], kept, *entries[place + 1 :]]


def give(part: Part, held: Any, entries: list[Entry]) -> list[Entry]:
    """The entries as the directory sees them, the profile's value in its place (first, where none is marked)."""
    marked = any(entry.get(HELD) for entry in entries)
    shown = []
    for entry in entries:
        if not entry.get(HELD):
            shown.append(entry)
        elif held:
            shown.append(
                {key: inner for key, inner in entry.items() if key not in (HELD, SENT)} | _said(part, held, entry)
            )
    if held and not marked:
        primary = {} if any(entry.get("primary") for entry in entries) else {"primary": True}
        shown.insert(0, part.back(held) | {"type": "work"} | primary)
    return shown


def _said(part: Part, held: Any, entry: Entry) -> Entry:
    sent = entry.get(SENT)
    if isinstance(sent, str) and part.into({"value": sent}) == held:
        return {"value": sent}
    return part.back(held)


def _main(entries: list[Entry]) -> int | None:
    """Which entry is the main one: the primary, else that of work, else the first."""
    for wanted in ({"primary": True}, {"type": "work"}):
        for place, entry in enumerate(entries):
            if all(entry.get(key) == value for key, value in wanted.items()):
                return place
    return 0 if entries else None
