"""Blind indexes: exact search without a plaintext index.

A tag is a keyed HMAC over type, field and normalised value, truncated to 16 bytes. Only fields with
many possible values are indexed (a tag over a title or a city would give itself away by frequency).
Hits are confirmed after opening, so a collision releases nothing.
"""

import hmac
import unicodedata
from collections.abc import Mapping
from typing import Any

from bailee.vault import tokens
from bailee.vault.record_types import RecordType

TAG = 16


def normal(value: str) -> str:
    """Compatibility-decomposed, without accents and case, with single spaces."""
    bare = value
    if not value.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def normal_whole_name(*parts: str) -> str:
    """A whole name as sorted words: order, accents and case do not matter."""
    return " ".join(sorted(normal(" ".join(parts)).replace("-", " ").split()))


def tag(secret: bytes, type_name: str, field: str, value: str) -> bytes:
    """The tag under which a value of a field is found."""
    message = b"\x00".join((type_name.encode(), field.encode(), value.encode()))
    return hmac.digest(secret, message, "sha256")[:TAG]


def sought(record_type: RecordType, field: str, value: str) -> str:
    """The normal form of a searched value, as the index holds it."""
    return normal_whole_name(value) if field in record_type.whole_name_fields else normal(value)


def held(record_type: RecordType, field: str, data: Mapping[str, Any]) -> str | None:
    """The normal form of what a record holds in a searchable field, or None if it holds nothing."""
    if field in record_type.whole_name_fields:
        parts = [data[part] for part in record_type.whole_name_fields[field] if data.get(part)]
        return normal_whole_name(*parts) if parts else None
    value = data.get(field)
    return normal(value) if isinstance(value, str) and value else None


def indexed_alike(record_type: RecordType, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two versions of a record are found under the same tags: no field that is indexed has changed."""
    return all(before.get(field) == after.get(field) for field in record_type.indexed)


def tags(secret: bytes, record_type: RecordType, data: Mapping[str, Any]) -> list[bytes]:
    """Every tag of a record, to be stored beside it and deleted with it."""
    found = []
    for field in record_type.searchable:
        value = held(record_type, field, data)
        if value is not None:
            found.append(tag(secret, record_type.name, record_type.origin(field), value))
            if record_type.name_tokens and field in record_type.whole_name_fields:
                found += tokens.tokens(secret, record_type.name, value)
    return sorted(set(found))
