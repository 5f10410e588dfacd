"""A visit: who looks at a page, from where, in which language, and what they may do there."""

from typing import Any
from uuid import UUID

import msgspec


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the console. Without a session `person` is None and nothing is permitted."""

    language: str
    path: str
    origin: str
    address: str
    agent: str
    place: str
    partial: bool = False
    theme: str = ""
    csrf: str = ""
    controller: UUID | None = None
    controller_name: str = ""
    person: UUID | None = None
    side: str = ""
    permissions: frozenset[str] = frozenset()
    session: Any = None
    bare: bool = False  # may touch other people's data and has no second factor yet: nothing opens but setting one up
    notice: str = ""
    simulated: bool = False

    def may(self, permission: str) -> bool:
        """Whether the account's roles allow this."""
        return permission in self.permissions

    @property
    def whose(self) -> UUID:
        """The controller of a visit that has a session."""
        assert self.controller is not None
        return self.controller

    @property
    def who(self) -> UUID:
        """The person of a visit that has a session."""
        assert self.person is not None
        return self.person
