"""What groups are called, sealed under a key of the controller's own: a group's name may well name someone."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from bailee.infra.database import Database
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.rows import Rows
from bailee.infra.keys.store import KeyStore
from bailee.processing.accounts.scim import queries
from bailee.vault.searching import normal, tag

KEY, INDEX, TYPE = "directory", "index", "scim-group"


class AlteredGroup(NotAsSealed):
    """A stored group does not open as itself: it was changed, moved or swapped."""


class Called(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a group is called, here and in the directory."""

    display_name: str
    external_id: str | None = None
    description: str | None = None


GROUPS = Rows("scim-group", Called, AlteredGroup)


class Names:
    """Seals and opens the names of one controller's groups."""

    def __init__(self, keys: KeyStore, database: Database, controller: UUID) -> None:
        self._keys = keys
        self._database = database
        self._controller = controller

    async def seal(self, group: UUID, names: Called) -> bytes:
        """A group's names as stored."""
        return GROUPS.seal(await self._key(), self._controller, group, names)

    async def open(self, group: UUID, sealed: bytes) -> Called:
        """A group's names."""
        return GROUPS.unseal(await self._key(), self._controller, group, sealed)

    async def tag(self, field: str, value: str | None) -> bytes | None:
        """The tag under which a group is found by its name or its id in the directory."""
        if value is None:
            return None
        secret = (await self._keys.controller_key(self._controller, INDEX)).secret
        return tag(secret, TYPE, field, normal(value))

    async def called(self, groups: Iterable[UUID]) -> dict[UUID, str]:
        """The names of these groups."""
        wanted = sorted(set(groups))
        if not wanted:
            return {}
        async with self._database.transaction(self._controller) as tx:
            rows = await tx.fetch(queries.GROUPS_BY_ID, self._controller, wanted)
        return {row["group_id"]: (await self.open(row["group_id"], row["sealed"])).display_name for row in rows}

    async def _key(self) -> Key:
        return await self._keys.controller_key(self._controller, KEY)
