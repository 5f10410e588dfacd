"""Signing for the controller what follows the agreement: only those who signed that one can (decision 0003). Pure."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.contract.documents import Kind, SignedDocument, Text, content_of
from bailee.contract.force import InForce
from bailee.contract.signing import Signatory, missing, sign


class NotAuthorised(Exception):
    """Whoever asks is not among those who signed the agreement for this party: their signature has no force."""


def signed(
    force: InForce, kind: Kind, text: Text, *, name: str, key: Ed25519PrivateKey, at: datetime
) -> SignedDocument:
    """The document, signed for the controller in every role that it needs; or `NotAuthorised`."""
    document = SignedDocument(kind=kind, content=content_of(text), signatures=())
    required = tuple(one for one in force.agreement.signatories if one.party == "controller")
    for one in required:
        document = sign(document, Signatory(party="controller", role=one.role, name=name), key, at)
    if missing(document, required, force.signers):
        raise NotAuthorised
    return document
