"""Technical data: the log of sign-ins, sealed under each person's key, with a retention of its own (data.technical).

An entry is a record of the built-in type `activity`, so that it is read, returned and erased like all that is held about
a person: by the person and by their controller, through the gate. Its two ends are the agreement's: the address is
shortened after one term, the whole is deleted after the other. Data of the restricted and of those held stay until
nothing keeps them; nobody is shown them past their day.
"""

from datetime import datetime
from uuid import UUID

from bailee.contract.agreement import Agreement
from bailee.contract.ruling import AccessRequest, Permit, extend
from bailee.contract.terms.term import Term
from bailee.gate import queries as gate_queries
from bailee.gate.archive import Dossier
from bailee.gate.expiring import ACTOR, START, Expiring, asking
from bailee.gate.passage import Destroyed, Passage
from bailee.gate.records import Draft, Records
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Change
from bailee.obligations.calendar import Calendar
from bailee.processing.accounts import queries
from bailee.vault import activity, holding
from bailee.vault.activity import ACTIVITY, SHORTENED, TYPE, WHOLE
from bailee.vault.holding import Row
from bailee.vault.sealing import Altered, Sealed
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.periods import Period
from bailee.vocabulary.purposes import Purpose

CHUNK = 500

Place = tuple[datetime, UUID]


class Technical:
    """Writes the log, and shortens it; what ends it ends every record (`gate/expiring.py`)."""

    def __init__(
        self, *, passage: Passage, records: Records, committing: Committing, keys: KeyStore, clock: Clock,
        expiring: Expiring,
    ) -> None:  # fmt: skip
        self._expiring = expiring
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
        """Shorten what is due at a controller; how many entries. Nothing where all is being destroyed."""
        try:
            return await self._shorten(controller)
        except Destroyed:
            return 0

    async def _shorten(self, controller: UUID) -> int:
        count, after = 0, START
        while True:
            dossier = await self._passage.current(controller)
            agreement, now = self._agreement(dossier), self._clock.now()
            class_id = next((id for id, policy in dossier.classes.items() if policy == WHOLE), None)
            if agreement is None or class_id is None:
                return count
            async with self._committing.transaction(controller) as change:
                rows = await change.connection.fetch(queries.WHOLE_ACTIVITY, controller, class_id, *after, CHUNK)
                term = agreement.terms.retention.technical_addresses
                due = [row for row in rows if _ends(agreement, term, row["since"]) <= now]
                asked = asking(controller, Operation.anonymise, TYPE)
                done = await self._expiring.each((dossier, change), asked, due, self._shortened)
            count += len(done)
            if len(due) < CHUNK:
                return count
            after = due[-1]["since"], due[-1]["record_id"]

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

    def _agreement(self, dossier: Dossier) -> Agreement | None:
        in_force = dossier.in_force(self._clock.now())
        return None if in_force is None else in_force.agreement


def _ends(agreement: Agreement, term: Term, since: datetime) -> datetime:
    return Calendar.of(agreement.time_zone, agreement.holidays).opens(since, Period.parse(term.value))


def _address(controller: UUID, row: Row) -> Address:
    return Address(controller=controller, person=row["person_id"], type=ACTIVITY, record=row["record_id"])


def _fact(permit: Permit, address: Address, version: int, sealed: bytes | None) -> Change:
    return Change(extend(permit, (address,)), address, version, holding.digest(sealed))
