"""Imports and exports over HTTP: the controller's own acts, with its own credential and purpose (autonomy.self-service).

The controller is the credential's, and a job its uploader's: another's answers like one that never was.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import Meta

from bailee.api.problems import UNAUTHENTICATED, UNKNOWN, Refusing, problem
from bailee.gate.credentials import Caller, Credentials
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.approving.dangers import Asked, Danger
from bailee.processing.accounts.columns import FIELDS, RefusedMapping, propose
from bailee.processing.accounts.export_forms import ENDING, MEDIA, Form, TooManyRows
from bailee.processing.accounts.exporting import CHOSEN, Exporting, Wanted
from bailee.processing.accounts.handing_back import rejected_csv
from bailee.processing.accounts.import_jobs import Job, LineResult, Mandate, NoSuchImport, NotNow
from bailee.processing.accounts.importing import Importing
from bailee.processing.accounts.spreadsheets import RefusedTable
from bailee.processing.accounts.tables import BYTES
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]
Region = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
Recipient = Annotated[str, Meta(pattern=r"^[\w .,&'’:/()-]{0,100}$", description="a company or a system, no person")]


class MappingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Headings to fields; what to do with people held already; the country of telephones; groups where none is said."""

    mapping: dict[str, str]
    policy: Literal["create-only", "update", "skip"] = "create-only"
    region: Region = "FR"
    groups: Annotated[list[PersonGroup], Meta(max_length=4)] = []


class ExportIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to export: its form, of whom (everyone when null), and to whom it goes."""

    format: Form
    persons: Annotated[list[UUID], Meta(max_length=CHOSEN)] | None = None
    recipient: Recipient = ""


class ImportOut(msgspec.Struct, frozen=True):
    """How an import stands. `proposal` is what each heading seems to be; `mapping` what was decided."""

    id: UUID
    state: str
    failure: str | None
    format: str
    digest: str
    bytes: int
    lines: int
    done: int
    created: int
    updated: int
    skipped: int
    rejected: int
    policy: str | None
    headings: tuple[str, ...]
    duplicated: tuple[str, ...]
    fields: tuple[str, ...]
    proposal: dict[str, str]
    unmapped: tuple[str, ...]
    ambiguous: dict[str, tuple[str, ...]]
    mapping: dict[str, str]
    uploaded_at: datetime
    changed_at: datetime
    expires_at: datetime


class LinesOut(msgspec.Struct, frozen=True):
    """What became, or would become, of lines; `next` is the line to go on after, null at the end."""

    lines: list[LineResult]
    next: int | None


@dataclass(frozen=True)
class Exchange:
    """What these endpoints are given."""

    credentials: Credentials
    importing: Importing
    exporting: Exporting
    approvals: Approvals

    async def second(self, caller: Caller, asked: Asked) -> None:
        """Nothing where this may be done now; else `SecondPerson`, with the id under which it waits for one."""
        await self.approvals.first(caller.controller, asked, by=caller.actor.id)

    async def admitted(self, request: Http) -> tuple[Caller, Mandate]:
        """The caller and its mandate: the credential's purpose, or the one of several that is named."""
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        caller = await self.credentials.authenticate(text if scheme.lower() == "bearer" else "", fresh=True)
        if caller is None:
            raise Refusing(UNAUTHENTICATED)
        held, named = caller.purposes, request.headers.get("bailee-purpose")
        if named is None and len(held) == 1:
            named = next(iter(held))
        if named not in held:
            remedy = f"Name one in Bailee-Purpose: {', '.join(sorted(held))}."
            raise Refusing(problem(400, "purpose", "Name a purpose of this credential", remedy))
        return caller, Mandate(caller.actor, Purpose(named), caller.expires_at)

    async def admitted_to(self, request: Http, job: UUID) -> tuple[Caller, Mandate]:
        """The same, to a job: it is its uploader's alone, whichever of their credentials is shown."""
        caller, mandate = await self.admitted(request)
        found = await _job(self.importing.state(caller.controller, job))
        if found.mandate.actor.id != caller.actor.id:
            raise Refusing(UNKNOWN)
        return caller, mandate


class Imports(Controller):
    """Upload, map, check, run, stop, look, take the rejected lines back, delete."""

    path = "/api/v1/imports"
    tags = ("import and export",)

    @post("/", summary="Upload a file: CSV, XLSX or NDJSON", status_code=201, request_max_body_size=BYTES)
    async def upload(self, request: Http, exchange: NamedDependency[Exchange]) -> ImportOut:
        """The body is the file, 64 MiB at most; its format is found from its bytes."""
        caller, mandate = await exchange.admitted(request)
        try:
            return _out(await exchange.importing.upload(caller.controller, mandate, await request.body()))
        except RefusedTable as refused:
            raise Refusing(_refused(refused)) from refused

    @get("/{job:uuid}", summary="How an import stands")
    async def state(self, request: Http, job: UUID, exchange: NamedDependency[Exchange]) -> ImportOut:
        """State, counts and the proposed mapping; readable at any time."""
        caller, _ = await exchange.admitted_to(request, job)
        return await _of(exchange.importing.state(caller.controller, job))

    @put("/{job:uuid}/mapping", summary="Map headings to fields")
    async def map(self, request: Http, job: UUID, data: MappingIn, exchange: NamedDependency[Exchange]) -> ImportOut:
        """Earlier results of this job are forgotten."""
        caller, _ = await exchange.admitted_to(request, job)
        groups = frozenset(map(str, data.groups))
        mapped = exchange.importing.map(
            caller.controller, job, data.mapping, data.policy, region=data.region, groups=groups
        )
        return await _of(mapped)

    @post("/{job:uuid}/check", summary="Check every line, change nothing", status_code=202)
    async def check(self, request: Http, job: UUID, exchange: NamedDependency[Exchange]) -> ImportOut:
        """The worker does it; look at the job for its progress."""
        caller, mandate = await exchange.admitted_to(request, job)
        return await _of(exchange.importing.check(caller.controller, job, mandate))

    @post("/{job:uuid}/run", summary="Import, or go on", status_code=202)
    async def run(self, request: Http, job: UUID, exchange: NamedDependency[Exchange]) -> ImportOut:
        """The worker does it; one that was stopped goes on where it was."""
        caller, mandate = await exchange.admitted_to(request, job)
        return await _of(exchange.importing.run(caller.controller, job, mandate))

    @post("/{job:uuid}/stop", summary="Stop", status_code=202)
    async def stop(self, request: Http, job: UUID, exchange: NamedDependency[Exchange]) -> ImportOut:
        """After the 500 lines under way."""
        caller, _ = await exchange.admitted_to(request, job)
        return await _of(exchange.importing.stop(caller.controller, job, by=caller.actor.id))

    @get("/{job:uuid}/lines", summary="What became of the lines")
    async def lines(self, request: Http, job: UUID, exchange: NamedDependency[Exchange], after: int = 0) -> LinesOut:
        """500 at a time: number, outcome, reasons, person; no value."""
        caller, _ = await exchange.admitted_to(request, job)
        try:
            found = await exchange.importing.results(caller.controller, job, min(max(after, 0), 2**31 - 1))
        except NoSuchImport:
            raise Refusing(UNKNOWN) from None
        return LinesOut(found, found[-1].line if len(found) == 500 else None)

    @get("/{job:uuid}/rejected", summary="The rejected lines, with reasons")
    async def rejected(self, request: Http, job: UUID, exchange: NamedDependency[Exchange]) -> Stream:
        """CSV: the columns as they came, and the reasons in a last one. Ruled and recorded: they are data of people too."""
        caller, mandate = await exchange.admitted_to(request, job)
        found = await _job(exchange.importing.state(caller.controller, job))
        await exchange.importing.look(found, mandate, "rejected")
        return Stream(rejected_csv(exchange.importing, found), media_type=MEDIA["csv"])

    @delete("/{job:uuid}", summary="Forget an import")
    async def forget(self, request: Http, job: UUID, exchange: NamedDependency[Exchange]) -> None:
        """What was uploaded can be read by nobody from then on; people taken in stay."""
        caller, _ = await exchange.admitted_to(request, job)
        try:
            await exchange.importing.delete(caller.controller, job, by=caller.actor.id)
        except NoSuchImport:
            raise Refusing(UNKNOWN) from None
        except NotNow as not_now:
            raise Refusing(_not_now(not_now)) from None


class Exports(Controller):
    """People handed over to their controller."""

    path = "/api/v1/exports"
    tags = ("import and export",)

    @post("/", summary="Export people", status_code=200)
    async def export(self, request: Http, data: ExportIn, exchange: NamedDependency[Exchange]) -> Stream:
        """A stream of the file. The ledger keeps who, what, how many, to whom, and its digest. An export of more
        than one person waits for a second person where the controller wants one: 409 names the approval, and the same
        request is sent again when it is given."""
        caller, mandate = await exchange.admitted(request)
        wanted = Wanted(data.format, None if data.persons is None else tuple(data.persons), data.recipient)
        if wanted.is_of_several:
            fields = (("format", data.format), ("recipient", data.recipient), ("purpose", str(mandate.purpose)))
            await exchange.second(caller, Asked(Danger.export, "/api/v1/exports", fields + wanted.named()))
        pieces = exchange.exporting.stream(caller.controller, mandate, wanted)
        try:
            first = await anext(pieces)
        except TooManyRows:
            remedy = "Ask for CSV or NDJSON, or for fewer people."
            raise Refusing(problem(413, "too-many-rows", "Too many people for a workbook", remedy)) from None
        name = f'attachment; filename="people.{ENDING[data.format]}"'
        return Stream(_after(first, pieces), media_type=MEDIA[data.format], headers={"content-disposition": name})


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def _job(asked: Any) -> Job:
    try:
        found: Job = await asked
    except NoSuchImport:
        raise Refusing(UNKNOWN) from None
    except NotNow as not_now:
        raise Refusing(_not_now(not_now)) from None
    except RefusedMapping as refused:
        raise Refusing(
            problem(422, "mapping", "This mapping cannot be used", "Mend every place.", errors=tuple(refused.problems))
        ) from None
    return found


async def _of(asked: Any) -> ImportOut:
    return _out(await _job(asked))


def _not_now(found: NotNow) -> Any:
    return problem(
        409, "import-state", "Not in this state", "Look at the import first.", detail=f"It is {found.state}."
    )


def _refused(refused: RefusedTable) -> Any:
    large = refused.code.startswith(("too-many", "inflates", "cell-too"))
    remedy = "Send CSV, XLSX or NDJSON within the limits."
    return problem(413 if large else 422, f"table/{refused.code}", "This file is not read", remedy)


def _out(job: Job) -> ImportOut:
    proposal = propose(job.chosen.headings)
    done = job.created + job.updated + job.skipped + job.rejected
    return ImportOut(
        job.id, job.state, job.failure, job.format, job.digest, job.bytes, job.lines, done, job.created, job.updated,
        job.skipped, job.rejected, job.policy, job.chosen.headings, job.chosen.duplicated, FIELDS, proposal.mapping,
        proposal.unmapped, proposal.duplicates, job.chosen.mapping, job.uploaded_at, job.changed_at, job.expires_at,
    )  # fmt: skip
