"""Anchors: what was published, kept outside both servers, so that a server put back is found out.

Every checkpoint is here, synced, before anyone can see it; so is the last line of the destruction log. A
database that knows less than its anchors has been restored from something older. One file of lines, appended
under a lock, made anew with the newest of each kind when it has grown. A last line without its end was never kept: its
writer died or the disk was full, nothing was published on it, and the next writer cuts it off.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from bailee.infra.database import Unavailable
from bailee.proof.checkpoint import Checkpoint
from bailee.proof.merkle import Invalid

FILE = "anchors.ndjson"
GROWN = 4 * 1024 * 1024
TAIL = 4096


class Anchor(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line: a signed checkpoint, or the number and digest of a line of the destruction log."""

    checkpoint: str = ""
    destroyed: int = 0
    digest: str = ""


class BrokenAnchors(Exception):
    """The file of anchors cannot be read as it is; the message says what to do."""


class Anchors:
    """The file, and what is newest in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / FILE

    def start(self) -> None:
        """Make the folder and the empty file, where there is none yet."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file.touch(mode=0o600, exist_ok=True)

    @property
    def standing(self) -> bool:
        """Whether the file is there."""
        return self._file.exists()

    def keep(self, anchors: Sequence[Anchor]) -> None:
        """Append anchors; durable when it returns. `Unavailable` where they cannot be written now."""
        if not anchors:
            return
        try:
            self._append(anchors)
        except OSError as full:
            raise Unavailable(f"the anchors cannot be written: {full}") from full

    def _append(self, anchors: Sequence[Anchor]) -> None:
        self.start()
        with self._locked():
            with self._file.open("r+b") as out:
                out.seek(_end_of_lines(out))
                out.truncate()
                out.write(b"".join(msgspec.json.encode(one) + b"\n" for one in anchors))
                out.flush()
                os.fsync(out.fileno())
                grown = out.tell() > GROWN
            if grown:
                self._compact()

    def checkpoints(self) -> dict[str, str]:
        """The newest anchored checkpoint of every log, by origin."""
        newest: dict[str, tuple[int, str]] = {}
        for anchor in self._lines():
            if anchor.checkpoint:
                said = _said(anchor.checkpoint)
                if said.origin not in newest or said.size >= newest[said.origin][0]:
                    newest[said.origin] = said.size, anchor.checkpoint
        return {origin: note for origin, (_, note) in newest.items()}

    def destroyed(self) -> Anchor | None:
        """The last anchored line of the destruction log."""
        return max((one for one in self._lines() if one.destroyed), key=lambda one: one.destroyed, default=None)

    def _lines(self) -> Iterator[Anchor]:
        if not self.standing:
            return
        content = self._file.read_bytes()
        for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), 1):
            try:
                yield msgspec.json.decode(line, type=Anchor)
            except msgspec.DecodeError as problem:
                raise BrokenAnchors(f"line {number} of {self._file} is not an anchor: restore the file") from problem

    def _compact(self) -> None:
        newest = [Anchor(checkpoint=note) for note in self.checkpoints().values()]
        last = self.destroyed()
        fresh = self._file.with_suffix(".new")
        with fresh.open("wb") as out:
            out.write(b"".join(msgspec.json.encode(one) + b"\n" for one in [*newest, *([last] if last else [])]))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / "lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _end_of_lines(file: BinaryIO) -> int:
    """Where the last whole line ends."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - TAIL)
        file.seek(start)
        if found := file.read(end - start).rfind(b"\n") + 1:
            return start + found
        end = start
    return 0


def _said(note: str) -> Checkpoint:
    """The checkpoint of a note, its signature aside: the notes are our own."""
    try:
        return Checkpoint.parse(note.partition("\n\n")[0] + "\n")
    except Invalid as problem:
        raise BrokenAnchors(f"an anchored checkpoint cannot be read: {problem}") from problem
