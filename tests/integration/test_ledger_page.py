"""The page of the ledger: how much of it is sealed, what waits for the next checkpoint, what was closed."""

import asyncpg
import pytest
from tests.household import Household


@pytest.fixture
async def owner(premises):
    """The data server as its owner."""
    connection = await asyncpg.connect(premises.clusters[0].address())
    yield connection
    await connection.close()


async def test_the_ledger_s_page_shows_what_is_sealed_what_waits_and_what_was_closed(rooms, hold, owner):
    house = Household(rooms, (holder := await hold()).id, holder)
    auditor = await house.signed_in(await house.staff("auditor"))
    await house.entries()
    head = await rooms.reading.integrated(house.id)
    assert await rooms.reading.waiting(house.id) == 0
    seen = (await auditor.get("/ledger")).raw.decode()
    assert f"<strong>{head.size} entries</strong> · sealed by the checkpoint of" in seen
    assert "Nothing waits for the next checkpoint." in seen
    assert "put back to an older state" not in seen
    head = await rooms.reading.integrated(house.id)
    await owner.execute(
        "UPDATE bailee.ledger_head SET published_size = size - 2 WHERE controller_id = $1 AND size = $2", house.id, head.size
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO bailee.ledger_closed (controller_id, generation, checkpoint, reason, closed_at)"
        " VALUES ($1, 0, $2, 'restored', $3)", house.id, head.checkpoint, head.integrated_at,
    )  # fmt: skip
    assert await rooms.reading.waiting(house.id) == 2
    seen = (await auditor.get("/ledger")).raw.decode()
    assert "2 entries · durable already, and sealed by the next checkpoint" in seen
    assert f"{head.size} entries · a generation that was closed on" in seen
