"""Space: before a volume is full, nothing new is taken in; and a reserve lets its server live on.

A full disk stops PostgreSQL until room returns. So each process looks at the volumes of the embedded servers,
once a second at most, and says 503 while less than the watermark is free; and the supervisor keeps a reserve
file on each, which it gives up when even that margin goes, so that the server can finish what it began.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from bailee.infra.clock import Clock

WATERMARK = 64 * 1024 * 1024
RESERVE = 32 * 1024 * 1024
LOOK_SECONDS = 1.0
FILE = "reserve"

log = structlog.get_logger()


class Space:
    """What is free on the volumes of some folders."""

    def __init__(self, folders: Sequence[Path], clock: Clock, *, watermark: int = WATERMARK) -> None:
        self._folders = folders
        self._clock = clock
        self._watermark = watermark
        self._looked = -LOOK_SECONDS
        self._low = False

    def low(self) -> bool:
        """Whether any volume has less free than the watermark."""
        now = self._clock.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._low = any(free(folder) < self._watermark for folder in self._folders if folder.exists())
        return self._low


class Reserve:
    """A file that is given up when its volume is nearly full, and made again when there is room."""

    def __init__(self, folder: Path, *, size: int = RESERVE) -> None:
        self._file = folder / FILE
        self._size = size

    def tend(self) -> None:
        """Give it up below half its size of free space; make it again when four times its size is free."""
        left = free(self._file.parent)
        if left < self._size // 2 and self._file.exists():
            self._file.unlink()
            log.error("the volume is full; its reserve is given up", folder=str(self._file.parent))
        elif left > 4 * self._size and not self._file.exists():
            with self._file.open("wb") as out:
                os.posix_fallocate(out.fileno(), 0, self._size)


def free(folder: Path) -> int:
    """Bytes that an ordinary process may still write there."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
