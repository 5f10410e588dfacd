"""Forms: what a browser sends, read into the shapes that the gate takes. Every value is bounded."""

import base64
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict

from bailee.gate.sets import START, Place
from bailee.infra.web.forms import id_of, number, text
from bailee.processing.accounts import normal_forms

LINES = ("street", "complement", "city", "postal_code", "region", "country")
FIELDS = ("title", "family_name", "given_name", "company", "email", "phone", "language", "user_name", "external_id")


WORDS = {
    "not-an-address": "This is not an e-mail address",
    "not-a-number": "This is not a telephone number",
    "extension": "A number without an extension",
    "unknown-country": "No country has this name or code",
    "unknown-language": "No language has this name or tag",
    "too-long": "This is too long",
    "missing": "This is missing",
}
OTHERWISE = "This cannot be held as it is written: one line of plain text"


class Read(msgspec.Struct, frozen=True):
    """A profile as read from a form: fields in their normal form, and what is wrong with the others."""

    fields: dict[str, Any]
    wrong: dict[str, str]


def values(sent: FormMultiDict) -> dict[str, Any]:
    """Everything as it was typed, to show the form again."""
    return {name: text(sent, name) for name in (*FIELDS, *LINES)}


def flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A profile's fields as a form shows them: the address's parts beside the others."""
    return {name: value for name, value in fields.items() if name != "postal_address"} | dict(
        fields.get("postal_address", {})
    )


def kept(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a form does not show and a correction therefore leaves as it is."""
    return {name: value for name, value in fields.items() if name not in FIELDS and name != "postal_address"}


def profile(sent: FormMultiDict) -> Read:
    """A profile out of a form, in normal forms."""
    typed = {name: text(sent, name) for name in FIELDS}
    typed |= {f"postal_address.{part}": text(sent, part) for part in LINES}
    done = normal_forms.normalise(typed, default_groups=frozenset({"user"}))
    wrong = {field.removeprefix("postal_address."): WORDS.get(code, OTHERWISE) for field, code in done.problems}
    return Read(dict(done.profile), wrong)


def address_problem(address: str) -> str:
    """What is wrong with an e-mail address, in words; empty when nothing is."""
    try:
        normal_forms.email(address)
    except normal_forms.NotNormal as problem:
        return WORDS.get(problem.code, OTHERWISE)
    return ""


def searches(sought: str) -> list[tuple[str, str]]:
    """The fields that a searched text may be, likeliest first."""
    if "@" in sought:
        return [("email", sought), ("user_name", sought)]
    digits = sum(c.isdigit() for c in sought)
    ways = [("name", sought), ("user_name", sought), ("external_id", sought)]
    if digits >= 6 and digits >= len(sought) / 2:
        return [("phone", _phone(sought)), *ways[1:], *ways[:1]]
    return ways


def _phone(sought: str) -> str:
    try:
        return normal_forms.phone(sought)
    except normal_forms.NotNormal:
        return sought


def place(text_: str) -> Place:
    """Where a list goes on; the beginning for anything that is not a place."""
    try:
        raw = base64.urlsafe_b64decode(text_)
        return UUID(bytes=raw[:16]), UUID(bytes=raw[16:])
    except ValueError:
        return START


def place_text(where: Place | None) -> str:
    """A place as it stands in a link; empty at the end."""
    return base64.urlsafe_b64encode(where[0].bytes + where[1].bytes).decode() if where else ""


__all__ = [
    "FIELDS",
    "Read",
    "address_problem",
    "flat",
    "id_of",
    "kept",
    "number",
    "place",
    "place_text",
    "profile",
    "searches",
    "text",
    "values",
]
