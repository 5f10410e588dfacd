"""Whose obligations someone may see: a controller its own, the processor's staff those of every controller."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from bailee.obligations.promises import Side

Names = Callable[[], Awaitable[Mapping[UUID, str]]]


class Whose:
    """Answers for readers. An id that is not theirs to see is answered like an unknown one: by nobody's."""

    def __init__(self, platform: UUID, known: Names) -> None:
        self._platform = platform
        self._known = known

    async def names(self, reader: UUID) -> dict[UUID, str]:
        """The controllers whose obligations a reader may see, and what they are called."""
        known = await self._known()
        return dict(known) if reader == self._platform else {reader: known.get(reader, "")}

    async def of(self, reader: UUID, controller: UUID | None = None) -> list[UUID]:
        """The same as ids; with one named, that one or none."""
        return [one for one in await self.names(reader) if controller in (None, one)]

    def side(self, reader: UUID) -> Side:
        """On which side a reader stands."""
        return "processor" if reader == self._platform else "controller"
