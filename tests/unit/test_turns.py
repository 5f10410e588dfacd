"""Turns: one after the other, in the order they came, and nobody is kept waiting by one who gave up."""

import asyncio

import pytest

from bailee.infra.turns import Turns


async def test_those_who_want_the_same_go_in_the_order_they_came_and_others_do_not_wait():
    turns, done = Turns[str](), list[str]()

    async def go(what: str, name: str, wait: asyncio.Event | None = None) -> None:
        turn = await turns.take(what)
        if wait is not None:
            await wait.wait()
        done.append(name)
        turns.leave(what, turn)

    first = asyncio.Event()
    going = [asyncio.ensure_future(go("a", "1", first)), *(asyncio.ensure_future(go("a", n)) for n in "23")]
    await go("b", "other")
    assert done == ["other"]
    first.set()
    await asyncio.gather(*going)
    assert done == ["other", "1", "2", "3"]
    assert turns._last == {}


async def test_one_who_gives_up_lets_the_next_one_come():
    turns = Turns[str]()
    mine = await turns.take("a")
    second, third = asyncio.ensure_future(turns.take("a")), asyncio.ensure_future(turns.take("a"))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    turns.leave("a", mine)
    turns.leave("a", await third)
    assert turns._last == {}
