"""The wire: an ASGI request read within bounds, an answer sent. No framework on the hot path."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from bailee.api.problems import MEDIA_TYPE, Problem, Refusing, problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_LIMIT = 4 * 1024 * 1024
KEPT_NOWHERE = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
T = TypeVar("T")


class Request:
    """One HTTP request: method, path, headers, and a body that is bounded."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._query: bytes = scope["query_string"]
        self._receive = receive
        self.headers: dict[bytes, bytes] = dict(scope["headers"])

    def header(self, name: bytes) -> str | None:
        """A header's value, if it was sent."""
        value = self.headers.get(name)
        return value.decode("latin-1") if value is not None else None

    def query(self, *known: str) -> dict[str, str]:
        """The query parameters; an unknown or repeated one is refused."""
        if not self._query:
            return {}
        try:
            pairs = parse_qsl(self._query.decode("latin-1"), keep_blank_values=True, max_num_fields=20)
        except ValueError:  # more of them than anything here takes
            pairs = [("", "")] * 2
        found = dict(pairs)
        if len(found) != len(pairs) or not set(found) <= set(known):
            names = ", ".join(known) or "none"
            raise Refusing(
                problem(400, "query", "A query parameter is unknown or repeated", f"These exist here: {names}.")
            )
        return found

    async def body(self) -> bytes:
        """The whole body, or 413."""
        chunks, size = [], 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Refusing(problem(400, "cut", "The request was cut", "Send it again."))
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > BODY_LIMIT:
                raise Refusing(problem(413, "too-large", "The body is too large", f"Send {BODY_LIMIT} bytes at most."))
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks)

    async def pieces(self, limit: int) -> AsyncIterator[bytes]:
        """The body as it comes, or 413 as soon as it is longer than `limit` bytes: for what is too large to gather."""
        if int(self._length() or 0) > limit:
            raise Refusing(_too_large(limit))
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Refusing(problem(400, "cut", "The request was cut", "Send it again."))
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise Refusing(_too_large(limit))
            yield chunk
            if not message.get("more_body"):
                return

    def _length(self) -> str:
        said = self.header(b"content-length") or ""
        return said if said.isascii() and said.isdigit() and len(said) < 19 else ""


def _too_large(limit: int) -> Problem:
    return problem(413, "too-large", "The body is too large", f"Send {limit} bytes at most.")


def decode(body: bytes, shape: type[T]) -> T:
    """The body as its shape; unknown fields, wrong types and broken JSON are refused with their place."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Refusing(
            problem(
                400,
                "shape",
                "The body is not of the right shape",
                "Mend what `detail` says; shapes: /docs.",
                detail=str(error),
            )
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusing(problem(400, "json", "The body is not JSON", "Send one JSON document in UTF-8.")) from error


class Answer(msgspec.Struct, frozen=True):
    """What goes back: a status, JSON bytes, extra headers."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    media_type: bytes = b"application/json"


class Streamed(msgspec.Struct, frozen=True):
    """What goes back piece by piece: a status, headers (its type and length among them), and the pieces.

    The first piece is there already when this is made, so that what cannot begin is answered as a problem.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    pieces: AsyncIterator[bytes]


def of_problem(found: Problem) -> Answer:
    """A problem document as an answer."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if found.retry_after is not None:
        headers += ((b"retry-after", str(found.retry_after).encode()),)
    if found.status == 401:
        headers += ((b"www-authenticate", b"Bearer"),)
    return Answer(found.status, msgspec.json.encode(found), headers, MEDIA_TYPE)


async def send(answer: Answer, out: Send) -> None:
    """Put an answer on the wire; nothing personal is ever kept by a cache."""
    headers = [
        (b"content-type", answer.media_type),
        (b"content-length", b"%d" % len(answer.body)),
        *KEPT_NOWHERE,
        *answer.headers,
    ]
    await out({"type": "http.response.start", "status": answer.status, "headers": headers})
    await out({"type": "http.response.body", "body": answer.body})


async def stream(answer: Streamed, out: Send) -> None:
    """Put a streamed answer on the wire, each piece when the one before it is taken."""
    await out({"type": "http.response.start", "status": answer.status, "headers": [*KEPT_NOWHERE, *answer.headers]})
    async for piece in answer.pieces:
        await out({"type": "http.response.body", "body": piece, "more_body": True})
    await out({"type": "http.response.body", "body": b""})
