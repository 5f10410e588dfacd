"""The shelf: the folder of the operator's choice, one folder in it for each copy.

A copy is made in `NAME.unfinished` and gets its name when its manifest stands: whatever ended in the middle is no copy,
and is removed before the next begins. One writes at a time, whoever it is.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bailee.processing.backup import manifest as manifests
from bailee.processing.backup.events import Kind
from bailee.processing.backup.manifest import Damaged, Manifest
from bailee.proof.signing import Signer

LOCK, UNFINISHED = "backups.lock", ".unfinished"


class NoDestination(Exception):
    """The folder of the backups is not there, or cannot be written: a disk that is not mounted, a share that is away."""


class Busy(Exception):
    """Another process writes there at this moment."""


class NoSuchCopy(Exception):
    """There is no copy of that name, or none at all."""


class Shelf:
    """The copies in a folder; `vkey` says whose signature makes one count."""

    def __init__(self, folder: Path, vkey: str) -> None:
        self.folder = folder
        self._vkey = vkey

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Write here while nobody else does; what was never finished is gone then."""
        if not self.folder.is_dir():
            raise NoDestination(f"{self.folder} is not there: mount it, or make it")
        try:
            handle = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as away:
            raise NoDestination(f"{self.folder} cannot be written: {away.strerror}") from away
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as held:
                raise Busy("another backup is being made there: wait for it") from held
            for left in self.folder.glob(f"*{UNFINISHED}"):
                shutil.rmtree(left)
            yield
        finally:
            os.close(handle)

    def begin(self, kind: Kind, at: datetime) -> Path:
        """The folder of a copy that is being made."""
        made = self.folder / f"{at:%Y%m%dT%H%M%SZ}-{kind}-{secrets.token_hex(3)}{UNFINISHED}"
        made.mkdir(mode=0o700)
        return made

    def finish(self, unfinished: Path, manifest: Manifest, signer: Signer) -> Path:
        """Sign the manifest, and have the copy count: durable when it returns."""
        content, note = manifests.written(manifest, signer)
        for name, written in ((manifests.NOTE, note), (manifests.FILE, content)):
            with (unfinished / name).open("wb") as out:
                out.write(written)
                out.flush()
                os.fsync(out.fileno())
        _sync(unfinished)
        done = unfinished.rename(self.folder / manifest.name)
        _sync(self.folder)
        return done

    def remove(self, name: str) -> None:
        """Remove a copy: it is none before its parts go."""
        folder = self.folder / name
        if folder.is_dir():
            shutil.rmtree(folder.rename(folder.with_name(f"{name}{UNFINISHED}")))

    def names(self) -> list[str]:
        """What is there, the oldest first."""
        if not self.folder.is_dir():
            raise NoDestination(f"{self.folder} is not there: mount it, or make it")
        return sorted(one.name for one in self.folder.iterdir() if one.is_dir() and not one.name.endswith(UNFINISHED))

    def read(self, name: str) -> Manifest:
        """A copy's manifest, or `Damaged`."""
        return manifests.read(self.folder / name, self._vkey)

    def good(self) -> list[Manifest]:
        """The manifests that are signed by this platform, the oldest first. What was never one of its copies is left out."""
        found = []
        for name in self.names():
            try:
                found.append(self.read(name))
            except Damaged:
                continue
        return sorted(found, key=lambda one: one.taken_at)

    def chosen(self, name: str = "") -> tuple[Manifest, Manifest]:
        """The copy of that name, or the newest whole one, and the newest that holds the key store beside it: keys that
        are newer than the data open them, and older ones may have died with a turn."""
        known = self.good()
        if name and name not in {one.name for one in known}:
            if name in self.names():
                raise Damaged("manifest", f"{name}/{manifests.FILE}")
            raise NoSuchCopy(f"there is no backup {name} in {self.folder}")
        whole = [one for one in known if one.kind == "full" and name in ("", one.name)]
        if not whole:
            raise NoSuchCopy(f"there is no whole backup in {self.folder}")
        keys = [one for one in known if one.has_keys and one.taken_at >= whole[-1].taken_at]
        return whole[-1], (keys or whole)[-1]


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
