"""Greeting: a person who signs in, and is to be told something new about their data, is led there once."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode
from uuid import UUID

NEWS = "/me/privacy/changed"
# Whether what is told to a person has changed since they were last told it.
Changed = Callable[[UUID, UUID], Awaitable[bool]]


class Greeting:
    """Where whoever came in goes on to."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed

    async def way(self, controller: UUID, person: UUID, wanted: str) -> str:
        """Where they were going, or what is new first, with the way on from there."""
        if not await self._changed(controller, person):
            return wanted
        return NEWS if wanted == "/" else f"{NEWS}?{urlencode({'on': wanted})}"
