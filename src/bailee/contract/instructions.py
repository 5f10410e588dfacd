"""Instructions: what may be done. The agreement's services are standing ones, made when it is signed."""

from datetime import datetime

import msgspec

from bailee.contract.agreement import Agreement
from bailee.contract.documents import InstructionText


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """Purposes x operations x data categories x groups of persons x actors x recipients x period."""

    id: str
    clause: str
    purposes: frozenset[str]
    operations: frozenset[str]
    categories: frozenset[str]
    groups: frozenset[str]
    actors: frozenset[str]
    recipients: frozenset[str]
    in_force_from: datetime
    in_force_until: datetime | None

    def in_force(self, at: datetime) -> bool:
        """From its first instant on, and no longer at its last."""
        return self.in_force_from <= at and (self.in_force_until is None or at < self.in_force_until)


def standing_instructions(
    agreement: Agreement, since: datetime, until: datetime | None = None
) -> tuple[Instruction, ...]:
    """One instruction for each service of the agreement (clause instructions.contract-counts)."""
    return tuple(
        Instruction(
            id=f"service:{service.id}",
            clause="instructions.contract-counts",
            purposes=frozenset(map(str, service.purposes)),
            operations=frozenset(map(str, service.operations)),
            categories=frozenset(service.categories),
            groups=frozenset(map(str, service.groups)),
            actors=frozenset(map(str, service.actors)),
            recipients=frozenset(service.recipients),
            in_force_from=since,
            in_force_until=until,
        )
        for service in agreement.services
    )


def given(text: InstructionText, until: datetime | None) -> Instruction:
    """A signed instruction (clause instructions.documented), cut short where it was withdrawn."""
    return Instruction(
        id=text.id,
        clause="instructions.documented",
        purposes=frozenset(map(str, text.purposes)),
        operations=frozenset(map(str, text.operations)),
        categories=frozenset(text.categories),
        groups=frozenset(map(str, text.groups)),
        actors=frozenset(map(str, text.actors)),
        recipients=frozenset(text.recipients),
        in_force_from=text.in_force_from,
        in_force_until=until,
    )


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an access asks, as an instruction speaks of it."""

    purpose: str
    operation: str
    actor: str
    category: str
    group: str
    recipient: str | None = None


def covers(instruction: Instruction, asked: Asked, at: datetime) -> bool:
    """Whether an instruction covers what is asked. The readable definition: the compiled table agrees with it."""
    return (
        instruction.in_force(at)
        and asked.purpose in instruction.purposes
        and asked.operation in instruction.operations
        and asked.actor in instruction.actors
        and asked.category in instruction.categories
        and asked.group in instruction.groups
        and (asked.recipient is None or asked.recipient in instruction.recipients)
    )
