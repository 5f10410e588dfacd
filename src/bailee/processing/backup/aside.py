"""Aside: a platform restored beside the living one, to be looked at and removed. Nothing is served from it.

It has its own servers, files, anchors and destruction logs: copies, which it may write. The root keys are the living
one's, and are only read.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bailee.infra.settings import Settings
from bailee.ledger import anchors
from bailee.processing.backup.copying import servers
from bailee.processing.backup.shelf import Busy
from bailee.vault import destruction_log

PLATFORM, LOCK = "platform", "lock"


class Aside(Settings, frozen=True, kw_only=True):
    """The settings of a platform that is restored aside; `live` is the data directory of the living one."""

    live: Path

    @property
    def root_keys(self) -> Path:
        """The living platform's."""
        return self.live.with_name(f"{self.live.name}.root-keys")

    @property
    def root_keys_escrow(self) -> Path:
        """The living platform's."""
        return self.live.with_name(f"{self.live.name}.root-keys-escrow")

    @property
    def root_is_fixed(self) -> bool:
        """They are only read."""
        return True


def aside(settings: Settings) -> Aside:
    """The settings of what is restored aside. It reaches nothing of the living platform but its root keys."""
    given = msgspec.structs.asdict(settings) | {
        "data": settings.drill / PLATFORM, "destruction_logs": "", "blobs": "", "smtp_url": "", "intake_smtp": "",
        "intake_maildir": "", "backups": "",
    }  # fmt: skip
    return Aside(**given, live=settings.data)


@contextmanager
def cleared(settings: Settings) -> Iterator[Aside]:
    """The place aside, for one at a time: empty before, and gone after. A drill that was killed left servers running."""
    settings.drill.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(settings.drill / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise Busy("another drill is under way: wait for it") from held
        made = aside(settings)
        _clear(made)
        try:
            yield made
        finally:
            _clear(made)
            shutil.rmtree(settings.drill)
    finally:
        os.close(handle)


def beside(live: Settings, made: Aside) -> None:
    """Copy what stands beside the living platform, the anchors first: the log is never shorter than what is anchored."""
    made.anchors.mkdir(mode=0o700)
    if (live.anchors / anchors.FILE).exists():
        shutil.copy(live.anchors / anchors.FILE, made.anchors)
    content = (live.destruction_folders[0] / destruction_log.FILE).read_bytes()
    for folder in made.destruction_folders:
        folder.mkdir(mode=0o700)
        (folder / destruction_log.FILE).write_bytes(content[: content.rfind(b"\n") + 1])


def _clear(made: Aside) -> None:
    for cluster in servers(made).values():
        cluster.stop()
    for one in made.data.parent.iterdir():
        if one.name != LOCK:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
