"""The jobs' process: what is due is done, once, by whoever holds the clock; a failure is tried again.

Each duty is a name, how often it is looked at, and what it does. A tick is written to the control database:
time is confirmed by ticks that run on (`ticking.py`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from bailee.infra.clock import Clock
from bailee.infra.database import Unavailable
from bailee.worker.ticking import Ticking

TICK_SECONDS = 0.5

log = structlog.get_logger()


class Duty(msgspec.Struct, frozen=True):
    """Something to look at every so many seconds; it says how much there was to do."""

    name: str
    every: float
    do: Callable[[], Awaitable[int]]


async def run(duties: Sequence[Duty], ticking: Ticking, clock: Clock, stopping: asyncio.Event) -> None:
    """Look after every duty until told to stop."""
    due = {duty.name: 0.0 for duty in duties}
    while not stopping.is_set():
        await _attempt("tick", ticking.tick)
        for duty in duties:
            if clock.monotonic() >= due[duty.name]:
                due[duty.name] = clock.monotonic() + duty.every
                await _attempt(duty.name, duty.do)
        try:
            await asyncio.wait_for(stopping.wait(), TICK_SECONDS)
        except TimeoutError:
            continue


async def _attempt(name: str, do: Callable[[], Awaitable[int]]) -> None:
    try:
        done = await do()
    except Unavailable as away:
        log.warning("a server is away; the duty will be tried again", duty=name, reason=str(away))
    except Exception:  # the worker's loop: one duty that fails must not stop the others; it is tried again
        log.error("a duty failed and will be tried again", duty=name, exc_info=True)
    else:
        if done:
            log.info("done", duty=name, count=done)
