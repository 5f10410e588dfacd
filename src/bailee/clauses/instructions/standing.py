"""What stands between a controller and the processor now, or why nothing can be done about it."""

from datetime import datetime
from uuid import UUID

from bailee.clauses.instructions.mistakes import NothingInForce, NothingThere
from bailee.contract.force import InForce
from bailee.gate.archive import Archive, Dossier


async def dossier_of(archive: Archive, controller: UUID) -> Dossier:
    """The controller's dossier as it is now, or `NothingThere`."""
    dossier = await archive.refresh(controller)
    if dossier is None:
        raise NothingThere
    return dossier


async def force_of(archive: Archive, controller: UUID, at: datetime) -> InForce:
    """What is in force of it, or `NothingInForce`."""
    force = (await dossier_of(archive, controller)).in_force(at)
    if force is None:
        raise NothingInForce
    return force
