"""Texts that stand for a row: which controller's, which row, and a secret of which only a digest is kept."""

import base64
import binascii
import hashlib
import hmac
import secrets
from uuid import UUID

import msgspec

from bailee.vocabulary.ids import new_id

SECRET = 32


class Token(msgspec.Struct, frozen=True):
    """A token in its parts."""

    controller: UUID
    id: UUID
    secret: bytes

    @property
    def text(self) -> str:
        """As it is sent: 64 bytes in base64url."""
        return base64.urlsafe_b64encode(self.controller.bytes + self.id.bytes + self.secret).rstrip(b"=").decode()

    @property
    def digest(self) -> bytes:
        """What is kept of it. The secret is random: a fast digest is enough."""
        return hashlib.sha256(self.secret).digest()

    def opens(self, digest: bytes) -> bool:
        """Whether this is the token of which the digest was kept."""
        return hmac.compare_digest(self.digest, digest)


def fresh(controller: UUID) -> Token:
    """A new token."""
    return Token(controller, new_id(), secrets.token_bytes(SECRET))


def parse(text: str) -> Token | None:
    """A token's parts, or None for what is not one."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 32 + SECRET:
        return None
    return Token(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:])
