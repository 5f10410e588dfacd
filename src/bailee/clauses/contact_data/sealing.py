"""Addresses and names as stored: sealed under a key of the controller's own, bound to their row."""

from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from bailee.clauses.contact_data.events import Reached
from bailee.infra.keys.key import Key, NotAsSealed

UNDER = "contacts"


class AlteredContact(NotAsSealed):
    """A stored address does not open as the one of its own row."""


def seal(key: Key, controller: UUID, id: UUID, reached: Reached) -> bytes:
    """As stored."""
    return key.seal(msgspec.json.encode(reached), _bound(controller, id))


def unseal(key: Key, controller: UUID, id: UUID, sealed: bytes) -> Reached:
    """As it was."""
    try:
        plain = key.unseal(sealed, _bound(controller, id))
    except InvalidTag as problem:
        raise AlteredContact(str(id)) from problem
    return msgspec.json.decode(plain, type=Reached)


def _bound(controller: UUID, id: UUID) -> bytes:
    return b"bailee/contact/1" + controller.bytes + id.bytes
