"""Row 5: a read over HTTP, beside an unprotected FastAPI endpoint under the same server with one worker each."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from bailee.gate.crossing import Released
from bailee.infra.processes import spawn, stop
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose
from bench import peers
from bench.measuring import Contender, Row, compare, ratio
from bench.standing import World, controller, fill, request

FLOORS = {1: (0.6, 0.8), 32: (3.5, 6.0), 128: (6.0, 10.0)}
GRANIAN = (
    "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--workers", "1", "--no-ws", "--loop", "uvloop",
    "--log-level", "error", "--backlog", "2048",
)  # fmt: skip


class Wire(asyncio.Protocol):
    """A keep-alive connection that costs its server's measurement as little as it can."""

    def __init__(self) -> None:
        self._answered: asyncio.Future[int] | None = None
        self._seen = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Remember the transport."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- the protocol names it
        """An answer that will not come."""
        if self._answered and not self._answered.done():
            self._answered.set_exception(ConnectionResetError())

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """Send a request; the status of its answer."""
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
            status = int(self._seen[9:12])
            self._seen = b""
            self._answered.set_result(status)


class Caller:
    """So many connections to one server."""

    def __init__(self, port: int, headers: bytes, path: Callable[[Address], str]) -> None:
        self._port = port
        self._headers = headers
        self._path = path
        self._free: list[Wire] = []

    async def read(self, address: Address) -> None:
        """Read one record; anything but 200 is a defect, a 503 is asked again."""
        wire = self._free.pop() if self._free else await self._connected()
        request = b"GET %s HTTP/1.1\r\nhost: bench\r\n%s\r\n" % (self._path(address).encode(), self._headers)
        while (status := await wire.ask(request)) == 503:
            await asyncio.sleep(0.01)
        assert status == 200, status
        self._free.append(wire)

    async def _connected(self) -> Wire:
        _, wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", self._port)
        return wire


async def rows(world: World) -> list[Row]:
    """Over HTTP, 1, 32 and 128 in flight."""
    of = await controller(world.rooms)
    held = await fill(world.rooms, of, 1000, seed=5)
    [owner] = await world.owner(1)
    released = [await world.rooms.passage.read(request(Operation.consult, one)) for one in held]
    await peers.json(owner, held, [one.records[0].data.decode() for one in released if isinstance(one, Released)])
    await owner.close()
    issued = await world.rooms.credentials.issue(
        of, by="bench", actor="system:bench", kind=ActorKind.controller_system,
        purposes=[str(Purpose.account_management)], expires_at=world.rooms.clock.now() + timedelta(days=1),
    )  # fmt: skip
    ports = [_free_port(), _free_port()]
    environ = {**os.environ, "BAILEE_SERVED": str(world.settings.data), "BENCH_DATABASE": world.address("bailee_app")}
    with ExitStack() as stack:
        ours = spawn(
            [sys.executable, *GRANIAN, "--factory", "--port", str(ports[0]), "bailee.__main__:application"], environ
        )
        stack.callback(stop, ours)
        theirs = spawn([sys.executable, *GRANIAN, "--port", str(ports[1]), "bench.unprotected:app"], environ)
        stack.callback(stop, theirs)
        for port in ports:
            await _listening(port)
        bearer = f"authorization: Bearer {issued.text}\r\n".encode()
        contenders = {
            "unprotected": Contender(
                Caller(ports[1], b"", lambda a: f"/persons/{a.person}/records/{a.record}").read, held, cpu=lambda: _cpu_of(theirs.pid)
            ),
            "ours": Contender(
                Caller(ports[0], bearer, lambda a: f"/api/v1/persons/{a.person}/profile/{a.record}").read, held,
                cpu=lambda: _cpu_of(ours.pid),
            ),
        }  # fmt: skip
        found = []
        for in_flight in (1, 8, 32, 128) if world.long else (1, 32, 128):
            taken = await compare(contenders, in_flight, world.rounds, world.operations)
            floor, goal = FLOORS.get(in_flight, (None, None))
            settings = {"in_flight": in_flight, "controllers": 1, "keys": "warm"}
            found.append(
                ratio("5 over HTTP vs unprotected", taken, "unprotected", "ours", settings, floor=floor, goal=goal)
            )
        return found


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
