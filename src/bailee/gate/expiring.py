"""Expiring: a record whose time is over is deleted, of whatever type it is; until then nobody is shown it.

The end of a record stands in clear beside it (`expires_at`). Deleting it is ruled and recorded like any change, in the
platform's name, under the lock of its person: what is restricted or held stays until nothing keeps it any more.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend, narrow
from bailee.gate import queries
from bailee.gate.archive import Dossier
from bailee.gate.narrowing import NONE, facts_of
from bailee.gate.passage import Destroyed, Passage
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Change
from bailee.vault import holding
from bailee.vault import queries as vault_queries
from bailee.vault.holding import Row
from bailee.vault.record_types import RecordType
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

CHUNK = 500
START = (datetime.fromisoformat("0001-01-02T00:00:00Z"), UUID(int=0))
ACTOR = Actor(id="platform", kind=ActorKind.processor_system, credential=UUID(int=0))

# What is done to one record, its person locked: (change, permit, record, key id) -> the fact that says so, or None.
Do = Callable[[Transaction, Permit, Row, UUID], Awaitable[Change | None]]


class Expiring:
    """Deletes what has served its time."""

    def __init__(self, *, passage: Passage, committing: Committing, clock: Clock) -> None:
        self._passage = passage
        self._committing = committing
        self._clock = clock

    async def due(self, controller: UUID) -> int:
        """Delete the records whose time is over; how many. Nothing where all is being destroyed."""
        count, after = 0, START
        while True:
            try:
                dossier = await self._passage.current(controller)
            except Destroyed:
                return count
            async with self._committing.transaction(controller) as change:
                given = (controller, self._clock.now(), *after, CHUNK)
                rows = await change.connection.fetch(queries.EXPIRED, *given)
                for name in sorted({row["type"] for row in rows} & set(dossier.types)):
                    mine = [row for row in rows if row["type"] == name]
                    asked = asking(controller, Operation.delete, dossier.types[name])
                    count += len(await self.each((dossier, change), asked, mine, self.deleted))
            if len(rows) < CHUNK:
                return count
            after = rows[-1]["expires_at"], rows[-1]["record_id"]

    async def each(
        self, under: tuple[Dossier, Transaction], asked: AccessRequest, rows: Sequence[Row], do: Do
    ) -> list[Change]:
        """Do something to records whose persons' rows allow it, under the locks of those persons."""
        dossier, change = under
        if not rows:
            return []
        permit = self._passage.rule(dossier, asked)
        if isinstance(permit, Refusal):
            await self._passage.refuse(permit)
            return []
        persons = sorted({row["person_id"] for row in rows})
        locked = await change.connection.fetch(queries.LOCK_PEOPLE, change.controller, persons)
        people, facts = {person["person_id"]: person for person in locked}, list[Change]()
        for row in rows:
            person = people[row["person_id"]]
            narrowed = narrow(permit, facts_of(person, NONE, permit.at))
            if isinstance(narrowed, Refusal) or narrowed.withheld or person["held"]:
                continue
            fact = await do(change, narrowed, row, person["key_id"])
            if fact is not None:
                facts.append(fact)
        if facts:
            await change.append(facts)
        return facts

    async def deleted(self, change: Transaction, permit: Permit, row: Row, _: UUID) -> Change | None:
        """Delete one record, its person locked; None where it is gone already."""
        address = Address(
            controller=change.controller, person=row["person_id"], type=row["type"], record=row["record_id"]
        )
        known = (address.controller, address.person, address.record)
        current = await change.connection.fetchrow(vault_queries.RECORD, *known)
        if current is None:
            return None
        await holding.delete(change.connection, address, self._clock.now())
        return Change(extend(permit, (address,)), address, current["version"], None)


def asking(controller: UUID, operation: Operation, record_type: RecordType) -> AccessRequest:
    """What keeps records within their time asks: all that records of a type can hold."""
    categories = frozenset(field.category for field in record_type.fields.values())
    return AccessRequest(
        actor=ACTOR, controller=controller, operation=operation, purpose=Purpose.storage_and_backup,
        categories=categories, named=True,
    )  # fmt: skip
