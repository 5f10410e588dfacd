"""Writing records: create, replace, patch, delete, each through the frame of `changing`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend
from bailee.gate import queries
from bailee.gate.archive import Dossier
from bailee.gate.changing import Changing, Done, Held, Outdated, Unknown, Work, Written, allow, living
from bailee.gate.idempotency import Once
from bailee.gate.narrowing import over
from bailee.gate.rewriting import Amend, NotHere, Rewriting
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Change
from bailee.vault import amending, holding
from bailee.vault import queries as vault_queries
from bailee.vault.holding import PolicyClass, Row
from bailee.vault.record_types import RecordType
from bailee.vault.sealing import Sealed
from bailee.vocabulary.ids import Address


class Draft(msgspec.Struct, frozen=True):
    """A record to be created: its data and the policy they come under."""

    data: Mapping[str, Any]
    policy: PolicyClass
    expires_at: datetime | None = None


class Records:
    """Changes to records of living persons."""

    def __init__(self, *, changing: Changing, rewriting: Rewriting, keys: KeyStore, clock: Clock) -> None:
        self._changing = changing
        self._rewriting = rewriting
        self._keys = keys
        self._clock = clock

    async def create(self, request: AccessRequest, draft: Draft, once: Once | None = None) -> Written | Refusal:
        """Seal a new record at its address."""
        [address] = request.addresses

        async def work(dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            row = await living(change, address.person)
            allow(permit, row, frozenset(draft.policy.purposes))
            keys = await self._two_keys(address, row)
            held = await prepare(change, keys, _type(dossier, address), address, draft)
            await holding.insert(change.connection, [held], self._clock.now())
            return await _done(change, permit, address, version=1, sealed=held.sealed, status=201)

        return await self._changing.change(request, work, once)

    async def replace(
        self, request: AccessRequest, data: Mapping[str, Any], version: int | None, once: Once | None = None
    ) -> Written | Refusal:
        """Put a whole record in place of its current version."""

        def amended(_: Permit, keys: tuple[Key, Key], record_type: RecordType, current: Sealed) -> amending.Amended:
            return amending.replaced(keys, record_type, current, data)

        return await self._rewrite(request, amended, version, once)

    async def patch(
        self, request: AccessRequest, patch: Mapping[str, Any], version: int | None, once: Once | None = None
    ) -> Written | Refusal:
        """Merge a patch (RFC 7396) into the record without showing it to anyone."""

        def amended(
            permit: Permit, keys: tuple[Key, Key], record_type: RecordType, current: Sealed
        ) -> amending.Amended:
            return amending.amend(permit, keys, record_type, current, patch)

        return await self._rewrite(request, amended, version, once)

    async def delete(self, request: AccessRequest, once: Once | None = None) -> Written | Refusal:
        """Remove one record. Its key is its person's: backups open it until they expire or the person goes."""
        [address] = request.addresses

        async def work(dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            locked = await living(change, address.person)
            current = await _current(change, address, self._clock.now())
            allow(permit, locked, _purposes(dossier, current))
            if locked["held"]:
                raise Held
            await holding.delete(change.connection, address, self._clock.now())
            return await _done(change, permit, address, version=current["version"], sealed=None, status=200)

        return await self._changing.change(request, work, once)

    async def _rewrite(
        self, request: AccessRequest, amended: Amend, version: int | None, once: Once | None
    ) -> Written | Refusal:
        """With others in a batch where that can be, else under a lock of its own."""
        if once is None:
            try:
                return await self._rewriting.rewrite(request, amended, version)
            except NotHere:
                pass
        return await self._changing.change(request, self._locked(request, amended, version), once)

    def _locked(self, request: AccessRequest, amended: Amend, version: int | None) -> Work:
        [address] = request.addresses

        async def work(dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            locked = await living(change, address.person)
            current = await _current(change, address, self._clock.now())
            allow(permit, locked, _purposes(dossier, current))
            if version is not None and current["version"] != version:
                raise Outdated(current["version"])
            keys = await self._two_keys(address, locked)
            sealed = Sealed(address, current["version"], locked["key_id"], current["sealed"])
            after = amended(permit, keys, _type(dossier, address), sealed)
            held = holding.Held(address, current["class_id"], after.sealed, after.tags)
            if not await holding.replace(change.connection, held, current["version"], self._clock.now()):
                raise Outdated(current["version"])
            return await _done(change, permit, address, version=current["version"] + 1, sealed=after.sealed, status=200)

        return work

    async def _two_keys(self, address: Address, row: Row) -> tuple[Key, Key]:
        keys = await self._keys.person_keys([(address.controller, address.person, row["key_id"])])
        if row["key_id"] not in keys:
            raise Unknown
        return keys[row["key_id"]], await self._keys.controller_key(address.controller, "index")


async def prepare(
    change: Transaction, keys: tuple[Key, Key], record_type: RecordType, address: Address, draft: Draft
) -> holding.Held:
    """Seal a draft for its address and intern its policy; the row is not written yet."""
    return sealed_draft(keys, record_type, address, (draft, await intern(change, draft.policy)))


async def intern(change: Transaction, policy: PolicyClass) -> int:
    """The number of a policy class; where it is new, no older dossier knows it."""
    class_id, fresh = await holding.class_id(change.connection, change.controller, policy)
    if fresh:
        await change.connection.execute(queries.BUMP_GATE, change.controller)
        change.moved += 1
    return class_id


def sealed_draft(
    keys: tuple[Key, Key], record_type: RecordType, address: Address, of_class: tuple[Draft, int]
) -> holding.Held:
    """A draft sealed for its address, under a policy class that is interned already."""
    (key, index), (draft, class_id) = keys, of_class
    empty = Sealed(address=address, version=1, key_id=key.key_id, ciphertext=b"")
    sealed = amending.first(key, index, record_type, empty, draft.data)
    return holding.Held(address, class_id, sealed.sealed, sealed.tags, draft.expires_at)


async def _current(change: Transaction, address: Address, at: datetime) -> Row:
    row = await change.connection.fetchrow(vault_queries.RECORD, address.controller, address.person, address.record)
    if row is None or row["type"] != address.type or over(row, at):
        raise Unknown
    return row


async def _done(
    change: Transaction, permit: Permit, address: Address, *, version: int, sealed: bytes | None, status: int
) -> Done:
    fact = Change(permit=extend(permit, (address,)), address=address, version=version, digest=holding.digest(sealed))
    [appended] = await change.append([fact])
    return Written((address.person,), (address.record,), version, "", status), appended


def _type(dossier: Dossier, address: Address) -> RecordType:
    if address.type not in dossier.types:
        raise Unknown
    return dossier.types[address.type]


def _purposes(dossier: Dossier, row: Row) -> frozenset[str]:
    policy = dossier.classes.get(row["class_id"])
    return frozenset(policy.purposes) if policy else frozenset()
