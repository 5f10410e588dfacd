"""The sequencer's process: integrate what is pending, within a second, for ever."""

import asyncio
import time

import structlog

from bailee.infra.database import Unavailable
from bailee.ledger.sequencing import Overtaken, Sequencer

IDLE_SECONDS = 0.1
AWAY_SECONDS = 0.5
ANCHOR_SECONDS = 3600.0  # how long a log that is idle may be without an anchor, where its own was lost

log = structlog.get_logger()


async def run(sequencer: Sequencer, stopping: asyncio.Event) -> None:
    """Integrate until told to stop; a lost server is waited for, nothing is skipped."""
    anchored = float("-inf")
    while not stopping.is_set():
        try:
            placed = await sequencer.integrate_all()
            if time.monotonic() - anchored > ANCHOR_SECONDS:
                await sequencer.anchor_again()
                anchored = time.monotonic()
        except Overtaken:
            continue
        except Unavailable as away:
            log.warning("the ledger cannot be integrated", reason=str(away))
            await _pause(stopping, AWAY_SECONDS)
            continue
        if not placed:
            await _pause(stopping, IDLE_SECONDS)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
