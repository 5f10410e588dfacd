"""Opening: plaintext for release, only on a `Recorded[Permit]`.

The rule this module keeps: what it opens was permitted, that permit's entry is durable, the record is
one of the addresses the entry names, and the fields shown are those the (possibly narrowed) permit
covers. It never widens, and it does not know who asks.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bailee.contract.ruling import Permit
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Recorded
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Sealed, unseal
from bailee.vocabulary.ids import Address


class Selected(msgspec.Struct, frozen=True):
    """A sealed record, its type, and the permit as the row narrowed it."""

    sealed: Sealed
    record_type: RecordType
    permit: Permit
    created_at: datetime
    updated_at: datetime


class Opened(msgspec.Struct, frozen=True):
    """A record released: its JSON, and the fields that the permit did not cover."""

    address: Address
    version: int
    data: bytes
    withheld: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


class NotRecorded(RuntimeError):
    """Someone tried to open a record that the recorded permit does not name: a defect, never an answer."""


class Opening:
    """The only way from ciphertext to an answer."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    async def open(self, recorded: Recorded[Permit], selected: Sequence[Selected]) -> list[Opened]:
        """Open each selected record; one whose key is gone is left out (it was erased meanwhile)."""
        named = set(recorded.fact.request.addresses)
        for one in selected:
            if one.sealed.address not in named or not one.permit.categories <= recorded.fact.categories:
                raise NotRecorded(one.sealed.address)
        wanted = [(one.sealed.address.person, one.sealed.key_id) for one in selected]
        keys = await self._keys.person_keys(recorded.fact.request.controller, wanted)
        purpose = recorded.fact.request.purpose
        return [
            _show(one, purpose, unseal(keys[one.sealed.key_id], one.sealed))
            for one in selected
            if one.sealed.key_id in keys
        ]


def _show(one: Selected, purpose: str, plain: bytes) -> Opened:
    visible = one.record_type.visible(purpose, one.permit.categories)
    withheld: tuple[str, ...] = ()
    if not one.record_type.sees_all(visible):
        fields: dict[str, msgspec.Raw] = msgspec.json.decode(plain, type=dict[str, msgspec.Raw])
        withheld = tuple(name for name in fields if name not in visible)
        if withheld:
            plain = msgspec.json.encode({name: raw for name, raw in fields.items() if name in visible})
    return Opened(
        address=one.sealed.address,
        version=one.sealed.version,
        data=plain,
        withheld=withheld,
        created_at=one.created_at,
        updated_at=one.updated_at,
    )
