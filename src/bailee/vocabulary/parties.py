"""Parties and actors: who acts, and on whose side."""

from enum import StrEnum
from uuid import UUID

import msgspec


class ActorKind(StrEnum):
    """Whose hand it is."""

    processor_system = "processor_system"
    processor_staff = "processor_staff"
    controller_system = "controller_system"
    controller_staff = "controller_staff"
    person = "person"
    auditor = "auditor"

    @property
    def of_processor(self) -> bool:
        """Whether the processor answers for this actor."""
        return self in (ActorKind.processor_system, ActorKind.processor_staff)


class Actor(msgspec.Struct, frozen=True):
    """Who asks: a label (never a name or an address), a kind, and the credential it came with."""

    id: str
    kind: ActorKind
    credential: UUID
