"""Compulsion orders: what the law makes a processor do without being instructed, and nothing beyond it. Pure.

Clauses instructions.legal-compulsion and transfers.compelled. Only the law of the Union or of a member state compels;
a third country's order counts only under an international agreement in force, which it names (GDPR Art. 48).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from bailee.contract.agreement import Country, Id
from bailee.contract.terms.term import Strict, Word
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.places import EU27, is_eu

UNION = "EU"
LONGEST_DAYS = 366
SENDING = frozenset({Operation.transmit, Operation.transfer, Operation.disclose})
Words = Annotated[str, Meta(min_length=1, max_length=2000)]


class Ban(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the controller may not be told, and until when: a day, or what ends it and when that is looked at again."""

    law: Word
    public_interest: Words
    until: Annotated[datetime, Meta(tz=True)]
    event: str = ""


class Order(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order as data: whose law, which authority, the exact scope, until when, and whether it may be told.

    `persons` empty means all persons of `groups`; `place` is where what is disclosed goes, an ISO 3166 code.
    """

    id: UUID
    country: Country
    law: Word
    agreement: str = ""
    authority: Word
    reference: Word
    operations: Annotated[tuple[Operation, ...], Meta(min_length=1)]
    categories: Annotated[tuple[Id, ...], Meta(min_length=1)]
    groups: Annotated[tuple[PersonGroup, ...], Meta(min_length=1)]
    persons: tuple[UUID, ...] = ()
    actors: Annotated[tuple[ActorKind, ...], Meta(min_length=1)]
    recipient: str = ""
    place: Country
    in_force_from: Annotated[datetime, Meta(tz=True)]
    in_force_until: Annotated[datetime, Meta(tz=True)]
    ban: Ban | None = None

    @property
    def name(self) -> str:
        """As entries name it."""
        return f"order:{self.id}"

    @property
    def transfers(self) -> bool:
        """Whether it compels a transfer to a third country (clause transfers.compelled)."""
        return Operation.transfer in self.operations or not is_eu(self.place)

    def in_force(self, at: datetime) -> bool:
        """From its first instant on, and no longer at its last."""
        return self.in_force_from <= at < self.in_force_until


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What an access asks, as an order speaks of it."""

    actor: Actor
    operation: Operation
    addresses: tuple[Address, ...]
    persons: tuple[UUID, ...]
    recipient: str | None
    place: str


def faults(order: Order) -> list[str]:
    """Why an order cannot be followed, as codes; empty where it can."""
    found = []
    if order.country not in EU27 and order.country != UNION and not order.agreement.strip():
        found.append("third-country-without-agreement")
    if order.in_force_until <= order.in_force_from:
        found.append("ends-before-it-begins")
    elif (order.in_force_until - order.in_force_from).days > LONGEST_DAYS:
        found.append("longer-than-a-year")
    if not all(actor.of_processor for actor in order.actors):
        found.append("not-the-processors-own-actors")
    if SENDING & set(order.operations) and not order.recipient:
        found.append("no-recipient")
    if order.ban is not None and order.country not in EU27 and order.country != UNION:
        found.append("only-law-of-the-union-forbids-telling")
    return found


def compelled(orders: Iterable[Order], asked: Reach, at: datetime) -> Order | None:
    """The order that covers an access exactly; None where none does."""
    return next((one for one in orders if one.in_force(at) and _covers(one, asked)), None)


def _covers(order: Order, asked: Reach) -> bool:
    named = (asked.recipient or "") == order.recipient
    about = {*asked.persons, *(address.person for address in asked.addresses)}
    return (
        asked.actor.kind in order.actors
        and asked.operation in order.operations
        and (is_eu(asked.place) or asked.place == order.place)
        and (named or (asked.recipient is None and asked.operation not in SENDING))
        and (not order.persons or (bool(about) and about <= set(order.persons)))
    )
