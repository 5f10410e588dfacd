"""The built-in type of what a directory says of a person beyond the profile (SCIM: nick name, photos, roles...).

One record per person at most. The shape of `core` and `enterprise` is the directory standard's and is held where
that standard is spoken; here stand the bounds. All of it is sealed, and erased with its person.
"""

from typing import Any

from bailee.vault.record_types import RecordType
from bailee.vocabulary.purposes import Purpose

SCIM = "scim"

_ALL = [str(purpose) for purpose in Purpose]


def _part(description: str, at_most: int) -> dict[str, Any]:
    return {
        "type": "object",
        "maxProperties": at_most,
        "x-category": "account-identifier",
        "x-purposes": _ALL,
        "description": description,
    }


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Directory attributes",
    "type": "object",
    "additionalProperties": False,
    "x-erasure": "with-person",
    "properties": {
        "core": _part("what the profile has no place for", 40),
        "enterprise": _part("the employment as the directory says it", 20),
        "unsaid": {
            "type": "array",
            "maxItems": 5,
            "items": {"enum": ["active"]},
            "x-category": "account-identifier",
            "x-purposes": _ALL,
            "description": "what the directory has taken back",
        },
    },
}

TYPE = RecordType(SCIM, 1, SCHEMA)
