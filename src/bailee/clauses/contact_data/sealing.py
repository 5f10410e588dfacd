"""Addresses and names as stored: sealed under a key of the controller's own, bound to their row."""

from bailee.clauses.contact_data.events import Reached
from bailee.infra.keys.key import NotAsSealed
from bailee.infra.keys.rows import Rows

UNDER = "contacts"


class AlteredContact(NotAsSealed):
    """A stored address does not open as the one of its own row."""


CONTACTS = Rows("contact", Reached, AlteredContact)
