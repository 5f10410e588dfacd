"""Signed documents at rest: agreements and instructions name people, so they are sealed as well.

The processor is itself a party to them (clause parties.contacts), so their key is the platform's own and
the signed agreement outlives the destruction of what was held under it.
"""

from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from bailee.contract.documents import SignedDocument
from bailee.infra.keys.key import Key, NotAsSealed


class AlteredDocument(NotAsSealed):
    """A stored document does not open as itself: it was changed, moved or swapped."""


def seal_document(key: Key, controller: UUID, document_id: UUID, document: SignedDocument) -> bytes:
    """The document as stored, bound to its controller and id."""
    return key.seal(msgspec.json.encode(document), _bound(controller, document_id))


def open_document(key: Key, controller: UUID, document_id: UUID, sealed: bytes) -> SignedDocument:
    """The stored document, exactly as it was signed."""
    try:
        plain = key.unseal(sealed, _bound(controller, document_id))
    except InvalidTag as problem:
        raise AlteredDocument(str(document_id)) from problem
    return msgspec.json.decode(plain, type=SignedDocument)


def _bound(controller: UUID, document_id: UUID) -> bytes:
    return b"bailee/document/1" + controller.bytes + document_id.bytes
