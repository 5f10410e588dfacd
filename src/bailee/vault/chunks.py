"""Chunks: content sealed piece by piece, so that a part opens alone and nothing can be moved (streaming AEAD).

Each chunk holds 64 KiB of content, the last what is left (an empty file has one empty chunk). AES-256-GCM under
a key of the blob's own, derived (HKDF-SHA256) from its person's key and the ids of controller, person, file and
blob: a person's key that is gone closes every blob at once. The nonce is the chunk's number and whether it is the
last. So a chunk that was changed, moved, dropped or taken from elsewhere does not open.
"""

import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bailee.infra.keys.key import Key
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import Address

CHUNK = 64 * 1024
TAG = 16
STORED = CHUNK + TAG


class Place(msgspec.Struct, frozen=True):
    """What a blob's chunks are bound to: the file's address and the blob's own id."""

    address: Address
    blob: UUID

    @property
    def name(self) -> bytes:
        """Every part, each of fixed length but the type, which comes last."""
        a = self.address
        return a.controller.bytes + a.person.bytes + a.record.bytes + self.blob.bytes + a.type.encode()


class Sums(msgspec.Struct):
    """What is known of content once it is sealed: bytes, SHA-256 of the ciphertext and of the plaintext."""

    size: int = 0
    sealed: bytes = b""
    plain: bytes = b""


def count(size: int) -> int:
    """How many chunks content of that size has."""
    return max(1, -(-size // CHUNK))


def stored_size(size: int) -> int:
    """How many bytes the blob of content of that size has."""
    return size + count(size) * TAG


def cipher(key: Key, place: Place) -> AESGCM:
    """The blob's cipher; never from a key that does not open what it should."""
    if key.closed:
        raise Altered(place.address)
    derived = HKDF(algorithm=SHA256(), length=32, salt=place.blob.bytes, info=b"bailee/file/1" + place.name)
    return AESGCM(derived.derive(key.secret))


async def seal(key: Key, place: Place, pieces: AsyncIterator[bytes], sums: Sums) -> AsyncIterator[bytes]:
    """The blob's bytes for content as it comes; `sums` is filled when the last is given."""
    box, waiting, number = cipher(key, place), bytearray(), 0
    plain, sealed = hashlib.sha256(), hashlib.sha256()

    def closed(content: bytes, last: bool) -> bytes:
        chunk = box.encrypt(_nonce(number, last), content, place.name)
        sealed.update(chunk)
        return chunk

    async for piece in pieces:
        plain.update(piece)
        sums.size += len(piece)
        waiting += piece
        while len(waiting) > CHUNK:
            yield closed(bytes(waiting[:CHUNK]), False)
            del waiting[:CHUNK]
            number += 1
    yield closed(bytes(waiting), True)
    sums.sealed, sums.plain = sealed.digest(), plain.digest()


def unseal(box: AESGCM, place: Place, first: int, chunks: int, stored: bytes) -> bytes:
    """The content of consecutive chunks from number `first` of a blob that has `chunks`; else `Altered`."""
    content = []
    for offset in range(0, len(stored), STORED):
        number = first + offset // STORED
        chunk = stored[offset : offset + STORED]
        try:
            content.append(box.decrypt(_nonce(number, number == chunks - 1), chunk, place.name))
        except InvalidTag as problem:
            raise Altered(place.address) from problem
    return b"".join(content)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
