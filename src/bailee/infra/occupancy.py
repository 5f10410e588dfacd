"""Whose turn it is with a data directory: one process founds there at a time, one `bailee up` serves it, and commands
beside none are guests of the servers that one of them started, until the last has gone.

All are locks that the end of their process gives back, however it comes. Where a file system locks nothing (one of a
network may not), that is said once and gone on from.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

FOUNDING, SERVED_AT, GUESTS = "founding.lock", "served-at", "guests"
WAIT_SECONDS = 60.0
PROBED_SECONDS = 1.0  # whoever only looks whether it is served holds the lock for an instant
PAUSE = 0.05


class Taken(Exception):
    """Another process has the turn; the message says which, and what to do."""


class NotLocked(Exception):
    """The file system locks nothing; `folder` is open all the same."""

    def __init__(self, folder: int, trouble: OSError) -> None:
        super().__init__(str(trouble))
        self.folder = folder


def serve(data: Path) -> int:
    """The directory, open and locked for the `bailee up` that serves it: two would stop servers under each other."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(data, os.O_RDONLY)
    try:
        _lock(folder, PROBED_SECONDS)
    except BlockingIOError as held:
        os.close(folder)
        raise Taken(f"{data} is served already by another `bailee up`: stop that one first") from held
    except OSError as trouble:
        raise NotLocked(folder, trouble) from trouble
    return folder


def served(data: Path) -> bool:
    """Whether a `bailee up` serves the directory: its servers are left to it."""
    folder = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as held:
        return isinstance(held, BlockingIOError)
    else:
        return False
    finally:
        os.close(folder)


def say_port(data: Path, port: str) -> None:
    """Write down at which port it is served, for commands beside it. What cannot be written is not known to them."""
    with suppress(OSError):
        (data / SERVED_AT).write_text(port)


def port_of(data: Path) -> str:
    """The port at which a `bailee up` serves it; empty where none does, or it is not known."""
    try:
        return (data / SERVED_AT).read_text() if served(data) else ""
    except (OSError, UnicodeDecodeError):
        return ""


@contextmanager
def founding(data: Path) -> Iterator[None]:
    """Found alone: servers that one starts, makes or stops are no other's meanwhile. Waits for its turn, or `Taken`."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / FOUNDING).open("a") as handle:
        try:
            _lock(handle.fileno(), WAIT_SECONDS)
        except BlockingIOError as held:
            raise Taken(f"another `bailee init` or `bailee up` is founding in {data}: wait for it") from held
        except OSError:  # nothing is locked there: `serve` says so
            pass
        yield


class Guests:
    """The commands that use servers which no `bailee up` serves. Who comes while the last one stops them waits."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._file = (data / GUESTS).open("a+")
        self._started: list[str] = []
        with suppress(OSError):  # nothing is locked there: each stops what it started
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def started(self, servers: Sequence[str]) -> None:
        """Write down which servers were started: whoever leaves last stops them, also those of one that was killed."""
        self._started = list(servers)
        self._file.write("".join(f"{name}\n" for name in servers))
        self._file.flush()

    @contextmanager
    def leaving(self) -> Iterator[list[str]]:
        """The servers to stop: none while others are here, or a `bailee up` serves them. Nobody comes in meanwhile."""
        with self._file:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield []
                return
            except OSError:
                yield [] if served(self._data) else self._started
                return
            self._file.seek(0)
            left = self._file.read().split()
            yield [] if served(self._data) else left
            self._file.truncate(0)


def _lock(handle: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(PAUSE)
