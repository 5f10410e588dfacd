"""Signatures after Standard Webhooks 1.0, symmetric: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.

While a secret is being replaced, both sign: a receiver accepts either, and nothing is lost in between.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

PREFIX = "whsec_"
SECRET_BYTES = 32
BOTH_SIGN = timedelta(hours=24)


class Secret(msgspec.Struct, frozen=True):
    """A signing secret; `until` is when an old one stops signing."""

    key: bytes
    until: datetime | None = None

    @property
    def text(self) -> str:
        """As its receiver is shown it, once."""
        return PREFIX + base64.b64encode(self.key).decode()


def fresh() -> Secret:
    """A new secret."""
    return Secret(secrets.token_bytes(SECRET_BYTES))


def rotated(known: Sequence[Secret], now: datetime) -> tuple[Secret, ...]:
    """A new secret first; the newest of the others goes on signing for a day, older ones not at all."""
    return fresh(), msgspec.structs.replace(known[0], until=now + BOTH_SIGN)


def headers(id: str, at: datetime, body: bytes, known: Sequence[Secret]) -> dict[str, str]:
    """The three headers of a message sent at an instant."""
    seconds = int(at.timestamp())
    signing = [secret for secret in known if secret.until is None or at < secret.until]
    return {
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(_signature(secret, f"{id}.{seconds}.".encode() + body) for secret in signing),
    }


def _signature(secret: Secret, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(secret.key, signed, hashlib.sha256)).decode()
