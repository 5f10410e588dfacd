"""Rewriting: many updates of records in one transaction, each only if its record is still what was read.

The ciphertext is fetched, merged and resealed without a lock, then written together with others where
version, person, key and gate still are what they were, in one call with the entries of exactly those that are
written. Updates of one record wait for each other here, so that one misses only where another process, or a write
under a lock, came between; one that missed is read again. What this cannot do (search tags that change, an
Idempotency-Key, a record under contention) the caller does under a lock.
"""

from collections.abc import Callable
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal
from bailee.gate.archive import Dossier
from bailee.gate.changing import Narrowed, Outdated, Unknown, Written, hold_to
from bailee.gate.narrowing import UNKNOWN, over, view
from bailee.gate.passage import Passage
from bailee.infra.batching import Batcher, Groups
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.infra.turns import Turns
from bailee.ledger.appending import Appending, Recorded
from bailee.ledger.entries import Change
from bailee.vault import amending, queries
from bailee.vault.holding import Holding, Rewrite, Row, digest, rewrites, sealed_row
from bailee.vault.opening import View
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Altered, Sealed
from bailee.vocabulary.ids import Address

TRIES = 3

# How a record's next version is made: (permit, keys, type, current) -> amended.
Amend = Callable[[Permit, tuple[Key, Key], RecordType, Sealed], amending.Amended]
Ready = tuple[Rewrite, Permit]
# An update ready to be written, and its place in its batch.
Placed = tuple[int, Ready]


class NotHere(Exception):
    """This update needs a lock."""


class Rewriting:
    """Updates records in batches."""

    def __init__(
        self, *, passage: Passage, holding: Holding, appending: Appending, keys: KeyStore, clock: Clock
    ) -> None:
        self._clock = clock
        self._passage = passage
        self._appending = appending
        self._keys = keys
        self._turns: Turns[Address] = Turns()
        self._fetching: Batcher[Address, Row | None] = Batcher(holding.fetch)
        self._writing: Batcher[Ready, Recorded[Change] | None] = Batcher(self._together)

    async def rewrite(self, request: AccessRequest, amend: Amend, version: int | None) -> Written | Refusal:
        """Amend one record, after those that are being amended here before it; `NotHere` where that takes a lock."""
        [address] = request.addresses
        turn = await self._turns.take(address)
        try:
            return await self._amended(request, amend, version)
        finally:
            self._turns.leave(address, turn)

    async def _amended(self, request: AccessRequest, amend: Amend, version: int | None) -> Written | Refusal:
        dossier = await self._passage.dossier(request.controller)
        for _ in range(TRIES):
            permit = self._passage.rule(dossier, request)
            if not isinstance(permit, Permit):
                return await self._passage.refuse(permit)
            [address] = request.addresses
            row = await self._fetching.submit(request.controller, address)
            if row is None or row["gate_version"] != dossier.version:
                dossier = await self._passage.dossier(request.controller, row["gate_version"] if row else 0)
                continue
            if row["version"] is None or over(row, self._clock.now()):
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
        _allow(dossier, permit, row)
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
        """Written in one call, but for those that miss; what shares a controller with one is written in the next."""
        found: list[Recorded[Change] | None] = [None] * sum([len(ready) for _, ready in groups])
        waiting = _of_one_mind(groups)
        while waiting:
            recorded, missed = await self._appending.append_where(
                [(controller, [_fact(*ready) for _, ready in mine]) for controller, mine in waiting],
                queries.APPEND_AND_REWRITE,
                *rewrites([(controller, [ready[0] for _, ready in mine]) for controller, mine in waiting]),
            )
            number, again = 0, list[tuple[UUID, list[Placed]]]()
            for controller, mine in waiting:
                left = list[Placed]()
                for placed in mine:
                    found[placed[0]] = recorded[number]
                    if recorded[number] is None and number not in missed:
                        left.append(placed)
                    number += 1
                if left:
                    again.append((controller, left))
            waiting = again
        return found


def _of_one_mind(groups: Groups[Ready]) -> list[tuple[UUID, list[Placed]]]:
    """Each with its place: of updates of one record the first, of a controller's those ruled under its newest gate."""
    waiting, place = list[tuple[UUID, list[Placed]]](), 0
    for controller, group in groups:
        newest = max([one.gate_version for one, _ in group])
        firsts: dict[UUID, Placed] = {}
        for ready in group:
            if ready[0].gate_version == newest:
                firsts.setdefault(ready[0].address.record, (place, ready))
            place += 1
        waiting.append((controller, list(firsts.values())))
    return waiting


def _allow(dossier: Dossier, permit: Permit, row: Row) -> None:
    """What `changing.allow` says, remembered for rows that are alike."""
    [address] = permit.request.addresses
    found = view(dossier, permit, address.type, row["facts"], row["class_id"])
    if isinstance(found, View):
        hold_to(permit, found.categories)
    elif found is None or found.reason == UNKNOWN:
        raise Unknown
    else:
        raise Narrowed(msgspec.structs.replace(found, request=permit.request))


def _fact(ready: Rewrite, permit: Permit) -> Change:
    return Change(permit, ready.address, ready.version + 1, digest(ready.sealed))
