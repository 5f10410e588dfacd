"""Sealing what this clause keeps, bound to what it is, to its controller, its id and its version."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.store import KeyStore

T = TypeVar("T")


class AlteredRow(NotAsSealed):
    """A stored row does not open as the one of its own id and version."""


class Sealing:
    """Seals under the platform's key for a controller: what was said about the contract outlives the data."""

    def __init__(self, keys: KeyStore, platform: UUID) -> None:
        self._keys, self._platform = keys, platform

    async def key(self, controller: UUID) -> Key:
        """The key of a controller's contract documents."""
        return await self._keys.controller_key(self._platform, f"contract/{controller}")

    async def seal(self, kind: str, controller: UUID, id: UUID, value: Any, version: int = 1) -> bytes:
        """A value as stored."""
        key = await self.key(controller)
        return key.seal(msgspec.json.encode(value), _bound(kind, controller, id, version))

    async def open(self, shape: type[T], kind: str, controller: UUID, row: tuple[UUID, int, bytes]) -> T:
        """The value of a row (id, version, sealed); `AlteredRow` where it is another's."""
        id, version, sealed = row
        key = await self.key(controller)
        try:
            plain = key.unseal(sealed, _bound(kind, controller, id, version))
        except InvalidTag as problem:
            raise AlteredRow(kind) from problem
        return msgspec.json.decode(plain, type=shape)


def _bound(kind: str, controller: UUID, id: UUID, version: int) -> bytes:
    return f"bailee/{kind}/1".encode() + controller.bytes + id.bytes + version.to_bytes(4, "big")
