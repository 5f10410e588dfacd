"""Ending: when a merge's term is over, the absorbed is erased for good, as anyone is (deletion by the platform).

So is whoever was merged into someone who has been erased since: it was the same human being. Each erasure is marked
in one transaction with its entries and the merge's end; a crash after that is gone on from like any other erasure.
"""

from uuid import UUID

from bailee.contract.ruling import AccessRequest, Permit, Refusal
from bailee.gate.archive import Dossier
from bailee.gate.changing import Changing, Done, Held, Unknown, Work, Written
from bailee.gate.passage import Destroyed
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act, Fact
from bailee.processing.accounts.reconciling import queries, standing
from bailee.processing.accounts.reconciling.merges import ENDED, MERGED, OPEN, ORPHANED
from bailee.vault import queries as vault_queries
from bailee.vault.erasing import Erasing
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

PLATFORM = Actor("platform", ActorKind.processor_system, UUID(int=0))
MANY = 100


class Ending:
    """Erases the absorbed whose term is over."""

    def __init__(self, *, changing: Changing, erasing: Erasing, database: Database, clock: Clock, place: str) -> None:
        self._changing = changing
        self._erasing = erasing
        self._database = database
        self._clock = clock
        self._place = place

    async def due(self, controller: UUID) -> int:
        """Erase those whose day has come; how many. Whoever is under a hold, or refused, is tried again."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.DUE_MERGES, controller, self._clock.now(), MANY)
        return sum([await self._end(controller, row["merge_id"], row["absorbed_id"]) for row in rows])

    async def _end(self, controller: UUID, merge: UUID, absorbed: UUID) -> bool:
        request = AccessRequest(
            actor=PLATFORM, controller=controller, operation=Operation.erase, purpose=Purpose.account_management,
            persons=(absorbed,), place=self._place,
        )  # fmt: skip
        try:
            written = await self._changing.change(request, self._work(merge, absorbed))
        except (Held, Unknown, Destroyed):
            return False
        if isinstance(written, Refusal):
            return False
        await self._erasing.proceed(controller, absorbed)
        return True

    def _work(self, merge: UUID, absorbed: UUID) -> Work:
        async def work(_dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            tx, controller, now = change.connection, change.controller, self._clock.now()
            person = await tx.fetchrow(vault_queries.LOCK_PERSON, controller, absorbed)
            row = await tx.fetchrow(queries.LOCK_MERGE, controller, merge)
            if row is None or row["state"] not in (OPEN, ORPHANED) or (row["state"] == OPEN and row["due_at"] > now):
                raise Unknown
            if person is None or person["state"] != MERGED:
                raise Unknown
            standing.allow_alias(permit, person)
            if person["held"]:
                raise Held
            await self._erasing.mark(change, absorbed, person["key_id"])
            await tx.execute(queries.CLOSE_MERGE, controller, merge, ENDED, now)
            await tx.execute(queries.DELETE_MERGE_RECORDS, controller, merge)
            act = Act("erasure-asked", controller, permit.request.actor.id, {"merge": str(merge)}, (absorbed,))
            both: list[Fact] = [permit, act]
            appended = await change.append(both)
            return Written((absorbed,), (), person["version"], "", 202), appended[-1]

        return work
