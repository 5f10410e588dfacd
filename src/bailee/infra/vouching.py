"""Vouching: a server that was started anew may have been put back, and is used only once it has been looked over.

Nobody can put a server back while it runs. So each new connection asks when its server was started: a start that this
platform has looked over is used at once; before any other is used, the checks of the platform's own start are run
again, by one of its processes, and which starts were looked over is kept outside both servers for all of them. Where
something had been put back, every process that remembers what stood there before ends, and is started again: whoever has
used an earlier start of that server. Where it cannot be kept, on a full disk, every process looks for itself, and one
that was started again goes on.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from bailee.infra.database import Unavailable

FILE, LOCK = "servers.ndjson", "servers.lock"
KEPT = 64
AGAIN_SECONDS = 1.0
ENDED = 75  # a temporary failure, as sysexits has it

log = structlog.get_logger()


def end_process() -> None:
    """End this process at once: whatever it remembers is of a state that is no more."""
    log.error("a server was put back while it was in use: this process ends, and is started again")
    os._exit(ENDED)


class Looked(msgspec.Struct, frozen=True):
    """A start of a server that was looked over, and whether something had been put back by then."""

    started: str
    put_back: bool


class Unvouched(Unavailable):
    """A server was started anew, and has not been looked over yet: nothing is served from it."""


class Vouching:
    """What one process knows of its servers' starts. `check` runs the start's checks, writes down what was looked over
    (`keep`), and says whether something was put back; `end` ends this process."""

    def __init__(self, folder: Path, check: Callable[[], Awaitable[bool]], end: Callable[[], None]) -> None:
        self._folder = folder
        self._check = check
        self._end = end
        self._before = set(_read(folder))
        self._own: dict[str, bool] = {}
        self._used: dict[str, set[str]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = 0.0

    async def __call__(self, server: str, started: datetime) -> None:
        """Returns where a server that was started then may be used; else `Unvouched`."""
        name, used = started.isoformat(), self._used.setdefault(server, set())
        if name in used:
            return
        known = _read(self._folder) | self._own
        if name not in known:
            raise Unvouched(f"a server was started anew, and is looked over before it is used{self._trouble(name)}")
        mine = self._before.union(*self._used.values())
        if used and any(back for one, back in known.items() if one not in mine):
            self._end()
        used.add(name)

    def _trouble(self, name: str) -> str:
        """Have a look taken, unless one is; and what came of the last."""
        if self._looking is not None and not self._looking.done():
            return ""
        failed = self._looking.exception() if self._looking is not None else None
        if self._looking is None or time.monotonic() - self._looked_at > AGAIN_SECONDS:
            self._looking = asyncio.create_task(self._look(name))
            self._looked_at = time.monotonic()
            if failed is not None:
                log.error("a server that was started anew could not be looked over; it is tried again", exc_info=failed)
        return "" if failed is None else f": {failed}"

    async def _look(self, name: str) -> None:
        with _alone(self._folder) as alone:
            if alone and name not in _read(self._folder):
                log.warning("a server was started anew: the checks of the start are run again")
                self._own[name] = await self._check()


def keep(folder: Path, starts: list[str], *, put_back: bool) -> None:
    """Write down which starts were looked over. The latest are kept: a server stands only in its last. What was put back
    by a start stays so, for processes that began before it. What cannot be written is looked over again by the next."""
    known = _read(folder)
    others = [Looked(one, back) for one, back in known.items() if one not in starts]
    lines = [*others, *(Looked(one, put_back or known.get(one, False)) for one in starts)][-KEPT:]
    fresh = folder / f"{FILE}.new"
    try:
        fresh.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        fresh.replace(folder / FILE)
    except OSError as full:
        log.warning("which servers were looked over cannot be written down", reason=str(full))


def _read(folder: Path) -> dict[str, bool]:
    """The starts that were looked over. What cannot be read is looked over again."""
    try:
        lines = (folder / FILE).read_bytes().splitlines()
        return {line.started: line.put_back for line in (msgspec.json.decode(raw, type=Looked) for raw in lines)}
    except (OSError, msgspec.DecodeError):
        return {}


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether this process alone looks servers over."""
    with (folder / LOCK).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
