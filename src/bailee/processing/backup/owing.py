"""What is owed of backups, at the platform: the next copy and the next drill, each opened as the last was kept."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from bailee.infra.settings import Settings
from bailee.ledger.committing import Committing, Transaction
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.processing.backup import deadlines, queries
from bailee.processing.backup.deadlines import COPY, DRILL, Terms
from bailee.processing.backup.events import Check, Copy

PLATFORM = "platform"
FIRST = "first"


def terms_of(settings: Settings) -> Terms:
    """The terms that are set."""
    return Terms(
        hours=int(settings.backup_hours), kept=int(settings.backup_kept_days), drilled=int(settings.drill_days)
    )


class Owing:
    """Opens and discharges, in the transactions of what is done."""

    def __init__(self, committing: Committing, obligations: Obligations, platform: UUID, terms: Terms) -> None:
        self._committing = committing
        self._obligations = obligations
        self._platform = platform
        self.terms = terms

    async def begin(self, now: datetime) -> None:
        """A first copy is owed from the first look on; nothing where anything is owed already."""
        async with self._committing.transaction(self._platform) as change:
            rows = await change.connection.fetch(queries.OWED, self._platform, deadlines.CLAUSE)
            if not any(row["subject"].startswith(COPY) for row in rows):
                await self._obligations.open(change, deadlines.next_copy(FIRST, now, self.terms), by=PLATFORM)

    async def copied(self, change: Transaction, copy: Copy, *, by: str, provable: bool) -> None:
        """A copy was made: the next is owed, and with the first of all a first drill, where it can be proven here."""
        rows = await change.connection.fetch(queries.OWED, self._platform, deadlines.CLAUSE)
        drilled = any(row["subject"].startswith(DRILL) for row in rows)
        await self._turn(change, COPY, deadlines.next_copy(copy.name, copy.taken_at, self.terms), copy.entry, by=by)
        if provable and not drilled:
            await self._obligations.open(change, deadlines.next_drill(FIRST, copy.taken_at, self.terms), by=by)

    async def drilled(self, change: Transaction, check: Check, *, by: str) -> None:
        """A drill has proven a copy: the next is owed."""
        await self._turn(change, DRILL, deadlines.next_drill(check.id, check.ended_at, self.terms), check.entry, by=by)

    async def _turn(self, change: Transaction, what: str, following: Promise, entry: str, *, by: str) -> None:
        for row in await change.connection.fetch(queries.OWED, self._platform, deadlines.CLAUSE):
            if row["subject"].startswith(what):
                with suppress(NotOpen):
                    await self._obligations.discharge(change, row["obligation_id"], by=by, proof=f"entry/{entry}")
        await self._obligations.open(change, following, by=by)
