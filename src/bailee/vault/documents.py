"""Signed documents at rest: agreements and instructions name people, so they are sealed as well.

The processor is itself a party to them (clause parties.contacts), so their key is the platform's own and
the signed agreement outlives the destruction of what was held under it.
"""

from bailee.contract.documents import SignedDocument
from bailee.infra.keys.key import NotAsSealed
from bailee.infra.keys.rows import Rows


class AlteredDocument(NotAsSealed):
    """A stored document does not open as itself: it was changed, moved or swapped."""


DOCUMENTS = Rows("document", SignedDocument, AlteredDocument)
