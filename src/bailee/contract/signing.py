"""Signing: Ed25519 over a document's kind and digest, by a named signatory of a party, at a date.

With method `pdf` the signatures are in a PDF that was validated when it was filed; its digest is kept.
"""

import base64
import binascii
from datetime import datetime
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bailee.contract.agreement import Agreement, Required, canonical
from bailee.contract.documents import SHAPES, Signature, SignedDocument, naive

DOMAIN = b"bailee.dev/document/v1\n"
Party = Literal["processor", "controller"]


class Signatory(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs: for which party, as what, under which name."""

    party: Party
    role: str
    name: str


def sign(document: SignedDocument, who: Signatory, key: Ed25519PrivateKey, at: datetime) -> SignedDocument:
    """The document with one more signature."""
    unsigned = Signature(
        party=who.party, role=who.role, name=who.name, signed_at=at,
        public_key=base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    )  # fmt: skip
    made = base64.b64encode(key.sign(_message(document, unsigned))).decode()
    signed = msgspec.structs.replace(unsigned, signature=made)
    return msgspec.structs.replace(document, signatures=(*document.signatures, signed))


def check_signatures(document: SignedDocument) -> list[str]:
    """Everything that keeps a document from being filed: its form, its canonical bytes, its signatures."""
    problems = _content_problems(document)
    if not document.signatures:
        problems.append("nobody has signed it")
    for signature in document.signatures:
        if document.method == "ed25519" and not _holds(document, signature):
            problems.append(f"the signature of {signature.name} ({signature.party}) does not verify")
    if document.method == "pdf" and len(document.pdf_digest) != 64:
        problems.append("a document signed as a PDF names the SHA-256 of that PDF")
    if document.method == "pdf" and any(one.public_key or one.signature for one in document.signatures):
        problems.append("a document signed as a PDF carries no signatures beside the PDF's own")
    return problems


Signer = tuple[Party, str]


def signers(agreement: SignedDocument) -> frozenset[Signer]:
    """Who signed the agreement, by party and key: only they can sign what comes after it."""
    return frozenset((signature.party, signature.public_key) for signature in agreement.signatures)


def signed_by(document: SignedDocument, known: frozenset[Signer]) -> list[Signature]:
    """The signatures of a document that are by signers of the agreement."""
    return [signature for signature in document.signatures if (signature.party, signature.public_key) in known]


def missing(
    document: SignedDocument, required: tuple[Required, ...], known: frozenset[Signer] | None = None
) -> list[Required]:
    """The required signatures that are not there; with `known`, only those signers count."""
    counted = document.signatures if known is None else signed_by(document, known)
    there = {(signature.party, signature.role) for signature in counted}
    return [one for one in required if (one.party, one.role) not in there]


def _content_problems(document: SignedDocument) -> list[str]:
    shape = Agreement if document.kind == "agreement" else SHAPES[document.kind]
    try:
        found = msgspec.json.decode(document.content, type=shape)
    except msgspec.DecodeError as error:
        return [f"the content is not a {document.kind}: {error}"]
    if canonical(found) != document.content:
        return ["the content is not in canonical form: sign what `bailee agreement check --canonical` prints"]
    return [f"{name} needs its time zone, such as 2026-01-31T00:00:00Z" for name in naive(found)]


def _holds(document: SignedDocument, signature: Signature) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature.public_key, validate=True))
        key.verify(base64.b64decode(signature.signature, validate=True), _message(document, signature))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _message(document: SignedDocument, signature: Signature) -> bytes:
    bound = msgspec.structs.replace(signature, signature="")
    return DOMAIN + document.kind.encode() + b"\n" + document.digest.encode() + b"\n" + canonical(bound)
