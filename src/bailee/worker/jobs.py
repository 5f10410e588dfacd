"""The jobs' process: what is due is done, once, by whoever holds the clock; a failure is tried again.

Each duty is a name, how often it is looked at, and what it does. A tick is written to the control database:
time is confirmed by ticks that run on (`ticking.py`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from bailee.infra.database import Unavailable
from bailee.ledger.altered import Noticing
from bailee.worker.ticking import Ticking

TICK_SECONDS = 0.5

log = structlog.get_logger()


class Duty(msgspec.Struct, frozen=True):
    """Something to look at every so many seconds; it says how much there was to do.

    `rest` is how long it leaves the servers alone at least: a duty at every controller is a `Round` (`rounds.py`).
    """

    name: str
    every: float
    do: Callable[[], Awaitable[int]]
    rest: Callable[[], float] = float


async def run(duties: Sequence[Duty], ticking: Ticking, stopping: asyncio.Event, noticing: Noticing) -> None:
    """Look after every duty until told to stop; each at its own pace, so that a long one keeps no other waiting.

    The first tick goes before them all: after days of standstill nothing is done before it is known whether the time is
    to be believed. What then catches up does so in any order, to the same end.
    """
    await attempt("tick", ticking.tick, noticing)
    async with asyncio.TaskGroup() as pacing:
        for duty in (Duty("tick", TICK_SECONDS, ticking.tick), *duties):
            pacing.create_task(_pace(duty, stopping, noticing))


async def _pace(duty: Duty, stopping: asyncio.Event, noticing: Noticing) -> None:
    while not stopping.is_set():
        await attempt(duty.name, duty.do, noticing)
        try:
            await asyncio.wait_for(stopping.wait(), max(duty.every, duty.rest(), TICK_SECONDS))
        except TimeoutError:
            continue


async def attempt(name: str, do: Callable[[], Awaitable[int]], noticing: Noticing) -> None:
    """Do it once; what fails is logged, what was found altered stands in the ledger too."""
    try:
        done = await do()
    except Unavailable as away:
        log.warning("a server is away; the duty will be tried again", duty=name, reason=str(away))
    except Exception as problem:  # the worker's loop: one duty that fails must not stop the others; it is tried again
        log.error("a duty failed and will be tried again", duty=name, exc_info=True)
        await noticing.note(problem, f"worker: {name}")
    else:
        if done:
            log.info("done", duty=name, count=done)
