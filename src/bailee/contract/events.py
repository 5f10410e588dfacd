"""Events that several clauses hear: facts, past tense, frozen."""

from datetime import datetime
from uuid import UUID

import msgspec


class AgreementSigned(msgspec.Struct, frozen=True):
    """All required signatures of an agreement are on file."""

    controller: UUID
    digest: str
    at: datetime


class InstructionGiven(msgspec.Struct, frozen=True):
    """A signed instruction is on file."""

    controller: UUID
    instruction: str
    at: datetime


class InstructionWithdrawn(msgspec.Struct, frozen=True):
    """An instruction was withdrawn."""

    controller: UUID
    instruction: str
    at: datetime


class AgreementEnded(msgspec.Struct, frozen=True):
    """The contract ended at this instant."""

    controller: UUID
    at: datetime
