"""Where a notice goes: asked when it is sent, so that the address is the one valid then. A port; pure but for it."""

import hashlib
import hmac
from typing import Literal, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from bailee.infra.keys.key import Key
from bailee.obligations.notices.notice import Kind, Side

Role = Literal["to", "copy"]
MARKED_UNDER = "addresses"  # the name of the controller's key that digests of addresses are made with


class Route(msgspec.Struct, frozen=True):
    """The addresses valid now for a kind of notice, and the language that they are written to in."""

    to: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    language: str = "en"


@runtime_checkable
class Routing(Protocol):
    """Who knows the addresses: the clause that keeps them."""

    async def route(self, controller: UUID, kind: Kind, side: Side) -> Route:
        """Where a notice of this kind goes now."""
        ...

    async def named(self, controller: UUID) -> tuple[str, ...]:
        """Every address of the controller's that the agreement or a confirmed change of it names."""
        ...


class Recipient(msgspec.Struct, frozen=True):
    """One address of a notice: its keyed digest stands for it wherever it is written down."""

    address: str
    mark: str
    role: Role


def mark(key: Key, address: str) -> str:
    """An address's keyed digest: 128 bits in hex, the same for the same mailbox of one controller."""
    name, _, domain = address.rpartition("@")
    text = f"{name}@{domain.lower()}".encode()
    return hmac.new(key.secret, b"bailee/address/1" + text, hashlib.sha256).hexdigest()[:32]


def recipients(key: Key, route: Route, given: str) -> list[Recipient]:
    """Each address once; one that a notice names itself takes the place of those that it is sent to."""
    found: dict[str, Recipient] = {}
    for role, addresses in (("to", (given,) if given else route.to), ("copy", route.copies)):
        for address in addresses:
            one = Recipient(address, mark(key, address), "to" if role == "to" else "copy")
            found.setdefault(one.mark, one)
    return list(found.values())


def message_id(controller: UUID, notice: UUID, recipient: str, round: int) -> str:
    """The Message-ID without its host: the same for every attempt at one recipient, until a human sends it anew."""
    anew = f".{round}" if round else ""
    return f"n.{controller.hex}.{notice.hex}.{recipient[:16]}{anew}"
