"""The built-in type: the profile that the agreement lists (clause data.profile).

Title is the civility, before the name; it is not a job title. The photograph is a slot naming a blob.
"""

from typing import Any

from bailee.vault.record_types import RecordType
from bailee.vocabulary.purposes import Purpose

PROFILE = "profile"

_ALL = [str(purpose) for purpose in Purpose]


def _text(category: str, limit: int, *, search: bool = False, pattern: str, form: str) -> dict[str, Any]:
    tags: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": limit}
    tags |= {"x-category": category, "x-purposes": _ALL, "pattern": pattern, "description": form}
    return tags | ({"x-search": "eq"} if search else {})


_LINE = {
    "type": "string",
    "maxLength": 200,
    "pattern": r"^[^\x00-\x1f\x7f]*$",
    "description": "one line of text",
}
_COUNTRY = {"type": "string", "pattern": r"^[A-Z]{2}$", "description": "an ISO 3166 code of two letters"}
_ONE_LINE = r"^[^\x00-\x1f\x7f]+$"

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Profile",
    "type": "object",
    "additionalProperties": False,
    "x-erasure": "with-person",
    "x-search-name": ["given_name", "family_name"],
    "properties": {
        "photo": _text("profile-photo", 100, pattern=r"^[0-9a-f-]{36}$", form="the id of a blob"),
        "title": _text("title", 40, pattern=_ONE_LINE, form="a civility on one line"),
        "family_name": _text("name", 200, pattern=_ONE_LINE, form="a name on one line"),
        "given_name": _text("name", 200, pattern=_ONE_LINE, form="a name on one line"),
        "company": _text("company", 200, pattern=_ONE_LINE, form="a company's name on one line"),
        "email": _text(
            "email", 254, search=True, pattern=r"^[^@\s\x00-\x1f<>,;]{1,64}@[^@\s\x00-\x1f<>,;]{1,189}$",
            form="one e-mail address",
        ),
        "phone": _text(
            "phone", 16, search=True, pattern=r"^\+[1-9][0-9]{5,14}$", form="a number in E.164 form, as +33123456789"
        ),
        "postal_address": {
            "type": "object",
            "additionalProperties": False,
            "x-category": "postal-address",
            "x-purposes": _ALL,
            "properties": {
                "street": _LINE, "complement": _LINE, "city": _LINE, "postal_code": _LINE, "region": _LINE,
                "country": _COUNTRY,
            },
        },
        "language": _text(
            "language", 35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", form="a BCP 47 language tag"
        ),
        "ip_address": _text("ip-address", 45, pattern=r"^[0-9A-Fa-f.:]{2,45}$", form="an IP address"),
        "user_name": _text("account-identifier", 200, search=True, pattern=_ONE_LINE, form="a user name on one line"),
        "external_id": _text("account-identifier", 200, search=True, pattern=_ONE_LINE, form="an id on one line"),
    },
}  # fmt: skip

TYPE = RecordType(PROFILE, 1, SCHEMA)
