"""Sealed tokens that a browser carries for us, and the challenges of one ceremony: one purpose, one time, once.

A token is AES-256-GCM under a key derived for it alone (HKDF-SHA256 of the caller's key, a random salt and the
purpose), so that no nonce can repeat and a token of one purpose never opens as another's. What it says is hidden
from who carries it. That a challenge is used once only the caller's store can hold: `Spend` says so, and every
ceremony asks it last, when all else was right and before anything is granted.
"""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY, SALT, NONCE = 32, 32, 12
CHALLENGE = 32  # bytes; WebAuthn asks for at least 16
LONGEST = 8_192  # characters of a token: more than any of ours
LASTS = timedelta(minutes=5)

Spend = Callable[[UUID, bytes, datetime], Awaitable[bool]]
"""Marks a challenge of a controller as spent, to be remembered until the time given; False if it was already.

It has to be one atomic step (an insert that another's insert makes fail), kept by every process alike."""


class Purpose(StrEnum):
    """What a token is for; part of its key."""

    passkey_registration = "passkey-registration"
    passkey_sign_in = "passkey-sign-in"
    passkey_step_up = "passkey-step-up"
    second_factor = "second-factor/2"
    openid = "openid"
    known_device = "known-device"


class Unusable(StrEnum):
    """Why a challenge is not taken. Stable."""

    unknown = "challenge-unknown"
    expired = "challenge-expired"
    spent = "challenge-spent"


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A ceremony under way. `controller` and `person` are None while nobody has said who they are."""

    challenge: bytes
    purpose: Purpose
    expires_at: datetime
    controller: UUID | None = None
    person: UUID | None = None


class Seals:
    """Seals and opens tokens. The first key of 32 bytes seals; the others, older ones, still open."""

    def __init__(self, *keys: bytes) -> None:
        if not keys or any(len(key) != KEY for key in keys):
            raise ValueError(f"a key is {KEY} bytes")
        self._keys = keys

    def seal(self, purpose: Purpose, content: bytes) -> str:
        """A token in base64url."""
        salt = secrets.token_bytes(SALT)
        cipher, nonce = _cipher(self._keys[0], salt, purpose)
        return base64.urlsafe_b64encode(salt + cipher.encrypt(nonce, content, None)).rstrip(b"=").decode()

    def open(self, purpose: Purpose, token: str) -> bytes | None:
        """What was sealed for this purpose; None for everything else, all alike."""
        if len(token) > LONGEST:
            return None
        try:
            box = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        for key in self._keys:
            cipher, nonce = _cipher(key, box[:SALT], purpose)
            try:
                return cipher.decrypt(nonce, box[SALT:], None)
            except InvalidTag:
                continue
        return None


def begin(
    seals: Seals, purpose: Purpose, now: datetime, *, controller: UUID | None = None, person: UUID | None = None
) -> tuple[Challenge, str]:
    """A new challenge of five minutes, and the token that carries it."""
    made = Challenge(
        challenge=secrets.token_bytes(CHALLENGE), purpose=purpose, expires_at=now + LASTS, controller=controller,
        person=person,
    )  # fmt: skip
    return made, seals.seal(purpose, msgspec.json.encode(made))


def read(seals: Seals, purpose: Purpose, token: str, now: datetime) -> Challenge | Unusable:
    """The challenge that a token carries, if it is of this purpose and in time. It is not spent by this."""
    plain = seals.open(purpose, token)
    if plain is None:
        return Unusable.unknown
    found = msgspec.json.decode(plain, type=Challenge)
    if found.purpose is not purpose:
        return Unusable.unknown
    return found if now < found.expires_at else Unusable.expired


def _cipher(key: bytes, salt: bytes, purpose: Purpose) -> tuple[AESGCM, bytes]:
    info = b"bailee/signing-in/1\x00" + purpose.encode()
    derived = HKDF(algorithm=SHA256(), length=KEY + NONCE, salt=salt, info=info).derive(key)
    return AESGCM(derived[:KEY]), derived[KEY:]
