"""A mail, its taking in and its passing on killed at every durable point: nothing is lost, and it is forwarded once."""

import os
from datetime import timedelta
from typing import Any

import pytest
from tests.fault.dying import received
from tests.fault.test_steps import every_point

from bailee.clauses.direct_requests import commands
from bailee.infra.keys.store import KeyGone
from bailee.promised import Promised

STATES = ("received", "unassigned", "forwarded", "own", "dismissed", "automatic")


@pytest.fixture
async def written(hold, profile, rooms, monkeypatch):
    """What a workflow is given: another mail each time, of a person whom a controller holds."""
    monkeypatch.setattr(commands, "CLAIMED_FOR", timedelta(0))
    holder = await hold()
    await (await holder.client()).person(profile)

    def made() -> dict[str, Any]:
        return {"sender": profile["email"], "mark": os.urandom(8).hex(), "at": rooms.clock.now().isoformat()}

    return holder, made


async def letters(rooms, holder) -> int:
    async with rooms.data.transaction(holder.id) as tx:
        found: int = await tx.fetchval("SELECT count(*) FROM bailee.notice WHERE controller_id = $1", holder.id)
        return found


async def test_taking_in_killed_anywhere_is_repeated_by_the_sender_and_is_one_message(written, rooms, settings):
    holder, make = written
    known = {"letters": 0}

    async def made() -> dict[str, Any]:
        return make()

    async def check(given: dict[str, Any], *, acknowledged: bool) -> None:
        promised = Promised(rooms)
        if acknowledged:  # 250 was said: it is durable
            newest = (await promised.incoming.listed(STATES, 1))[0]
            assert await promised.incoming.open(newest.message_id) == received(given)
        await promised.incoming.take_in(received(given))  # as a server does that did not hear our answer
        await promised.messages.due()
        known["letters"] += 1
        assert await letters(rooms, holder) == known["letters"]

    assert await every_point(settings, "take", made, check, few=4) >= 3


async def test_passing_on_killed_anywhere_loses_nothing_and_forwards_once(written, rooms, settings):
    holder, make = written
    known = {"letters": 0}

    async def made() -> dict[str, Any]:
        given = make()
        given["message"] = str(await Promised(rooms).incoming.take_in(received(given)))
        return given

    async def check(given: dict[str, Any], *, acknowledged: bool) -> None:
        promised = Promised(rooms)
        await promised.messages.due()
        await promised.incoming.forget()
        known["letters"] += 1
        assert await letters(rooms, holder) == known["letters"]
        [newest] = await promised.incoming.listed(STATES, 1)
        assert (str(newest.message_id), newest.state, newest.readable) == (given["message"], "forwarded", False)
        rooms.keys.forget(rooms.platform)  # another process has shredded it
        with pytest.raises(KeyGone):
            await rooms.keys.controller_key(rooms.platform, f"message/{newest.message_id}", create=False)

    assert await every_point(settings, "forward", made, check, few=6) >= 5
