"""The data plane: people and their records, as a thin ASGI app.

It parses, builds the request in the caller's name (the controller comes from the credential, never from
an id), and says what the gate answered. It decides nothing.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from bailee.api import files, majority, people, photos, records, relations, sets
from bailee.api.calling import Call, Parts
from bailee.api.problems import UNAUTHENTICATED, UNKNOWN, of_exception, problem
from bailee.api.wire import Answer, Receive, Request, Scope, Send, Streamed, of_problem, send, stream
from bailee.infra.ids import parse

log = structlog.get_logger()

PREFIXES = ("/api/v1/persons", "/api/v1/search", "/api/v1/batch", "/api/v1/relations")
Endpoint = Callable[..., Awaitable[Answer | Streamed]]

# (segments after /api/v1, with {} for an id and * for a word) -> method -> endpoint
ROUTES: dict[tuple[str, ...], dict[str, Endpoint]] = {
    ("persons",): {"POST": people.create, "GET": people.page},
    ("persons", "{}"): {"GET": people.show, "PATCH": people.change, "DELETE": people.erase},
    ("persons", "{}", "erasure"): {"GET": people.erasure},
    ("persons", "{}", "majority"): {"POST": majority.check, "GET": majority.read},
    ("persons", "{}", "photo"): {"PUT": photos.put, "GET": photos.read, "DELETE": photos.delete},
    ("persons", "{}", "files"): {"POST": files.create, "GET": files.page},
    ("persons", "{}", "files", "{}"): {"GET": files.read, "DELETE": files.delete},
    ("persons", "{}", "relations"): {"GET": relations.of_person},
    ("persons", "{}", "*"): {"POST": records.create, "GET": sets.of_person},
    ("persons", "{}", "*", "{}"): {
        "GET": records.read,
        "PUT": records.replace,
        "PATCH": records.patch,
        "DELETE": records.delete,
    },
    ("relations",): {"POST": relations.create},
    ("relations", "{}"): {"GET": relations.read},
    ("search",): {"POST": sets.search},
    ("batch",): {"POST": sets.batch},
}

OPEN = ("{}", "*")
# For each length of a path: the places of its fixed words and what stands there, the places of its ids and of its
# words, and the methods. Where two fit, the one with more fixed words is meant: it stands first.
BY_LENGTH = {
    length: [
        (
            [(n, part) for n, part in enumerate(pattern) if part not in OPEN],
            [(n, part == "{}") for n, part in enumerate(pattern) if part in OPEN],
            methods,
        )
        for pattern, methods in ROUTES.items()
        if len(pattern) == length
    ]
    for length in {len(pattern) for pattern in ROUTES}
}


class DataPlane:
    """The ASGI app of the hot path."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, out: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        answer = await self._answer(request)
        if isinstance(answer, Answer):
            await send(answer, out)
        else:
            await self._stream(answer, out)

    async def _stream(self, answer: Streamed, out: Send) -> None:
        """An answer that fails in the middle ends there: its length was said, so whoever reads it knows."""
        try:
            await stream(answer, out)
        except Exception as error:  # the ASGI edge: the status has gone out already, the connection is cut
            log.error("answer cut", kind=type(error).__name__, exc_info=of_exception(error) is None)
            raise ConnectionAbortedError("the answer was cut") from None

    async def _answer(self, request: Request) -> Answer | Streamed:
        try:
            return await self._route(request)
        except Exception as error:  # the ASGI edge: whatever comes up becomes a problem document
            await self._parts.noticing.note(error, request.path.split("/")[3])
            found = of_exception(error)
            if found is None or (found.status >= 500 and found.status != 503):
                log.error("request failed", kind=type(error).__name__, method=request.method, exc_info=found is None)
            return of_problem(found or DEFECT)

    async def _route(self, request: Request) -> Answer | Streamed:
        text = _bearer(request)
        caller = self._parts.credentials.known(text) or await self._parts.credentials.authenticate(text)
        if caller is None:
            return of_problem(UNAUTHENTICATED)
        segments = tuple(request.path.removeprefix("/api/v1/").split("/"))
        methods, arguments = _match(segments)
        if methods is None:
            return of_problem(UNKNOWN)
        endpoint = methods.get(request.method)
        if endpoint is None:
            allowed = ", ".join(sorted(methods))
            return of_problem(problem(405, "method", "This method does not exist here", f"These do: {allowed}."))
        return await endpoint(Call(self._parts, request, caller), *arguments)


DEFECT = problem(500, "defect", "Something went wrong here", "Tell the processor when; nothing was released.")


def _match(segments: tuple[str, ...]) -> tuple[dict[str, Endpoint] | None, list[UUID | str]]:
    for fixed, open_, methods in BY_LENGTH.get(len(segments), ()):
        for place, word in fixed:
            if segments[place] != word:
                break
        else:
            try:
                return methods, [parse(segments[place]) if is_id else _word(segments[place]) for place, is_id in open_]
            except ValueError:
                continue
    return None, []


def _word(segment: str) -> str:
    """A word of an address. What no text column takes is asked of none: it would spoil the batch that it is in."""
    if not segment.isprintable():
        raise ValueError
    return segment


def _bearer(request: Request) -> str:
    scheme, _, text = (request.header(b"authorization") or "").partition(" ")
    return text if scheme.lower() == "bearer" else ""
