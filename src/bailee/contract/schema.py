"""The published JSON Schemas of agreements and instructions, made from the very structs that read them."""

from typing import Any

import msgspec

BASE = "https://bailee.dev/schemas/"


def published(shape: type) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a document's shape."""
    (root,), components = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    name = shape.__name__.lower()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{BASE}{name}/v1",
        **root,
        "$defs": components,
    }
