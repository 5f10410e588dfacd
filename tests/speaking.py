"""Speaking to an ASGI application in-process, as a client would over the wire."""

import asyncio
import json
from typing import Any
from uuid import UUID

import msgspec


class Reply(msgspec.Struct):
    """What came back."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


class Client:
    """One credential, speaking to one application."""

    def __init__(self, app: Any, token: str, credential: UUID | None = None) -> None:
        self.app, self.token, self.credential = app, token, credential

    async def __call__(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, query: str = "", **headers: str
    ) -> Reply:
        sent = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(),
            "headers": [(b"authorization", f"Bearer {self.token}".encode()), *named],
        }  # fmt: skip
        got: dict[str, Any] = {"raw": b""}
        heard, over = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if heard.is_set():  # as a server does: the body comes once, then word that it is over
                await over.wait()
                return {"type": "http.disconnect"}
            heard.set()
            return {"type": "http.request", "body": sent, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                got["status"] = message["status"]
                got["headers"] = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                got["raw"] += message["body"]
                if not message.get("more_body"):
                    over.set()

        await self.app(scope, receive, send)
        return Reply(**got)

    async def person(self, profile: dict[str, Any], *groups: str) -> tuple[str, str]:
        """Take someone in; their id and their profile's."""
        body = {"groups": list(groups) or ["user"], "records": [{"type": "profile", "data": profile}]}
        reply = await self("POST", "/api/v1/persons", body)
        assert reply.status == 201, reply.raw
        return reply.body["person"], reply.body["records"][0]
