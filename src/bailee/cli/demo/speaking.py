"""How the demo speaks over HTTP: a client that shows what it sent and what came back."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """What came back: status, body as JSON (text where it is none), how long it took in milliseconds."""

    status: int
    body: Any
    raw: bytes
    milliseconds: float


class Client:
    """Speaks to a running platform with one credential."""

    def __init__(self, url: str, credential: str) -> None:
        self.url = url
        self._credential = credential

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send one request."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self._credential}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, data, sent, method=method)  # noqa: S310 -- our own address
        began = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- our own address
                status, raw = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, raw = error.code, error.read()
        took = (time.perf_counter() - began) * 1000
        try:
            parsed = json.loads(raw)
        except ValueError:
            parsed = raw.decode(errors="replace")
        return Reply(status, parsed, raw, took)

    def must(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send one request that has to succeed; its body."""
        reply = self(method, path, body, **headers)
        if reply.status >= 300:
            raise Unexpected(f"{method} {path}: {reply.status} {reply.body}")
        return reply.body


class Unexpected(Exception):
    """The demo saw something that it should not have: it stops, and says what."""
