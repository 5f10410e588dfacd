"""The manifest of a copy: clear, signed, and the last thing that is written. Without it the parts are no copy.

Beside it stand the parts of each store, `data-0001.age` and so on: a tar, cut, each piece compressed (gzip) and sealed
(age). So the standard tools open them: `age -d` each, one after the other, through `gzip -d` and `tar x`.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from bailee.processing.backup.events import KEYS, Copy
from bailee.proof.merkle import Invalid
from bailee.proof.note import Verifier
from bailee.proof.signing import Signer, state
from bailee.proof.statement import text_of, verify

FORMAT: Literal["bailee.dev/backup/v1"] = "bailee.dev/backup/v1"
FILE, NOTE, STATED = "manifest.json", "manifest.json.note", "backup"


class Damaged(Exception):
    """A copy is not what it was when it was made: a code, and the file that shows it."""

    def __init__(self, code: str, file: str) -> None:
        super().__init__(f"{file}: {CODES[code]}")
        self.code = code
        self.file = file


CODES = {
    "manifest": "the manifest is missing, or it was not signed by this platform as it stands",
    "part-missing": "the part is missing",
    "part-size": "the part has another size than when it was made",
    "part-digest": "the part was changed since it was made",
    "part-closed": "the part does not open with this identity",
    "part-plain": "what the part holds is not what was sealed",
}


class Part(msgspec.Struct, frozen=True):
    """A sealed piece of a store: what is stored, and what is in it."""

    name: str
    store: str
    size: int
    sha256: str
    plain_size: int
    plain_sha256: str


class Log(msgspec.Struct, frozen=True):
    """How far a ledger had come, at least, when the copy was taken."""

    controller: str
    generation: int
    size: int
    root: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy is. Ids of controllers, sizes and digests; no person."""

    format: Literal["bailee.dev/backup/v1"] = FORMAT
    name: str
    kind: Literal["full", "keys"]
    platform: str
    versions: dict[str, str]
    region: str
    stores: tuple[str, ...]
    began_at: datetime
    taken_at: datetime
    ended_at: datetime
    expires_at: datetime
    simulated: bool
    recipients: tuple[str, ...]
    destroyed: int
    logs: tuple[Log, ...]
    epochs: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Bytes that are stored."""
        return sum(part.size for part in self.parts)

    @property
    def has_keys(self) -> bool:
        """Whether the key store is in it."""
        return KEYS in self.stores

    def of(self, store: str) -> list[Part]:
        """A store's parts, in order."""
        return [part for part in self.parts if part.store == store]


def written(manifest: Manifest, signer: Signer) -> tuple[bytes, bytes]:
    """The manifest's bytes, and the note that states them."""
    content = msgspec.json.format(msgspec.json.encode(manifest))
    return content, state(signer, STATED, FILE, content).encode()


def read(folder: Path, vkey: str) -> Manifest:
    """The manifest of a copy, signed by this platform, or `Damaged`."""
    try:
        content, note = (folder / FILE).read_bytes(), (folder / NOTE).read_text()
        verify(note, text_of(STATED, FILE, content), [Verifier.parse(vkey)])
        found = msgspec.json.decode(content, type=Manifest)
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError, Invalid, msgspec.DecodeError) as problem:
        raise Damaged("manifest", f"{folder.name}/{FILE}") from problem
    if found.name != folder.name:
        raise Damaged("manifest", f"{folder.name}/{FILE}")
    return found


def copy_of(manifest: Manifest, folder: Path) -> Copy:
    """A copy as it counts, from its manifest."""
    return Copy(
        name=manifest.name, kind=manifest.kind, stores=manifest.stores, taken_at=manifest.taken_at,
        ended_at=manifest.ended_at, expires_at=manifest.expires_at, size=manifest.size, parts=len(manifest.parts),
        digest=hashlib.sha256((folder / FILE).read_bytes()).hexdigest(), epochs=manifest.epochs,
    )  # fmt: skip


def check_parts(folder: Path, manifest: Manifest, told: Callable[[int], None] = lambda _bytes: None) -> None:
    """Every part is there, of its size, and not a byte of it was changed; or `Damaged`. Nothing is opened."""
    for part in manifest.parts:
        file, named = folder / part.name, f"{folder.name}/{part.name}"
        if not file.is_file():
            raise Damaged("part-missing", named)
        if file.stat().st_size != part.size:
            raise Damaged("part-size", named)
        with file.open("rb") as stored:
            if hashlib.file_digest(stored, "sha256").hexdigest() != part.sha256:
                raise Damaged("part-digest", named)
        told(part.size)
