"""Rows that are sealed whole: each opens as itself, in its own place, or not at all."""

from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from bailee.infra.keys.key import DoesNotOpen, Key, NotAsSealed

T = TypeVar("T")


class Rows(Generic[T]):
    """How rows of one kind are stored: as JSON, sealed, bound to their kind, their controller and their id.

    What was changed, moved to another row or swapped with one raises the kind's own `altered`.
    """

    def __init__(self, kind: str, shape: type[T], altered: type[NotAsSealed]) -> None:
        self._kind = f"bailee/{kind}/1".encode()
        self._shape = shape
        self._altered = altered

    def seal(self, key: Key, controller: UUID, id: UUID, what: T) -> bytes:
        """A row as stored."""
        return key.seal(msgspec.json.encode(what), self._bound(controller, id))

    def unseal(self, key: Key, controller: UUID, id: UUID, sealed: bytes) -> T:
        """The row as it was sealed."""
        try:
            plain = key.unseal(sealed, self._bound(controller, id))
        except DoesNotOpen as problem:
            raise self._altered(str(id)) from problem
        return msgspec.json.decode(plain, type=self._shape)

    def _bound(self, controller: UUID, id: UUID) -> bytes:
        return self._kind + controller.bytes + id.bytes
