"""The application: a plain dispatcher. The data plane's prefixes go to the thin app, the rest to the framework."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig

from bailee.api.calling import Parts
from bailee.api.control import (
    approvals,
    contracts,
    endings,
    exchanges,
    groups,
    health,
    instructions,
    ledgers,
    messages,
    notices,
    obligations,
    opendsr,
    privacy_notices,
    requests,
    retention,
    types,
    webhooks,
)
from bailee.api.control.errors import KEPT_NOWHERE, answer
from bailee.api.data_plane import PREFIXES, DataPlane
from bailee.api.docs import page
from bailee.api.openapi import document
from bailee.api.scim import PREFIX as SCIM
from bailee.api.scim import Directory
from bailee.api.wire import Receive, Scope, Send
from bailee.ledger.altered import Noticing

Http = Request[Any, Any, Any]

HANDLERS = (
    contracts.Controllers, contracts.Documents, contracts.CredentialsOf, types.Types, types.NameTokensOf, instructions.Instructions,
    ledgers.Ledger, ledgers.Tiles, endings.Endings, exchanges.Imports, exchanges.Exports,
    health.live, health.ready, health.metrics,
    webhooks.Webhooks, approvals.ApprovalsOf, groups.GroupsOf,
    obligations.ObligationsOf,
    notices.Notices,
    requests.Requests,
    messages.MessagesIn, messages.DirectRequests, opendsr.OpenDsr, privacy_notices.PrivacyNotices,
    retention.RetentionOf,
)  # fmt: skip


class Application:
    """The ASGI application of one worker."""

    def __init__(self, parts: Parts, provided: dict[str, Any], directory: Directory | None = None) -> None:
        self._data_plane = DataPlane(parts)
        self._control = control(provided)
        self._directory = directory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route by prefix; lifespan is the framework's."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIXES):
            await self._data_plane(scope, receive, send)
        elif self._directory is not None and scope["type"] == "http" and _is_scim(scope["path"]):
            await self._directory(dict(scope), receive, send)  # type: ignore[arg-type]  # its own names of the ASGI types
        else:
            await self._control(scope, receive, send)  # type: ignore[arg-type]  # its own names of the ASGI types


def _is_scim(path: str) -> bool:
    return path == SCIM or path.startswith(SCIM + "/")


def control(provided: dict[str, Any]) -> Litestar:
    """The framework's part, given its dependencies by name."""

    def given(value: Any) -> Provide:
        return Provide(lambda: value, use_cache=True, sync_to_thread=False)

    return Litestar(
        route_handlers=[*HANDLERS, describe, docs],
        dependencies={name: given(value) for name, value in provided.items()},
        exception_handlers={Exception: answer},
        after_exception=[_noting(provided["noticing"])],
        openapi_config=OpenAPIConfig(
            title="bailee",
            version="0.1.0",
            path="/schema",
            render_plugins=[],
            description="Hold personal data for others, as agreed. Every answer that is not good is a problem document.",
        ),
        response_headers=KEPT_NOWHERE,
        request_max_body_size=4 * 1024 * 1024,
    )


def _noting(noticing: Noticing) -> Callable[[Exception, Any], Awaitable[None]]:
    """What is found altered stands in the ledger, under the route that met it."""

    async def note(problem: Exception, scope: Any) -> None:
        await noticing.note(problem, str(scope.get("path_template") or ""))

    return note


@get("/openapi.json", include_in_schema=False)
async def describe(request: Http) -> Response[bytes]:
    """The OpenAPI document, complete and true."""
    return Response(_described(request.app), media_type="application/json")


@get("/docs", include_in_schema=False)
async def docs(request: Http) -> Response[bytes]:
    """The same, for people: one page, nothing loaded from elsewhere."""
    whole = page(msgspec.json.decode(_described(request.app))).encode()
    return Response(whole, media_type="text/html; charset=utf-8")


@lru_cache(maxsize=1)
def _described(app: Litestar) -> bytes:
    """The document, made when it is first asked for."""
    return msgspec.json.encode(document(app))
