"""Sealing a record: AES-256-GCM under its person's key, bound to its address and version.

The associated data names controller, person, record, type, version and person-key id, so that a
ciphertext moved, swapped or renamed does not open. The plaintext is the record's final JSON: a read
that releases everything re-encodes nothing. An older version put back in place of a newer one opens
only as the version it claims to be; the scrub compares versions with the ledger.
"""

import secrets
import struct
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from bailee.infra.keys.key import Key, NotAsSealed
from bailee.vocabulary.ids import Address

NONCE = 12
FIXED = struct.Struct(">15s16s16s16s16sQ").pack


class Altered(NotAsSealed):
    """A ciphertext does not open under its own address and key: it was changed, moved or swapped."""

    def __init__(self, address: Address) -> None:
        super().__init__(f"record {address.record} does not open at its own address")
        self.address = address


class Sealed(msgspec.Struct, frozen=True):
    """A record as stored: what binds it, and its ciphertext."""

    address: Address
    version: int
    key_id: UUID
    ciphertext: bytes


def seal(key: Key, address: Address, version: int, plain: bytes) -> bytes:
    """The ciphertext of a record's JSON at one version; never under a key that does not open what it should."""
    if key.closed:
        raise Altered(address)
    nonce = secrets.token_bytes(NONCE)
    return nonce + key.cipher.encrypt(nonce, plain, bound(address, version, key.key_id))


def unseal(key: Key, sealed: Sealed) -> bytes:
    """The record's JSON, or `Altered`. Called where something is opened, amended, moved, confirmed, renewed or proven; no more."""
    box = sealed.ciphertext
    try:
        return key.cipher.decrypt(box[:NONCE], box[NONCE:], bound(sealed.address, sealed.version, sealed.key_id))
    except InvalidTag as problem:
        raise Altered(sealed.address) from problem


def bound(address: Address, version: int, key_id: UUID) -> bytes:
    """The associated data: every part of fixed length but the type, which comes last."""
    fixed = FIXED(
        b"bailee/record/1", address.controller.bytes, address.person.bytes, address.record.bytes, key_id.bytes, version
    )
    return fixed + address.type.encode()
