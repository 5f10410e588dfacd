"""A maildir: mail that the processor's own server has put into a folder, one file each, for us to take away.

A file is removed when its mail is durable. Who dies in between finds it again, and the same bytes are the same message.
"""

import asyncio
from pathlib import Path

import structlog

from bailee.clauses.direct_requests.addressing import Addresses, Whose
from bailee.clauses.direct_requests.events import Received
from bailee.clauses.direct_requests.keeping import LARGEST, Keeping
from bailee.clauses.direct_requests.reading import delivered
from bailee.infra.clock import Clock

AT_ONCE = 100
LOOK_SECONDS = 1.0

log = structlog.get_logger()


class Maildir:
    """Takes mail out of `new` and `cur` of a maildir."""

    def __init__(self, folder: Path, *, keeping: Keeping, addresses: Addresses, whose: Whose, clock: Clock) -> None:
        self._folder = folder
        self._keeping = keeping
        self._addresses = addresses
        self._whose = whose
        self._clock = clock

    async def take(self) -> int:
        """Take what is there, the oldest first; how many. What is too large stays where it is, and is told once."""
        many = 0
        for file in self._files()[:AT_ONCE]:
            content = await asyncio.to_thread(_content, file)
            if content is None:
                continue
            if len(content) > LARGEST:
                await asyncio.to_thread(_put_aside, file)
                log.error("a mail in the maildir is too large and was put aside", size=len(content))
                continue
            to = delivered(content)
            await self._keeping.take_in(
                Received(
                    channel="maildir",
                    received_at=self._clock.now(),
                    mail_to=to,
                    mail=content,
                    addressed=await self._addresses.named(to, self._whose),
                )
            )
            await asyncio.to_thread(file.unlink, missing_ok=True)
            many += 1
        return many

    def _files(self) -> list[Path]:
        found = [file for name in ("new", "cur") for file in (self._folder / name).glob("*") if file.is_file()]
        return sorted(found, key=lambda file: (file.name.partition(".")[0], file.name))


def _content(file: Path) -> bytes | None:
    """A file's bytes; None where another took it, or it is no plain file of the folder."""
    try:
        if file.is_symlink():
            return None
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except FileNotFoundError:
        return None


def _put_aside(file: Path) -> None:
    aside = file.parent.parent / "too-large"
    aside.mkdir(mode=0o700, exist_ok=True)
    file.rename(aside / file.name)
