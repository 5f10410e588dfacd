"""A batch of entries, packed and sealed.

Leaf data is a format byte and HMAC-SHA256(salt, body): the tree commits to a body without showing it.
Bodies share what they have in common. Every entry's salt is its part of SHAKE-256 over the batch's salt, which lies inside the sealed blob beside
the bodies; handing one out tells nothing of its neighbours. The body key is the controller's for that month. When the key dies, order, count and proofs still
verify, and so does any body and salt that was handed out before.
"""

import hashlib
import secrets
import struct
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from bailee.infra.keys.key import Key
from bailee.ledger.entries import Parts
from bailee.proof.tree import leaf_hash
from bailee.vocabulary.ids import new_id

SALT = 32
COMMITMENT = 32
TAG = 16
CLEAR = "clear"
LENGTH, ENTRY = struct.Struct(">I"), struct.Struct(">HI")
EACH = struct.Struct(f"{SALT}s")
# The pads of HMAC-SHA256 (RFC 2104) for a key of 32 bytes.
INNER, OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
INNER_REST, OUTER_REST = b"\x36" * SALT, b"\x5c" * SALT


class Batch(msgspec.Struct, frozen=True):
    """What the append row carries: commitments and person tags in clear, bodies sealed."""

    batch_id: UUID
    name: str
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
    return f"body/{at.year}-{at.month:02}"


def person_tags(secret: bytes, persons: Iterable[bytes]) -> bytes:
    """The keyed tags that stand for persons (16 bytes each) in the index of batches, in order: AES-256 of the one block.

    A block cipher is a keyed permutation: without the key, a tag is as random as the id it hides.
    """
    block = Cipher(AES(secret), ECB()).encryptor()  # noqa: S305 -- every block is a different random id
    return block.update(b"".join(sorted(persons)))


def seal(key: Key, body_key: str, controller: UUID, bodies: Sequence[Parts], tags: bytes = b"") -> Batch:
    """Commit to every body and seal them together with the batch's salt."""
    batch_id, salt, nonce = new_id(), secrets.token_bytes(SALT), secrets.token_bytes(12)
    plain = salt + _packed(bodies)
    return Batch(
        batch_id=batch_id,
        name=str(batch_id),
        body_key=body_key,
        commitments=_commitments(salt, bodies),
        person_tags=tags,
        sealed=nonce + key.cipher.encrypt(nonce, plain, _bound(controller, batch_id)),
    )


def in_clear(body: bytes) -> Batch:
    """A batch of one entry that is nobody's secret: a log's own opening, readable without any key."""
    salt, batch_id, parts = secrets.token_bytes(SALT), new_id(), [(b"", body)]
    return Batch(batch_id, str(batch_id), CLEAR, _commitments(salt, parts), b"", salt + _packed(parts))


def read_clear(sealed: bytes) -> list[Opened]:
    """The entries of a batch in clear."""
    return _entries(sealed)


def open_batch(key: Key, batch_id: UUID, controller: UUID, sealed: bytes) -> list[Opened]:
    """The entries of a sealed batch, in order."""
    try:
        plain = key.cipher.decrypt(sealed[:12], sealed[12:], _bound(controller, batch_id))
    except InvalidTag as problem:
        raise Unreadable(str(batch_id)) from problem
    return _entries(plain)


def _entries(plain: bytes) -> list[Opened]:
    bodies = _unpacked(plain, SALT)
    salts = _salts(plain[:SALT], len(bodies))
    return [Opened(salts[n * SALT : (n + 1) * SALT], body) for n, body in enumerate(bodies)]


def hash_of_commitment(value: bytes) -> bytes:
    """The leaf hash of a commitment, as RFC 6962 makes it from the leaf data."""
    return leaf_hash(b"\x01" + value)


def _salts(batch_salt: bytes, count: int) -> bytes:
    return hashlib.shake_256(batch_salt).digest(SALT * count)


def _commitments(batch_salt: bytes, bodies: Sequence[Parts]) -> bytes:
    """HMAC-SHA256(salt, body) of each: RFC 2104 written out, the pads made for the whole batch at once."""
    salts, sha256, join = _salts(batch_salt, len(bodies)), hashlib.sha256, b"".join
    inner, outer = EACH.iter_unpack(salts.translate(INNER)), EACH.iter_unpack(salts.translate(OUTER))
    return join(
        [
            sha256(join((after, OUTER_REST, sha256(join((before, INNER_REST, head, tail))).digest()))).digest()
            for (before,), (after,), (head, tail) in zip(inner, outer, bodies, strict=True)
        ]
    )


def _packed(bodies: Sequence[Parts]) -> bytes:
    """Heads once each, then every body as the number of its head and its own tail."""
    numbers: dict[bytes, int] = {}
    entries: list[bytes] = []
    for head, tail in bodies:
        number = numbers.setdefault(head, len(numbers))
        entries += (ENTRY.pack(number, len(tail)), tail)
    heads = b"".join([part for head in numbers for part in (LENGTH.pack(len(head)), head)])
    return LENGTH.pack(len(numbers)) + heads + b"".join(entries)


def _unpacked(plain: bytes, offset: int) -> list[bytes]:
    (count,), offset = LENGTH.unpack_from(plain, offset), offset + LENGTH.size
    heads: list[bytes] = []
    for _ in range(count):
        (length,), offset = LENGTH.unpack_from(plain, offset), offset + LENGTH.size
        heads.append(plain[offset : offset + length])
        offset += length
    bodies: list[bytes] = []
    while offset < len(plain):
        (number, length), offset = ENTRY.unpack_from(plain, offset), offset + ENTRY.size
        bodies.append(heads[number] + plain[offset : offset + length])
        offset += length
    return bodies


def _bound(controller: UUID, batch_id: UUID) -> bytes:
    return b"bailee/batch/1" + controller.bytes + batch_id.bytes
