"""Finding who holds a person: by tags of the blind index alone. Nothing is opened, and nobody learns who else asked.

One entry of the platform for a search over all controllers; a controller hears of it only where the person is held,
by the entry of the request itself.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from bailee.clauses.direct_requests import queries
from bailee.gate.filing import Filing
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.vault import profile, searching


class Finding:
    """Looks for persons across controllers."""

    def __init__(
        self, *, database: Database, keys: KeyStore, appending: Appending, filing: Filing, platform: UUID
    ) -> None:
        self._database = database
        self._keys = keys
        self._appending = appending
        self._filing = filing
        self._platform = platform

    async def names(self) -> dict[UUID, str]:
        """The controllers of the directory, the platform apart."""
        return {one.id: one.name for one in await self._filing.listed() if one.id != self._platform}

    async def held(self, message: UUID, known_as: Sequence[str], *, by: str) -> Mapping[UUID, tuple[UUID, ...]]:
        """Who holds a person known so, the platform's own people included; every controller is asked alike."""
        listed = await self._filing.listed()
        details = {"message": str(message), "controllers": len(listed), "values": len(known_as)}
        await self._appending.append_one(Act("person-sought", self._platform, by, details))
        sought = [pair for one in known_as for pair in _fields(one)]
        found: dict[UUID, tuple[UUID, ...]] = {}
        for one in listed:
            persons = await self.at(one.id, sought) if sought else ()
            if persons:
                found[one.id] = persons
        return found

    async def held_at(self, controller: UUID, known_as: Sequence[str]) -> tuple[UUID, ...]:
        """Whom one controller holds under any of these names; for a human of its own who read a message again."""
        return await self.at(controller, [pair for one in known_as for pair in _fields(one)])

    async def at(self, controller: UUID, sought: Sequence[tuple[str, str]]) -> tuple[UUID, ...]:
        """Whom one controller holds under any of these values of a profile's fields."""
        try:
            key = await self._keys.controller_key(controller, "index", create=False)
        except KeyGone:  # nobody was ever taken in there, or all is destroyed
            return ()
        tags = [
            searching.tag(key.secret, profile.PROFILE, field, searching.sought(profile.TYPE, field, value))
            for field, value in sought
        ]
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.HELD, controller, tags)
        return tuple(row["person_id"] for row in rows)


def _fields(value: str) -> list[tuple[str, str]]:
    """The fields of a profile that a value may be."""
    if "@" in value:
        return [("email", value), ("user_name", value)]
    digits = "".join(one for one in value if one.isdigit() or one == "+")
    phone = [("phone", digits)] if digits.startswith("+") and len(digits) > 6 else []
    return [*phone, ("user_name", value), ("external_id", value)]
