"""Challenges: what a challenged instruction still allows while it is suspended. Pure.

Clause instructions.challenge. A challenge suspends only where a term of the agreement says so; what serves the rights
of persons, the return of the data or their security goes on whatever was challenged, and so do the agreement's own
services: the contract is changed by an amendment.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.contract.agreement import Agreement
from bailee.contract.documents import Confirmation, Text
from bailee.contract.instructions import Instruction
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose

GIVEN = "instructions.documented"
FOR_SECURITY_AND_RIGHTS = frozenset({str(Purpose.security), str(Purpose.rights_of_persons)})
FOR_RIGHTS_AND_RETURN = frozenset(
    map(str, (Operation.restrict, Operation.erase, Operation.delete, Operation.destruct, Operation.anonymise,
              Operation.return_))
)  # fmt: skip


class Suspension(msgspec.Struct, frozen=True):
    """A challenge that suspends: which one, and of which instruction. It stands until the controller answers."""

    challenge: UUID
    instruction: str


def suspends(agreement: Agreement) -> bool:
    """Whether a challenge suspends at all: a term of the agreement says `yes`, or it does not."""
    return agreement.terms.instructions.challenge_suspends.value == "yes"


def suspended(suspensions: Iterable[Suspension], texts: Iterable[Text], at: datetime) -> frozenset[str]:
    """The instructions that are suspended at an instant: challenged, and not confirmed by a signed document since."""
    confirmed = {text.challenge for text in texts if isinstance(text, Confirmation) and text.at <= at}
    return frozenset(one.instruction for one in suspensions if one.challenge not in confirmed)


def left(instruction: Instruction, stopped: frozenset[str]) -> tuple[Instruction, ...]:
    """What an instruction allows while those are suspended: all of it, or what serves rights, return and security."""
    if instruction.clause != GIVEN or instruction.id not in stopped:
        return (instruction,)
    secure = msgspec.structs.replace(instruction, purposes=instruction.purposes & FOR_SECURITY_AND_RIGHTS)
    owed = msgspec.structs.replace(instruction, operations=instruction.operations & FOR_RIGHTS_AND_RETURN)
    return tuple(one for one in (secure, owed) if one.purposes and one.operations)


def taken(
    instructions: Iterable[Instruction], live: Mapping[tuple[str, str, str], object], stopped: frozenset[str]
) -> dict[tuple[str, str, str], str]:
    """What only a suspended instruction would allow: purpose, operation, actor kind -> that instruction."""
    return {
        key: one.id
        for one in instructions
        if one.clause == GIVEN and one.id in stopped
        for purpose in one.purposes
        for operation in one.operations
        for actor in one.actors
        if (key := (purpose, operation, actor)) not in live
    }
