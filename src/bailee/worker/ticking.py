"""Ticking: the wall clock is believed as long as the machine's steady clock bears it out.

Every tick is kept with the steady clock's seconds since boot. Where both run on alike, all is well, however
long the platform was stopped in between. A wall clock that leapt or ran back is doubted: nothing is destroyed
by time alone until a named person confirms it. After a reboot only the wall clock is left: back is doubted, and
so is more than a day forward.
"""

import time
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.worker import queries

JOBS = "jobs"
LEAP = timedelta(minutes=5)
ASLEEP = timedelta(days=1)
FRESH = timedelta(minutes=5)
BOOT = Path("/proc/sys/kernel/random/boot_id")

log = structlog.get_logger()


class Ticking:
    """Keeps the ticks of this platform, and says whether its time is doubted."""

    def __init__(self, control: Database, clock: Clock) -> None:
        self._control = control
        self._clock = clock

    async def tick(self) -> int:
        """One more tick; 1 if the time began to be doubted with it."""
        now, steady, boot = self._clock.now(), time.clock_gettime(time.CLOCK_BOOTTIME), _boot()
        async with self._control.transaction() as tx:
            before = await tx.fetchrow(queries.LAST_TICK, JOBS)
            leapt = before is not None and _leapt(before, now, steady, boot)
            doubted = before["doubted_since"] if before is not None else None
            since = now if before is None or leapt else before["ticking_since"]
            await tx.execute(queries.TICK, JOBS, since, now, boot, steady, doubted or (now if leapt else None))
        if leapt:
            log.error(
                "the clock leapt; nothing is destroyed by time alone until someone confirms it", now=now.isoformat()
            )
        return int(leapt)

    async def believed(self) -> bool:
        """Whether the time is ticking and not doubted."""
        async with self._control.transaction() as tx:
            last = await tx.fetchrow(queries.LAST_TICK, JOBS)
        if last is None or last["doubted_since"] is not None:
            return False
        ticked_at: datetime = last["ticked_at"]
        return abs(self._clock.now() - ticked_at) < FRESH

    async def doubted(self) -> bool:
        """Whether a leap of the clock waits for someone to confirm it."""
        async with self._control.transaction() as tx:
            last = await tx.fetchrow(queries.LAST_TICK, JOBS)
        return last is not None and last["doubted_since"] is not None

    async def confirm(self) -> bool:
        """A named person has looked at a clock: the time is believed again. Whether it was doubted."""
        async with self._control.transaction() as tx:
            last = await tx.fetchrow(queries.LAST_TICK, JOBS)
            await tx.execute(queries.BELIEVE, JOBS, self._clock.now(), _boot(), time.clock_gettime(time.CLOCK_BOOTTIME))
        return last is not None and last["doubted_since"] is not None


def _leapt(before: Record, now: datetime, steady: float, boot: str) -> bool:
    passed: timedelta = now - before["ticked_at"]
    if before["boot"] == boot:
        return abs(passed - timedelta(seconds=steady - before["steady"])) > LEAP
    return before["boot"] != "" and not -LEAP < passed < ASLEEP


def _boot() -> str:
    return BOOT.read_text().strip() if BOOT.exists() else "unknown"
