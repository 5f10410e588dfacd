"""Moving: a record resealed for another place, or put together from two, without its plaintext going anywhere.

As in `amending`, what comes out is ciphertext, tags and nothing else. A record is bound to its address and its
person's key, so carrying it to another person means sealing it anew there.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from bailee.infra.keys.key import Key
from bailee.vault.amending import Amended, encode
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Sealed, seal, unseal
from bailee.vault.searching import tags


class NotCovered(Exception):
    """The record holds data of categories that the permit does not cover."""

    def __init__(self, categories: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(categories)))
        self.categories = categories


class Place(msgspec.Struct, frozen=True):
    """Where a record goes: `sealed` names address and version there, `key` is its person's. Its ciphertext is ignored."""

    key: Key
    sealed: Sealed


class Choice(msgspec.Struct, frozen=True):
    """What a merged record is made of: fields taken from the other one, and fields that the act itself sets."""

    taken: frozenset[str]
    own: Mapping[str, Any] = {}


def carried(
    key: Key, record: Sealed, place: Place, record_type: RecordType, *, index: Key, covered: frozenset[str]
) -> Amended:
    """The same data sealed at another place, all of them or none: `covered` are the categories of the permit."""
    data: dict[str, Any] = record_type.upgraded(msgspec.json.decode(unseal(key, record)))
    _check(record_type.categories(data), covered)
    return _sealed(place, record_type, data, index)


def merged(
    own: tuple[Key, Sealed],
    other: tuple[Key, Sealed],
    record_type: RecordType,
    choice: Choice,
    *,
    index: Key,
    covered: frozenset[str],
) -> Amended:
    """`own` with the chosen fields of `other`, as the next version of `own`; a field the other lacks is emptied."""
    key, sealed = own
    data: dict[str, Any] = record_type.upgraded(msgspec.json.decode(unseal(key, sealed)))
    theirs: dict[str, Any] = record_type.upgraded(msgspec.json.decode(unseal(*other)))
    _check(record_type.categories(dict.fromkeys(choice.taken | choice.own.keys())), covered)
    kept = {name: value for name, value in data.items() if name not in choice.taken}
    after = kept | {name: theirs[name] for name in choice.taken if name in theirs} | dict(choice.own)
    following = msgspec.structs.replace(sealed, version=sealed.version + 1)
    return _sealed(Place(key, following), record_type, after, index)


def _check(touched: frozenset[str], covered: frozenset[str]) -> None:
    if not touched <= covered:
        raise NotCovered(touched - covered)


def _sealed(place: Place, record_type: RecordType, data: dict[str, Any], index: Key) -> Amended:
    checked = record_type.check(data)
    at = place.sealed
    return Amended(
        sealed=seal(place.key, at.address, at.version, encode(checked)), tags=tags(index.secret, record_type, checked)
    )
