"""Row 15: how long a ruling takes, with ten instructions and with a hundred thousand."""

import statistics
import time
from datetime import UTC, datetime, timedelta

import msgspec

from bailee.contract.force import InForce, compiled
from bailee.contract.ruling import Permit, Standing, rule
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bench.measuring import Row
from bench.standing import World, controller, request

AGAIN = 20_000


async def rows(world: World) -> list[Row]:
    """The same request, ruled on under few and many instructions."""
    of = await controller(world.rooms)
    dossier = await world.rooms.passage.dossier(of)
    at = datetime.now(UTC)
    few = dossier.in_force(at)
    assert few is not None
    few = msgspec.structs.replace(few, valid_from=at - timedelta(days=1), valid_until=None)
    times = {}
    for count in (10, 100_000):
        times[count] = _timed(_with(few, count), Address(of, new_id(), "profile", new_id()), at)
    return [
        Row(row="15 ruling", settings={"instructions": count}, value=round(took, 3), unit="us", floor=1.0, goal=0.3)
        for count, took in times.items()
    ] + [
        Row(
            row="15 ruling, 10 vs 100,000 instructions",
            ratio=round(times[10] / times[100_000], 3),
            floor=0.8,
            goal=0.95,
        )
    ]


def _with(few: InForce, count: int) -> InForce:
    """As many instructions: those of the agreement over and over, each under a name of its own."""
    many = tuple(
        msgspec.structs.replace(few.instructions[n % len(few.instructions)], id=f"instruction-{n}")
        for n in range(count)
    )
    return msgspec.structs.replace(few, instructions=many, covers=compiled(many))


def _timed(in_force: InForce, address: Address, at: datetime) -> float:
    asked, nobody = request(Operation.consult, address), Standing()
    assert isinstance(rule(in_force, nobody, asked, at), Permit)
    rounds = []
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(AGAIN):
            rule(in_force, nobody, asked, at)
        rounds.append((time.perf_counter() - began) / AGAIN * 1e6)
    return statistics.median(rounds)
