"""Trying to open what was destroyed, with every key that is left: the check behind a certificate.

A sample of ciphertexts and of their wrapped keys is taken before the destruction. Afterwards every root
key that still exists is tried on every wrapped key; one that opened would open the ciphertext as well.
"""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.database import Database
from bailee.infra.keys import queries
from bailee.infra.keys.store import associated
from bailee.infra.root_keys import RootKeyGone, RootKeys


class Taken(msgspec.Struct, frozen=True):
    """A person's wrapped key as it stood, and a ciphertext it protects."""

    person: UUID
    key_id: UUID
    epoch: int
    wrapped: bytes
    ciphertext: bytes


class Trying:
    """Takes samples, and tries them."""

    def __init__(self, key_store: Database, root: RootKeys) -> None:
        self._key_store = key_store
        self._root = root

    async def take(self, controller: UUID, rows: Sequence[Record]) -> list[Taken]:
        """The sample: one entry for each record whose person still has a key."""
        async with self._key_store.transaction(controller) as tx:
            keys = await tx.fetch(queries.PERSON_KEYS, controller, [row["person_id"] for row in rows])
        by_person = {key["person_id"]: key for key in keys}
        return [
            Taken(row["person_id"], key["key_id"], key["epoch"], key["wrapped"], row["sealed"])
            for row in rows
            if (key := by_person.get(row["person_id"])) is not None
        ]

    async def opened(self, controller: UUID, sample: Sequence[Taken]) -> int:
        """How many wrapped keys of the sample any root key that is left still opens: it must be none."""
        wrapped = [one.wrapped for one in sample]
        bound = [associated(controller, one.person.bytes, one.key_id, one.epoch) for one in sample]
        count = 0
        for name in await self._root.names(""):
            with suppress(RootKeyGone):  # destroyed meanwhile, for another controller
                count += await self._root.opens(name, wrapped, bound)
        return count
