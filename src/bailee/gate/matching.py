"""Matching: many values sought at once in the blind index, under one ruling and one entry.

Which of these people are held already? The tags are looked up together; what they hit is read through the
passage (ruled and recorded again, by address) and confirmed after opening, so that a collision tells nothing.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate import queries
from bailee.gate.passage import Passage
from bailee.gate.sets import Sought, searchable
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending
from bailee.vault import searching
from bailee.vault.opening import Opened
from bailee.vault.record_types import RecordType
from bailee.vocabulary.ids import Address

AT_ONCE = 2000
ALIKE = 100  # who holds one value, at most: beyond it nobody is looked at, and the answer says so


class Matched(msgspec.Struct, frozen=True):
    """Who holds which value; `withheld` are values of records that the permit did not let through, and `crowded` those
    that more than a hundred records hold: whose they are is not said."""

    found: dict[Sought, list[Opened]]
    withheld: frozenset[Sought]
    crowded: frozenset[Sought] = frozenset()


class Matching:
    """Finds records by exact values, in batches."""

    def __init__(self, *, passage: Passage, appending: Appending, database: Database, keys: KeyStore) -> None:
        self._passage = passage
        self._appending = appending
        self._database = database
        self._keys = keys

    async def match(self, request: AccessRequest, wanted: Sequence[Sought]) -> Matched | Refusal:
        """The records that hold each value, opened; 2,000 values at most. Values nobody holds are left out."""
        if len(wanted) > AT_ONCE:
            raise ValueError(f"at most {AT_ONCE} values at once")
        dossier = await self._passage.dossier(request.controller)
        types = {one.type: dossier.types.get(one.type) for one in wanted}
        categories = frozenset(c for one in wanted for c in searchable(types[one.type], one.field).searched(one.field))
        asked = self._passage.rule(dossier, msgspec.structs.replace(request, categories=categories, named=True))
        if isinstance(asked, Refusal):
            return await self._passage.refuse(asked)
        await self._appending.append_one(asked)
        hits, crowded = await self._hits(request.controller, wanted, types)
        addresses = list(dict.fromkeys(address for _, address in hits))
        opened: dict[Address, tuple[Opened, dict[str, Any]]] = {}
        hidden = set[Address]()
        for start in range(0, len(addresses), AT_ONCE):
            some = tuple(addresses[start : start + AT_ONCE])
            released = await self._passage.read(msgspec.structs.replace(request, addresses=some))
            if isinstance(released, Refusal):
                return released
            opened |= {one.address: (one, msgspec.json.decode(one.data)) for one in released.records}
            hidden |= {address for address, refusal in released.withheld if refusal is not None}
        found: dict[Sought, list[Opened]] = {}
        for one, address in hits:
            known = types[one.type]
            if address not in opened or known is None:
                continue
            record, data = opened[address]
            if searching.held(known, one.field, data) == searching.sought(known, one.field, one.value):
                found.setdefault(one, []).append(record)
        return Matched(found, frozenset(one for one, address in hits if address in hidden), crowded)

    async def _hits(
        self, controller: UUID, wanted: Sequence[Sought], types: dict[str, RecordType | None]
    ) -> tuple[list[tuple[Sought, Address]], frozenset[Sought]]:
        key = await self._keys.controller_key(controller, "index")
        by_tag: dict[bytes, list[Sought]] = {}
        for one in wanted:
            known = searchable(types[one.type], one.field)
            normal = searching.sought(known, one.field, one.value)
            by_tag.setdefault(searching.tag(key.secret, one.type, known.origin(one.field), normal), []).append(one)
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.TAGGED, controller, list(by_tag), ALIKE + 1)
        many = {tag for tag, count in Counter(row["tag"] for row in rows).items() if count > ALIKE}
        hits = [
            (one, Address(controller=controller, person=row["person_id"], type=one.type, record=row["record_id"]))
            for row in rows
            if row["tag"] not in many
            for one in by_tag[row["tag"]]
        ]
        return hits, frozenset(one for tag in many for one in by_tag[tag])
