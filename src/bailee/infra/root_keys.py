"""The root provider: key-encryption keys and signing keys, which live here and nowhere else.

The protocol fits a local file, a transit engine and a cloud key service: keys have names, wrap and unwrap
take many at once, and destroying a name is final. The local provider is one file that only its owner
reads, replaced atomically, with an escrow copy replaced at each change: neither has a history, and
neither belongs in a backup of the databases. The escrow copy is replaced first: a crash between the two leaves
nothing in use that only one of them holds, and nothing destroyed that one of them still holds. A file that is missing
beside its escrow copy is never begun anew, for that would replace the copy as well.
"""

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bailee.infra.database import Unavailable

NONCE = 12
KEK, SIGNER = "kek", "signer"


class RootKeys(Protocol):
    """What a provider of root keys can do. Names are like `<controller>/<epoch>`."""

    async def create(self, name: str) -> None:
        """Make a key-encryption key; nothing happens if it exists."""
        ...

    async def wrap(self, name: str, plain: Sequence[bytes], associated: Sequence[bytes]) -> list[bytes]:
        """Wrap each key, bound to its associated data."""
        ...

    async def unwrap(self, name: str, wrapped: Sequence[bytes], associated: Sequence[bytes]) -> list[bytes]:
        """Unwrap each key, or fail as a whole."""
        ...

    async def opens(self, name: str, wrapped: Sequence[bytes], associated: Sequence[bytes]) -> int:
        """How many of these the key opens."""
        ...

    async def destroy(self, name: str) -> None:
        """Destroy a key-encryption key for good, and read back that it is gone."""
        ...

    async def names(self, prefix: str) -> list[str]:
        """The names of the key-encryption keys that exist."""
        ...

    def signer(self, name: str) -> Ed25519PrivateKey:
        """A signing key, made on first use."""
        ...

    async def ready(self) -> None:
        """Whether the keys of a founded platform can be used: `RootKeysAway` says what to do."""
        ...

    async def close(self) -> None:
        """Let go of what it holds open."""
        ...

    @property
    def kept(self) -> timedelta:
        """How long a key that was destroyed may still be in the provider's own backups."""
        ...


class RootKeyTrouble(Exception):
    """The root keys cannot be used as they are; the message says what to do."""


class RootKeysAway(RootKeyTrouble, Unavailable):
    """The file is missing, unreadable, or cannot be written now: nothing was half done, and nothing begun anew."""


class RootKeyGone(RootKeyTrouble):
    """There is no key of that name, or no longer: what it wrapped stays closed."""


class RootKeyFile:
    """The local provider. `fixed`: it only gives what is there, whoever asks for more."""

    kept = timedelta()

    def __init__(self, path: Path, escrow: Path, *, fixed: bool = False) -> None:
        self.fixed = fixed
        self._path = path
        self._escrow = escrow
        self._lock = path.with_name(path.name + ".lock")
        self._seen: tuple[int, int] | None = None
        self._keys: dict[str, bytes] = {}

    async def ready(self) -> None:
        """The keys of a founded platform are here: none are made where none are left, for what is held opens under the
        old."""
        if not self.signs_as("log"):
            raise RootKeysAway(f"{self._path} does not hold this platform's keys, or is missing: put them back")

    async def close(self) -> None:
        """Nothing is held open."""

    def signs_as(self, name: str) -> bool:
        """Whether a signing key of that name is here already: `signer` would make it."""
        return f"{SIGNER}:{name}" in self._current()

    def holds(self, name: str) -> bool:
        """Whether a key-encryption key of that name is in the file."""
        return f"{KEK}:{name}" in self._current()

    async def create(self, name: str) -> None:
        """Make a key-encryption key; nothing happens if it exists."""
        with self._changing() as keys:
            keys.setdefault(f"{KEK}:{name}", secrets.token_bytes(32))

    async def wrap(self, name: str, plain: Sequence[bytes], associated: Sequence[bytes]) -> list[bytes]:
        """Wrap each key with AES-256-GCM under a random nonce."""
        cipher = self._cipher(name)
        nonces = [secrets.token_bytes(NONCE) for _ in plain]
        return [
            nonce + cipher.encrypt(nonce, key, bound)
            for nonce, key, bound in zip(nonces, plain, associated, strict=True)
        ]

    async def unwrap(self, name: str, wrapped: Sequence[bytes], associated: Sequence[bytes]) -> list[bytes]:
        """Unwrap each key, or fail as a whole."""
        cipher = self._cipher(name)
        return [cipher.decrypt(box[:NONCE], box[NONCE:], bound) for box, bound in zip(wrapped, associated, strict=True)]

    async def opens(self, name: str, wrapped: Sequence[bytes], associated: Sequence[bytes]) -> int:
        """How many of these the key opens."""
        opened = 0
        for one in zip(wrapped, associated, strict=True):
            with suppress(InvalidTag):
                opened += len(await self.unwrap(name, [one[0]], [one[1]]))
        return opened

    async def destroy(self, name: str) -> None:
        """Take the key out of the file and of its escrow copy, and read back that both are without it."""
        with self._changing() as keys:
            keys.pop(f"{KEK}:{name}", None)
        for path in (self._path, self._escrow):
            if f"{KEK}:{name}" in _read(path):
                raise RootKeyTrouble(f"{path} still holds the key {name} after it was destroyed")

    async def names(self, prefix: str) -> list[str]:
        """The names of the key-encryption keys that exist."""
        start = f"{KEK}:{prefix}"
        return [name.removeprefix(f"{KEK}:") for name in self._current() if name.startswith(start)]

    def signer(self, name: str) -> Ed25519PrivateKey:
        """A signing key, made on first use."""
        if not self.signs_as(name):
            with self._changing() as keys:
                keys.setdefault(f"{SIGNER}:{name}", Ed25519PrivateKey.generate().private_bytes_raw())
        return Ed25519PrivateKey.from_private_bytes(self._current()[f"{SIGNER}:{name}"])

    def _cipher(self, name: str) -> AESGCM:
        key = self._current().get(f"{KEK}:{name}")
        if key is None:
            raise RootKeyGone(f"there is no root key {name}: what it wrapped cannot be opened")
        return AESGCM(key)

    def _current(self) -> dict[str, bytes]:
        """The keys, read again whenever the file has changed (another process may turn or destroy)."""
        try:
            found = self._path.stat()
        except FileNotFoundError as missing:
            if self._escrow.exists():
                raise RootKeysAway(f"{self._path} is missing: put its copy {self._escrow} in its place") from missing
            return {}
        if (found.st_mtime_ns, found.st_ino) != self._seen:
            self._keys = _read(self._path)
            self._seen = (found.st_mtime_ns, found.st_ino)
        return self._keys

    @contextmanager
    def _changing(self) -> Iterator[dict[str, bytes]]:
        with open(os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            before = self._current()
            keys = dict(before)
            yield keys
            if self.fixed and keys != before:
                raise RootKeyTrouble("the root keys are only read here: none is made, and none destroyed")
            if keys != before or not self._escrow.exists():
                try:
                    for path in (self._escrow, self._path):
                        _replace(path, keys)
                except OSError as full:
                    raise RootKeysAway(f"the root keys cannot be written: {full}") from full


def _read(path: Path) -> dict[str, bytes]:
    try:
        if path.stat().st_mode & 0o077:
            raise RootKeysAway(f"{path} can be read by others: chmod 600 {path}")
        stored = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        return {name: base64.b64decode(value, validate=True) for name, value in stored.items()}
    except OSError as error:
        raise RootKeysAway(f"the root keys cannot be read: {error}") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise RootKeysAway(f"{path} is not a root key file: put its escrow copy in its place") from error


def _replace(path: Path, keys: dict[str, bytes]) -> None:
    """Write beside, sync, rename, sync the folder: a crash leaves the old file or the new one."""
    fresh = path.with_name(path.name + ".new")
    content = msgspec.json.encode({name: base64.b64encode(value).decode() for name, value in keys.items()})
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
