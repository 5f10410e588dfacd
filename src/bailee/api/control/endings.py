"""The end of a contract, over HTTP. Returns and destructions happen in the worker; here they are asked for."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.response import File
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.api.control.contracts import by_processor_alone, signed
from bailee.api.control.shapes import DocumentIn
from bailee.api.problems import UNKNOWN, Refusing, problem
from bailee.clauses.return_and_destruction.commands import Commands
from bailee.clauses.return_and_destruction.deadlines import TooEarly
from bailee.clauses.return_and_destruction.events import Ending
from bailee.clauses.return_and_destruction.mistakes import NotEnded, NotReturned, WrongManifest

Http = Request[Any, Any, Any]
Digest = Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")]
KEPT = ("certificate.json", "certificate.json.note", "certificate.tlog-proof", "certificate.pdf")


class AcknowledgementIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The SHA-256 of the manifest that the controller holds."""

    manifest: Digest


class EndingOut(msgspec.Struct, frozen=True):
    """How far the end is; an instant is null until it has come."""

    ended_at: datetime
    last_day: datetime
    returned_at: datetime | None
    manifest: str | None
    acknowledged_at: datetime | None
    waived_at: datetime | None
    destroying_at: datetime | None
    destroyed_at: datetime | None
    certificate: UUID | None


class Endings(Controller):
    """Ended, returned, acknowledged or waived, destroyed, certified."""

    path = "/api/v1/controllers/{controller:uuid}/end"
    tags = ("end",)

    @post("/", summary="End the contract", status_code=202)
    async def end(
        self,
        request: Http,
        controller: UUID,
        data: DocumentIn,
        admission: NamedDependency[Admission],
        ending: NamedDependency[Commands],
    ) -> EndingOut:
        """File the signed end. The return is then made by itself; ask again here for how far it is."""
        caller = await admission.party(request, controller)
        document = signed(data)
        by_processor_alone(document, caller, controller)
        try:
            return _out(await ending.end(controller, document, by=caller.actor.id))
        except NotEnded as error:
            raise Refusing(problem(409, "no-agreement", "There is no agreement in force to end", "Nothing.")) from error
        except ValueError as error:
            raise Refusing(problem(422, "document", str(error), "Sign an end for this very controller.")) from error

    @get("/", summary="How far the end is")
    async def state(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], ending: NamedDependency[Commands]
    ) -> EndingOut:
        """Every step and its instant."""
        await admission.party(request, controller)
        found = await ending.state(controller)
        if found is None:
            raise Refusing(problem(404, "not-ended", "The contract has not ended", "POST a signed end here."))
        return _out(found)

    @get("/return/{name:str}", summary="Fetch a file of the return")
    async def fetch(
        self,
        request: Http,
        controller: UUID,
        name: str,
        admission: NamedDependency[Admission],
        returns: NamedDependency[Path],
        ending: NamedDependency[Commands],
    ) -> File:
        """`manifest.json`, `manifest.json.note` and the sealed parts that it lists. Not after something in them was erased:
        where nobody has acknowledged it yet, the return is made anew without it."""
        await admission.party(request, controller)
        if not await ending.handed_out(controller):
            raise Refusing(UNKNOWN)
        return _file(returns / str(controller), name, part=name.startswith("part-") and name.endswith(".age"))

    @post("/acknowledgement", summary="Acknowledge the return")
    async def acknowledge(
        self,
        request: Http,
        controller: UUID,
        data: AcknowledgementIn,
        admission: NamedDependency[Admission],
        ending: NamedDependency[Commands],
    ) -> EndingOut:
        """The controller says that it holds the bundle whose manifest has this digest."""
        caller = await admission.party(request, controller)
        try:
            return _out(await ending.acknowledge(controller, data.manifest, by=caller.actor.id))
        except WrongManifest as error:
            remedy = "Compute the SHA-256 of the manifest.json that you fetched, byte for byte."
            raise Refusing(problem(422, "manifest", "This is not the manifest that was signed", remedy)) from error
        except (NotReturned, NotEnded) as error:
            raise Refusing(problem(409, "not-returned", "There is no return yet", "Wait until it is made.")) from error

    @post("/waiver", summary="Waive the return")
    async def waive(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], ending: NamedDependency[Commands]
    ) -> EndingOut:
        """The controller says that it does not want its data back."""
        caller = await admission.party(request, controller)
        try:
            return _out(await ending.waive(controller, by=caller.actor.id))
        except NotEnded as error:
            raise Refusing(problem(409, "not-ended", "The contract has not ended", "End it first.")) from error

    @post("/destruction", summary="Destroy now, where that is lawful")
    async def destroy(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], ending: NamedDependency[Commands]
    ) -> EndingOut:
        """A named person's command. Before acknowledgement, waiver or the last day it is refused."""
        caller = await admission.party(request, controller)
        try:
            done = await ending.destroy(controller, by=caller.actor.id, confirmed=True)
        except NotEnded as error:
            raise Refusing(problem(409, "not-ended", "The contract has not ended", "End it first.")) from error
        if isinstance(done, TooEarly):
            remedy = f"Acknowledge or waive the return, or wait until {done.earliest:%Y-%m-%d %H:%M} UTC."
            raise Refusing(problem(409, "too-early", f"Too early: {done.reason}", remedy, clause=done.clause))
        return _out(done)

    @post("/certificate", summary="Make the certificate")
    async def certify(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], ending: NamedDependency[Commands]
    ) -> EndingOut:
        """Made once, then given as often as it is asked for."""
        caller = await admission.party(request, controller)
        try:
            await ending.certify(controller, by=caller.actor.id)
        except (NotReturned, NotEnded) as error:
            raise Refusing(problem(409, "not-destroyed", "Nothing is destroyed yet", "Destroy first.")) from error
        found = await ending.state(controller)
        assert found is not None
        return _out(found)

    @get("/certificate/{name:str}", summary="Fetch a file of the certificate")
    async def certificate(
        self,
        request: Http,
        controller: UUID,
        name: str,
        admission: NamedDependency[Admission],
        certificates: NamedDependency[Path],
    ) -> File:
        """`certificate.json`, its note and its receipt, and `certificate.pdf`."""
        await admission.party(request, controller)
        return _file(certificates / str(controller), name, part=name in KEPT)


def _file(folder: Path, name: str, *, part: bool) -> File:
    if not (part or name in ("manifest.json", "manifest.json.note")) or "/" in name or not (folder / name).is_file():
        raise Refusing(UNKNOWN)
    return File(folder / name, filename=name)


def _out(found: Ending) -> EndingOut:
    return EndingOut(
        found.ended_at, found.last_day, found.returned_at, found.manifest_digest, found.acknowledged_at,
        found.waived_at, found.destroying_at, found.destroyed_at, found.certificate_id,
    )  # fmt: skip
