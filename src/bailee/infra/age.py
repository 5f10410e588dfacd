"""Sealing to somebody else's key, in the age format: what is sealed here opens with the standard tool."""

import io
from pathlib import Path

import pyrage


class NotARecipient(ValueError):
    """The text is not an age recipient (age1...)."""


def recipient(text: str) -> pyrage.x25519.Recipient:
    """The recipient that a public key names."""
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise NotARecipient("not an age recipient: it begins with age1 and has 62 characters") from error


def fresh() -> tuple[str, str]:
    """A new recipient and its identity (`AGE-SECRET-KEY-1...`), which is kept nowhere here."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def seal_to(text: str, plain: bytes, file: Path) -> None:
    """Write the plaintext sealed to a recipient; no plaintext touches the disk."""
    with file.open("wb") as out:
        pyrage.encrypt_io(io.BytesIO(plain), out, [recipient(text)])
        out.flush()
