"""Questions: what a letter asks, bound to exactly what it shows; the link that leads to it. Pure."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.vocabulary.ids import new_id

SECRET = 32


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: an act of the registry, the choices, and the words that are shown, in the letter's language.

    `about` is the digest of the document that it is about, if any; `arguments` go to the command as they are. Without
    `coded` the link itself is the answer's proof: for the one question whether a letter arrives at an address.
    """

    act: str
    choices: tuple[str, ...]
    heading: str
    words: str
    until: datetime
    about: str = ""
    arguments: dict[str, Any] = {}
    coded: bool = True

    @property
    def content(self) -> str:
        """The digest of all that is shown and would be done."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


class Link(msgspec.Struct, frozen=True):
    """A link's text in its parts: whose, which question, and a secret of which only a digest is kept."""

    controller: UUID
    id: UUID
    secret: bytes

    @classmethod
    def fresh(cls, controller: UUID) -> "Link":
        """A new one."""
        return cls(controller, new_id(), secrets.token_bytes(SECRET))

    @classmethod
    def parse(cls, text: str) -> "Link | None":
        """A link's parts, or None for what is not one."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        return cls(UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:]) if len(raw) == 32 + SECRET else None

    @property
    def text(self) -> str:
        """As it stands in a letter."""
        return base64.urlsafe_b64encode(self.controller.bytes + self.id.bytes + self.secret).rstrip(b"=").decode()

    @property
    def digest(self) -> bytes:
        """What is kept of it. The secret is random: a fast digest is enough."""
        return hashlib.sha256(self.secret).digest()

    def opens(self, digest: bytes) -> bool:
        """Whether this is the link of which the digest was kept."""
        return hmac.compare_digest(self.digest, digest)


def masked(address: str) -> str:
    """An address that its owner knows again and others do not learn."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
