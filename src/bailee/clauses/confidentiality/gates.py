"""Gates: each is told who is bound and trained, as the register has it under what is agreed there.

The register marks every gate in the transaction that changes it (`stir`), so none is ever forgotten; the gates at hand
are told at once, the others by the worker, which tries again where it fails. A gate's mark is locked before the register
is read: what was changed meanwhile marks it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog

from bailee.clauses.confidentiality import queries
from bailee.clauses.confidentiality.counting import Terms, changes, standings
from bailee.clauses.confidentiality.events import Access
from bailee.clauses.confidentiality.keeping import Keeping
from bailee.contract.agreement import Agreement
from bailee.gate import queries as gate
from bailee.gate.archive import Archive
from bailee.gate.filing import Filing
from bailee.infra.database import Database
from bailee.ledger.committing import Transaction
from bailee.obligations.calendar import Calendar

AT_HAND = 32

log = structlog.get_logger()

Controllers = Callable[[], Awaitable[Sequence[UUID]]]


class Gates:
    """Tells gates of the register, and asks them who has access. `controllers` are all that there are."""

    def __init__(
        self, *, keeping: Keeping, filing: Filing, archive: Archive, database: Database, controllers: Controllers
    ) -> None:
        self._keeping = keeping
        self._filing = filing
        self._archive = archive
        self._database = database
        self._controllers = controllers

    async def everyone(self) -> list[UUID]:
        """Every controller in one order, so that those who mark them do not wait for one another in a circle."""
        return sorted(one for one in await self._controllers() if one != self._keeping.platform)

    async def stir(self, own: Transaction, controllers: Sequence[UUID]) -> None:
        """Mark these gates in the transaction that changes the register."""
        await own.connection.execute(queries.STIR, list(controllers), self._keeping.platform)

    async def tell(self, controller: UUID) -> int:
        """Tell one gate; how many facts were new to it."""
        dossier, now = await self._archive.current(controller), self._keeping.clock.now()
        if dossier is None or dossier.state != "open":
            return 0
        force = dossier.in_force(now)
        terms = terms_of(force.agreement) if force else None
        async with self._keeping.committing.transaction(controller) as change:
            await change.connection.execute(queries.BEGIN, controller)
            await change.connection.fetchval(queries.LOCK, controller)
            register = await self._keeping.register()
            rows = await change.connection.fetch(gate.STANDING, controller)
            known = {(row["actor"], row["fact"]): row["until"] for row in rows}
            told = changes(known, standings(register, terms), now)
            await change.connection.execute(queries.TOLD, controller)
            if told:
                await self._filing.stand(change, told, by="platform")
        self._archive.forget(controller)  # another process may have told it a moment ago
        return len(told)

    async def tell_at_hand(self, first: Sequence[UUID]) -> None:
        """Tell some gates at once, those where it matters `first`; where it fails the worker tries again."""
        chosen = list(dict.fromkeys([*first, *await self.everyone()]))[:AT_HAND]
        found = await asyncio.gather(*map(self.tell, chosen), return_exceptions=True)
        for controller, one in zip(chosen, found, strict=True):
            if isinstance(one, Exception):
                log.warning(
                    "a gate was not told of the staff and will be", controller=str(controller), kind=type(one).__name__
                )
            elif isinstance(one, BaseException):
                raise one

    async def access(self, controllers: Sequence[UUID] | None = None) -> list[Access]:
        """The credentials of the processor's staff that hold: at some controllers, or at all."""
        asked = await self.everyone() if controllers is None else list(controllers)
        rows = await self._database.fetch(queries.ACCESS, asked, self._keeping.clock.now())
        return [
            Access(
                controller=row["controller"], credential=row["credential"], actor=row["actor"],
                purposes=tuple(row["purposes"]), created_at=row["created_at"], expires_at=row["expires_at"],
                used_at=row["used_at"], bound_until=row["bound_until"], trained_until=row["trained_until"],
                behind=row["behind"],
            )
            for row in rows
        ]  # fmt: skip


def terms_of(agreement: Agreement) -> Terms:
    """What an agreement says of staff."""
    calendar = Calendar.of(agreement.time_zone, agreement.holidays)
    return Terms(calendar, agreement.terms.confidentiality.training_valid.value)
