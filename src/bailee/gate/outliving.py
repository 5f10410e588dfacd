"""Outliving: whole persons who are held longer than needed are erased, as whoever asks for their erasure is.

Ruled once for all, then under the lock of each person's row: who is held or restricted stays, and so does whoever is not
living any more. The entry, the mark and the row of work are one transaction of the caller's; what follows the mark
(`vault/erasing.py`) goes on from there, whoever stops in between.
"""

from collections.abc import Sequence
from uuid import UUID

from bailee.contract.ruling import AccessRequest, Refusal, extend, narrow
from bailee.gate import queries
from bailee.gate.archive import Dossier
from bailee.gate.expiring import ACTOR
from bailee.gate.narrowing import NONE, facts_of
from bailee.gate.passage import Passage
from bailee.ledger.committing import Transaction
from bailee.vault.erasing import Erasing
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose


class Outliving:
    """Erases whole persons by time."""

    def __init__(self, *, passage: Passage, erasing: Erasing, place: str) -> None:
        self._passage = passage
        self._erasing = erasing
        self._place = place

    async def mark(self, under: tuple[Dossier, Transaction], persons: Sequence[UUID]) -> list[UUID]:
        """Mark those of some persons whose rows allow it; who they are. None where the agreement lets nobody erase them:
        that refusal is recorded."""
        dossier, change = under
        asked = AccessRequest(
            actor=ACTOR, controller=change.controller, operation=Operation.erase, purpose=Purpose.storage_and_backup,
            place=self._place,
        )  # fmt: skip
        permit = self._passage.rule(dossier, asked)
        if isinstance(permit, Refusal):
            await self._passage.refuse(permit)
            return []
        marked = list[UUID]()
        for row in await change.connection.fetch(queries.LOCK_PEOPLE, change.controller, sorted(persons)):
            facts = facts_of(row, NONE, permit.at)
            if row["held"] or facts.restricted or isinstance(narrow(permit, facts), Refusal):
                continue
            await self._erasing.mark(change, row["person_id"], row["key_id"])
            marked.append(row["person_id"])
        if marked:
            await change.append([extend(permit, (), tuple(marked))])
        return marked

    async def carry(self, controller: UUID, persons: Sequence[UUID]) -> None:
        """Carry out what was marked and committed. What a stop leaves open is gone on with like any erasure."""
        for person in persons:
            await self._erasing.proceed(controller, person)
