"""Patience: a body is waited for as long as it comes. Who dawdles is cut off, so that nobody holds a place for ever.

A server process has so many places; without this, as many requests that never finish would shut everyone else out,
and none of them would need a credential.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]

AT_FIRST = 30.0  # seconds that anyone has
PACE = 4 * 1024  # bytes that buy another second: a photograph comes over the slowest line, a trickle does not


class TooSlow(Exception):
    """The body did not come in the time that it had."""


class Patience:
    """Receives for one request; after its body it waits as long as it is told to."""

    __slots__ = ("_had", "_receive", "_waited", "_whole")

    def __init__(self, receive: Callable[[], Awaitable[Message]]) -> None:
        self._receive = receive
        self._waited = 0.0
        self._had = 0
        self._whole = False

    async def __call__(self) -> Message:
        """The next message, or `TooSlow`. What counts is how long it was waited for: time that this side takes for what
        has come is nobody's dawdling."""
        if self._whole:
            return await self._receive()
        time = asyncio.get_running_loop().time
        began = time()
        try:
            async with asyncio.timeout(AT_FIRST + self._had / PACE - self._waited):
                message = await self._receive()
        except TimeoutError:
            self._whole = True
            raise TooSlow from None
        self._waited += time() - began
        self._had += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        return message
