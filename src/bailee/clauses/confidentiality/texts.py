"""The undertaking that a member of staff reads and signs: a dated text in each language, and what a signature covers.

A text that has been signed is never edited: a better one gets a date of its own, and a file beside the old.
"""

import base64
import binascii
import hashlib
from functools import cache
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bailee.clauses.confidentiality.events import Undertaking
from bailee.vocabulary.languages import Language

CURRENT = "2026-11-26"
DOMAIN = b"bailee/undertaking/1\n"
FOLDER = Path(__file__).with_name("texts")


class Text(msgspec.Struct, frozen=True):
    """A text: its name (date and language), its words, and their SHA-256."""

    reference: str
    words: str
    digest: str

    @property
    def paragraphs(self) -> list[str]:
        """The words, paragraph by paragraph."""
        return [one.replace("\n", " ") for one in self.words.strip().split("\n\n")]


@cache
def current(language: Language) -> Text:
    """The text that is signed now."""
    words = (FOLDER / f"{CURRENT}.{language}.txt").read_text(encoding="utf-8")
    return Text(f"undertaking/{CURRENT}/{language}", words, digest_of(words))


def digest_of(words: str) -> str:
    """The SHA-256 of a text as it is kept: UTF-8."""
    return hashlib.sha256(words.encode()).hexdigest()


def signed(one: Undertaking, key: Ed25519PrivateKey) -> Undertaking:
    """The undertaking with its signature."""
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    bound = msgspec.structs.replace(one, public_key=public)
    made = base64.b64encode(key.sign(_message(bound))).decode()
    return msgspec.structs.replace(bound, signature=made)


def holds(one: Undertaking) -> bool:
    """Whether the text that is kept is the one whose digest was signed, and the signature is its signer's."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(one.public_key, validate=True))
        key.verify(base64.b64decode(one.signature, validate=True), _message(one))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return digest_of(one.text) == one.digest


def _message(one: Undertaking) -> bytes:
    """What is signed: who, which text, when. Not what becomes of it later."""
    said = {
        "member": str(one.member), "name": one.name, "reference": one.reference, "digest": one.digest,
        "at": one.recorded_at.isoformat(), "public_key": one.public_key,
    }  # fmt: skip
    return DOMAIN + msgspec.json.encode(said, order="sorted")
