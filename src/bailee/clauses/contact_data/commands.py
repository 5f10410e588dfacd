"""Changing addresses and officers between amendments, and noticing what an amendment changed.

A new address of the controller's is used only once somebody who reads it has said so: until then notices go where they
went. The old address is told at once, so that nobody takes a controller's mail away in silence.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from asyncpg import Record

from bailee.clauses.contact_data import queries
from bailee.clauses.contact_data.addresses import Addresses, Now
from bailee.clauses.contact_data.events import ContactKnown, Reached
from bailee.clauses.contact_data.mistakes import NoAddress, NotAll, NothingAgreed, NothingWaits
from bailee.clauses.contact_data.sealing import CONTACTS, UNDER
from bailee.clauses.contact_data.slots import NOBODY, OFFICERS, OURS, SLOTS, THEIRS
from bailee.clauses.contact_data.telling import Telling
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.infra.letters import is_address
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.mailbox.intents import Intent, Stale
from bailee.obligations.notices.routing import MARKED_UNDER, mark
from bailee.vocabulary.ids import new_id

ABREAST = 4  # controllers that are told of our officer at a time

log = structlog.get_logger()


class Outrun(Exception):
    """Somebody else was faster."""


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A line to be written into a slot's history."""

    slot: str
    reached: Reached
    state: str
    since: datetime
    source: str = "change"


class Contacts:
    """Keeps addresses and officers up to date."""

    def __init__(
        self, *, committing: Committing, keys: KeyStore, clock: Clock, addresses: Addresses, telling: Telling,
        controllers: Callable[[], Awaitable[Sequence[UUID]]],
    ) -> None:  # fmt: skip
        self._committing = committing
        self._keys = keys
        self._clock = clock
        self._addresses = addresses
        self._telling = telling
        self._controllers = controllers

    async def change(
        self, controller: UUID, slots: Sequence[str], reached: Reached, *, since: datetime | None = None, by: str
    ) -> tuple[UUID, ...]:
        """Ask for another address in some of the controller's slots; it is used once it is confirmed, from its day on."""
        _chosen(slots, reached)
        now = await self._known(controller)
        async with self._committing.transaction(controller) as change:
            return await self.change_within(change, now, slots, reached, since=since, by=by)

    async def change_within(
        self, change: Transaction, now: Now, slots: Sequence[str], reached: Reached, *, since: datetime | None = None,
        by: str,
    ) -> tuple[UUID, ...]:  # fmt: skip
        """The same, in a transaction that stands or falls with more than this."""
        chosen, at = _chosen(slots, reached), self._clock.now()
        lines = [New(slot=slot, reached=reached, state="asked", since=max(since or at, at)) for slot in chosen]
        ids = [await self._write(change, now, line, by=by) for line in lines]
        details = {"contacts": [str(one) for one in ids], "slots": chosen}
        await change.append([Act("contact-asked", change.controller, by, details)])
        await self._telling.ask(change, now, chosen, reached, ids=ids, by=by)
        return tuple(ids)

    async def confirm(self, change: Transaction, intent: Intent, *, by: str) -> None:
        """The command of the mailed link: the address arrives, so it is used from its day on."""
        ids = [UUID(one) for one in intent.arguments["contacts"]]
        rows = await change.connection.fetch(queries.LOCK, change.controller, ids)
        if len(rows) != len(ids) or any(row["state"] != "asked" for row in rows):
            raise Stale
        at = self._clock.now()
        await change.connection.fetch(queries.CONFIRM, change.controller, ids, at)
        for row in rows:
            await change.connection.execute(
                queries.END_OTHERS, change.controller, row["slot"], row["contact_id"], at, row["since_at"]
            )
            await self._supersede(change, row, at, by=by)
        slots, ids = [row["slot"] for row in rows], [row["contact_id"] for row in rows]
        details = {"contacts": [str(one) for one in ids], "slots": slots}
        await change.append([Act("contact-confirmed", change.controller, by, details)])
        await self._telling.confirmed(change, slots, ids, by=by, proof=f"notice/{intent.notice}")

    async def _supersede(self, change: Transaction, row: Record, at: datetime, *, by: str) -> None:
        """What was asked for the same slot before is over: a mistyped address cannot take the place of its correction."""
        slot, given = row["slot"], (row["slot"], row["contact_id"], at, row["made_at"])
        for before in await change.connection.fetch(queries.SUPERSEDE, change.controller, *given):
            contact = before["contact_id"]
            await change.append([Act("contact-dropped", change.controller, by, {"contact": str(contact)})])
            await self._telling.dropped(change, slot, contact, by=by)

    async def drop(self, controller: UUID, contact: UUID, *, by: str) -> None:
        """Take a change back before it is confirmed: the address before stays."""
        async with self._committing.transaction(controller) as change:
            await self.drop_within(change, contact, by=by)

    async def drop_within(self, change: Transaction, contact: UUID, *, by: str) -> None:
        """The same, in a transaction that stands or falls with more than this."""
        controller = change.controller
        rows = await change.connection.fetch(queries.LOCK, controller, [contact])
        if not rows or rows[0]["state"] != "asked":
            raise NothingWaits
        await change.connection.fetch(queries.END, controller, [contact], self._clock.now())
        await change.append([Act("contact-dropped", controller, by, {"contact": str(contact)})])
        await self._telling.dropped(change, rows[0]["slot"], contact, by=by)

    async def no_officer(self, controller: UUID, *, by: str) -> None:
        """The controller has no officer, or none any more: `NothingWaits` where that is known already."""
        now = await self._known(controller)
        async with self._committing.transaction(controller) as change:
            await self.no_officer_within(change, now, by=by)

    async def no_officer_within(self, change: Transaction, now: Now, *, by: str) -> None:
        """The same, in a transaction that stands or falls with more than this. Nothing is to be confirmed: from now on no
        letter is copied to the officer before, who is told so at once."""
        if now.slots[THEIRS] == NOBODY:
            raise NothingWaits
        controller, at = change.controller, self._clock.now()
        line = New(slot=THEIRS, reached=NOBODY, state="confirmed", since=at)
        id = await self._write(change, now, line, by=by)
        await change.connection.execute(queries.END_OTHERS, controller, THEIRS, id, at, at)
        for before in await change.connection.fetch(queries.SUPERSEDE, controller, THEIRS, id, at, at):
            contact = before["contact_id"]
            await change.append([Act("contact-dropped", controller, by, {"contact": str(contact)})])
            await self._telling.dropped(change, THEIRS, contact, by=by)
        await change.append([Act("officer-named", controller, by, {"contact": str(id), "slot": THEIRS, "none": True})])
        await self._telling.no_officer(change, now, id=id, by=by)

    async def appoint(self, controller: UUID, officer: Reached, *, by: str) -> UUID:
        """Name another officer of ours to a controller, and tell it at once."""
        if officer.email and not is_address(officer.email):
            raise NoAddress
        now, at = await self._known(controller), self._clock.now()
        async with self._committing.transaction(controller) as change:
            id = await self._write(change, now, New(slot=OURS, reached=officer, state="confirmed", since=at), by=by)
            await change.connection.execute(queries.END_OTHERS, controller, OURS, id, at, at)
            await change.append([Act("officer-named", controller, by, {"contact": str(id), "slot": OURS})])
            await self._telling.officer(change, now, OURS, officer, id=id, by=by)
        return id

    async def appoint_for_all(self, officer: Reached, *, by: str) -> int:
        """Name another officer of ours to every controller with an agreement in force; how many were told.

        What fails at one keeps no other waiting: `NotAll` says so at the end, and saying it again tells the rest alone.
        """
        room = asyncio.Semaphore(ABREAST)

        async def one(controller: UUID) -> bool:
            async with room:
                now = await self._addresses.now(controller)
                if now is None or now.slots[OURS] == officer:
                    return False
                await self.appoint(controller, officer, by=by)
                return True

        told = await asyncio.gather(*map(one, await self._controllers()), return_exceptions=True)
        failed = [found for found in told if isinstance(found, BaseException)]
        if failed:
            log.error("not every controller was told of our officer", failed=len(failed), exc_info=failed[0])
            raise NotAll(len(failed)) from failed[0]
        return sum(map(bool, told))

    async def due(self, controller: UUID) -> int:
        """Notice what an amendment changed: write down what the agreement in force says, and tell of what it says otherwise than before; how many."""
        now = await self._addresses.now(controller)
        if now is None:
            return 0
        last = {one.slot: one for one in now.known if one.source == "agreement" and one.state == "confirmed"}
        changed = [slot for slot in SLOTS if slot not in last or last[slot].mark != now.marks[slot]]
        if not changed:
            return 0
        try:
            async with self._committing.transaction(controller) as change:
                await self._amend(change, now, changed, last)
        except Outrun:
            return 0
        return len(changed)

    async def _amend(
        self, change: Transaction, now: Now, changed: Sequence[str], last: dict[str, ContactKnown]
    ) -> None:
        at = self._clock.now()
        before = [last[slot].id for slot in changed if slot in last]
        if len(await change.connection.fetch(queries.END, change.controller, before, at)) != len(before):
            raise Outrun
        ids: dict[str, UUID] = {}
        for slot in changed:
            line = New(slot=slot, reached=now.agreed[slot], state="confirmed", since=at, source="agreement")
            ids[slot] = await self._write(change, now, line, by="agreement")
        details = {"slots": list(changed), "contacts": [str(one) for one in ids.values()]}
        await change.append([Act("contacts-agreed", change.controller, "platform", details)])
        if not before:
            return  # the first reading: the parties have just signed it
        for slot in changed:
            if slot in OFFICERS:
                await self._telling.officer(change, now, slot, now.agreed[slot], id=ids[slot], by="platform")
        addresses = [slot for slot in changed if slot not in OFFICERS]
        if addresses:
            await self._telling.addresses(change, now, addresses, ids[addresses[0]], by="platform")

    async def _write(self, change: Transaction, now: Now, line: New, *, by: str) -> UUID:
        id, at = new_id(), self._clock.now()
        key = await self._keys.controller_key(change.controller, UNDER)
        marking = await self._keys.controller_key(change.controller, MARKED_UNDER)
        await change.connection.execute(
            queries.INSERT, change.controller, id, line.slot, line.source, line.state, mark(marking, line.reached.email),
            now.marks[line.slot], at, by, line.since, at if line.state == "confirmed" else None,
            CONTACTS.seal(key, change.controller, id, line.reached),
        )  # fmt: skip
        return id

    async def _known(self, controller: UUID) -> Now:
        now = await self._addresses.now(controller)
        if now is None:
            raise NothingAgreed
        return now


def _chosen(slots: Sequence[str], reached: Reached) -> list[str]:
    """The controller's own slots among those named."""
    chosen = [slot for slot in SLOTS if slot in slots and slot != OURS]
    if not is_address(reached.email) or not chosen:
        raise NoAddress
    return chosen
