"""One injectable clock: nothing else in the house reads the time."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable


@runtime_checkable
class Clock(Protocol):
    """The time as the platform believes it."""

    @property
    def simulated(self) -> bool:
        """Whether this is not the real time: everything made under it says so."""
        ...

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run back, for measuring lengths."""
        ...


class SystemClock:
    """The machine's time."""

    simulated = False

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run back."""
        return time.monotonic()


class FileClock:
    """A simulated clock, for the sandbox alone: a file holds an ISO instant, or an offset such as `+31d`.

    The file is read again whenever it has changed.
    """

    simulated = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = -1
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """Now as the file says it: a set instant goes on ticking from when it was written."""
        changed = self._path.stat().st_mtime_ns
        if changed != self._read_at:
            self._offset = self._parse(self._path.read_text().strip(), changed)
            self._read_at = changed
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        """Real seconds: lengths are not simulated."""
        return time.monotonic()

    def _parse(self, text: str, changed: int) -> timedelta:
        match = OFFSET.fullmatch(text)
        if match:
            amount = int(match[2]) * (-1 if match[1] == "-" else 1)
            return timedelta(**{UNITS[match[3]]: amount})
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            raise BadClock(f"{self._path} holds neither an ISO instant nor an offset such as +31d") from None
        if instant.tzinfo is None:
            raise BadClock(f"{self._path} holds an instant without its time zone")
        return instant - datetime.fromtimestamp(changed / 1e9, UTC)


def is_kept(at: datetime | None) -> bool:
    """Whether an instant can be kept, in whichever zone it was written: not at the ends of the calendar."""
    return at is None or EARLIEST < at < LATEST


class BadClock(ValueError):
    """The simulated clock cannot be read."""


EARLIEST, LATEST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
OFFSET = re.compile(r"([+-])(\d{1,6})([dhms])")
UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
