"""A batch of entries, packed and sealed.

Leaf data is a format byte and HMAC-SHA256(salt, body): the tree commits to a body without showing it.
Every entry's salt is its part of SHAKE-256 over the batch's salt, which lies inside the sealed blob beside
the bodies; handing one out tells nothing of its neighbours. The body key is the controller's for that month. When the key dies, order, count and proofs still
verify, and so does any body and salt that was handed out before.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from bailee.infra.keys.store import Key
from bailee.proof.tree import leaf_hash

SALT = 32
COMMITMENT = 32
TAG = 16


class Batch(msgspec.Struct, frozen=True):
    """What the append row carries: commitments and person tags in clear, bodies sealed."""

    batch_id: UUID
    body_key: str
    commitments: bytes
    person_tags: bytes
    sealed: bytes

    @property
    def entries(self) -> int:
        """How many entries it holds."""
        return len(self.commitments) // COMMITMENT

    def commitment(self, position: int) -> bytes:
        """The commitment of one entry."""
        return self.commitments[position * COMMITMENT : (position + 1) * COMMITMENT]


class Opened(msgspec.Struct, frozen=True):
    """One entry of an opened batch: the salt and body that prove its leaf."""

    salt: bytes
    body: bytes


class Unreadable(Exception):
    """A batch's bodies do not open: altered, moved, or sealed under a key that is gone."""


def month_key(at: datetime) -> str:
    """The name of the body key for entries appended at an instant: one per controller and month."""
    return f"body/{at:%Y-%m}"


def person_tag(secret: bytes, person: UUID) -> bytes:
    """The keyed tag that stands for a person in the index of batches."""
    return hashlib.blake2b(person.bytes, key=secret, digest_size=TAG).digest()


def seal(key: Key, name: str, batch_id: UUID, controller: UUID, bodies: Sequence[bytes]) -> Batch:
    """Commit to every body and seal them together with the batch's salt."""
    salt = secrets.token_bytes(SALT)
    salts = _salts(salt, len(bodies))
    commitments = [hmac.digest(salts[n * SALT : (n + 1) * SALT], body, "sha256") for n, body in enumerate(bodies)]
    plain = salt + b"".join([part for body in bodies for part in (len(body).to_bytes(4, "big"), body)])
    nonce = secrets.token_bytes(12)
    return Batch(
        batch_id=batch_id,
        body_key=name,
        commitments=b"".join(commitments),
        person_tags=b"",
        sealed=nonce + key.cipher.encrypt(nonce, plain, _bound(controller, batch_id)),
    )


def open_batch(key: Key, batch_id: UUID, controller: UUID, sealed: bytes) -> list[Opened]:
    """The entries of a sealed batch, in order."""
    try:
        plain = key.cipher.decrypt(sealed[:12], sealed[12:], _bound(controller, batch_id))
    except InvalidTag as problem:
        raise Unreadable(str(batch_id)) from problem
    offset, bodies = SALT, list[bytes]()
    while offset < len(plain):
        length = int.from_bytes(plain[offset : offset + 4], "big")
        offset += 4
        bodies.append(plain[offset : offset + length])
        offset += length
    salts = _salts(plain[:SALT], len(bodies))
    return [Opened(salts[n * SALT : (n + 1) * SALT], body) for n, body in enumerate(bodies)]


def hash_of_commitment(value: bytes) -> bytes:
    """The leaf hash of a commitment, as RFC 6962 makes it from the leaf data."""
    return leaf_hash(b"\x01" + value)


def _salts(batch_salt: bytes, count: int) -> bytes:
    return hashlib.shake_256(batch_salt).digest(SALT * count)


def _bound(controller: UUID, batch_id: UUID) -> bytes:
    return b"bailee/batch/1" + controller.bytes + batch_id.bytes
