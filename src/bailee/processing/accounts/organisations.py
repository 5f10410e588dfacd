"""Organisations at the door: a controller by the name its people type. Unknown names lead to the platform's own
door, where nobody of them has an account: the answer does not tell which customers there are."""

from uuid import UUID

from bailee.gate.filing import Filing
from bailee.vault.searching import normal


class Organisations:
    """Finds controllers by name or id."""

    def __init__(self, filing: Filing, platform: UUID) -> None:
        self._filing = filing
        self.platform = platform

    async def named(self, text: str) -> UUID:
        """The controller meant; the platform for no name or an unknown one."""
        wanted = normal(text)
        if not wanted:
            return self.platform
        listed = await self._filing.listed()
        for one in listed:
            if wanted in (normal(one.name), str(one.id)):
                return one.id
        return self.platform

    async def name(self, id: str) -> str:
        """The name of a controller whose id a browser remembers; empty for the platform and for unknown ids."""
        for one in await self._filing.listed():
            if str(one.id) == id and one.id != self.platform:
                return one.name
        return ""
