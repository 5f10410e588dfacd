"""Sealing to somebody else's key, in the age format: what is sealed here opens with the standard tool."""

import io
from collections.abc import Sequence
from pathlib import Path

import pyrage


class NotARecipient(ValueError):
    """The text is not an age recipient (age1...)."""


class NotAnIdentity(ValueError):
    """The text holds no age identity (AGE-SECRET-KEY-1...), or more than one."""


class NotSealedTo(ValueError):
    """What is sealed was not sealed to this identity, or was changed since."""


def recipient(text: str) -> pyrage.x25519.Recipient:
    """The recipient that a public key names."""
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise NotARecipient("not an age recipient: it begins with age1 and has 62 characters") from error


def recipients(text: str) -> list[pyrage.x25519.Recipient]:
    """The recipients that public keys with commas between name."""
    return [recipient(one.strip()) for one in text.split(",") if one.strip()]


def identity(text: str) -> pyrage.x25519.Identity:
    """The identity of an identity file: its one line that is neither empty nor a comment."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        [line] = lines
        return pyrage.x25519.Identity.from_str(line)
    except (ValueError, pyrage.IdentityError) as error:
        raise NotAnIdentity(
            "no age identity: a file with one line AGE-SECRET-KEY-1…, as `age-keygen` makes it"
        ) from error


def sealed_to(several: Sequence[pyrage.x25519.Recipient], plain: bytes) -> bytes:
    """The plaintext sealed to several recipients: each of them opens it."""
    sealed = io.BytesIO()
    pyrage.encrypt_io(io.BytesIO(plain), sealed, list(several))
    return sealed.getvalue()


def unsealed(by: pyrage.x25519.Identity, sealed: bytes) -> bytes:
    """What is sealed, opened by an identity; or `NotSealedTo`."""
    try:
        return bytes(pyrage.decrypt(sealed, [by]))
    except pyrage.DecryptError as error:
        raise NotSealedTo("it does not open with this identity") from error


def fresh() -> tuple[str, str]:
    """A new recipient and its identity (`AGE-SECRET-KEY-1...`), which is kept nowhere here."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def seal_to(text: str, plain: bytes, file: Path) -> None:
    """Write the plaintext sealed to a recipient; no plaintext touches the disk."""
    with file.open("wb") as out:
        pyrage.encrypt_io(io.BytesIO(plain), out, [recipient(text)])
        out.flush()
