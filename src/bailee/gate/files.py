"""Reading files: ruled, recorded, narrowed like records; then released piece by piece, looking again as it goes.

The category of a file is sealed with it, so the permit is recorded first and what the category withholds is
recorded after. A long answer is looked at again every half second: who was erased or restricted meanwhile, or
under whom the agreement changed, gets no further piece (`Cut`).
"""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend, narrow
from bailee.gate.archive import Dossier
from bailee.gate.changing import Unknown
from bailee.gate.narrowing import UNKNOWN, facts_of
from bailee.gate.passage import FRESH_SECONDS, Passage, TooLate
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending, Recorded
from bailee.ledger.entries import Withheld
from bailee.vault import files as vault_files
from bailee.vault import queries
from bailee.vault.files import Files, Metadata, Stored
from bailee.vault.holding import Row
from bailee.vault.sealing import Altered

LOOK_SECONDS = FRESH_SECONDS / 2
NOT_COVERED = "The instruction does not cover data of this file's category for this person's groups."

Place = tuple[UUID, UUID]


class Cut(Exception):
    """An answer under way may not go on: what allowed it is no longer so."""


class Wanted(msgspec.Struct, frozen=True):
    """A file that is asked for: whose, `photo` or `files`, and which (None: the photograph there is)."""

    person: UUID
    type: str
    file: UUID | None = None


class Shown(msgspec.Struct, frozen=True):
    """A file as a list shows it."""

    file: Stored
    metadata: Metadata


class Listed(msgspec.Struct, frozen=True):
    """A page of files, and where the next begins (None at the end)."""

    shown: tuple[Shown, ...]
    withheld: int
    instruction: str
    clause: str
    entry: str
    after: Place | None


class Reading:
    """A file that may be read: its metadata, and its content by range."""

    def __init__(self, gate: "FilesGate", under: tuple[Dossier, Recorded[Permit]], key: Key, shown: Shown) -> None:
        self._gate = gate
        self._dossier, self._recorded = under
        self._key = key
        self.file, self.metadata = shown.file, shown.metadata

    @property
    def recorded(self) -> Recorded[Permit]:
        """The entry that this reading stands under."""
        return self._recorded

    async def pieces(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The content from byte `start` up to `stop`. Raises `Altered` where it does not open, `Cut` where it must end."""
        gate, looked = self._gate, None
        try:
            async for piece in gate.files.pieces(self._recorded, self._key, self.file, start, stop):
                if looked is None or gate.clock.monotonic() - looked > LOOK_SECONDS:
                    looked = gate.clock.monotonic()
                    await gate.look_again(self._dossier, self._recorded.fact, Shown(self.file, self.metadata))
                yield piece
        except Altered as found:
            raise await gate.passage.altered(self._recorded.fact, found) from None


class FilesGate:
    """The door for files."""

    def __init__(
        self, *, passage: Passage, appending: Appending, files: Files, keys: KeyStore, database: Database, clock: Clock
    ) -> None:
        self.passage = passage
        self.files = files
        self.clock = clock
        self._appending = appending
        self._keys = keys
        self._database = database

    async def read(self, request: AccessRequest, wanted: Wanted) -> Reading | Refusal:
        """Open a file for reading; its entry is durable when this returns. Raises `Unknown` where there is none."""
        arguments = (wanted.person, wanted.type, wanted.file)
        ruled = await self._ruled(request, queries.FILE, arguments)
        if isinstance(ruled, Refusal):
            return ruled
        dossier, permit, rows, started = ruled
        named = _named(permit, dossier, rows)
        recorded = await self._appending.append_one(named)
        refusal: Refusal | None = None
        for row in rows:
            narrowed = _narrowed(dossier, permit, row)
            if not isinstance(narrowed, Permit):
                refusal = narrowed
                break
            keys = await self._keys_of(dossier.controller, [row])
            if row["key_id"] in keys:
                shown = await self._show(recorded, keys[row["key_id"]], vault_files.stored(dossier.controller, row))
                if shown.metadata.category in narrowed.categories:
                    self._fresh(started)
                    return Reading(self, (dossier, recorded), keys[row["key_id"]], shown)
                refusal = _uncovered(narrowed)
        await self._appending.append_one(Withheld(named, refusal.reason if refusal else UNKNOWN))
        if refusal is None:
            raise Unknown
        return refusal

    async def page_of_person(self, request: AccessRequest, person: UUID, after: UUID, limit: int) -> Listed | Refusal:
        """What files there are of one person, in id order."""
        return await self._page(request, queries.FILES_OF_PERSON, (person, after), limit)

    async def page(self, request: AccessRequest, after: Place, limit: int) -> Listed | Refusal:
        """What files there are of everyone, in id order."""
        return await self._page(request, queries.FILES_AFTER, after, limit)

    async def look_again(self, dossier: Dossier, permit: Permit, shown: Shown) -> None:
        """Whether what allowed a reading is still so; else `Cut`."""
        address = shown.file.place.address
        arguments = (address.person, address.type, address.record)
        version, rows = await self._rows(dossier.controller, queries.FILE, (*arguments,))
        if not rows or rows[0]["key_id"] != shown.file.key_id:
            raise Cut
        if version != dossier.version:
            dossier = await self.passage.dossier(dossier.controller, version)
            ruled = self.passage.rule(dossier, permit.request)
            if isinstance(ruled, Refusal):
                raise Cut
            permit = ruled
        narrowed = _narrowed(dossier, permit, rows[0])
        if not isinstance(narrowed, Permit) or shown.metadata.category not in narrowed.categories:
            raise Cut

    async def _page(
        self, request: AccessRequest, query: str, arguments: tuple[object, ...], limit: int
    ) -> Listed | Refusal:
        ruled = await self._ruled(request, query, (*arguments, limit))
        if isinstance(ruled, Refusal):
            return ruled
        dossier, permit, rows, started = ruled
        through = [
            (row, n)
            for row in rows
            if isinstance(n := _narrowed(dossier, permit, row), Permit)
            and self.passage.reaches(dossier, permit, vault_files.stored(dossier.controller, row).place.address)
        ]
        recorded = await self._appending.append_one(_named(permit, dossier, [row for row, _ in through]))
        keys = await self._keys_of(dossier.controller, [row for row, _ in through])
        shown = []
        for row, narrowed in through:
            if row["key_id"] in keys:
                one = await self._show(recorded, keys[row["key_id"]], vault_files.stored(dossier.controller, row))
                if one.metadata.category in narrowed.categories:
                    shown.append(one)
        self._fresh(started)
        last = (rows[-1]["person_id"], rows[-1]["file_id"]) if len(rows) == limit else None
        return Listed(tuple(shown), len(rows) - len(shown), permit.instruction, permit.clause, recorded.name, last)

    async def _ruled(
        self, request: AccessRequest, query: str, arguments: tuple[object, ...]
    ) -> tuple[Dossier, Permit, list[Row], float] | Refusal:
        """A ruling and the rows it is about, under the same version of the gate."""
        dossier = await self.passage.dossier(request.controller)
        while True:
            permit = self.passage.rule(dossier, request)
            if isinstance(permit, Refusal):
                return await self.passage.refuse(permit)
            started = self.clock.monotonic()
            version, rows = await self._rows(request.controller, query, arguments)
            if version == dossier.version:
                return dossier, permit, rows, started
            dossier = await self.passage.dossier(request.controller, version)

    async def _rows(self, controller: UUID, query: str, arguments: tuple[object, ...]) -> tuple[int, list[Row]]:
        async with self._database.transaction(controller) as tx:
            version = await tx.fetchval(queries.GATE, controller)
            return version or 0, await tx.fetch(query, controller, *arguments)

    async def _keys_of(self, controller: UUID, rows: Sequence[Row]) -> dict[UUID, Key]:
        return await self._keys.person_keys([(controller, r["person_id"], r["key_id"]) for r in rows if r["key_id"]])

    async def _show(self, recorded: Recorded[Permit], key: Key, file: Stored) -> Shown:
        try:
            return Shown(file, vault_files.open_metadata(recorded, key, file))
        except Altered as found:
            raise await self.passage.altered(recorded.fact, found) from None

    def _fresh(self, started: float) -> None:
        if self.clock.monotonic() - started > FRESH_SECONDS:
            raise TooLate


def _named(permit: Permit, dossier: Dossier, rows: Sequence[Row]) -> Permit:
    """The permit for exactly the files that were found; as it was asked where there are none."""
    if not rows:
        return permit
    return extend(permit, tuple(vault_files.stored(dossier.controller, row).place.address for row in rows))


def _narrowed(dossier: Dossier, permit: Permit, row: Row) -> Permit | Refusal | None:
    """What a row leaves of a permit; None where it is as good as unknown."""
    policy = dossier.classes.get(row["class_id"])
    narrowed = narrow(permit, facts_of(row, frozenset(policy.purposes) if policy else frozenset(), permit.at))
    return None if isinstance(narrowed, Refusal) and narrowed.reason == UNKNOWN else narrowed


def _uncovered(permit: Permit) -> Refusal:
    return Refusal(permit.request, "purposes.limited", "category-not-covered", NOT_COVERED, permit.instruction)
