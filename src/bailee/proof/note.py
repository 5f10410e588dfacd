"""Signed notes and verifier keys (C2SP signed-note v1.0.0), Ed25519; signatures of other kinds are ignored."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .merkle import Invalid

BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
SIGNATURE = r"— ([^\s+\x00-\x1f]+) (\S+)\n"
NOTE = re.compile(rf"((?:[^\x00-\x1f\ud800-\udfff]*\n)+)\n((?:{SIGNATURE}){{1,64}})")


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def unbase64(text: str) -> bytes:
    """The bytes that `base64` printed so; any other spelling of them is refused."""
    if len(text) % 4 or not BASE64.fullmatch(text) or base64(b64decode(text)) != text:
        raise Invalid("not canonical base64")
    return b64decode(text)


class Verifier(NamedTuple):
    """An Ed25519 public key under a name: whom a note must be signed by."""

    name: str
    key: bytes

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n\x01" + self.key).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+" + base64(b"\x01" + self.key)

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        name, _, rest = vkey.partition("+")
        verifier = cls(name, unbase64(rest[9:])[1:])
        if not re.fullmatch(SIGNATURE, f"— {name} _\n") or len(verifier.key) != 32 or verifier.vkey != vkey:
            raise Invalid("not an Ed25519 verifier key (name+id+base64)")
        return verifier


def open_note(note: str, verifiers: Iterable[Verifier]) -> str:
    """The text of a note that at least one of the keys signed, and none of them falsely."""
    if len(note) > 1 << 18 or not (parts := NOTE.fullmatch(note)):
        raise Invalid("not a signed note: lines of text, an empty line, lines of signatures, 256 KiB at most")
    known, signed = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}, False
    for name, encoded in re.findall(SIGNATURE, parts[2]):
        signature = unbase64(encoded)
        if verifier := known.get((name, signature[:4])):
            try:
                Ed25519PublicKey.from_public_bytes(verifier.key).verify(signature[4:], parts[1].encode())
            except InvalidSignature as problem:
                raise Invalid(f"the signature of {name} is false: the text was changed") from problem
            signed = True
    if not signed:
        raise Invalid("not signed by a trusted key")
    return parts[1]
