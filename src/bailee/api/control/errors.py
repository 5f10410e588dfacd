"""Errors of the control plane, as problem documents. Litestar's own answers are replaced, all of them."""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from bailee.api.data_plane import DEFECT
from bailee.api.problems import UNKNOWN, Problem, of_exception, problem
from bailee.api.wire import of_problem

log = structlog.get_logger()


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What an exception means to the caller."""
    found = of_exception(error) or _of_framework(error)
    if found is None:
        log.error("request failed", kind=type(error).__name__, method=request.method, exc_info=error)
        found = DEFECT
    made = of_problem(found)
    headers: Mapping[str, str] = {name.decode(): value.decode() for name, value in made.headers}
    return Response(
        made.body,
        status_code=made.status,
        media_type="application/problem+json",
        headers={**headers, **KEPT_NOWHERE},
    )


KEPT_NOWHERE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def _of_framework(error: Exception) -> Problem | None:
    if isinstance(error, NotFoundException):
        return UNKNOWN
    if isinstance(error, MethodNotAllowedException):
        return problem(405, "method", "This method does not exist here", "See /docs for those that do.")
    if isinstance(error, ValidationException):
        places = tuple((str(one.get("key", "")), str(one.get("message", ""))) for one in _extra(error))
        return problem(
            400,
            "shape",
            "The request is not of the right shape",
            "Mend each place in `errors`.",
            errors=places,
        )
    if isinstance(error, InternalServerException) and isinstance(error.__cause__, msgspec.ValidationError):
        # a field of the body that is called as something of ours is: the framework takes the mistake for our own
        return problem(
            400, "shape", "The request is not of the right shape", "Mend each place in `errors`.",
            errors=(("", str(error.__cause__)),),
        )  # fmt: skip
    if isinstance(error, msgspec.DecodeError):
        return problem(400, "json", "The body is not JSON", "Send one JSON document in UTF-8.")
    if isinstance(error, HTTPException) and error.status_code < 500:
        return problem(error.status_code, "request", "The request cannot be served", "See /docs for what can.")
    return None


def _extra(error: ValidationException) -> list[dict[str, Any]]:
    return error.extra if isinstance(error.extra, list) else []
