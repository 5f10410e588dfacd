"""Rewriting: many updates of records in one transaction, each only if its record is still what was read.

The ciphertext is fetched, merged and resealed without a lock, then written together with others where
version, person, key and gate still are what they were, in one transaction with the entries of exactly those
that were written. One that missed is read again. What this cannot do (search tags that change, an
Idempotency-Key, a record under contention) the caller does under a lock.
"""

from collections.abc import Callable

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend
from bailee.gate.archive import Dossier
from bailee.gate.changing import Narrowed, Outdated, Unknown, Written, allow
from bailee.gate.passage import Passage
from bailee.infra.batching import Batcher, Groups
from bailee.infra.clock import Clock
from bailee.infra.keys.store import Key, KeyStore
from bailee.ledger.appending import Recorded
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Change
from bailee.vault import amending
from bailee.vault.holding import Holding, Rewrite, Row, digest, rewrite, sealed_row
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Altered, Sealed
from bailee.vocabulary.ids import Address

TRIES = 3

# How a record's next version is made: (permit, keys, type, current) -> amended.
Amend = Callable[[Permit, tuple[Key, Key], RecordType, Sealed], amending.Amended]
Ready = tuple[Rewrite, Permit]


class NotHere(Exception):
    """This update needs a lock."""


class Rewriting:
    """Updates records in batches."""

    def __init__(
        self, *, passage: Passage, holding: Holding, committing: Committing, keys: KeyStore, clock: Clock
    ) -> None:
        self._passage = passage
        self._committing = committing
        self._keys = keys
        self._clock = clock
        self._fetching: Batcher[Address, Row | None] = Batcher(holding.fetch)
        self._writing: Batcher[Ready, Recorded[Change] | None] = Batcher(self._together)

    async def rewrite(self, request: AccessRequest, amend: Amend, version: int | None) -> Written | Refusal:
        """Amend one record; `NotHere` where that takes a lock."""
        dossier = await self._passage.dossier(request.controller)
        for _ in range(TRIES):
            permit = self._passage.rule(dossier, request)
            if isinstance(permit, Refusal):
                return await self._passage.refuse(permit)
            [address] = request.addresses
            row = await self._fetching.submit(request.controller, address)
            if row is None or row["gate_version"] != dossier.version:
                dossier = await self._passage.dossier(request.controller, row["gate_version"] if row else 0)
                continue
            if row["version"] is None:
                raise NotHere
            try:
                ready = await self._ready(dossier, permit, row, amend, version)
            except Narrowed as narrowed:
                return await self._passage.refuse(narrowed.refusal)
            except Altered as found:
                raise await self._passage.altered(permit, found) from None
            recorded = await self._writing.submit(request.controller, ready)
            if recorded is not None:
                return Written((address.person,), (address.record,), row["version"] + 1, recorded.name)
        raise NotHere

    async def _ready(self, dossier: Dossier, permit: Permit, row: Row, amend: Amend, version: int | None) -> Ready:
        [address] = permit.request.addresses
        policy = dossier.classes.get(row["class_id"])
        allow(permit, row, frozenset(policy.purposes) if policy else frozenset())
        if version is not None and row["version"] != version:
            raise Outdated(row["version"])
        keys = await self._keys.person_keys([(address.controller, address.person, row["key_id"])])
        if row["key_id"] not in keys or address.type not in dossier.types:
            raise Unknown
        index = await self._keys.controller_key(address.controller, "index")
        both = (keys[row["key_id"]], index)
        after = amend(permit, both, dossier.types[address.type], sealed_row(address, row))
        if after.tags is not None:
            raise NotHere
        said = Rewrite(address, row["version"], row["facts"], row["key_id"], dossier.version, after.sealed)
        return said, permit

    async def _together(self, groups: Groups[Ready]) -> list[Recorded[Change] | None]:
        async with self._committing.several() as changes:
            wanted = [(c, [one for one, _ in ready]) for c, ready in groups]
            done = await rewrite(changes.connection, wanted, self._clock.now())
            flat = [one for _, ready in groups for one in ready]
            written = [(c, [_fact(*one) for one in ready if one[0].address in done]) for c, ready in groups]
            appended = iter(await changes.append_all([one for one in written if one[1]]))
            found = [next(appended) if one.address in done else None for one, _ in flat]
        return [changes.recorded(one) if one is not None else None for one in found]


def _fact(ready: Rewrite, permit: Permit) -> Change:
    return Change(extend(permit, (ready.address,)), ready.address, ready.version + 1, digest(ready.sealed))
