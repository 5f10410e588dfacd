"""Endpoints of a person's photograph: `/api/v1/persons/{person}/photo`."""

from collections.abc import AsyncIterator
from uuid import UUID

from bailee.api.calling import Call
from bailee.api.files import streamed
from bailee.api.problems import UNKNOWN, Refusing, of_refusal, problem
from bailee.api.records import of_written
from bailee.api.wire import Answer, Streamed, of_problem
from bailee.contract.ruling import Refusal
from bailee.gate.files import Wanted
from bailee.gate.idempotency import Once
from bailee.gate.uploading import PHOTO_CATEGORY, Upload
from bailee.processing.accounts.photographs import BYTES, Photograph, RefusedPhotograph
from bailee.vault.chunks import Sums
from bailee.vault.files import PHOTO, Metadata
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation

SIZES = ("64", "128", "256", "full")
STATUS = {"bytes": 413, "type": 415, "pixels": 422, "broken": 422}
CATEGORIES = frozenset({PHOTO_CATEGORY})


async def put(call: Call, person: UUID) -> Answer:
    """Hold a photograph in place of the one there is: the body is a JPEG, PNG, WebP or AVIF file."""
    call.request.query()
    address = Address(controller=call.caller.controller, person=person, type=PHOTO, record=new_id())
    request = await call.access(Operation.store, (address,), categories=CATEGORIES)
    made: list[Photograph] = []

    async def pieces() -> AsyncIterator[bytes]:
        content = b"".join([piece async for piece in call.request.pieces(BYTES)])
        made.append(await call.parts.photographs.make(content))
        for rendition in made[0].renditions.values():
            yield rendition

    def described(sums: Sums) -> Metadata:
        return Metadata("photo", made[0].media_type, PHOTO_CATEGORY, sums.plain.hex(), made[0].parts)

    async def once(digest: bytes) -> Once | None:
        return await call.once(digest)

    try:
        written = await call.parts.uploading.put(request, Upload(pieces, described, once))
    except RefusedPhotograph as refused:
        words = "This is not taken as a photograph"
        raise Refusing(problem(STATUS[refused.code], f"photo/{refused.code}", words, str(refused))) from refused
    return of_written(written, (b"location", f"/api/v1/persons/{person}/photo".encode()))


async def read(call: Call, person: UUID) -> Answer | Streamed:
    """The photograph: `?size=` 64, 128 or 256 for a square, `full` (unless told) for the whole."""
    size = call.request.query("size").get("size", "full")
    if size not in SIZES:
        raise Refusing(problem(400, "size", "There is no such size", f"These exist: {', '.join(SIZES)}."))
    request = await call.access(Operation.consult, persons=(person,), categories=CATEGORIES)
    reading = await call.parts.files.read(request, Wanted(person, PHOTO))
    if isinstance(reading, Refusal):
        return of_problem(of_refusal(reading))
    start, length = reading.metadata.parts[size]
    etag = (b"etag", f'"{reading.file.place.address.record}-{size}"'.encode())
    return await streamed(reading, (start, start + length), reading.metadata.media_type, [etag])


async def delete(call: Call, person: UUID) -> Answer:
    """Remove the photograph."""
    call.request.query()
    photo = await call.parts.uploading.photo_of(call.caller.controller, person)
    address = Address(controller=call.caller.controller, person=person, type=PHOTO, record=photo or new_id())
    request = await call.access(Operation.delete, (address,), categories=CATEGORIES)
    written = await call.parts.uploading.delete(request, await call.once(b""))
    return of_written(written) if photo else of_problem(UNKNOWN)
