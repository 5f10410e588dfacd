"""What a question shows and what a reply says, sealed under the key of its notice: they go when the notice's text goes."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from bailee.infra.keys.key import Key, NotAsSealed

T = TypeVar("T")


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
