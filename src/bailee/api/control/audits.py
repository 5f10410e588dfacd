"""Audits over HTTP: asked for, stepped through by both parties, charged and proven."""

from typing import Any, Literal
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from bailee.api.control.admission import Admission
from bailee.clauses.audits.commands import Audits
from bailee.clauses.audits.costing import Statement, statement
from bailee.clauses.audits.events import Audit
from bailee.clauses.audits.steps import AnyStep, Asked, Party
from bailee.gate.credentials import Caller

Http = Request[Any, Any, Any]


class AuditsOf(Controller):
    """A controller's audits: Art. 28(3)(h)."""

    path = "/api/v1/controllers/{controller:uuid}/audits"
    tags = ("audits",)

    @get("/", summary="List the audits")
    async def listed(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], audits: NamedDependency[Audits],
    ) -> list[Audit]:  # fmt: skip
        """Every audit with its file, the newest first."""
        await admission.party(request, controller)
        return list(await audits.listed(controller))

    @post("/", summary="Ask for an audit")
    async def ask(
        self, request: Http, controller: UUID, data: Asked, admission: NamedDependency[Admission],
        audits: NamedDependency[Audits],
    ) -> Audit:  # fmt: skip
        """A date too early is flagged with the earliest one; the request stands. An operator takes in a written one."""
        caller = await admission.party(request, controller)
        return await audits.ask(controller, data, by=caller.actor.id)

    @get("/{audit:uuid}", summary="Read an audit's file")
    async def one(
        self, request: Http, controller: UUID, audit: UUID, admission: NamedDependency[Admission],
        audits: NamedDependency[Audits],
    ) -> Audit:  # fmt: skip
        """The file as it stands."""
        await admission.party(request, controller)
        return (await audits.find(controller, audit)).audit

    @post("/{audit:uuid}/steps", summary="Take a step of an audit", status_code=200)
    async def step(
        self, request: Http, controller: UUID, audit: UUID, data: AnyStep, admission: NamedDependency[Admission],
        audits: NamedDependency[Audits],
    ) -> Audit:  # fmt: skip
        """What each party may do from here: `step` names it. The processor cannot refuse the audit, only an auditor."""
        caller = await admission.party(request, controller)
        return await audits.step(controller, audit, data, _party(caller, admission), by=caller.actor.id)

    @get("/{audit:uuid}/costs", summary="Read the statement of costs")
    async def costs(
        self, request: Http, controller: UUID, audit: UUID, admission: NamedDependency[Admission],
        audits: NamedDependency[Audits],
    ) -> Statement:  # fmt: skip
        """Every line, each member of staff, the whole, and who bears it; amounts in cents."""
        await admission.party(request, controller)
        return statement((await audits.find(controller, audit)).audit)

    @post("/{audit:uuid}/costs/statement", summary="Send the statement of costs (processor)", status_code=204)
    async def tell(
        self, request: Http, controller: UUID, audit: UUID, admission: NamedDependency[Admission],
        audits: NamedDependency[Audits],
    ) -> None:  # fmt: skip
        """A letter to the controller, with the statement as PDF and JSON."""
        caller = await admission.operator(request)
        await audits.tell_costs(controller, audit, by=caller.actor.id)

    @post("/{audit:uuid}/evidence", summary="Make an evidence pack", status_code=200)
    async def evidence(
        self, request: Http, controller: UUID, audit: UUID, admission: NamedDependency[Admission],
        audits: NamedDependency[Audits],
    ) -> Response[bytes]:  # fmt: skip
        """A zip: each clause in scope with its mechanism, state and proofs, signed; `bailee verify` checks it offline."""
        caller = await admission.party(request, controller)
        made = await audits.pack(controller, audit, by=caller.actor.id)
        return zipped(made.content, made.digest)


def zipped(content: bytes, digest: str) -> Response[bytes]:
    """A pack as it is taken along."""
    return Response(
        content, media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="audit-evidence-{digest[:12]}.zip"'},
    )  # fmt: skip


def _party(caller: Caller, admission: Admission) -> Party:
    side: Literal["processor", "controller"] = "processor" if caller.controller == admission.platform else "controller"
    return side
