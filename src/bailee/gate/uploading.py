"""Uploading: a file's content comes in under two rulings, one before its first byte and one after its last.

1. Ruled and recorded; the person is living; the row `writing`. 2. The content, sealed as it comes. 3. Ruled again
(a person may have been restricted or erased meanwhile); the row `held`, its change entry, and for a photograph
the end of the one before it, in one transaction. A failure in between leaves what the sweep removes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend
from bailee.gate.archive import Dossier
from bailee.gate.changing import Changing, Done, Held, Unknown, Written, allow, living
from bailee.gate.idempotency import Once
from bailee.gate.records import Records, intern
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Change, Fact
from bailee.vault import files as vault_files
from bailee.vault import queries as vault_queries
from bailee.vault.chunks import Place, Sums
from bailee.vault.files import PHOTO, Files, Metadata
from bailee.vault.holding import PolicyClass, Row
from bailee.vault.profile import PROFILE
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose

PHOTO_CATEGORY = "profile-photo"
ALL = tuple(sorted(str(purpose) for purpose in Purpose))


class Upload(msgspec.Struct, frozen=True):
    """A file on its way in. `pieces` is its content; `described` what it is, asked when the content has ended;
    `once` makes an Idempotency-Key's digest, given the SHA-256 of the content."""

    pieces: Callable[[], AsyncIterator[bytes]]
    described: Callable[[Sums], Metadata]
    once: Callable[[bytes], Awaitable[Once | None]]
    purposes: tuple[str, ...] = ALL


class Uploading:
    """Takes files in, and lets them go."""

    def __init__(
        self, *, changing: Changing, records: Records, files: Files, keys: KeyStore, database: Database, clock: Clock
    ) -> None:
        self._changing = changing
        self._records = records
        self._files = files
        self._keys = keys
        self._database = database
        self._clock = clock

    async def put(self, request: AccessRequest, upload: Upload) -> Written | Refusal:
        """Hold a new file at its address; a photograph takes the place of the one before it."""
        [address] = request.addresses
        place = Place(address, new_id())
        begun: list[Key] = []
        refused = await self._changing.change(request, self._begin(place, upload, begun))
        if isinstance(refused, Refusal):
            return refused
        written: Written | Refusal | None = None
        try:
            sums = await self._files.write(begun[0], place, upload.pieces())
            once = await upload.once(sums.plain)
            written = await self._changing.change(request, self._finish(place, upload, begun[0], sums), once)
        finally:
            mine = isinstance(written, Written) and written.records == (address.record,)
            if not mine:  # it failed, was refused, or repeats a request that was done before
                await self._files.let_go(address.controller, address.person, address.record)
        if mine and address.type == PHOTO:
            await self._files.remove(address.controller, address.person)
            await self._name(request, address.record)
        return written

    async def delete(self, request: AccessRequest, once: Once | None = None) -> Written | Refusal:
        """Remove a file. Its key comes from its person's: backups open it until they expire or the person goes."""
        [address] = request.addresses

        async def work(dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            locked = await living(change, address.person)
            row = await _held(change, address)
            allow(permit, locked, _purposes(dossier, row["class_id"]))
            if locked["held"]:
                raise Held
            facts = await _let_go(change, permit, [address])
            [appended] = await change.append(facts)
            return Written((address.person,), (address.record,), 1, "", 200), appended

        written = await self._changing.change(request, work, once)
        if isinstance(written, Written):
            await self._files.remove(address.controller, address.person)
            if address.type == PHOTO:
                await self._name(request, None)
        return written

    async def photo_of(self, controller: UUID, person: UUID) -> UUID | None:
        """The id of a person's photograph; nothing about it is said to anyone before it is ruled on."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(vault_queries.FILE, controller, person, PHOTO, None)
        return None if row is None else row["file_id"]

    def _begin(self, place: Place, upload: Upload, begun: list[Key]) -> Callable[..., Awaitable[Done]]:
        address = place.address

        async def work(_dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            row = await living(change, address.person)
            allow(permit, row, frozenset(upload.purposes))
            await _replaced(change, address, row)
            keys = await self._keys.person_keys([(address.controller, address.person, row["key_id"])])
            if row["key_id"] not in keys:
                raise Unknown
            class_id = await intern(change, PolicyClass(type=address.type, purposes=upload.purposes))
            await change.connection.execute(
                vault_queries.INSERT_FILE, address.controller, address.person, address.record, address.type, class_id,
                place.blob, self._clock.now(),
            )  # fmt: skip
            begun[:] = [keys[row["key_id"]]]
            [appended] = await change.append([permit])
            return Written((address.person,), (address.record,), 0), appended

        return work

    def _finish(self, place: Place, upload: Upload, key: Key, sums: Sums) -> Callable[..., Awaitable[Done]]:
        address = place.address

        async def work(_dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            row = await living(change, address.person)
            allow(permit, row, frozenset(upload.purposes))
            before = await _replaced(change, address, row)
            sealed = vault_files.seal_metadata(key, place, sums, upload.described(sums))
            class_id = await change.connection.fetchval(
                vault_queries.HOLD_FILE, address.controller, address.person, address.record, sums.size, sums.sealed,
                sealed,
            )  # fmt: skip
            if class_id is None or row["key_id"] != key.key_id:
                raise Unknown
            facts: list[Fact] = [Change(extend(permit, (address,)), address, 1, sums.sealed)]
            facts += await _let_go(change, permit, before)
            appended = await change.append(facts)
            return Written((address.person,), (address.record,), 1, "", 201), appended[0]

        return work

    async def _name(self, request: AccessRequest, photo: UUID | None) -> None:
        """Write the photograph's id into the person's profile, where there is one; a refusal is recorded there."""
        [address] = request.addresses
        async with self._database.transaction(address.controller) as tx:
            profile = await tx.fetchval(vault_queries.PROFILE_OF_PERSON, address.controller, address.person)
        if profile is None:
            return
        naming = msgspec.structs.replace(
            request, operation=Operation.modify, categories=frozenset({PHOTO_CATEGORY}), named=True,
            addresses=(msgspec.structs.replace(address, type=PROFILE, record=profile),),
        )  # fmt: skip
        try:
            await self._records.patch(naming, {"photo": None if photo is None else str(photo)}, None)
        except Unknown:
            return  # the profile, or the person, went in between: there is nothing left to name it in


async def _held(change: Transaction, address: Address) -> Row:
    row: Row | None = await change.connection.fetchrow(
        vault_queries.FILE, address.controller, address.person, address.type, address.record
    )
    if row is None:
        raise Unknown
    return row


async def _replaced(change: Transaction, address: Address, person: Row) -> list[Address]:
    """The photograph that a new one takes the place of, its person locked; `Held` where a hold keeps it."""
    if address.type != PHOTO:
        return []
    row = await change.connection.fetchrow(vault_queries.FILE, address.controller, address.person, PHOTO, None)
    if row is None:
        return []
    if person["held"]:
        raise Held
    return [msgspec.structs.replace(address, record=row["file_id"])]


async def _let_go(change: Transaction, permit: Permit, addresses: list[Address]) -> list[Fact]:
    """Mark files as gone; the facts that say so."""
    for one in addresses:
        await change.connection.execute(vault_queries.LET_FILE_GO, one.controller, one.person, one.record)
    return [Change(extend(permit, (one,)), one, 1) for one in addresses]


def _purposes(dossier: Dossier, class_id: int) -> frozenset[str]:
    policy = dossier.classes.get(class_id)
    return frozenset(policy.purposes) if policy else frozenset()
