"""One unwrapped key, and the one way to seal with it."""

import secrets
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bailee.vocabulary.ids import new_id

NONCE = 12


class NotAsSealed(Exception):
    """Something that was sealed is not as it was: it was changed, moved or swapped outside this platform."""


class DoesNotOpen(NotAsSealed, InvalidTag):
    """It does not open under this key, at this place."""


class Key(msgspec.Struct, frozen=True):
    """An unwrapped key: its public id and its cipher. `secret` is 32 bytes.

    `closed`: it stands for a wrapped key that does not open; nothing opens under it, and nothing may be sealed.
    """

    key_id: UUID
    secret: bytes
    cipher: AESGCM
    closed: bool = False

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """AES-256-GCM under a nonce of its own. `bound` names the one place where it will open."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self.cipher.encrypt(nonce, plain, bound)

    def unseal(self, sealed: bytes, bound: bytes) -> bytes:
        """The reverse of `seal`; raises `DoesNotOpen` for what was changed, moved or swapped."""
        try:
            return self.cipher.decrypt(sealed[:NONCE], sealed[NONCE:], bound)
        except (InvalidTag, ValueError) as problem:  # a ValueError: cut too short to hold a nonce and a tag
            raise DoesNotOpen(str(self.key_id)) from problem


def fresh() -> Key:
    """A new key, with an id of its own."""
    secret = secrets.token_bytes(32)
    return Key(key_id=new_id(), secret=secret, cipher=AESGCM(secret))


def closed(key_id: UUID) -> Key:
    """In place of a key that does not open: a random one, of which nothing was ever sealed."""
    secret = secrets.token_bytes(32)
    return Key(key_id=key_id, secret=secret, cipher=AESGCM(secret), closed=True)
