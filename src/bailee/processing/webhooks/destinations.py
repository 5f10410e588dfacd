"""Whether a destination may be sent to: a port, and today's answer (residency.eu, transfers.consent).

The host must stand on the allow-list the controller gave with the subscription, and the country it declared must
be a member state, or a consent must stand. The network's side (public addresses, TLS) is `infra/outbound.py`.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

import msgspec

from bailee.vocabulary.places import is_eu

Consented = Callable[[UUID, str], Awaitable[bool]]


class Destination(msgspec.Struct, frozen=True):
    """Where something would be sent: the controller that designated it, the host, and what was declared of it."""

    controller: UUID
    host: str
    hosts: frozenset[str]
    country: str


class Checking(Protocol):
    """Says why a destination is refused; None where it is not."""

    async def __call__(self, destination: Destination) -> str | None:
        """The reason's code, or None."""
        ...


async def no_consent(_controller: UUID, _country: str) -> bool:
    """No consent to any country stands."""
    return False


class Designated:
    """The check of today: listed by the controller, and in the EU unless a consent stands."""

    def __init__(self, consented: Consented = no_consent) -> None:
        self._consented = consented

    async def __call__(self, destination: Destination) -> str | None:
        """The reason's code, or None."""
        if destination.host not in destination.hosts:
            return "host-not-listed"
        if not is_eu(destination.country) and not await self._consented(destination.controller, destination.country):
            return "place-outside-eu"
        return None
