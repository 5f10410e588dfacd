"""Taking a pack along: one zip, streamed; the entry that says who took it is durable before its first byte leaves.

The same pack gives the same bytes. What is laid by is opened piece by piece; the content of files is read through the
gate in the name of whoever takes the pack. Whether all of it may leave is ruled and recorded before the first byte, and
what a restriction lets through for it is kept open as long as it streams. What must end all the same ends in the middle,
by an exception: a zip without its directory, which is last, opens nowhere.
"""

import io
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests import contents, queries
from bailee.clauses.data_subject_requests.asking import Stopped, granted, request
from bailee.clauses.data_subject_requests.events import Mandate, NotNow, Request, Step, held
from bailee.clauses.data_subject_requests.keeping import Keeping
from bailee.clauses.data_subject_requests.packing import Packing
from bailee.clauses.data_subject_requests.papers import TAKEN, Papers
from bailee.clauses.data_subject_requests.restricting import Restricting
from bailee.gate.changing import Unknown
from bailee.gate.files import FilesGate, Reading, Wanted
from bailee.vocabulary.operations import Operation

EXPORTING, LOOKED_AFTER = (Operation.export,), timedelta(minutes=1)
NO_PACK = "no-pack"
ANY_DAY = (2026, 1, 1, 0, 0, 0)


class TakingAlong:
    """Streams packs out."""

    def __init__(
        self, *, keeping: Keeping, packing: Packing, files: FilesGate, restricting: Restricting, place: str
    ) -> None:
        self._restricting = restricting
        self._keeping = keeping
        self._packing = packing
        self._files = files
        self._place = place

    async def take(self, controller: UUID, request_id: UUID, mandate: Mandate) -> AsyncIterator[bytes]:
        """The zip's pieces. Recorded first: `NotNow` where there is no pack (any more), or not all of it may leave."""
        one = await self._keeping.find(controller, request_id)
        if one.papers is None or "members" not in one.papers.work or one.step is not Step.done or one.person is None:
            raise NotNow(NO_PACK)
        try:
            readings = await self._readings(one, mandate)
        except Stopped as stopped:
            raise NotNow(stopped.reason) from None
        except Unknown:  # a file that is in the pack was deleted since
            raise NotNow("changed-since") from None
        async with self._keeping.committing.transaction(controller) as change:
            await self._keeping.write(
                change, _noted(one, one.papers), "pack-taken", by=mandate.actor.id, digest=one.papers.work["digest"],
                actor_kind=str(mandate.actor.kind),
            )  # fmt: skip
        return self._pieces(one, mandate, readings)

    async def _readings(self, one: Request, mandate: Mandate) -> list[tuple[str, Reading]]:
        """The files of a pack, each granted and recorded, under the names that they go by."""
        assert one.papers is not None
        members = msgspec.convert(one.papers.work["members"], list[contents.Member])
        files, person, found = [one for one in members if one.file is not None], held(one), list[tuple[str, Reading]]()
        if files:
            await self._restricting.consented(one, mandate, EXPORTING)
        asked: Any = request(one.controller, mandate, Operation.export, place=self._place, persons=(person,))
        for file in files:
            reading = granted(await self._files.read(asked, Wanted(person, file.type, file.file)))
            found.append((file.name, reading))
        return found

    async def _pieces(
        self, one: Request, mandate: Mandate, readings: Sequence[tuple[str, Reading]]
    ) -> AsyncIterator[bytes]:
        out, looked = _Out(), self._files.clock.now()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
            async for name, pieces in self._members(one, readings):
                with made.open(_entry(name), "w", force_zip64=True) as member:
                    async for piece in pieces:
                        member.write(piece)
                        yield out.drained()
                        if readings and self._files.clock.now() - looked >= LOOKED_AFTER:
                            looked = self._files.clock.now()
                            await self._restricting.consented(one, mandate, EXPORTING)
        yield out.drained()

    async def _members(
        self, one: Request, readings: Sequence[tuple[str, Reading]]
    ) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
        """What is laid by, member by member, then the files."""
        async with self._keeping.committing.transaction(one.controller) as change:
            rows = await change.connection.fetch(queries.PARTS, one.controller, one.id)
        for name in dict.fromkeys(row["name"] for row in rows):
            yield name, self._laid_by(one, name, [row["part"] for row in rows if row["name"] == name])
        for name, reading in readings:
            yield name, reading.pieces(*contents.whole_of(reading.metadata, reading.file.size))

    async def _laid_by(self, one: Request, name: str, parts: Sequence[int]) -> AsyncIterator[bytes]:
        for part in parts:
            yield await self._packing.part(one, part, name)


def _noted(one: Request, papers: Papers) -> Request:
    """The request with word that only its pack is taken: whoever has it before them still sees what there is to answer."""
    first, last = papers.work.get(TAKEN, (one.version, one.version))
    seen = {TAKEN: (first if last == one.version else one.version, one.version + 1)}
    return msgspec.structs.replace(one, papers=msgspec.structs.replace(papers, work=papers.work | seen))


async def together(packs: Mapping[str, AsyncIterator[bytes]]) -> AsyncIterator[bytes]:
    """Several packs as one zip, each under its name and as it is, one after the other."""
    out = _Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name, pieces in packs.items():
            with made.open(_entry(name), "w", force_zip64=True) as member:
                async for piece in pieces:
                    member.write(piece)
                    yield out.drained()
    yield out.drained()


class _Out(io.RawIOBase):
    """Takes what a zip writes, and gives it on."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def drained(self) -> bytes:
        """What was written since it was last asked."""
        found = bytes(self._held)
        self._held.clear()
        return found


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, ANY_DAY)
