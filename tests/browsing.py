"""A browser without a screen: it speaks to the whole ASGI application in-process, and keeps its cookies."""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

from bailee.house import Rooms
from bailee.processing.accounts.signing_in.passwords import LIGHT, Passwords
from bailee.serving import Doors
from bailee.wings import Wings
from tests.speaking import Reply

ORIGIN = "http://localhost"
MARKED = re.compile(
    rb"&lt;(time datetime|svg class)"
)  # what the kit itself made, escaped as if a visitor had written it
PASSWORD = "meadow lantern quiet harbour seven"


def doors(rooms: Rooms) -> tuple[Doors, Wings]:
    """The application with cheap passwords, and its wings."""
    wings = Wings(rooms)
    wings.__dict__["passwords"] = Passwords(LIGHT)
    return Doors(rooms, wings), wings


class Browser:
    """One visitor."""

    def __init__(self, app: Any, address: str = "192.0.2.7") -> None:
        self.app, self.address = app, address
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, **headers: str) -> Reply:
        return await self._ask("GET", path, b"", headers)

    async def post(self, path: str, *pairs: tuple[str, str], token: bool = True, **fields: str) -> Reply:
        """Send a form as a page of ours would: with the session's token, from our own origin."""
        sent = [*pairs, *fields.items()]
        if token and "session" in self.cookies:
            sent.append(("csrf", await self.token()))
        return await self._ask("POST", path, urlencode(sent).encode(), {"origin": ORIGIN})

    async def token(self) -> str:
        page = await self.get("/me/sign-in")
        return re.search(r'name="csrf" content="(\w*)"', page.raw.decode())[1]

    async def raw(self, path: str, body: bytes, **headers: str) -> Reply:
        return await self._ask("POST", path, body, headers)

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        named = {"host": "localhost", "content-type": "application/x-www-form-urlencoded", "accept-language": "en"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            named["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "scheme": "http", "http_version": "1.1", "server": ("localhost", 80),
            "client": (self.address, 1), "state": {},
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items()],
        }  # fmt: skip
        got: dict[str, Any] = {"raw": b"", "headers": {}}

        heard, over = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if heard.is_set():  # as a server does: the body comes once, then word that it is over
                await over.wait()
                return {"type": "http.disconnect"}
            heard.set()
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                got["status"] = message["status"]
                for name, value in message["headers"]:
                    self._header(got["headers"], name.decode().lower(), value.decode())
            else:
                got["raw"] += message.get("body", b"")
                if not message.get("more_body"):
                    over.set()

        await self.app(scope, receive, send)
        assert not MARKED.search(got["raw"]), "a page shows its own marks"
        return Reply(**got)

    def _header(self, into: dict[str, str], name: str, value: str) -> None:
        if name == "set-cookie":
            key, _, kept = value.partition(";")[0].partition("=")
            if kept and "Max-Age=0" not in value:
                self.cookies[key] = kept
            else:
                self.cookies.pop(key, None)
            into[f"set-cookie/{key}"] = value
        into[name] = value
