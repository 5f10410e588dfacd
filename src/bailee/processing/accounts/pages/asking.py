"""Asking in a visitor's name: an access request for what a page needs, and a page for each way it can be refused."""

from typing import TypeVar
from uuid import UUID

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.infra.web.answers import NOT_HERE, Wrong
from bailee.infra.web.visit import Visit
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

T = TypeVar("T")


def ask(
    visit: Visit,
    operation: Operation,
    *,
    persons: tuple[UUID, ...] = (),
    addresses: tuple[Address, ...] = (),
    categories: frozenset[str] | None = None,
    own: bool = False,
) -> AccessRequest:
    """The request of a visitor: as staff of their controller, or (`own`) as a person about themselves."""
    return AccessRequest(
        actor=Actor(str(visit.who), ActorKind.person if own else ActorKind.controller_staff, visit.session.id),
        controller=visit.whose,
        operation=operation,
        purpose=Purpose.account_management,
        categories=categories or frozenset(),
        named=categories is not None,
        addresses=addresses,
        persons=persons,
        place=visit.place,
    )


def granted(answer: T | Refusal | None) -> T:
    """What the gate granted, or the page that says why not."""
    if answer is None:
        raise NOT_HERE
    if isinstance(answer, Refusal):
        if answer.reason == "unknown":
            raise NOT_HERE
        raise Wrong(403, "The agreement does not allow this", answer.remedy, answer.clause)
    return answer
