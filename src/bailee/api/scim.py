"""SCIM 2.0 at `/scim/v2` (RFC 7643, RFC 7644): the library's application, with our storage behind the gate.

The credential says which controller's directory speaks and for which purpose; errors are in SCIM's own form, and
none quotes a value. Clauses accounts.lifecycle, services.access, autonomy.self-service.
"""

import json
from http import HTTPStatus
from typing import Any, cast

import structlog
from scim2_models import (
    Error,
    InvalidSyntaxException,
    InvalidValueException,
    NotFoundException,
    PatchOp,
    PayloadTooLargeException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    SCIMException,
    UnauthorizedException,
    User,
)
from scim2_server.applications.asgi import ASGIApplication, Receive, Scope, Send
from scim2_server.applications.base import BaseApplication
from scim2_server.conditions import Conditions
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation
from scim2_server.service import ScimService

from bailee.api.problems import Problem, of_exception
from bailee.gate.changing import Outdated
from bailee.gate.credentials import Caller, Credentials
from bailee.infra.keys.key import NotAsSealed
from bailee.infra.patience import TooSlow
from bailee.ledger.altered import Noticing
from bailee.processing.accounts.lifecycle import NotFromHere
from bailee.processing.accounts.provisioning import NobodyLeft, NotHeld
from bailee.processing.accounts.scim.extension import Person
from bailee.processing.accounts.scim.given import Given
from bailee.processing.accounts.scim.mapping import Unfit
from bailee.processing.accounts.scim.provider import PAYLOAD, provider
from bailee.processing.accounts.scim.storage import Storage
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

log = structlog.get_logger()

PREFIX, ROOT = "/scim/v2", "/scim"
TRIES = 3
OVER = (PreconditionFailedException, Outdated)


class Directory(ASGIApplication):
    """The ASGI application of one worker's directories. Each request has a storage of its own, in its caller's name."""

    def __init__(self, credentials: Credentials, given: Given, noticing: Noticing) -> None:
        announced = provider(passwords=given.passwords.offered)
        BaseApplication.__init__(self, announced, Dialect(announced))
        self._credentials = credentials
        self._given = given
        self._noticing = noticing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        inside = dict(scope) | {"root_path": ROOT, "scheme": scope.get("scheme", "http")}
        try:
            request = await self.read_request(inside, _bounded(receive))
        except (UnicodeDecodeError, TooSlow) as trouble:
            utf = InvalidSyntaxException(detail="The request's headers and query must be UTF-8")
            problem = trouble if isinstance(trouble, TooSlow) else utf
            await self.send_response(self.service.error_response(problem), send)
            return
        await self.send_response(await self.serve(request), send)

    async def dispatch_request(self, request: ScimRequest) -> ScimResponse:
        """Find out who asks, and serve them; what is announced needs nobody."""
        if not self.needs_auth(request):
            with self.service.provider:
                self.service.route(request, Operation.service_provider_config)
                return self.service.service_provider_config(request.url, request.query)
        caller = await self._caller(request)
        if len(request.body) > PAYLOAD:
            raise PayloadTooLargeException(detail=f"Send {PAYLOAD} bytes at most")
        request.subject = caller
        storage = Storage(self._given, caller, _purpose(request, caller))
        try:
            return await Serving(self.service, storage).handle(request)
        except NotAsSealed as problem:
            await self._noticing.note(problem, PREFIX)
            raise

    def handle_exception(self, request: ScimRequest, exception: Exception) -> ScimResponse:
        """The error's answer. Its text may quote what was sent, so it is not logged."""
        response = self.service.error_response(exception)
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR and response.status != HTTPStatus.SERVICE_UNAVAILABLE:
            unforeseen = of_exception(exception) is None
            log.error("request failed", kind=type(exception).__name__, method=request.method, exc_info=unforeseen)
        return response

    def finalize_response(self, _request: ScimRequest, response: ScimResponse) -> ScimResponse:
        """Nothing personal is ever kept by a cache."""
        response.headers |= {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return response

    async def _caller(self, request: ScimRequest) -> Caller:
        scheme, _, text = (request.header("Authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            caller = self._credentials.known(text) or await self._credentials.authenticate(text)
            if caller is not None:
                return caller
        raise UnauthorizedException(detail="Send a credential that is in force as a bearer token")


class Dialect(ScimService):
    """The protocol as we speak it: what is left out of a PUT, who is `/Me`, what our errors mean."""

    def max_body_size(self, request: ScimRequest) -> int | None:
        """No body is read further than the largest one that is taken."""
        return PAYLOAD if (size := super().max_body_size(request)) is None else size

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """A PUT that says nothing of `active` or our groups of persons leaves them (RFC 7644 3.5.1): nobody is locked
        out, or covered by another instruction, by silence."""
        if isinstance(current, User) and isinstance(replacement, User):
            if replacement.active is None:
                replacement.active = current.active
            if replacement[Person] is None:
                replacement[Person] = current[Person]
        return super().apply_replacement(current, replacement, conditions)

    def read_patch(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> "PatchOp[Any]":
        """What directories really send: members with their names, which are not kept, and a manager as a bare id."""
        sent = self.decode_body(body, content_type)
        sent = _unnamed(sent) if resource_type.name == "Group" else _managed(sent)
        body = json.dumps(sent).encode()
        return super().read_patch(resource_type, body, content_type)

    def me_target(self, request: ScimRequest) -> tuple[ResourceType, str]:
        """The person whose own credential it is."""
        caller = cast(Caller, request.subject)
        if caller.actor.kind is not ActorKind.person:
            raise NotFoundException(detail="/Me is for a person's own credential")
        return self.get_resource_type("User"), caller.actor.id

    @staticmethod
    def error_of(exception: Exception) -> Error:
        """The SCIM error that an exception means; 500 without a word for a defect of ours."""
        if isinstance(exception, SCIMException):
            error = exception.to_error()
            error.detail = (error.detail or "").split("\n")[0]  # what follows may quote what was sent
            return error
        if isinstance(exception, Unfit):
            return InvalidValueException(detail=str(exception)).to_error()
        if isinstance(exception, NobodyLeft | NotFromHere):
            return Error(status=409, detail=str(exception) or "Nobody would be left who can let others in")
        if isinstance(exception, NotHeld):
            return Error(status=404, detail="There is nothing here")
        if isinstance(exception, RecursionError):
            return InvalidSyntaxException(detail="Nested too deeply").to_error()
        found = of_exception(exception)
        return Error(status=500, detail="Internal server error") if found is None else _of_problem(found)

    def error_response(self, exception: Exception) -> ScimResponse:
        """The error's answer, with when to try again where that is known."""
        response = super().error_response(exception)
        found = of_exception(exception)
        if found is not None and found.retry_after is not None:
            response.headers["Retry-After"] = str(found.retry_after)
        return response


class Serving(AsyncScimHandler):
    """Serves one request. A change that was outrun is made again, unless the client named a version."""

    async def patch_resource(
        self, resource_type: ResourceType, resource_id: str, patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any]:
        """Apply a PATCH to what stands now."""
        for _ in range(TRIES - 1):
            try:
                return await super().patch_resource(resource_type, resource_id, patch_op, conditions)
            except OVER:
                if conditions.if_match or conditions.if_none_match:
                    raise
        return await super().patch_resource(resource_type, resource_id, patch_op, conditions)


def _bounded(receive: Receive) -> Receive:
    """A body that is longer than any that is taken ends there: the library would read it to whatever end it has."""
    had = 0

    async def bounded() -> Any:
        nonlocal had
        message = await receive()
        had += len(message.get("body", b""))
        return message if had <= PAYLOAD else {**message, "more_body": False}

    return bounded


def _unnamed(sent: Any) -> Any:
    """A PATCH without what its members are called."""
    if isinstance(sent, list):
        return [_unnamed(one) for one in sent]
    if not isinstance(sent, dict):
        return sent
    named = "value" in sent and "op" not in sent
    return {name: _unnamed(value) for name, value in sent.items() if not (named and name == "display")}


def _managed(sent: Any) -> Any:
    """A PATCH whose manager is an object, as the standard has it."""
    operations = sent.get("Operations") if isinstance(sent, dict) else None
    for one in operations if isinstance(operations, list) else ():
        if (
            isinstance(one, dict)
            and str(one.get("path", "")).endswith(":manager")
            and isinstance(one.get("value"), str)
        ):
            one["value"] = {"value": one["value"]}
    return sent


def _purpose(request: ScimRequest, caller: Caller) -> Purpose:
    """The credential's purpose; with several, the one that Bailee-Purpose names (core.md 28)."""
    named = request.header("Bailee-Purpose")
    if named is None and len(caller.purposes) == 1:
        return Purpose(next(iter(caller.purposes)))
    if named not in caller.purposes:
        wanted = ", ".join(sorted(caller.purposes))
        raise InvalidValueException(detail=f"Name one of the credential's purposes in Bailee-Purpose: {wanted}")
    return Purpose(named)


def _of_problem(found: Problem) -> Error:
    """A problem of ours in SCIM's form: the clause that decided stands in the detail."""
    said = ". ".join(part for part in (found.title, found.detail.rstrip("."), found.remedy) if part)
    if found.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        places = "; ".join(f"{place}: {what}" for place, what in found.errors)
        return InvalidValueException(detail=places or said).to_error()
    if found.status == HTTPStatus.NOT_FOUND:
        return Error(status=404, detail="There is nothing here")
    return Error(status=found.status, detail=f"{found.clause}: {said}" if found.clause else said)
