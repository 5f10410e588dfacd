"""OpenDSR 2.0 at /opendsr: for controllers' own tools, with a credential that serves the rights of persons.

Every answer is signed by the processor's certificate; errors have OpenDSR's own form, and tell nothing of others.
"""

from typing import Any
from uuid import UUID

import structlog
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.response import Stream

from bailee.api.control.admission import Admission
from bailee.api.control.errors import KEPT_NOWHERE
from bailee.api.problems import of_exception
from bailee.clauses.direct_requests import envelope
from bailee.clauses.direct_requests.opendsr import wire
from bailee.clauses.direct_requests.opendsr.calling_back import CallingBack, signed
from bailee.clauses.direct_requests.opendsr.ordering import Ordering, Subject
from bailee.gate.credentials import Caller
from bailee.infra.certificates import Certificate
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]
log = structlog.get_logger()


def failed(request: Http, problem: Exception) -> Response[bytes]:
    """What went wrong, in OpenDSR's form."""
    known = of_exception(problem)
    if isinstance(problem, wire.Malformed):
        message, reason, status = problem.message, problem.reason, problem.status
    elif known is not None:
        message, reason, status = known.title, known.type.rpartition("/")[2], known.status
    elif isinstance(problem, HTTPException) and problem.status_code < 500:
        message, reason, status = "the request cannot be served", "invalid", problem.status_code
    else:
        log.error("request failed", kind=type(problem).__name__, method=request.method, exc_info=problem)
        message, reason, status = "a defect of ours; it was written down", "internal", 500
    headers = dict(KEPT_NOWHERE)
    if known is not None and known.retry_after:
        headers["retry-after"] = str(known.retry_after)
    return Response(
        wire.error(message, reason, status), status_code=status, media_type="application/json", headers=headers
    )


class OpenDsr(Controller):
    """The endpoints of the specification, and the schema of our own envelope."""

    path = "/opendsr"
    include_in_schema = False
    exception_handlers = {Exception: failed}  # noqa: RUF012 -- the framework's own way

    @get("/discovery")
    async def discovery(
        self, calling_back: NamedDependency[CallingBack], certificate: NamedDependency[Certificate]
    ) -> Response[bytes]:
        """What is supported. For everyone."""
        return _answer(certificate, wire.discovery(calling_back.origin), 200)

    @get("/certificate.pem")
    async def certificate(self, certificate: NamedDependency[Certificate]) -> Response[bytes]:
        """The certificate that signs the answers. For everyone."""
        return Response(certificate.public, media_type="application/x-pem-file", headers=KEPT_NOWHERE)

    @get("/envelope.schema.json")
    async def schema(self) -> Response[bytes]:
        """The JSON Schema of the envelope that forwarded requests come in. For everyone."""
        return Response(envelope.SCHEMA.read_bytes(), media_type="application/schema+json", headers=KEPT_NOWHERE)

    @post("/requests")
    async def ask(
        self, request: Http, admission: NamedDependency[Admission], ordering: NamedDependency[Ordering],
        certificate: NamedDependency[Certificate],
    ) -> Response[bytes]:  # fmt: skip
        """Take a request in."""
        caller = await _caller(request, admission)
        body = await request.body()
        asked = wire.parse(body)
        [kind] = [one for one in wire.KINDS if one == asked.subject_request_type]
        one = await ordering.take(caller.controller, asked, kind, actor=caller.actor, until=caller.expires_at)
        return _answer(
            certificate, wire.accepted(caller.controller, asked, one.received_at, one.expected_at, body), 201
        )

    @get("/requests/{name:str}")
    async def status(
        self, request: Http, name: str, admission: NamedDependency[Admission], ordering: NamedDependency[Ordering],
        calling_back: NamedDependency[CallingBack], certificate: NamedDependency[Certificate],
    ) -> Response[bytes]:  # fmt: skip
        """How far a request is."""
        caller = await _caller(request, admission)
        one = await ordering.now(await _known(ordering, caller, name))
        return _answer(certificate, calling_back.status(one), 200)

    @delete("/requests/{name:str}", status_code=202)
    async def cancel(
        self, request: Http, name: str, admission: NamedDependency[Admission], ordering: NamedDependency[Ordering],
        certificate: NamedDependency[Certificate],
    ) -> Response[bytes]:  # fmt: skip
        """Cancel a request that is pending."""
        caller = await _caller(request, admission)
        one = await _known(ordering, caller, name)
        await ordering.cancel(one, by=caller.actor.id)
        return _answer(certificate, wire.cancelled(caller.controller, one.id, ordering.time()), 202)

    @get("/requests/{name:str}/results")
    async def results(
        self, request: Http, name: str, admission: NamedDependency[Admission], ordering: NamedDependency[Ordering]
    ) -> Stream:
        """What was found, as a zip; each taking is recorded."""
        caller = await _caller(request, admission)
        one = await ordering.now(await _known(ordering, caller, name))
        pieces = await ordering.results(one, actor=caller.actor, until=caller.expires_at)
        named = {"content-disposition": f'attachment; filename="{one.id}.zip"'}
        return Stream(pieces, media_type="application/zip", headers={**KEPT_NOWHERE, **named})


async def _caller(request: Http, admission: Admission) -> Caller:
    return await admission.member(request, Purpose.rights_of_persons)


async def _known(ordering: Ordering, caller: Caller, name: str) -> Subject:
    try:
        found = await ordering.find(caller.controller, UUID(name))
    except ValueError:
        found = None
    if found is None:
        raise wire.Malformed("there is no such request", "notFound", 404)
    return found


def _answer(certificate: Certificate, body: bytes, status: int) -> Response[bytes]:
    headers = {**KEPT_NOWHERE, **signed(certificate, body)}
    return Response(body, status_code=status, media_type="application/json", headers=headers)
