"""The destruction log: what has been destroyed, written outside both servers, in two copies.

Whatever backup a server is restored from, this log says which keys must not come back. It is
append-only, each line signed and chained to the one before. A person appears as SHA-256 over a domain,
the controller and the person's random id: whoever holds the ids can look them up, nobody can list
them. If either copy is missing or shorter than the other, or both are shorter than what is anchored of them,
the platform starts sealed. A writer that died between the two copies is no contradiction: what is missing
lies beyond what is anchored, nothing was destroyed on it, and the shorter copy is brought up to the other.
"""

import base64
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.infra.database import Unavailable
from bailee.ledger.anchors import Anchor, Anchors

FILE = "destruction.ndjson"
START = "0" * 64


class Line(msgspec.Struct, frozen=True):
    """One signed line: `what` is intent (about to destroy) or confirmed (read back as gone)."""

    n: int
    at: datetime
    what: Literal["intent", "confirmed"]
    name: str
    previous: str
    signature: str = ""


class Contradiction(Exception):
    """The copies are missing, differ, or do not verify: the platform must stay sealed."""


def person_name(controller: UUID, person: UUID) -> str:
    """How the log names a person: a digest of random ids, so no key is needed to keep it quiet."""
    return hashlib.sha256(b"bailee/destroyed/person" + controller.bytes + person.bytes).hexdigest()


def controller_name(controller: UUID) -> str:
    """How the log names a whole controller."""
    return hashlib.sha256(b"bailee/destroyed/controller" + controller.bytes).hexdigest()


def unconfirmed_of(lines: Iterable[Line]) -> set[str]:
    """Names that were intended and never confirmed."""
    told: dict[str, set[str]] = {"intent": set(), "confirmed": set()}
    for line in lines:
        told[line.what].add(line.name)
    return told["intent"] - told["confirmed"]


class DestructionLog:
    """Two files in two folders, best on two hosts; every line is in both before anything is destroyed."""

    def __init__(self, folders: tuple[Path, Path], signer: Ed25519PrivateKey, anchors: Anchors) -> None:
        self._files = tuple(folder / FILE for folder in folders)
        self._signer = signer
        self._anchors = anchors

    def start(self) -> None:
        """Create both empty copies: only where there is no data yet."""
        for file in self._files:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600, exist_ok=True)
            _sync_folder(file.parent)
        self._anchors.start()

    def check(self) -> list[Line]:
        """Every line, verified and equal in both copies, or `Contradiction` saying what is wrong."""
        missing = [str(file) for file in self._files if not file.exists()]
        if missing:
            raise Contradiction(f"the destruction log is missing: {', '.join(missing)}")
        with self._written(), self._locked():
            self._settle()
            first, second = (file.read_bytes() for file in self._files)
        if first != second:
            raise Contradiction(f"the two copies of the destruction log differ ({_counts(first, second)})")
        lines = list(self._verified(first))
        anchored = self._anchors.destroyed()
        if anchored and hashlib.sha256(_nth(first, anchored.destroyed)).hexdigest() != anchored.digest:
            raise Contradiction(
                f"line {anchored.destroyed} of the destruction log is anchored, and both copies lack it: put back newer ones"
            )
        return lines

    @property
    def anchored(self) -> bool:
        """Whether the anchors are there, which say how far this log and every other had come."""
        return self._anchors.standing

    def anchor(self) -> None:
        """Begin the anchors anew, with the last line that stands in both copies."""
        with self._written(), self._locked():
            n, digest = self._last()
            self._anchors.start()
            self._anchors.keep([Anchor(destroyed=n, digest=digest)] if n else [])

    def intend(self, names: list[str], at: datetime) -> None:
        """Say in both copies what is about to be destroyed; durable when it returns. `Unavailable` where a copy cannot
        be written now: nothing may be destroyed then."""
        self._write("intent", names, at)

    def confirm(self, names: list[str], at: datetime) -> None:
        """Say in both copies what was read back as gone."""
        self._write("confirmed", names, at)

    def unconfirmed(self) -> set[str]:
        """Names that were intended and never confirmed: to be destroyed again."""
        return unconfirmed_of(self.check())

    def destroyed(self) -> set[str]:
        """Every name that was ever intended: none of them may be alive."""
        return {line.name for line in self.check()}

    def _write(self, what: Literal["intent", "confirmed"], names: list[str], at: datetime) -> None:
        with self._written(), self._locked():
            self._settle()
            n, previous = self._last()
            block = b""
            for name in names:
                n += 1
                line = self._signed(Line(n=n, at=at, what=what, name=name, previous=previous))
                previous = hashlib.sha256(line).hexdigest()
                block += line + b"\n"
            for file in self._files:
                with file.open("ab") as out:
                    out.write(block)
                    out.flush()
                    os.fsync(out.fileno())
            self._anchors.keep([Anchor(destroyed=n, digest=previous)])

    def _settle(self) -> None:
        """Finish what a writer left between the copies, where all that is anchored stands in both."""
        contents = [file.read_bytes() for file in self._files]
        if contents[0] == contents[1] and contents[0][-1:] in (b"\n", b""):
            return
        whole = [content[: content.rfind(b"\n") + 1] for content in contents]
        shorter, longer = sorted(whole, key=len)
        anchored = self._anchors.destroyed()
        if not self._anchors.standing or not longer.startswith(shorter):
            return
        if anchored and hashlib.sha256(_nth(shorter, anchored.destroyed)).hexdigest() != anchored.digest:
            return
        for file, content in zip(self._files, contents, strict=True):
            if content != longer:
                with file.open("r+b") as out:
                    out.seek(len(shorter))
                    out.write(longer[len(shorter) :])
                    out.truncate()
                    out.flush()
                    os.fsync(out.fileno())

    def _last(self) -> tuple[int, str]:
        tails = [_last_line(file) for file in self._files]
        if tails[0] != tails[1]:
            raise Contradiction("the two copies of the destruction log end differently")
        if not tails[0]:
            return 0, START
        return msgspec.json.decode(tails[0], type=Line).n, hashlib.sha256(tails[0]).hexdigest()

    def _signed(self, line: Line) -> bytes:
        signature = self._signer.sign(_message(line))
        return msgspec.json.encode(msgspec.structs.replace(line, signature=base64.b64encode(signature).decode()))

    def _verified(self, content: bytes) -> Iterator[Line]:
        public, previous = self._signer.public_key(), START
        for number, raw in enumerate(content.splitlines(), 1):
            try:
                line = msgspec.json.decode(raw, type=Line)
                public.verify(base64.b64decode(line.signature), _message(line))
            except (msgspec.DecodeError, InvalidSignature, ValueError) as problem:
                raise Contradiction(f"line {number} of the destruction log does not verify") from problem
            if line.n != number or line.previous != previous:
                raise Contradiction(f"line {number} of the destruction log does not follow the one before")
            previous = hashlib.sha256(raw).hexdigest()
            yield line

    @staticmethod
    @contextmanager
    def _written() -> Iterator[None]:
        """What cannot be written now is away: nothing is served or destroyed on a log that is not whole."""
        try:
            yield
        except OSError as full:
            raise Unavailable(f"the destruction log cannot be written: {full}") from full

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._files[0].open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)


def _message(line: Line) -> bytes:
    return b"bailee/destruction/1" + msgspec.json.encode(msgspec.structs.replace(line, signature=""))


def _counts(first: bytes, second: bytes) -> str:
    one, other = first.count(b"\n"), second.count(b"\n")
    return f"{one} and {other} lines" if one != other else f"{one} lines each, with different content"


def _last_line(file: Path) -> bytes:
    with file.open("rb") as handle:
        size = handle.seek(0, os.SEEK_END)
        handle.seek(max(0, size - 4096))
        lines = handle.read().splitlines()
    return lines[-1] if lines else b""


def _nth(content: bytes, number: int) -> bytes:
    """A line by its number, from one; nothing where there are fewer."""
    lines = content.splitlines()
    return lines[number - 1] if len(lines) >= number else b""


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
