"""Carrying: the files of one person copied to another, before the merge that makes them theirs.

A blob is sealed under its person's key, so its content is read through the gate (operation `combine`, ruled and
recorded) and sealed anew. Until the merge has committed the copies are `writing`: what a crash leaves of them is
swept. The originals stay where they are until the term ends.
"""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import msgspec
import structlog

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend
from bailee.gate.changing import Unknown
from bailee.gate.files import FilesGate, Wanted
from bailee.infra.clock import Clock
from bailee.infra.database import Database, Unavailable
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Change
from bailee.processing.accounts.reconciling import queries
from bailee.processing.accounts.reconciling.conflicts import CannotMerge
from bailee.vault import files as vault_files
from bailee.vault import queries as vault_queries
from bailee.vault.chunks import Place, Sums
from bailee.vault.files import PHOTO, Metadata
from bailee.vocabulary.ids import Address, new_id

MOST = 200  # files of one person that a merge takes along

log = structlog.get_logger()


class Carried(msgspec.Struct, frozen=True):
    """A file on its way: the original's id, its place at the survivor, and what is known of its content there."""

    origin: UUID
    place: Place
    sums: Sums
    metadata: Metadata


class Carrying:
    """Copies files from person to person."""

    def __init__(self, *, files: FilesGate, database: Database, keys: KeyStore, clock: Clock) -> None:
        self._gate = files
        self._database = database
        self._keys = keys
        self._clock = clock

    async def copy(
        self, request: AccessRequest, absorbed: UUID, survivor: UUID, carried: list[Carried]
    ) -> Refusal | None:
        """Copy what the survivor is to have, adding each to `carried` as it is whole. A photograph goes along only
        where the survivor has none."""
        controller = request.controller
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.HELD_FILES, controller, absorbed, MOST + 1)
            photo = await tx.fetchval(vault_queries.FILE, controller, survivor, PHOTO, None)
            person = await tx.fetchrow(vault_queries.PERSON, controller, survivor)
        if len(rows) > MOST:
            raise CannotMerge("too-much")
        if not rows:
            return None
        keys = {} if person is None else await self._keys.person_keys([(controller, survivor, person["key_id"])])
        if not keys:
            raise Unknown
        [key] = keys.values()
        for row in rows:
            if row["type"] == PHOTO and photo is not None:
                continue
            address = Address(controller=controller, person=survivor, type=row["type"], record=new_id())
            wanted = Wanted(absorbed, row["type"], row["file_id"])
            refused = await self._one(request, wanted, (Place(address, new_id()), row["class_id"]), key, carried)
            if refused is not None:
                return refused
        return None

    async def _one(
        self, request: AccessRequest, wanted: Wanted, to: tuple[Place, int], key: Key, carried: list[Carried]
    ) -> Refusal | None:
        place, class_id = to
        found = await self._gate.read(request, wanted)
        if isinstance(found, Refusal):
            return found
        a = place.address
        async with self._database.transaction(a.controller) as tx:
            await tx.execute(
                vault_queries.INSERT_FILE, a.controller, a.person, a.record, a.type, class_id, place.blob,
                self._clock.now(),
            )  # fmt: skip
        size = found.file.size

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in found.pieces(0, size):
                yield piece

        try:
            sums = await self._gate.files.write(key, place, pieces())
        except BaseException:
            await self._gate.files.let_go(a.controller, a.person, a.record)
            raise
        assert wanted.file is not None
        carried.append(Carried(wanted.file, place, sums, found.metadata))
        return None

    async def drop(self, carried: Sequence[Carried]) -> None:
        """Let copies go that no merge has taken; the sweep does where that cannot be done now."""
        try:
            for one in carried:
                a = one.place.address
                await self._gate.files.let_go(a.controller, a.person, a.record)
        except Unavailable as away:
            log.warning("unfinished copies are left to the sweep", reason=str(away))

    async def remove(self, controller: UUID, person: UUID) -> None:
        """Remove the blobs of what was let go; where their store is away, the sweep does."""
        try:
            await self._gate.files.remove(controller, person)
        except Unavailable as away:
            log.warning("blobs of copies are left to the sweep", reason=str(away))


async def hold(change: Transaction, permit: Permit, key: Key, carried: Sequence[Carried]) -> list[Change]:
    """Make copies the survivor's own, in the transaction of the merge; the facts that say so."""
    facts = []
    for one in carried:
        a = one.place.address
        sealed = vault_files.seal_metadata(key, one.place, one.sums, one.metadata)
        class_id = await change.connection.fetchval(
            vault_queries.HOLD_FILE, a.controller, a.person, a.record, one.sums.size, one.sums.sealed, sealed
        )
        if class_id is None:
            raise Unknown
        facts.append(Change(extend(permit, (a,)), a, 1, one.sums.sealed))
    return facts
