"""Renewed: a record as its type would have it written today, and the tags under which it would be found.

As in `amending`, it is opened only to be sealed anew, and what comes out is ciphertext and tags. Nothing is added that
the steps of its type do not say.
"""

from typing import Any

import msgspec

from bailee.infra.keys.key import Key
from bailee.vault.amending import encode
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Sealed, seal, unseal
from bailee.vault.searching import tags


class Renewed(msgspec.Struct, frozen=True):
    """The next version of a record (None where it is already as it should be), and its tags."""

    sealed: bytes | None
    tags: list[bytes]


def renewed(
    key: Key, index: Key, record_type: RecordType, sealed: Sealed, covered: frozenset[str], *, may_drop: bool
) -> Renewed | None:
    """A record as of today's version of its type; None where it must stay as it is: it holds what is not covered, it
    does not fit even after every step, or something would go that must be kept (`may_drop`)."""
    before: dict[str, Any] = msgspec.json.decode(unseal(key, sealed))
    after = record_type.upgraded(before)
    if not record_type.fits(after) or not record_type.categories(after) <= covered:
        return None
    found = tags(index.secret, record_type, after)
    if after == before:
        return Renewed(None, found)
    if not may_drop:
        return None
    return Renewed(seal(key, sealed.address, sealed.version + 1, encode(after)), found)
