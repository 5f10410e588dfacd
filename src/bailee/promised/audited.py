"""Audits: asked for, answered, proven."""

from collections.abc import Sequence
from functools import cached_property
from uuid import UUID

from bailee.clauses.audits.commands import Audits
from bailee.clauses.audits.keeping import Keeping
from bailee.clauses.audits.packing import Packing
from bailee.clauses.audits.telling import Telling
from bailee.contract.documents import SignedDocument
from bailee.promised.beginning import Beginning


class Audited(Beginning):
    """What the controller looks into, and what it is shown."""

    @cached_property
    def audits(self) -> Audits:
        """The audits of every controller."""
        rooms = self.rooms

        async def documents(controller: UUID) -> Sequence[SignedDocument]:
            return await rooms.filing.documents(controller)

        async def named(controller: UUID) -> str:
            return next((one.name for one in await rooms.filing.listed() if one.id == controller), "")

        return Audits(
            committing=rooms.committing, clock=rooms.clock, in_force=self.in_force, named=named,
            keeping=Keeping(committing=rooms.committing, keys=rooms.keys),
            telling=Telling(obligations=self.obligations, queueing=self.queueing, console=rooms.settings.origin),
            packing=Packing(
                reading=rooms.reading, log_key=rooms.log_key, obligations=self.obligations, clock=rooms.clock,
                documents=documents, named=named,
            ),
        )  # fmt: skip
