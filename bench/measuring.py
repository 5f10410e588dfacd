"""Measuring: interleaved slices of contenders, and the medians of their ratios."""

import asyncio
import random
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

Do = Callable[[Any], Awaitable[Any]]


class Slice(msgspec.Struct, frozen=True):
    """What one slice of one contender took: microseconds of wall and of CPU an operation, p50, p99."""

    wall: float
    cpu: float
    p50: float
    p99: float


class Contender(msgspec.Struct, frozen=True):
    """Someone who does the work: how, on what, what is done before each slice, and whose CPU counts."""

    do: Do
    on: Sequence[Any]
    before: Callable[[], None] | None = None
    cpu: Callable[[], float] | None = None


class Row(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One figure: a ratio against a peer, or a value with its unit, beside its floor and goal."""

    row: str
    settings: dict[str, Any] = {}
    ratio: float | None = None
    cpu_ratio: float | None = None
    value: float | None = None
    unit: str = ""
    floor: float | None = None
    goal: float | None = None
    p50_us: float | None = None
    p99_us: float | None = None


def own_cpu() -> float:
    """Seconds of CPU this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def slice_of(contender: Contender, in_flight: int, operations: int) -> Slice:
    """So many operations with so many in flight, each on something else where there is enough."""
    if contender.before:
        contender.before()
    many = len(contender.on) >= operations
    ahead = iter(random.sample(contender.on, operations) if many else random.choices(contender.on, k=operations))
    waits: list[float] = []

    async def one() -> None:
        for item in ahead:
            began = time.perf_counter()
            await contender.do(item)
            waits.append(time.perf_counter() - began)

    used = contender.cpu or own_cpu
    cpu, began = used(), time.perf_counter()
    await asyncio.gather(*(one() for _ in range(in_flight)))
    wall, cpu = time.perf_counter() - began, used() - cpu
    waits.sort()
    return Slice(
        wall / operations * 1e6,
        cpu / operations * 1e6,
        waits[len(waits) // 2] * 1e6,
        waits[int(len(waits) * 0.99)] * 1e6,
    )


async def compare(
    contenders: Mapping[str, Contender], in_flight: int, rounds: int, operations: int
) -> dict[str, list[Slice]]:
    """Interleaved slices, so that what else the machine does falls on everyone alike."""
    operations = max(operations if in_flight > 1 else operations // 4, in_flight * 4)
    taken: dict[str, list[Slice]] = {name: [] for name in contenders}
    for contender in contenders.values():
        await slice_of(contender, in_flight, max(operations // 4, in_flight))
    for _ in range(rounds):
        for name, contender in contenders.items():
            taken[name].append(await slice_of(contender, in_flight, operations))
    return taken


def ratio(
    row: str, taken: Mapping[str, list[Slice]], peer: str, ours: str, settings: dict[str, Any], **more: Any
) -> Row:
    """How many times faster ours is than the peer (below one: slower): the median of the rounds' ratios."""
    pairs = list(zip(taken[peer], taken[ours], strict=True))
    return Row(
        row=row,
        settings=settings,
        ratio=round(statistics.median(theirs.wall / mine.wall for theirs, mine in pairs), 3),
        cpu_ratio=round(statistics.median(theirs.cpu / mine.cpu for theirs, mine in pairs if mine.cpu), 3),
        p50_us=round(statistics.median(mine.p50 for mine in taken[ours])),
        p99_us=round(statistics.median(mine.p99 for mine in taken[ours])),
        **more,
    )
