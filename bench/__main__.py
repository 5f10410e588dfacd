"""`make bench`: rows 1, 3 and 4 of the performance table, side by side, medians of interleaved rounds.

`--short` is what `make check` runs: fewer rounds, the same code. Results go to bench/results.json.
"""

import argparse
import asyncio
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from bailee.cli.demo.profiles import people
from bailee.contract.ruling import AccessRequest
from bailee.gate.crossing import Released
from bailee.gate.passage import TooLate
from bailee.house import Rooms, found, furnish, sequencing
from bailee.infra.postgres.cluster import Cluster
from bailee.infra.premises import Premises
from bailee.infra.settings import load
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose
from bench import peers
from bench.held import fill

Read = Callable[[Any], Awaitable[Any]]
RESULTS = Path(__file__).with_name("results.json")
IN_FLIGHT = (1, 32, 128)


class Slice(msgspec.Struct):
    """What one slice of one contender took: microseconds of wall and of CPU an operation, p50, p99."""

    wall: float
    cpu: float
    p50: float
    p99: float


async def slice_of(read: Read, addresses: list[Any], in_flight: int, operations: int) -> Slice:
    """Read so many addresses with so many in flight."""
    waits: list[float] = []
    ahead = iter(random.choices(addresses, k=operations))

    async def one() -> None:
        for address in ahead:
            began = time.perf_counter()
            await read(address)
            waits.append(time.perf_counter() - began)

    cpu, began = _cpu(), time.perf_counter()
    await asyncio.gather(*(one() for _ in range(in_flight)))
    wall = time.perf_counter() - began
    waits.sort()
    return Slice(
        wall / operations * 1e6, (_cpu() - cpu) / operations * 1e6,
        waits[len(waits) // 2] * 1e6, waits[int(len(waits) * 0.99)] * 1e6,
    )  # fmt: skip


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def compare(
    contenders: dict[str, tuple[Read, list[Any]]], in_flight: int, rounds: int, operations: int
) -> dict[str, list[Slice]]:
    """Interleaved slices, so that what else the machine does falls on everyone alike."""
    taken: dict[str, list[Slice]] = {name: [] for name in contenders}
    for read, addresses in contenders.values():
        await slice_of(read, addresses, in_flight, operations // 4)
    for _ in range(rounds):
        for name, (read, addresses) in contenders.items():
            taken[name].append(await slice_of(read, addresses, in_flight, operations))
    return taken


async def run(
    settings_folder: Path, rounds: int, operations: int, count: int, bin: Path | None
) -> list[dict[str, Any]]:
    """Stand everything up, fill it, measure."""
    if bin is not None:
        os.environ["BAILEE_PG_BIN"] = str(bin)
    settings = load(settings_folder / "data", {})
    premises = Premises(settings)
    premises.start()
    try:
        await premises.migrate()
        await found(settings, premises.addresses(), by="bench")
        async with (
            furnish(settings, premises.addresses(), size=64) as rooms,
            sequencing(settings, premises.addresses()) as _,
        ):
            return await _measure(rooms, premises, rounds, operations, count)
    finally:
        for cluster in premises.clusters:
            cluster.stop()


async def _measure(rooms: Rooms, premises: Premises, rounds: int, operations: int, count: int) -> list[dict[str, Any]]:
    controller, held = await fill(rooms, people(count, 1, "Bench"))
    app = [await asyncpg.connect(premises.clusters[0].address("bailee_owner")) for _ in range(32)]
    raw = peers.Raw(app)
    actor = Actor(id="system:bench", kind=ActorKind.controller_system, credential=UUID(int=1))

    async def ours(address: tuple[UUID, UUID, UUID]) -> None:
        at = (Address(controller=address[0], person=address[1], type="profile", record=address[2]),)
        request = AccessRequest(
            actor=actor,
            controller=controller,
            operation=Operation.consult,
            purpose=Purpose.account_management,
            addresses=at,
        )
        while True:
            try:
                released = await rooms.passage.read(request)
            except TooLate:  # connections are still being made: the answer was thrown away, as it must be
                continue
            assert isinstance(released, Released)
            assert released.records
            return

    contenders: dict[str, tuple[Read, list[Any]]] = {"raw": (raw.read, held), "ours": (ours, held)}
    peer = await _hand_made(premises, controller, held)
    if peer is not None:
        contenders["hand-made"] = (peer.read, held)
    rows = []
    for in_flight in IN_FLIGHT:
        taken = await compare(contenders, in_flight, rounds, operations)
        rows += _rows(taken, in_flight)
    for connection in app:
        await connection.close()
    return rows


async def _hand_made(
    premises: Premises, controller: UUID, held: list[tuple[UUID, UUID, UUID]]
) -> peers.HandMade | None:
    """The hand-made peer, where the server has pgcrypto."""
    cluster: Cluster = premises.clusters[0]
    owner = await asyncpg.connect(cluster.address("bailee_owner"))
    try:
        for statement in peers.HAND_MADE:
            await owner.execute(statement)
        body = os.urandom(700)
        await owner.executemany(peers.PEER_INSERT, [(controller, one[2], body) for one in held])
    except (asyncpg.FeatureNotSupportedError, asyncpg.UndefinedFileError):
        return None
    finally:
        await owner.close()
    return peers.HandMade([await asyncpg.connect(cluster.address("bailee_app")) for _ in range(32)])


def _rows(taken: dict[str, list[Slice]], in_flight: int) -> list[dict[str, Any]]:
    settings = {"in_flight": in_flight, "controllers": 1, "keys": "warm"}
    rows = [_ratio("1", "raw", taken, settings)]
    if "hand-made" in taken:
        rows.append(_ratio("3", "hand-made", taken, settings))
    if in_flight == 1:
        for name in ("raw", "ours"):
            p50 = statistics.median(one.p50 for one in taken[name])
            rows.append({"row": f"4 {name} p50", "settings": settings, "value": round(p50, 1), "unit": "us"})
    return rows


def _ratio(row: str, peer: str, taken: dict[str, list[Slice]], settings: dict[str, Any]) -> dict[str, Any]:
    """How many times faster ours is than the peer (below one: slower), median of the rounds' ratios."""
    pairs = list(zip(taken[peer], taken["ours"], strict=True))
    return {
        "row": f"{row} ours vs {peer}",
        "settings": settings,
        "ratio": round(statistics.median(theirs.wall / ours.wall for theirs, ours in pairs), 3),
        "cpu_ratio": round(statistics.median(theirs.cpu / ours.cpu for theirs, ours in pairs), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer rounds; results are printed, not kept")
    chosen = parser.parse_args()
    rounds, operations, count = (3, 300, 200) if chosen.short else (9, 2000, 5000)
    bins = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    contrib = [
        b
        for b in bins
        if (b.parent.parent.parent.parent / "share/postgresql" / b.parent.name / "extension/pgcrypto.control").exists()
    ]
    bin = next(iter(contrib), None)
    with tempfile.TemporaryDirectory() as folder:
        rows = uvloop.run(run(Path(folder), rounds, operations, count, bin))
    drawn = Table(title=f"Medians of {rounds} interleaved rounds; ratio above 1: ours is faster", title_justify="left")
    for column in ("row", "in flight", "ratio", "CPU ratio", "value"):
        drawn.add_column(column)
    for row in rows:
        value = f"{row['value']} {row['unit']}" if "value" in row else ""
        drawn.add_row(
            row["row"],
            str(row["settings"]["in_flight"]),
            str(row.get("ratio", "")),
            str(row.get("cpu_ratio", "")),
            value,
        )
    Console().print(drawn)
    if bin is None:
        print("row 3 is not measured: the hand-made peer needs pgcrypto, which no server here has")
    if not chosen.short:
        RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")
        print(f"kept in {RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
