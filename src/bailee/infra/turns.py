"""Turns: those who want the same thing at the same time take it one after the other, in the order they came.

Within one process only: it spares work that would be lost, and makes nothing right that was not right before.
"""

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
Turn = asyncio.Future[None]


class Turns(Generic[K]):
    """Who has what, and who comes next."""

    def __init__(self) -> None:
        self._last: dict[K, Turn] = {}

    async def take(self, what: K) -> Turn:
        """Wait until those who came before have left; the turn, to be given back."""
        mine: Turn = asyncio.get_running_loop().create_future()
        ahead = self._last.get(what)
        self._last[what] = mine
        if ahead is not None:
            try:
                await asyncio.wait([ahead])
            except asyncio.CancelledError:
                self.leave(what, mine)
                raise
        return mine

    def leave(self, what: K, mine: Turn) -> None:
        """Let the next one come."""
        mine.set_result(None)
        if self._last[what] is mine:
            del self._last[what]
