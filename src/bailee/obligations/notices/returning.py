"""Returning: a tag in the address that a letter leaves from, so that any bounce names its letter.

Not every server says in its report which mail it is about. Where the processor's mailbox takes sub-addresses, a letter
leaves from `sender+TAG`: the bounce comes back to that. The tag tells nobody anything, and nobody else can make one: the
notice's id, the beginnings of two others, and a keyed digest over all of them.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from bailee.infra.database import Database
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.obligations.notices import queries
from bailee.obligations.notices.bounces import Named

KEY = "mail-returns"
OWNER, NOTICE, RECIPIENT, MAC = 4, 16, 4, 6
LENGTH = 48  # characters of 30 bytes in base 32
LOOKED_AT = 5


class Returning:
    """Makes tags, and knows its own again. `controllers` are those whose letters may come back."""

    def __init__(
        self, *, database: Database, keys: KeyStore, controllers: Callable[[], Awaitable[Sequence[UUID]]], on: bool
    ) -> None:
        self._database = database
        self._keys = keys
        self._controllers = controllers
        self._on = on

    async def tag(self, controller: UUID, notice: UUID, recipient: str) -> str:
        """The tag of a notice to one recipient, by its digest; empty where letters leave without."""
        if not self._on:
            return ""
        said = controller.bytes[-OWNER:] + notice.bytes + bytes.fromhex(recipient)[:RECIPIENT]
        key = await self._keys.controller_key(controller, KEY)
        return base64.b32encode(said + _mac(key.secret, said)).decode().lower()

    async def named(self, addresses: Sequence[str]) -> Named | None:
        """The letter that one of these addresses names by a tag of ours."""
        for address in addresses[:LOOKED_AT]:
            content = _read(address)
            if content is not None and (found := await self._of(content)) is not None:
                return found
        return None

    async def _of(self, content: bytes) -> Named | None:
        said, mac = content[:-MAC], content[-MAC:]
        notice, recipient = UUID(bytes=said[OWNER : OWNER + NOTICE]), said[OWNER + NOTICE :].hex()
        for controller in await self._controllers():
            if controller.bytes[-OWNER:] != said[:OWNER]:
                continue
            try:
                key = await self._keys.controller_key(controller, KEY, create=False)
            except KeyGone:
                continue
            if not hmac.compare_digest(_mac(key.secret, said), mac):
                continue
            async with self._database.transaction(controller) as tx:
                whole = await tx.fetchval(queries.RETURNED_TO, controller, notice, recipient)
            return None if whole is None else Named(controller, notice, whole[:16])
        return None


def _mac(secret: bytes, said: bytes) -> bytes:
    return hmac.digest(secret, b"bailee/mail-return/1" + said, hashlib.sha256)[:MAC]


def _read(address: str) -> bytes | None:
    """The tag of an address, if it may be one."""
    _, _, tag = address.strip().strip("<>").rpartition("@")[0].partition("+")
    if len(tag) != LENGTH:
        return None
    try:
        return base64.b32decode(tag.upper().encode())
    except (binascii.Error, ValueError):
        return None
