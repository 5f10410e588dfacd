"""Photographs and files as a bundle holds them: what each is, and its content whole or cut into pieces.

Nothing is gathered beyond a piece, so a file of any size passes through the memory of one piece.
"""

from collections.abc import AsyncIterator

import msgspec

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.files import FilesGate, Shown, Wanted
from bailee.gate.sets import Refused

FILES_AT_ONCE = 500
PIECE_BYTES = 16 * 1024 * 1024


async def as_members(gate: FilesGate, request: AccessRequest, shown: Shown) -> AsyncIterator[tuple[str, bytes]]:
    """The members of one file: `files/PERSON/FILE.json`, then `FILE.content` or `FILE.content-00001` and so on.

    Every file is opened under an entry of its own. Raises `Refused` where the ruling says no meanwhile.
    """
    address, size = shown.file.place.address, shown.file.size
    stem = f"files/{address.person}/{address.record}"
    described = {
        "person": address.person, "id": address.record, "type": address.type, "size": size,
        "created_at": shown.file.created_at, **msgspec.structs.asdict(shown.metadata),
    }  # fmt: skip
    yield f"{stem}.json", msgspec.json.encode(described)
    reading = await gate.read(request, Wanted(address.person, address.type, address.record))
    if isinstance(reading, Refusal):
        raise Refused(reading)
    piece, number = bytearray(), 0
    async for content in reading.pieces(0, size):
        piece += content
        if len(piece) >= PIECE_BYTES and size > PIECE_BYTES:
            number += 1
            yield f"{stem}.content-{number:05d}", bytes(piece)
            piece.clear()
    if number == 0:
        yield f"{stem}.content", bytes(piece)
    elif piece:
        yield f"{stem}.content-{number + 1:05d}", bytes(piece)
