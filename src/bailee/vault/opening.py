"""Opening: plaintext for release, only on a `Recorded[Permit]`.

The rule this module keeps: what it opens was permitted, that permit's entry is durable, the record is
one of the addresses the entry names, and the fields shown are those the (possibly narrowed) permit
covers. It never widens, and it does not know who asks.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.contract.ruling import Permit
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Recorded
from bailee.vault import moments
from bailee.vault.moments import Moment
from bailee.vault.sealing import Sealed, unseal
from bailee.vocabulary.ids import Address

NOTHING: tuple[str, ...] = ()


class View(msgspec.Struct, frozen=True):
    """What an access may see of a record: the categories covered, and the fields (None: all of them).

    `upgraded` makes data of an older version of the type those of its present one; None where there is no older.
    """

    categories: frozenset[str]
    fields: frozenset[str] | None
    upgraded: Callable[[dict[str, Any]], dict[str, Any]] | None = None


class Selected(msgspec.Struct, frozen=True):
    """A sealed record, and what of it may be seen."""

    sealed: Sealed
    view: View
    created: Moment
    updated: Moment


class Opened(msgspec.Struct, frozen=True):
    """A record released: its JSON, and the fields that the permit did not cover."""

    address: Address
    version: int
    data: bytes
    withheld: tuple[str, ...]
    created: Moment
    updated: Moment

    @property
    def created_at(self) -> datetime:
        """When it was first held."""
        return moments.read(self.created)

    @property
    def updated_at(self) -> datetime:
        """When it was last changed."""
        return moments.read(self.updated)


class NotRecorded(RuntimeError):
    """Someone tried to open a record that the recorded permit does not name: a defect, never an answer."""


class Opening:
    """The only way from ciphertext to an answer."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    async def keys_of(self, selected: Sequence[Selected]) -> dict[UUID, Key]:
        """The keys of selected records, those not remembered fetched and unwrapped together."""
        return await self._keys.person_keys(
            [(s.sealed.address.controller, s.sealed.address.person, s.sealed.key_id) for s in selected]
        )

    def open(
        self, recorded: Recorded[Permit], selected: Sequence[Selected], keys: Mapping[UUID, Key]
    ) -> tuple[Opened, ...]:
        """Open each selected record; one whose key is gone is left out (it was erased meanwhile)."""
        permit = recorded.fact
        covered, addresses = permit.categories, permit.request.addresses
        named = addresses if len(addresses) < 8 else set(addresses)
        opened = list[Opened]()
        for one in selected:
            sealed, view = one.sealed, one.view
            seen, address = view.categories, sealed.address
            if address not in named or not (seen is covered or seen <= covered):
                raise NotRecorded(address)
            key = keys.get(sealed.key_id)
            if key is not None:
                shown, withheld = unseal(key, sealed), NOTHING
                if view.fields is not None or view.upgraded is not None:
                    shown, withheld = _shown(view, shown)
                opened.append(Opened(address, sealed.version, shown, withheld, one.created, one.updated))
        return tuple(opened)


def _shown(view: View, plain: bytes) -> tuple[bytes, tuple[str, ...]]:
    """What a view leaves of a record's JSON, and the fields that it withholds."""
    withheld = NOTHING
    visible = view.fields
    if view.upgraded is not None:
        plain = msgspec.json.encode(view.upgraded(msgspec.json.decode(plain)), order="sorted")
    if visible is not None:
        fields: dict[str, msgspec.Raw] = msgspec.json.decode(plain, type=dict[str, msgspec.Raw])
        withheld = tuple(name for name in fields if name not in visible)
        if withheld:
            plain = msgspec.json.encode({name: raw for name, raw in fields.items() if name in visible})
    return plain, withheld
