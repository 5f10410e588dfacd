"""What a question shows and what a reply says, sealed.

A reply lies under the key of its notice, and goes when the notice's text goes. A question has to open for as long as what
it asks about is open: it lies under a key of the controller's own, and holds what is shown and nothing else of its letter.
"""

from typing import Any, TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from bailee.infra.keys.key import Key, NotAsSealed

T = TypeVar("T")
QUESTIONS = "mailbox"  # the key that questions lie under


class Altered(NotAsSealed):
    """A stored question or reply does not open as itself."""


def seal(key: Key, controller: UUID, id: UUID, what: Any) -> bytes:
    """As stored, bound to its controller and id."""
    return key.seal(msgspec.json.encode(what), _bound(controller, id))


def unseal(key: Key, controller: UUID, id: UUID, sealed: bytes, shape: type[T]) -> T:
    """As it was; `Altered` where it was changed, moved or swapped."""
    try:
        plain = key.unseal(sealed, _bound(controller, id))
    except InvalidTag as problem:
        raise Altered(str(id)) from problem
    return msgspec.json.decode(plain, type=shape)


def _bound(controller: UUID, id: UUID) -> bytes:
    return b"bailee/mailbox/1" + controller.bytes + id.bytes
