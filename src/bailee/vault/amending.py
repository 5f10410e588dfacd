"""Amending: a record merged and resealed without its plaintext going anywhere.

`amend` takes `Appended`, not `Recorded`: the change's entry is in the same transaction, and what comes
out is the next ciphertext, its tags and the names of the changed fields; never a value.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from bailee.contract.ruling import Permit
from bailee.infra.keys.key import Key
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Sealed, seal, unseal
from bailee.vault.searching import indexed_alike, tags

encode = msgspec.json.Encoder(order="sorted").encode


class Amended(msgspec.Struct, frozen=True):
    """The next version of a record, ready to be written; `tags` is None where they stay as they are."""

    sealed: bytes
    tags: list[bytes] | None


def first(key: Key, index: Key, record_type: RecordType, sealed: Sealed, data: Mapping[str, Any]) -> Amended:
    """Seal a whole record at `sealed.version` (its ciphertext there is ignored)."""
    checked = record_type.check(dict(data))
    return Amended(
        sealed=seal(key, sealed.address, sealed.version, encode(checked)),
        tags=tags(index.secret, record_type, checked),
    )


def replaced(keys: tuple[Key, Key], record_type: RecordType, sealed: Sealed, data: Mapping[str, Any]) -> Amended:
    """Seal whole new data as the next version of a record; it is opened only to see whether its tags change."""
    key, index = keys
    checked = record_type.check(dict(data))
    alike = indexed_alike(record_type, record_type.upgraded(msgspec.json.decode(unseal(key, sealed))), checked)
    return Amended(
        sealed=seal(key, sealed.address, sealed.version + 1, encode(checked)),
        tags=None if alike else tags(index.secret, record_type, checked),
    )


def amend(
    permit: Permit, keys: tuple[Key, Key], record_type: RecordType, sealed: Sealed, patch: Mapping[str, Any]
) -> Amended:
    """Merge a patch (RFC 7396) into the sealed record and seal the result as its next version.

    `keys` are the person's key and the controller's index key. The patch may touch only fields whose
    category the permit covers; the ruling was made on just these, and this holds it to them.
    """
    touched = record_type.categories(patch)
    if not touched <= permit.categories:
        raise PermissionError(", ".join(sorted(touched - permit.categories)))
    key, index = keys
    current: dict[str, Any] = record_type.upgraded(msgspec.json.decode(unseal(key, sealed)))
    merged = record_type.check(merge(current, dict(patch)))
    alike = record_type.indexed.isdisjoint(patch) or indexed_alike(record_type, current, merged)
    return Amended(
        sealed=seal(key, sealed.address, sealed.version + 1, encode(merged)),
        tags=None if alike else tags(index.secret, record_type, merged),
    )


def merge(current: Any, patch: Any) -> Any:
    """JSON Merge Patch, RFC 7396: null removes, an object merges, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(current) if isinstance(current, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
