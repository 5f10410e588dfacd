"""The return bundle: a signed, clear manifest beside parts that only the controller opens.

Each part is a complete tar in its own age file of 64 MiB at most; plaintext is gathered in memory, never
on disk. A part that is finished stays finished: its digests and where the next one begins are kept beside,
so that an interrupted return goes on; where someone was erased since it began, it begins anew, and nothing of it stays.
"""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import msgspec

from bailee.infra.age import seal_to

PART_BYTES = 64 * 1024 * 1024
PROGRESS = "progress.json"


class Member(msgspec.Struct, frozen=True):
    """A file within a part."""

    name: str
    size: int
    sha256: str


class Part(msgspec.Struct, frozen=True):
    """A sealed part: digests of what is stored and of what is in it."""

    name: str
    size: int
    sha256: str
    plain_sha256: str
    members: tuple[Member, ...]


class Begun(msgspec.Struct):
    """What a bundle knew of erasures when it was begun."""

    erased: str = ""


class Progress(Begun):
    """What is finished, and where the next part begins."""

    parts: list[Part] = []
    stage: str = "documents"
    after: str = ""
    pieces: int = 0
    counts: dict[str, int] = {}


class BundleWriter:
    """Writes parts into a folder, and can be made again in the middle."""

    def __init__(self, folder: Path, recipient: str, part_bytes: int = PART_BYTES) -> None:
        self.folder = folder
        self._recipient = recipient
        self._part_bytes = part_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.progress = self._resumed()
        self._open()

    def begin(self, erased: str) -> None:
        """Go on, if nobody was erased since it began: `erased` says how many were. Else nothing of it stays."""
        if self.progress.erased != erased:
            clear(self.folder)
            self.progress = Progress(erased=erased)
            self._open()

    def add(self, name: str, content: bytes) -> None:
        """Put a file into the part that is open."""
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), 0o600
        self._tar.addfile(entry, io.BytesIO(content))
        self._members.append(Member(name, len(content), hashlib.sha256(content).hexdigest()))

    def move(self, stage: str, after: str, counts: dict[str, int]) -> None:
        """All before `after` of `stage` is in the bundle: seal the open part if it is full enough."""
        self.progress.stage, self.progress.after, self.progress.counts = stage, after, dict(counts)
        if self._buffer.tell() >= self._part_bytes // 2:
            self.seal_part()

    def seal_part(self) -> None:
        """Seal the open part, and remember durably how far the bundle is."""
        if self._members:
            self.progress.parts.append(self._seal())
        write_atomically(self.folder / PROGRESS, msgspec.json.encode(self.progress))
        self._open()

    def _seal(self) -> Part:
        self._tar.close()
        plain = self._buffer.getvalue()
        name = f"part-{len(self.progress.parts) + 1:04d}.age"
        fresh = self.folder / f"{name}.new"
        seal_to(self._recipient, plain, fresh)
        with fresh.open("rb") as stored:
            digest = hashlib.file_digest(stored, "sha256").hexdigest()
            os.fsync(stored.fileno())
        fresh.replace(self.folder / name)
        size = (self.folder / name).stat().st_size
        return Part(name, size, digest, hashlib.sha256(plain).hexdigest(), tuple(self._members))

    def _open(self) -> None:
        self._buffer = io.BytesIO()
        self._tar = tarfile.TarFile(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)
        self._members: list[Member] = []

    def _resumed(self) -> Progress:
        """What an earlier run finished; everything that is not exactly as it said is made again."""
        file = self.folder / PROGRESS
        if not file.exists():
            return Progress()
        found = msgspec.json.decode(file.read_bytes(), type=Progress)
        for part in found.parts:
            path = self.folder / part.name
            if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != part.sha256:
                return Progress()
        return found


def clear(folder: Path) -> None:
    """Remove a bundle, the manifest first: without it the parts are none."""
    for file in sorted(folder.iterdir()) if folder.exists() else ():
        file.unlink()


def write_atomically(file: Path, content: bytes) -> None:
    """Replace a file as a whole, durably."""
    fresh = file.with_name(file.name + ".new")
    with fresh.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
