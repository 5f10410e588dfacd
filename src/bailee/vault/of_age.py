"""The built-in type of a majority check: the answer and its date, never the date of birth (clause data.majority)."""

from typing import Any

from bailee.vault.record_types import RecordType
from bailee.vocabulary.purposes import Purpose

MAJORITY = "majority"
CATEGORY = "birth-date"
_TAGS: dict[str, Any] = {"x-category": CATEGORY, "x-purposes": [str(purpose) for purpose in Purpose]}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Majority",
    "type": "object",
    "additionalProperties": False,
    "required": ["adult", "checked_on", "country", "age"],
    "x-erasure": "with-person",
    "properties": {
        "adult": {"type": "boolean", **_TAGS},
        "checked_on": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "maxLength": 10, **_TAGS},
        "country": {"type": "string", "pattern": r"^[A-Z]{2}$", "maxLength": 2, **_TAGS},
        "age": {"type": "integer", "minimum": 0, "maximum": 30, **_TAGS},
    },
}

TYPE = RecordType(MAJORITY, 1, SCHEMA)
