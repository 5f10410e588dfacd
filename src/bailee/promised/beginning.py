"""What every clause's room begins with: the house, the agreement in force, obligations, notices on their way in."""

from collections.abc import Sequence
from functools import cache, cached_property
from uuid import UUID

from bailee.contract.agreement import Agreement
from bailee.contract.reading import read_agreement
from bailee.gate import queries as gate
from bailee.gate.expiring import Expiring
from bailee.house import Rooms
from bailee.infra import samples
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import Obligations
from bailee.processing.accounts.technical import Technical
from bailee.worker.rounds import Rounds


@cache
def sample() -> Agreement:
    """The platform's own agreement, its slots empty."""
    return read_agreement(samples.agreement().read_text(encoding="utf-8"))


class Beginning:
    """One running platform, as the clauses' rooms find it."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms

    async def everyone(self) -> Sequence[UUID]:
        """Every controller, the platform itself included."""
        return [one.id for one in await self.rooms.filing.listed()]

    async def in_force(self, controller: UUID) -> Agreement | None:
        """The agreement in force now, as of the latest that is on file; None once destruction has begun."""
        async with self.rooms.data.transaction(controller) as tx:
            row = await tx.fetchrow(gate.GATE, controller)
        dossier = (
            await self.rooms.archive.dossier(controller, row["gate_version"])
            if row and row["state"] == "open"
            else None
        )
        force = dossier.in_force(self.rooms.clock.now()) if dossier else None
        return force.agreement if force else None

    @property
    def obligations(self) -> Obligations:
        """Who owes what to whom by when; made in the house, because the end of a contract opens some."""
        return self.rooms.owing.obligations

    @cached_property
    def queueing(self) -> Queueing:
        """Notices on their way in."""
        return Queueing(self.rooms.keys, self.rooms.clock)

    @cached_property
    def technical(self) -> Technical:
        """The log of sign-ins, and its ends."""
        rooms = self.rooms
        return Technical(
            passage=rooms.passage, records=rooms.records, committing=rooms.committing, keys=rooms.keys,
            clock=rooms.clock, expiring=self.expiring,
        )  # fmt: skip

    @cached_property
    def expiring(self) -> Expiring:
        """What deletes the records whose time is over."""
        return Expiring(passage=self.rooms.passage, committing=self.rooms.committing, clock=self.rooms.clock)

    @cached_property
    def rounds(self) -> Rounds:
        """Duties at every controller."""
        return self.rooms.rounds_over(self.everyone)
