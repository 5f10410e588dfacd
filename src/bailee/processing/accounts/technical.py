"""Technical data: the log of sign-ins, sealed under each person's key, with a retention of its own (data.technical).

An entry is a record of the built-in type `activity`, so that it is read, returned and erased like all that is held about
a person: by the person and by their controller, through the gate. Its two ends are the agreement's: the address is
shortened after one term, the whole is deleted after the other. Data of the restricted and of those held stay until
nothing keeps them; nobody is shown them past their day.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from bailee.contract.agreement import Agreement
from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend, narrow
from bailee.contract.terms.term import Term
from bailee.gate import queries as gate_queries
from bailee.gate.archive import Dossier
from bailee.gate.narrowing import facts_of
from bailee.gate.passage import Destroyed, Passage
from bailee.gate.records import Draft, Records
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Change
from bailee.obligations.calendar import Calendar
from bailee.processing.accounts import queries
from bailee.vault import activity, holding
from bailee.vault import queries as vault_queries
from bailee.vault.activity import ACTIVITY, SHORTENED, TYPE, WHOLE
from bailee.vault.holding import Row
from bailee.vault.sealing import Altered, Sealed
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.periods import Period
from bailee.vocabulary.purposes import Purpose

CHUNK = 500
FIRST = UUID(int=0)
ACTOR = Actor(id="platform", kind=ActorKind.processor_system, credential=UUID(int=0))
EVER = datetime.fromisoformat("0001-01-02T00:00:00Z")

Place = tuple[datetime, UUID]
# What is done to one entry, its person locked: (change, permit, entry, key id) -> the fact that says so, or None.
Do = Callable[[Transaction, Permit, Row, UUID], Awaitable[Change | None]]


class Technical:
    """Writes the log, shortens it, ends it."""

    def __init__(
        self, *, passage: Passage, records: Records, committing: Committing, keys: KeyStore, clock: Clock
    ) -> None:
        self._passage = passage
        self._records = records
        self._committing = committing
        self._keys = keys
        self._clock = clock

    async def signed_in(
        self, controller: UUID, person: UUID, methods: tuple[str, ...], *, address: str, agent: str
    ) -> None:
        """Log that someone signed in. Where no agreement is in force (the platform's own staff) the ledger alone says
        so; where the agreement does not let it be logged, the refusal is recorded and the sign-in goes on."""
        await self._log(controller, person, "signed-in", (methods, agent, address))

    async def refused(
        self, controller: UUID, person: UUID, methods: tuple[str, ...], *, address: str, agent: str
    ) -> None:
        """Log that someone was refused who tried to sign in as this person, likewise."""
        await self._log(controller, person, "sign-in-refused", (methods, agent, address))

    async def _log(self, controller: UUID, person: UUID, kind: str, said: tuple[tuple[str, ...], str, str]) -> None:
        methods, agent, address = said
        dossier = await self._passage.dossier(controller)
        agreement = self._agreement(dossier)
        if agreement is None:
            return
        data = {"kind": kind, "methods": list(methods), "agent": agent[:500], "address": address[:45]}
        asked = AccessRequest(
            actor=ACTOR, controller=controller, operation=Operation.store, purpose=Purpose.security,
            categories=TYPE.categories(data), named=True,
            addresses=(Address(controller=controller, person=person, type=ACTIVITY, record=new_id()),),
        )  # fmt: skip
        ends = _ends(agreement, agreement.terms.retention.technical, self._clock.now())
        await self._records.create(asked, Draft(data, WHOLE, ends))

    async def due(self, controller: UUID) -> int:
        """Shorten and delete what is due at a controller; how many entries. Nothing where all is being destroyed."""
        try:
            return await self._shorten(controller) + await self._delete(controller)
        except Destroyed:
            return 0

    async def _current(self, controller: UUID) -> Dossier:
        """The dossier as of now: a class of records that is new is in no older one."""
        async with self._committing.transaction(controller) as change:
            version = await change.connection.fetchval(gate_queries.GATE, controller)
        return await self._passage.dossier(controller, version or 0)

    async def _shorten(self, controller: UUID) -> int:
        count, after = 0, (EVER, FIRST)
        while True:
            dossier = await self._current(controller)
            agreement, now = self._agreement(dossier), self._clock.now()
            class_id = next((id for id, policy in dossier.classes.items() if policy == WHOLE), None)
            if agreement is None or class_id is None:
                return count
            async with self._committing.transaction(controller) as change:
                rows = await change.connection.fetch(queries.WHOLE_ACTIVITY, controller, class_id, *after, CHUNK)
                term = agreement.terms.retention.technical_addresses
                due = [row for row in rows if _ends(agreement, term, row["since"]) <= now]
                done = await self._each(dossier, change, Operation.anonymise, due, self._shortened)
            count += len(done)
            if len(due) < CHUNK:
                return count
            after = due[-1]["since"], due[-1]["record_id"]

    async def _delete(self, controller: UUID) -> int:
        count, after = 0, (EVER, FIRST)
        while True:
            dossier = await self._current(controller)
            async with self._committing.transaction(controller) as change:
                rows = await change.connection.fetch(
                    queries.ENDED_ACTIVITY, controller, self._clock.now(), *after, CHUNK
                )
                done = await self._each(dossier, change, Operation.delete, rows, self._deleted)
            count += len(done)
            if len(rows) < CHUNK:
                return count
            after = rows[-1]["since"], rows[-1]["record_id"]

    async def _each(
        self, dossier: Dossier, change: Transaction, operation: Operation, rows: list[Row], do: Do
    ) -> list[Change]:
        """Do something to entries whose persons' rows allow it, under the locks of those persons."""
        if not rows:
            return []
        controller = change.controller
        permit = self._passage.rule(
            dossier,
            AccessRequest(
                actor=ACTOR, controller=controller, operation=operation, purpose=Purpose.storage_and_backup,
                categories=frozenset(field.category for field in TYPE.fields.values()), named=True,
            ),
        )  # fmt: skip
        if isinstance(permit, Refusal):
            await self._passage.refuse(permit)
            return []
        persons = sorted({row["person_id"] for row in rows})
        people = {p["person_id"]: p for p in await change.connection.fetch(queries.LOCK_PEOPLE, controller, persons)}
        facts = list[Change]()
        for row in rows:
            person = people[row["person_id"]]
            narrowed = narrow(permit, facts_of(person, frozenset()))
            if isinstance(narrowed, Refusal) or narrowed.withheld or person["held"]:
                continue
            fact = await do(change, narrowed, row, person["key_id"])
            if fact is not None:
                facts.append(fact)
        if facts:
            await change.append(facts)
        return facts

    async def _shortened(self, change: Transaction, permit: Permit, row: Row, key_id: UUID) -> Change | None:
        address = _address(change.controller, row)
        keys = await self._keys.person_keys([(address.controller, address.person, key_id)])
        if key_id not in keys:
            return None
        class_id, fresh = await holding.class_id(change.connection, address.controller, SHORTENED)
        if fresh:
            await change.connection.execute(gate_queries.BUMP_GATE, address.controller)
        try:
            sealed = activity.shortened(keys[key_id], Sealed(address, row["version"], key_id, row["sealed"]))
        except Altered as found:
            await self._passage.altered(permit, found)
            return None
        written = await change.connection.fetchval(
            queries.SHORTEN_ACTIVITY,
            address.controller,
            address.person,
            address.record,
            row["version"],
            class_id,
            sealed,
        )
        return None if written is None else _fact(permit, address, written, sealed)

    async def _deleted(self, change: Transaction, permit: Permit, row: Row, _: UUID) -> Change | None:
        address = _address(change.controller, row)
        current = await change.connection.fetchrow(
            vault_queries.RECORD, address.controller, address.person, address.record
        )
        if current is None:
            return None
        await holding.delete(change.connection, address, self._clock.now())
        return _fact(permit, address, current["version"], None)

    def _agreement(self, dossier: Dossier) -> Agreement | None:
        in_force = dossier.in_force(self._clock.now())
        return None if in_force is None else in_force.agreement


def _ends(agreement: Agreement, term: Term, since: datetime) -> datetime:
    return Calendar.of(agreement.time_zone, agreement.holidays).opens(since, Period.parse(term.value))


def _address(controller: UUID, row: Row) -> Address:
    return Address(controller=controller, person=row["person_id"], type=ACTIVITY, record=row["record_id"])


def _fact(permit: Permit, address: Address, version: int, sealed: bytes | None) -> Change:
    return Change(extend(permit, (address,)), address, version, holding.digest(sealed))
