"""Addresses: the one valid now for each kind of notice, from the agreement in force and confirmed changes of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.contact_data import queries
from bailee.clauses.contact_data.events import ContactKnown, Reached
from bailee.clauses.contact_data.sealing import CONTACTS, UNDER
from bailee.clauses.contact_data.slots import ADDRESSES, NOBODY, OURS, SLOT_OF, THEIRS, agreed, known_at, valid
from bailee.contract.agreement import NONE_APPOINTED, Agreement, Contact
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.obligations.notices.notice import Kind, Side
from bailee.obligations.notices.routing import MARKED_UNDER, Route, mark

InForce = Callable[[UUID], Awaitable[Agreement | None]]
NO_LETTERS_OF = frozenset({"contact"})  # about the address itself: nobody else gets a copy


class Now(msgspec.Struct, frozen=True):
    """Who is reached in each slot now, what the agreement says of it, and in which language letters are."""

    slots: dict[str, Reached]
    agreed: dict[str, Reached]
    marks: dict[str, str]  # of what the agreement says
    language: str
    copied: bool
    known: tuple[ContactKnown, ...]


class Addresses:
    """The `Routing` of notices. `in_force` gives a controller's agreement, None where there is none."""

    def __init__(self, *, database: Database, keys: KeyStore, clock: Clock, in_force: InForce) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._in_force = in_force

    async def now(self, controller: UUID) -> Now | None:
        """Everything that is known of a controller's addresses now; None without an agreement in force."""
        agreement = await self._in_force(controller)
        if agreement is None:
            return None
        known = await self.history(controller)
        key = await self._keys.controller_key(controller, MARKED_UNDER)
        says = agreed(agreement)
        marks = {slot: mark(key, one.email) for slot, one in says.items()}
        at = self._clock.now()
        slots = {slot: valid(slot, one, marks[slot], known, at) for slot, one in says.items()}
        term = agreement.terms.contact_data.officer_copy
        return Now(slots, says, marks, agreement.language, term is not None and term.value == "yes", tuple(known))

    async def history(self, controller: UUID) -> list[ContactKnown]:
        """Every line of every slot, the oldest first."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.ALL, controller)
        if not rows:
            return []
        key = await self._keys.controller_key(controller, UNDER)
        return [
            ContactKnown(
                id=row["contact_id"], slot=row["slot"], source=row["source"], state=row["state"], mark=row["mark"],
                instead_of=row["instead_of"], made_at=row["made_at"], made_by=row["made_by"], since_at=row["since_at"],
                confirmed_at=row["confirmed_at"], over_at=row["over_at"],
                reached=CONTACTS.unseal(key, controller, row["contact_id"], row["sealed"]),
            )
            for row in rows
        ]  # fmt: skip

    async def route(self, controller: UUID, kind: Kind, side: Side) -> Route:
        """Where a notice of this kind goes now."""
        now = await self.now(controller)
        if now is None:
            return Route()
        if side == "processor":
            officer = now.slots[OURS].email
            return Route((officer,) if officer else (), (), now.language)
        to, officer = now.slots[SLOT_OF[kind]].email, now.slots[THEIRS].email
        copies = (officer,) if now.copied and officer and kind not in NO_LETTERS_OF else ()
        return Route((to,) if to else (), copies, now.language)

    async def as_known(self, controller: UUID, agreement: Agreement) -> Agreement:
        """An agreement with the officer that the controller has named since: persons are told of that one."""
        now = await self.now(controller)
        if now is None or now.slots[THEIRS] == now.agreed[THEIRS]:
            return agreement
        officer, party = now.slots[THEIRS], agreement.parties.controller
        dpo = Contact(name=officer.name or officer.email, email=officer.email) if officer.email else NONE_APPOINTED
        party = msgspec.structs.replace(party, dpo=dpo)
        return msgspec.structs.replace(agreement, parties=msgspec.structs.replace(agreement.parties, controller=party))

    async def officers_at(self, controller: UUID, agreement: Agreement, at: datetime) -> tuple[Reached, Reached]:
        """The officers of the controller and of the processor as they were known at an instant, by the agreement that had
        force then and the changes of it that were confirmed by then."""
        says, known = agreed(agreement), await self.history(controller)
        if not known:
            return says[THEIRS], says[OURS]
        key = await self._keys.controller_key(controller, MARKED_UNDER)
        then = known_at(known, at)
        theirs, ours = (valid(slot, says[slot], mark(key, says[slot].email), then, at) for slot in (THEIRS, OURS))
        return theirs, ours

    async def named(self, controller: UUID) -> tuple[str, ...]:
        """Every address of the controller's that the agreement or a confirmed change of it names, each once."""
        now = await self.now(controller)
        if now is None:
            return ()
        slots = [now.slots[slot] for slot in (*ADDRESSES, THEIRS)]
        return tuple(dict.fromkeys(one.email for one in slots if one != NOBODY and one.email))
