"""Parts: a stream is cut into pieces, and each piece compressed, sealed and written whole; and back.

Plaintext is in memory alone, a piece at a time. A folder whose volume has less than the watermark left is written no
further: whatever else lives there lives on.
"""

import gzip
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pyrage

from bailee.infra import age
from bailee.infra.space import WATERMARK, free
from bailee.processing.backup.manifest import Damaged, Manifest, Part

PIECE = 16 * 1024 * 1024

Told = Callable[[int], None]


class NoRoom(Exception):
    """The volume of the backups is nearly full: nothing more is written there."""


def nobody(_bytes: int) -> None:
    """Nobody hears how far it is."""


class PartWriter:
    """Takes a stream, as a file does; `parts` are those that are finished."""

    def __init__(
        self, folder: Path, store: str, recipients: Sequence[pyrage.x25519.Recipient], *, piece: int = PIECE,
        told: Told = nobody,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._store = store
        self._recipients = recipients
        self._piece = piece
        self._told = told
        self._held = bytearray()
        self.parts: list[Part] = []

    def write(self, data: bytes) -> int:
        """Take some more."""
        self._held += data
        while len(self._held) >= self._piece:
            self._seal(bytes(self._held[: self._piece]))
            del self._held[: self._piece]
        return len(data)

    def finish(self) -> list[Part]:
        """Seal what is left; the parts."""
        if self._held or not self.parts:
            self._seal(bytes(self._held))
            self._held.clear()
        return self.parts

    def _seal(self, plain: bytes) -> None:
        sealed = age.sealed_to(self._recipients, gzip.compress(plain, 1, mtime=0))
        if free(self._folder) < WATERMARK + len(sealed):
            raise NoRoom(f"less than {WATERMARK >> 20} MiB are left on the volume of {self._folder.parent}")
        name = f"{self._store}-{len(self.parts) + 1:04d}.age"
        with open(os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(sealed)
            out.flush()
            os.fsync(out.fileno())
        digests = hashlib.sha256(sealed).hexdigest(), hashlib.sha256(plain).hexdigest()
        self.parts.append(Part(name, self._store, len(sealed), digests[0], len(plain), digests[1]))
        self._told(len(plain))


class PartReader:
    """Gives a store's stream back, as a file does: each part opened, and compared with what was sealed."""

    def __init__(
        self, folder: Path, manifest: Manifest, store: str, identity: pyrage.x25519.Identity, *, told: Told = nobody
    ) -> None:
        self._folder = folder
        self._waiting = manifest.of(store)[::-1]
        self._identity = identity
        self._told = told
        self._held = memoryview(b"")

    def read(self, size: int) -> bytes:
        """The next bytes; fewer, or none, only at the end."""
        found = bytearray()
        while len(found) < size:
            if not self._held:
                if not self._waiting:
                    break
                self._held = memoryview(self._open(self._waiting.pop()))
                continue
            piece, self._held = self._held[: size - len(found)], self._held[size - len(found) :]
            found += piece
        return bytes(found)

    def _open(self, part: Part) -> bytes:
        named = f"{self._folder.name}/{part.name}"
        try:
            plain = gzip.decompress(age.unsealed(self._identity, (self._folder / part.name).read_bytes()))
        except age.NotSealedTo as closed:
            raise Damaged("part-closed", named) from closed
        except (EOFError, OSError, gzip.BadGzipFile) as broken:
            raise Damaged("part-plain", named) from broken
        if (len(plain), hashlib.sha256(plain).hexdigest()) != (part.plain_size, part.plain_sha256):
            raise Damaged("part-plain", named)
        self._told(part.size)
        return plain
