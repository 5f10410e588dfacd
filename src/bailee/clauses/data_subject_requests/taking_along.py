"""Taking a pack along: one zip, streamed; the entry that says who took it is durable before its first byte leaves.

The same pack gives the same bytes. What is laid by is opened piece by piece; the content of files is read through the
gate in the name of whoever takes the pack, ruled and recorded anew.
"""

import io
import zipfile
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests import contents, queries
from bailee.clauses.data_subject_requests.asking import granted, request
from bailee.clauses.data_subject_requests.events import Mandate, NotNow, Request, Step, held
from bailee.clauses.data_subject_requests.keeping import Keeping
from bailee.clauses.data_subject_requests.packing import Packing
from bailee.clauses.data_subject_requests.papers import TAKEN, Papers
from bailee.gate.files import FilesGate, Wanted
from bailee.vocabulary.operations import Operation

ANY_DAY = (2026, 1, 1, 0, 0, 0)


class TakingAlong:
    """Streams packs out."""

    def __init__(self, *, keeping: Keeping, packing: Packing, files: FilesGate, place: str) -> None:
        self._keeping = keeping
        self._packing = packing
        self._files = files
        self._place = place

    async def take(self, controller: UUID, request_id: UUID, mandate: Mandate) -> AsyncIterator[bytes]:
        """The zip's pieces. Recorded first: `NotNow` where there is no pack (any more)."""
        one = await self._keeping.find(controller, request_id)
        if one.papers is None or "members" not in one.papers.work or one.step is not Step.done or one.person is None:
            raise NotNow("no-pack")
        async with self._keeping.committing.transaction(controller) as change:
            await self._keeping.write(
                change, _noted(one, one.papers), "pack-taken", by=mandate.actor.id, digest=one.papers.work["digest"],
                actor_kind=str(mandate.actor.kind),
            )  # fmt: skip
        return self._pieces(one, mandate)

    async def _pieces(self, one: Request, mandate: Mandate) -> AsyncIterator[bytes]:
        assert one.papers is not None
        members = msgspec.convert(one.papers.work["members"], list[contents.Member])
        out = _Out()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
            async with self._keeping.committing.transaction(one.controller) as change:
                rows = await change.connection.fetch(queries.PARTS, one.controller, one.id)
            for name in dict.fromkeys(row["name"] for row in rows):
                with made.open(_entry(name), "w", force_zip64=True) as member:
                    for row in rows:
                        if row["name"] == name:
                            member.write(await self._packing.part(one, row["part"], name))
                            yield out.drained()
            for file in members:
                if file.file is None:
                    continue
                with made.open(_entry(file.name), "w", force_zip64=True) as member:
                    async for piece in self._content(one, mandate, file):
                        member.write(piece)
                        yield out.drained()
        yield out.drained()

    async def _content(self, one: Request, mandate: Mandate, file: contents.Member) -> AsyncIterator[bytes]:
        person = held(one)
        asked: Any = request(one.controller, mandate, Operation.export, place=self._place, persons=(person,))
        reading = granted(await self._files.read(asked, Wanted(person, file.type, file.file)))
        start, stop = contents.whole_of(reading.metadata, reading.file.size)
        async for piece in reading.pieces(start, stop):
            yield piece


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
