"""A batch of entries, packed and sealed.

Leaf data is a format byte and HMAC-SHA256(salt, body): the tree commits to a body without showing it.
Every entry's salt derives from the batch's salt, which lies inside the sealed blob beside the bodies;
the body key is the controller's for that month. When the key dies, order, count and proofs still
verify, and so does any body and salt that was handed out before.
"""

import hmac
import secrets
import struct
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
    leaves: tuple[bytes, ...]


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
    return hmac.digest(secret, person.bytes, "sha256")[:TAG]


def seal(key: Key, name: str, batch_id: UUID, controller: UUID, bodies: Sequence[bytes]) -> Batch:
    """Commit to every body and seal them together with the batch's salt."""
    salt = secrets.token_bytes(SALT)
    commitments = [commitment(salt, position, body) for position, body in enumerate(bodies)]
    plain = salt + b"".join(struct.pack(">I", len(body)) + body for body in bodies)
    nonce = secrets.token_bytes(12)
    return Batch(
        batch_id=batch_id,
        body_key=name,
        commitments=b"".join(commitments),
        person_tags=b"",
        sealed=nonce + key.cipher.encrypt(nonce, plain, _bound(controller, batch_id)),
        leaves=tuple(hash_of_commitment(c) for c in commitments),
    )


def open_batch(key: Key, batch_id: UUID, controller: UUID, sealed: bytes) -> list[Opened]:
    """The entries of a sealed batch, in order."""
    try:
        plain = key.cipher.decrypt(sealed[:12], sealed[12:], _bound(controller, batch_id))
    except InvalidTag as problem:
        raise Unreadable(str(batch_id)) from problem
    salt, offset, entries = plain[:SALT], SALT, list[Opened]()
    while offset < len(plain):
        (length,) = struct.unpack_from(">I", plain, offset)
        offset += 4
        entries.append(Opened(entry_salt(salt, len(entries)), plain[offset : offset + length]))
        offset += length
    return entries


def entry_salt(batch_salt: bytes, position: int) -> bytes:
    """The salt of one entry, derived so that handing it out tells nothing of its neighbours."""
    return hmac.digest(batch_salt, position.to_bytes(4, "big"), "sha256")


def commitment(batch_salt: bytes, position: int, body: bytes) -> bytes:
    """HMAC-SHA256 of a body under its own salt."""
    return hmac.digest(entry_salt(batch_salt, position), body, "sha256")


def hash_of_commitment(value: bytes) -> bytes:
    """The leaf hash of a commitment, as RFC 6962 makes it from the leaf data."""
    return leaf_hash(b"\x01" + value)


def _bound(controller: UUID, batch_id: UUID) -> bytes:
    return b"bailee/batch/1" + controller.bytes + batch_id.bytes
