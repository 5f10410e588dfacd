"""Asking the gate in the name that a request is worked on in; a refusal stops the work and says what to do."""

from typing import TypeVar
from uuid import UUID

from bailee.clauses.data_subject_requests.events import Mandate
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose

T = TypeVar("T")


class Stopped(Exception):
    """The work cannot go on by itself: why (a stable code), and what to do about it."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


def request(
    controller: UUID, mandate: Mandate, operation: Operation, *, place: str, persons: tuple[UUID, ...] = (),
    addresses: tuple[Address, ...] = (),
) -> AccessRequest:  # fmt: skip
    """An access for the rights of persons, in the name of whoever ordered the work."""
    return AccessRequest(
        actor=mandate.actor, controller=controller, operation=operation, purpose=Purpose.rights_of_persons,
        persons=persons, addresses=addresses, place=place,
    )  # fmt: skip


def granted(answer: T | Refusal) -> T:
    """What the gate granted, or `Stopped` with the refusal's reason and remedy."""
    if isinstance(answer, Refusal):
        raise Stopped(answer.reason, answer.remedy)
    return answer
