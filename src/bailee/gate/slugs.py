"""Slugs: the public names of controllers in addresses that anyone may hold. They tell nothing and cannot be guessed.

A slug is a keyed digest of the controller's id under a key of the platform's: eighty bits, stored nowhere.
"""

import base64
import hmac
from uuid import UUID

from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore

BYTES = 10
REMEMBERED_SECONDS = 30.0


class Slugs:
    """Names controllers in public addresses; remembers the directory for half a minute."""

    def __init__(self, *, filing: Filing, keys: KeyStore, clock: Clock, platform: UUID) -> None:
        self._filing = filing
        self._keys = keys
        self._clock = clock
        self._platform = platform
        self._known: tuple[float, dict[str, UUID]] = (float("-inf"), {})

    async def of(self, controller: UUID) -> str:
        """The slug of a controller: sixteen lower-case letters and digits."""
        key = await self._keys.controller_key(self._platform, "slugs")
        digest = hmac.digest(key.secret, b"bailee/slug/1" + controller.bytes, "sha256")
        return base64.b32encode(digest[:BYTES]).decode().lower()

    async def whose(self, slug: str) -> UUID | None:
        """The controller that a slug names; None for what is none."""
        loaded, known = self._known
        if slug not in known and self._clock.monotonic() - loaded > REMEMBERED_SECONDS:
            listed = await self._filing.listed()
            known = {await self.of(one.id): one.id for one in listed if one.id != self._platform}
            self._known = (self._clock.monotonic(), known)
        return known.get(slug)
