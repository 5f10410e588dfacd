"""Room for mail on its way in: how many connections there are, and how many bytes of mail are held in memory.

Both are bounded altogether and for each source, so that whoever takes a lot leaves room for the others. Whoever finds none
is told to come later, as servers do. Pure.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from bailee.clauses.direct_requests.keeping import LARGEST

STEP = 64 * 1024


class Limits(msgspec.Struct, frozen=True):
    """Connections altogether and of one source; bytes altogether and of one source. The largest mail fits in both."""

    connections: int = 64
    of_one: int = 16
    held: int = 4 * LARGEST + STEP
    held_of_one: int = 2 * LARGEST + STEP


class Room:
    """What is taken of it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._connections: Counter[str] = Counter()
        self._held: Counter[str] = Counter()

    def enter(self, source: str) -> bool:
        """Take a place for a connection; false where there is none."""
        limits, known = self._limits, self._connections
        if known.total() >= limits.connections or known[source] >= limits.of_one:
            return False
        known[source] += 1
        return True

    def leave(self, source: str) -> None:
        """Give a place back."""
        _less(self._connections, source, 1)

    @contextmanager
    def space(self, source: str) -> Iterator["Space"]:
        """Space for one mail, given back at the end."""
        made = Space(self, source)
        try:
            yield made
        finally:
            made.drop()

    def hold(self, source: str, size: int) -> bool:
        """Take bytes; false where there are not so many left."""
        limits, held = self._limits, self._held
        if held.total() + size > limits.held or held[source] + size > limits.held_of_one:
            return False
        held[source] += size
        return True

    def release(self, source: str, size: int) -> None:
        """Give bytes back."""
        _less(self._held, source, size)


class Space:
    """The bytes of one mail that were heard so far, and the room they have: some at a time."""

    def __init__(self, room: Room, source: str) -> None:
        self.content = bytearray()
        self._room = room
        self._source = source
        self._held = 0

    def more(self, size: int) -> bool:
        """Have room for so many more; false where there is none."""
        while len(self.content) + size >= self._held:
            if not self._room.hold(self._source, STEP):
                return False
            self._held += STEP
        return True

    def drop(self) -> None:
        """Let go what was heard, and its room."""
        self.content = bytearray()
        self._room.release(self._source, self._held)
        self._held = 0


def _less(counted: Counter[str], source: str, size: int) -> None:
    """What is none is not remembered: sources come without end."""
    counted[source] -= size
    if not counted[source]:
        del counted[source]
