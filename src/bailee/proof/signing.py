"""Signing notes and statements: the side that only a log needs. Who verifies has no use for it, and does not get it."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .note import Verifier, base64, open_note
from .statement import text_of


class Signer:
    """A private key under a name: who signs notes."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self.name, self._private = name, private
        self._verifier = Verifier(name, private.public_key().public_bytes_raw())
        self.vkey = self._verifier.vkey

    def sign(self, text: str) -> str:
        """The text as a note with one signature."""
        signature = self._verifier.key_id + self._private.sign(text.encode())
        note = f"{text}\n— {self.name} {base64(signature)}\n"
        open_note(note, [self._verifier])
        return note


def state(signer: Signer, kind: str, name: str, content: bytes) -> str:
    """The note that states a file's kind, name and content."""
    return signer.sign(text_of(kind, name, content))
