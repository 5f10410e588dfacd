"""Both servers of the rows over HTTP: ours and the unprotected one, one worker each, under the same ASGI server."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from bailee.infra.processes import spawn, stop
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose
from bench.measuring import Contender
from bench.standing import World

GRANIAN = (
    "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--workers", "1", "--no-ws", "--loop", "uvloop",
    "--log-level", "error", "--backlog", "2048",
)  # fmt: skip
OURS, UNPROTECTED = ("--factory", "bailee.__main__:application"), ("bench.unprotected:app",)


class Wire(asyncio.Protocol):
    """A keep-alive connection that costs its server's measurement as little as it can."""

    def __init__(self) -> None:
        self._answered: asyncio.Future[tuple[int, bytes]] | None = None
        self._seen = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Remember the transport."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- the protocol names it
        """An answer that will not come."""
        if self._answered and not self._answered.done():
            self._answered.set_exception(ConnectionResetError())

    def ask(self, request: bytes) -> "asyncio.Future[tuple[int, bytes]]":
        """Send a request; the status and the body of its answer."""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def data_received(self, data: bytes) -> None:
        """Answers have a content-length."""
        self._seen += data
        head = self._seen.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._seen.lower().find(b"content-length: ", 0, head) + 16
        length = int(self._seen[at : self._seen.index(b"\r\n", at)])
        if len(self._seen) >= head + 4 + length and self._answered:
            status, body = int(self._seen[9:12]), self._seen[head + 4 :]
            self._seen = b""
            self._answered.set_result((status, body))


class Server(msgspec.Struct, frozen=True):
    """One of the two: where it listens, its process, and what every request to it carries."""

    port: int
    process: subprocess.Popen[bytes]
    headers: bytes

    def contender(self, ask: Callable[[Any], bytes], on: list[Any], holds: bytes = b"") -> Contender:
        """Whoever asks this server for each of these; what it uses of CPU counts. An answer `holds` so many bytes."""
        free: list[Wire] = []

        async def do(one: Any) -> None:
            """Anything but 200 is a defect; a 503 is asked again."""
            wire = free.pop() if free else await self._connected()
            request = ask(one)
            while (answer := await wire.ask(request))[0] == 503:
                await asyncio.sleep(0.01)
            assert answer[0] == 200, answer
            assert holds in answer[1], answer
            free.append(wire)

        return Contender(do, on, cpu=lambda: _cpu_of(self.process.pid))

    def get(self, path: str) -> bytes:
        """A GET as it goes over the wire."""
        return b"GET %s HTTP/1.1\r\nhost: bench\r\n%s\r\n" % (path.encode(), self.headers)

    def post(self, path: str, body: bytes) -> bytes:
        """A POST of JSON as it goes over the wire."""
        described = b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body)
        return b"POST %s HTTP/1.1\r\nhost: bench\r\n%s%s\r\n%s" % (path.encode(), described, self.headers, body)

    async def _connected(self) -> Wire:
        _, wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", self.port)
        return wire


@asynccontextmanager
async def served(world: World, of: UUID) -> AsyncIterator[tuple[Server, Server]]:
    """Ours, asked with a credential of a controller, and the unprotected one."""
    issued = await world.rooms.credentials.issue(
        of, by="bench", actor="system:bench", kind=ActorKind.controller_system,
        purposes=[str(Purpose.account_management)], expires_at=world.rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    bearer = f"authorization: Bearer {issued.text}\r\n".encode()
    environ = {**os.environ, "BAILEE_SERVED": str(world.settings.data), "BENCH_DATABASE": world.address("bailee_app")}
    with ExitStack() as stack:
        servers = []
        for app, headers in ((OURS, bearer), (UNPROTECTED, b"")):
            port = _free_port()
            process = spawn([sys.executable, *GRANIAN, "--port", str(port), *app], environ)
            stack.callback(stop, process)
            servers.append(Server(port, process, headers))
        for server in servers:
            await _listening(server.port)
        yield servers[0], servers[1]


def _cpu_of(pid: int) -> float:
    """Seconds of CPU a server and its workers have used."""
    ticks, children = os.sysconf("SC_CLK_TCK"), [pid]
    total = 0.0
    for one in children:
        try:
            with open(f"/proc/{one}/stat") as stat, open(f"/proc/{one}/task/{one}/children") as below:
                fields = stat.read().rpartition(")")[2].split()
                total += (int(fields[11]) + int(fields[12])) / ticks
                children += [int(child) for child in below.read().split()]
        except FileNotFoundError:
            continue
    return total


async def _listening(port: int, within: float = 30.0) -> None:
    until = time.monotonic() + within
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.1)
        else:
            writer.close()
            await asyncio.sleep(1.0)
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
