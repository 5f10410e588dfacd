"""The ledger's endpoints: entries and proofs for its owner; checkpoint and tiles as C2SP serves them."""

import base64
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from bailee.api.control.admission import Admission
from bailee.api.control.shapes import ClosedOut, EntriesOut, EntryOut, ProofOut, ToldOut
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.ledger.reading import Reading

Http = Request[Any, Any, Any]
ENTRIES = 500
FURTHEST = 1 << 62  # an index that no log comes to
TEXT = "text/plain; charset=utf-8"


class Ledger(Controller):
    """What was ruled and recorded, for the controller it concerns."""

    path = "/api/v1/controllers/{controller:uuid}/ledger"
    tags = ("ledger",)

    @get("/entries", summary="Read entries")
    async def entries(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], reading: NamedDependency[Reading], appending: NamedDependency[Appending],
        start: int = 0, limit: int = 100,
    ) -> EntriesOut:  # fmt: skip
        """Entries in order of their index, 500 at most at once; reading them is recorded as well."""
        caller = await admission.party(request, controller)
        if not 0 <= start < FURTHEST or not 1 <= limit <= ENTRIES:
            raise Refusing(problem(400, "range", "No such range", f"start >= 0, limit 1 to {ENTRIES}."))
        await appending.append_one(Act("ledger-read", controller, caller.actor.id, {"from": start, "count": limit}))
        head = await reading.head(controller)
        size = head.size if head else 0
        found = [
            EntryOut(
                entry.index,
                entry.commitment.hex(),
                base64.b64encode(entry.opened.salt).decode() if entry.opened else None,
                entry.opened.body.decode() if entry.opened else None,
            )
            async for entry in reading.entries(controller, start, start + limit)
        ]
        following = start + len(found)
        return EntriesOut(found, size, following if found and following < size else None)

    @get("/persons/{person:uuid}", summary="Who saw this person")
    async def about(
        self, request: Http, controller: UUID, person: UUID, admission: NamedDependency[Admission],
        reading: NamedDependency[Reading], appending: NamedDependency[Appending],
    ) -> list[ToldOut]:  # fmt: skip
        """Every entry about one person, found by a keyed index, never by a scan; reading them is recorded as well."""
        caller = await admission.party(request, controller)
        await appending.append_one(Act("ledger-read", controller, caller.actor.id, {}, (person,)))
        return [
            ToldOut(told.name, told.index, base64.b64encode(told.opened.salt).decode(), told.opened.body.decode())
            async for told in reading.about(controller, person)
        ]

    @get("/generations", summary="The generations of the log that were closed")
    async def generations(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], reading: NamedDependency[Reading]
    ) -> list[ClosedOut]:
        """A log that went back (a server restored) is closed; each with the checkpoint it had come back with."""
        await admission.party(request, controller)
        return [
            ClosedOut(one.generation, one.checkpoint, one.reason, one.closed_at)
            for one in await reading.closed(controller)
        ]

    @get("/receipts/{name:str}", summary="Fetch an entry's offline receipt")
    async def receipt(
        self,
        request: Http,
        controller: UUID,
        name: str,
        admission: NamedDependency[Admission],
        reading: NamedDependency[Reading],
    ) -> Response[str]:
        """The receipt of an entry named `batch.position`; 202 until it is integrated (a second at most)."""
        await admission.party(request, controller)
        batch, _, position = name.partition(".")
        try:
            named = UUID(batch), int(position)
        except ValueError as error:
            raise Refusing(UNKNOWN) from error
        return Response(await reading.receipt(controller, *named), media_type=TEXT)

    @get("/consistency", summary="Prove that the log only grew")
    async def consistency(
        self,
        request: Http,
        controller: UUID,
        older: int,
        newer: int,
        admission: NamedDependency[Admission],
        reading: NamedDependency[Reading],
    ) -> ProofOut:
        """A consistency proof between two sizes of the log, with the checkpoint now."""
        await admission.party(request, controller)
        head = await reading.head(controller)
        hashes = await reading.consistency(controller, older, newer)
        encoded = [base64.b64encode(one).decode() for one in hashes]
        return ProofOut(older, newer, encoded, head.checkpoint if head else "")


class Tiles(Controller):
    """The log as any C2SP client reads it. Hashes and checkpoints only: they say nothing about anyone."""

    path = "/log/{controller:uuid}"
    tags = ("ledger",)

    @get("/checkpoint", summary="The newest signed checkpoint")
    async def checkpoint(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], reading: NamedDependency[Reading]
    ) -> Response[str]:
        """Origin, size, root, signature."""
        await admission.party(request, controller)
        head = await reading.head(controller)
        if head is None:
            raise Refusing(UNKNOWN)
        return Response(head.checkpoint, media_type=TEXT)

    @get("/tile/{level:int}/{path:path}", summary="A tile of hashes")
    async def tile(
        self,
        request: Http,
        controller: UUID,
        level: int,
        path: str,
        admission: NamedDependency[Admission],
        reading: NamedDependency[Reading],
    ) -> Response[bytes]:
        """Up to 256 hashes; a partial tile is asked for as `.p/W`."""
        await admission.party(request, controller)
        position, width = _tile(path)
        head = await reading.head(controller)
        hashes = await reading.tile(controller, head.generation, level, position) if head else None
        if hashes is None or len(hashes) < 32 * width:
            raise Refusing(UNKNOWN)
        return Response(hashes[: 32 * width], media_type="application/octet-stream")


def _tile(path: str) -> tuple[int, int]:
    name, partial, width = path.strip("/").partition(".p/")
    digits = [part.removeprefix("x") for part in name.split("/")]
    if not all(len(part) == 3 and part.isascii() and part.isdigit() for part in digits) or len(digits) > 5:
        raise Refusing(UNKNOWN)
    if partial and not (width.isascii() and width.isdigit() and 0 < int(width) < 256):
        raise Refusing(UNKNOWN)
    return int("".join(digits)), int(width) if partial else 256
