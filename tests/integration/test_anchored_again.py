"""Anchors that were lost are made anew for logs that nothing is written to any more."""

import asyncio

from tests.integration.test_ledger import owner, said

from bailee.furnishing import sequencing
from bailee.ledger.anchors import Anchors
from bailee.ledger.sequencing import Sequencer
from bailee.worker.sequencing import run

__all__ = ["owner"]


async def test_an_idle_log_whose_anchor_was_lost_is_anchored_again_if_what_is_published_was_signed_here(
    hold, profile, rooms, settings, premises, owner, tmp_path
):
    holder, other = await hold(), await hold(1)
    for one in (holder, other):
        await (await one.client()).person(profile)
    head, foreign = await rooms.reading.integrated(holder.id), await rooms.reading.integrated(other.id)
    anchors, stopping = Anchors(tmp_path / "anchors"), asyncio.Event()
    sql = "UPDATE bailee.ledger_head SET published = $2, checkpoint = $2 WHERE controller_id = $1"
    await owner.execute(sql, other.id, foreign.checkpoint.replace("\n", "\nfalse", 1))
    try:
        async with sequencing(settings, premises.addresses()) as found:
            sequencer = Sequencer(found._database, rooms.log_key, anchors, rooms.clock)
            running = asyncio.create_task(run(sequencer, stopping))
            while not (known := anchors.checkpoints()):
                assert not running.done()
                await asyncio.sleep(0.02)
            stopping.set()
            await running
            assert await sequencer.anchor_again() == 0, "once is enough"
    finally:
        await owner.execute(sql, other.id, foreign.checkpoint)
    assert known[said(head.checkpoint).origin] == head.checkpoint
    assert said(foreign.checkpoint).origin not in known
