"""Guests: what letting an auditor in asks of the house, and what ends it. An account for one audit, and nothing else."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from bailee.infra.web.visit import Visit

ROLE = "audit-visitor"


class Invited(msgspec.Struct, frozen=True):
    """Whom an account was made for, and the link to hand over where no letter left."""

    person: UUID
    link: str


class Guests:
    """Asks for a fresh proof of presence, invites, and ends accounts."""

    def __init__(
        self,
        proven: Callable[[Visit, str], None],
        invite: Callable[[Visit, str], Awaitable[Invited]],
        end: Callable[[UUID, UUID], Awaitable[None]],
    ) -> None:
        self.proven = proven
        self.invite = invite
        self.end = end
