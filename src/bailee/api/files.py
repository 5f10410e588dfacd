"""Endpoints of files: `/api/v1/persons/{person}/files`."""

import re
import unicodedata
from collections.abc import AsyncIterator
from urllib.parse import quote
from uuid import UUID

from bailee.api.calling import Call, answer
from bailee.api.problems import Refusing, of_refusal, problem
from bailee.api.records import of_written
from bailee.api.shapes import FileOut, FilesOut
from bailee.api.wire import Answer, Streamed, of_problem
from bailee.contract.ruling import Refusal
from bailee.gate.files import Reading, Shown, Wanted
from bailee.gate.idempotency import Once
from bailee.gate.uploading import PHOTO_CATEGORY, Upload
from bailee.vault.chunks import Sums
from bailee.vault.files import FILES, Metadata
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation

LIMIT = 256 * 1024 * 1024
NAME = 200
TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
OCTETS = "application/octet-stream"
# Nothing in a file runs, loads or frames anything, whatever a browser makes of it.
INERT = (
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


async def create(call: Call, person: UUID) -> Answer:
    """Hold a file about a person: the body is its content, `?name=` and `?category=` say what it is."""
    query = call.request.query("name", "category")
    name, category = checked_name(query.get("name", "")), query.get("category", "")
    categories = await _categories(call, category)
    media_type = _media_type(call.request.header(b"content-type"))
    address = Address(controller=call.caller.controller, person=person, type=FILES, record=new_id())
    request = await call.access(Operation.store, (address,), categories=categories)

    async def once(digest: bytes) -> Once | None:
        return await call.once(digest + f"{category} {media_type} {name}".encode())

    def described(sums: Sums) -> Metadata:
        return Metadata(name, media_type, category, sums.plain.hex())

    upload = Upload(lambda: call.request.pieces(LIMIT), described, once)
    written = await call.parts.uploading.put(request, upload)
    return of_written(written, (b"location", f"/api/v1/persons/{person}/files/{{record}}".encode()))


async def page(call: Call, person: UUID) -> Answer:
    """What files are held about a person, the photograph among them."""
    query = call.request.query("limit", "cursor")
    bound = f"files/{person}"
    _, after = await call.unseal_cursor(bound, query.get("cursor"))
    request = await call.access(Operation.consult, persons=(person,))
    listed = await call.parts.files.page_of_person(request, person, after, call.limit(query.get("limit")))
    if isinstance(listed, Refusal):
        return of_problem(of_refusal(listed))
    return answer(
        200,
        FilesOut(
            files=[_shape(one) for one in listed.shown], cursor=await call.seal_cursor(bound, listed.after),
            instruction=listed.instruction, clause=listed.clause, entry=listed.entry,
        ),
    )  # fmt: skip


async def read(call: Call, person: UUID, file: UUID) -> Answer | Streamed:
    """A file's content, or the part that `Range` names."""
    call.request.query()
    address = Address(controller=call.caller.controller, person=person, type=FILES, record=file)
    reading = await call.parts.files.read(await call.access(Operation.consult, (address,)), Wanted(person, FILES, file))
    if isinstance(reading, Refusal):
        return of_problem(of_refusal(reading))
    size, tag = reading.file.size, f'"{file}"'
    headers = [
        (b"accept-ranges", b"bytes"),
        (b"content-disposition", disposition(reading.metadata.name)),
        (b"etag", tag.encode()),
    ]
    wanted = asked_range(call.request.header(b"range"), size)
    if wanted is None or call.request.header(b"if-range") not in (None, tag):
        return await streamed(reading, (0, size), OCTETS, headers)
    start, stop = wanted
    if start >= stop:
        return _unsatisfiable(size)
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, stop - 1, size)))
    return await streamed(reading, wanted, OCTETS, headers, status=206)


async def delete(call: Call, person: UUID, file: UUID) -> Answer:
    """Remove a file."""
    address = Address(controller=call.caller.controller, person=person, type=FILES, record=file)
    request = await call.access(Operation.delete, (address,))
    return of_written(await call.parts.uploading.delete(request, await call.once(b"")))


async def streamed(
    reading: Reading, part: tuple[int, int], media_type: str, headers: list[tuple[bytes, bytes]], *, status: int = 200
) -> Streamed:
    """A part of a file as a streamed answer; its first piece is opened before anything is answered."""
    pieces = reading.pieces(*part)
    first = await anext(pieces, b"")
    entry = (b"bailee-entry", reading.recorded.name.encode())
    length = (b"content-length", b"%d" % (part[1] - part[0]))
    kind = (b"content-type", media_type.encode())
    return Streamed(status, (kind, length, entry, *INERT, *headers), _after(first, pieces))


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def checked_name(name: str) -> str:
    """A file's name in NFC, or 422: no control or invisible direction character, no path, 200 characters at most."""
    name = unicodedata.normalize("NFC", name)
    bad = any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") or c in "/\\\ufffd" for c in name)
    if bad or not 1 <= len(name) <= NAME or name.strip(" .") == "" or name != name.strip():
        raise Refusing(
            problem(
                422, "name", "This is not a file's name",
                f"Send `name`: 1 to {NAME} visible characters, without a path, spaces at its ends or control characters.",
            )
        )  # fmt: skip
    return name


def disposition(name: str) -> bytes:
    """`Content-Disposition` for any name at all (RFC 6266): a plain form for old readers, UTF-8 for all others."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()") else "_" for c in name)[:NAME]
    whole = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain or 'file'}\"; filename*=UTF-8''{whole}".encode()


def asked_range(said: str | None, size: int) -> tuple[int, int] | None:
    """The bytes (first, one past the last) that a `Range` header asks for; None where it is to be ignored.

    An empty range (first = past) cannot be satisfied. Several ranges at once are not served: the whole is (RFC 9110).
    """
    found = RANGE.fullmatch((said or "").replace(" ", ""))
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        return max(0, size - int(found[2])), size
    start, last = int(found[1]), int(found[2]) if found[2] else size - 1
    if found[2] and last < start:
        return None
    return (start, min(last + 1, size)) if start < size else (size, size)


def _unsatisfiable(size: int) -> Answer:
    found = of_problem(problem(416, "range", "There is no such range", f"The file has {size} bytes."))
    return Answer(416, found.body, ((b"content-range", b"bytes */%d" % size),), found.media_type)


async def _categories(call: Call, category: str) -> frozenset[str] | None:
    """The category as asked for by name: one of the agreement in force, a photograph's aside. None where none is in
    force: the ruling says so."""
    in_force = (await call.dossier()).in_force(call.parts.clock.now())
    if in_force is None:
        return None
    known = set(in_force.agreement.category_ids()) - {PHOTO_CATEGORY}
    if category not in known:
        listed = ", ".join(sorted(known))
        raise Refusing(
            problem(422, "category", "The agreement has no such category", f"Name one in `category`: {listed}.")
        )
    return frozenset({category})


def _media_type(said: str | None) -> str:
    """The media type as declared, without parameters; it is kept and shown, and never served by."""
    bare = (said or "").partition(";")[0].strip().lower()
    return bare if TYPE.fullmatch(bare) else OCTETS


def _shape(one: Shown) -> FileOut:
    address, metadata = one.file.place.address, one.metadata
    return FileOut(
        id=address.record, person=address.person, type=address.type, name=metadata.name, media_type=metadata.media_type,
        category=metadata.category, size=one.file.size, sha256=metadata.sha256, created_at=one.file.created_at,
    )  # fmt: skip
