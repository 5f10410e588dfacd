"""Orders of the law: drafted, approved by two, told before they are followed or reasoned in silence, and then over.

Clauses instructions.legal-compulsion and transfers.compelled. The gate knows an order only from the moment when a server
took the notice over, or, where Union or member-state law forbids telling on important grounds of public interest, when
that reason stands sealed; and only for the order's own days. What could not be told is disclosed when the ban ends.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.clauses.instructions import queries
from bailee.clauses.instructions.deadlines import disclosure_due, telling_due
from bailee.clauses.instructions.events import Approval, Compelled, Known, OrderState
from bailee.clauses.instructions.mistakes import ChangedMeanwhile, Faulty, NothingThere, NotNow
from bailee.clauses.instructions.orders import clause_of, letter, looks, owed, subject_of
from bailee.clauses.instructions.sealing import Sealing
from bailee.contract.compulsion import Order, faults
from bailee.gate import beside
from bailee.gate import queries as gate
from bailee.gate.archive import Archive
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import NotOpen, Obligations

NEEDED = frozenset({"officer", "administrator"})


class Compelling:
    """Takes orders through their steps. Acts on an order that may not be told stand in the platform's own log."""

    def __init__(
        self, *, committing: Committing, sealing: Sealing, filing: Filing, archive: Archive, obligations: Obligations,
        queueing: Queueing, clock: Clock, platform: UUID, console: str = "",
    ) -> None:  # fmt: skip
        self._committing = committing
        self._sealing = sealing
        self._filing = filing
        self._archive = archive
        self._obligations = obligations
        self._queueing = queueing
        self._clock = clock
        self._platform = platform
        self._console = console

    async def draft(self, controller: UUID, order: Order, *, by: str) -> None:
        """Write an order down; `Faulty` with the codes of what keeps it from being followed."""
        if found := faults(order):
            raise Faulty(*found)
        if order.in_force_until <= self._clock.now():
            raise Faulty("over-already")
        sealed = await self._sealing.seal("compulsion", controller, order.id, Compelled(order=order, drafted_by=by))
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(queries.INSERT_ORDER, controller, order.id, now, sealed)
        await self._filing.platform_act(self._act("order-drafted", controller, order.id, by))

    async def listed(self, controller: UUID, *, told_only: bool = False) -> list[Known]:
        """Every order, the newest first; with `told_only` those that the controller was told of."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.ALL_ORDERS, controller)
        return [await self._known(controller, row) for row in rows if row["told"] or not told_only]

    async def find(self, controller: UUID, order: UUID) -> Known:
        """One order, or `NothingThere`."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.ONE_ORDER, controller, order)
        if row is None:
            raise NothingThere
        return await self._known(controller, row)

    async def approve(self, controller: UUID, order: UUID, *, role: str, by: str) -> Known:
        """One of the two approves: the officer and an administrator, two people. The second lets the order go on."""
        known = await self._at(controller, order, "drafted")
        if role not in NEEDED or any(one.role == role for one in known.what.approvals):
            raise NotNow("role-approved-already")
        if any(one.by == by for one in known.what.approvals):
            raise NotNow("two-people-are-needed")
        now = self._clock.now()
        approval = Approval(role, by, now)
        what = msgspec.structs.replace(known.what, approvals=(*known.what.approvals, approval))
        both = {one.role for one in what.approvals} == NEEDED
        if both and what.order.in_force_until <= now:
            raise NotNow("over-already")
        async with self._committing.transaction(controller) as change:
            if not both:
                await self._write(change, known, what, "drafted")
            elif what.order.ban is None:
                await self._tell(change, known, what, now)
            else:
                await self._follow(change, known, msgspec.structs.replace(what, owing=True))
        self._archive.forget(controller)
        await self._filing.platform_act(self._act("order-approved", controller, order, by))
        known = await self.find(controller, order)
        return await self._owe_disclosure(controller, known, by) if known.what.owing else known

    async def drop(self, controller: UUID, order: UUID, *, by: str) -> None:
        """Give an order up before it is followed."""
        known = await self._at(controller, order, "drafted")
        async with self._committing.transaction(controller) as change:
            await self._write(change, known, known.what, "dropped")
        await self._filing.platform_act(self._act("order-dropped", controller, order, by))

    async def end_ban(self, controller: UUID, order: UUID, event: str, *, by: str) -> None:
        """The event has come that ends the ban on telling: the controller is told now."""
        known = await self.find(controller, order)
        if known.what.order.ban is None or known.told or known.state not in ("in-force", "over"):
            raise NotNow("nothing-to-disclose")
        await self._disclose(controller, known, event or "ended", by)

    async def due(self, controller: UUID) -> int:
        """Follow orders that were told of, end those whose last day has come, disclose where a ban ends. Worker."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.ORDERS_TO_LOOK_AT, controller, self._clock.now())
        return sum([await self._look(controller, row["order_id"]) for row in rows])

    async def _look(self, controller: UUID, order: UUID) -> int:
        known, now = await self.find(controller, order), self._clock.now()
        ban = known.what.order.ban
        if known.state == "telling":
            return await self._if_told(controller, known, now)
        if known.what.owing:
            await self._owe_disclosure(controller, known, "platform")
            return 1
        if known.told and ban is not None and not known.what.settled:
            await self._settle(controller, known)
            return 1
        if ban is not None and not known.told and ban.until <= now and not ban.event:
            await self._disclose(controller, known, "day-came", "platform")
            return 1
        if known.state == "in-force" and known.what.order.in_force_until <= now:
            await self._end(controller, known)
            return 1
        return 0

    async def _if_told(self, controller: UUID, known: Known, now: datetime) -> int:
        """In force once a server took the notice over: then the obligation to tell is discharged."""
        telling = known.what.telling
        found = await self._obligations.one(controller, telling) if telling is not None else None
        if found is None or found.state != "discharged":
            return 0
        what = msgspec.structs.replace(known.what, told_at=found.ended_at)
        async with self._committing.transaction(controller) as change:
            if what.order.in_force_until <= now:
                await self._write(change, known, what, "over")
            else:
                await self._follow(change, known, what)
        self._archive.forget(controller)
        return 1

    async def _tell(self, change: Transaction, known: Known, what: Compelled, now: datetime) -> None:
        promise = owed(what.order, "", telling_due(what.order, now), "notice")
        telling = await self._obligations.open(change, promise, by="platform")
        said = letter(what.order, "compelled", telling, console=self._console)
        await self._queueing.queue(change, said, by="platform")
        await self._write(change, known, msgspec.structs.replace(what, telling=telling), "telling")
        await change.append([self._act("order-approved", change.controller, what.order.id, "platform", here=True)])

    async def _follow(self, change: Transaction, known: Known, what: Compelled) -> None:
        """Into the gate's store, and every worker rules anew."""
        await beside.compel(change, await self._sealing.key(change.controller), what.order, self._clock.now())
        await self._write(change, known, what, "in-force")
        await self._bump(change, "order-in-force", what.order, tell=what.order.ban is None)

    async def _end(self, controller: UUID, known: Known) -> None:
        async with self._committing.transaction(controller) as change:
            tell = known.what.order.ban is None or known.told
            if tell:  # one that is untold stays known to the gate: it veils
                await beside.release(change, known.what.order.id)
            await self._write(change, known, known.what, "over")
            await self._bump(change, "order-over", known.what.order, tell=tell)
        self._archive.forget(controller)

    async def _owe_disclosure(self, controller: UUID, known: Known, by: str) -> Known:
        """What is owed when the ban ends stands in the platform's dossier: the controller may not know of it yet. The
        order comes first, then what is owed for it; where that was cut short it is done when the order is looked at."""
        order = known.what.order
        assert order.ban is not None
        async with self._committing.transaction(self._platform) as own:
            await self._obligations.open(own, owed(order, "/disclosure", disclosure_due(order.ban), "notice"), by=by)
        async with self._committing.transaction(controller) as change:
            await self._write(change, known, msgspec.structs.replace(known.what, owing=False), known.state)
        return await self.find(controller, order.id)

    async def _disclose(self, controller: UUID, known: Known, why: str, by: str) -> None:
        """Tell now, and what the ban kept out of the controller's ledger with it; that nothing is owed any more is
        noted in the platform's dossier after, again if need be."""
        if known.what.owing:
            known = await self._owe_disclosure(controller, known, by)
        async with self._committing.transaction(controller) as change:
            said = letter(known.what.order, "disclosed", None, console=self._console)
            notice = await self._queueing.queue(change, said, by=by)
            what = msgspec.structs.replace(known.what, ban_ended=why, disclosed_by=notice)
            await self._write(change, known, what, known.state, told=True)
            await beside.release(change, what.order.id)
            if known.state == "in-force":
                open_ = msgspec.structs.replace(what.order, ban=None)
                await beside.compel(change, await self._sealing.key(controller), open_, self._clock.now())
            acts = [("order-disclosed", by), ("order-in-force", "platform")]
            acts += [("order-over", "platform")] if known.state == "over" else []
            await self._filing.bump(
                change, [self._act(kind, controller, what.order.id, who, here=True) for kind, who in acts]
            )
        self._archive.forget(controller)
        await self._settle(controller, await self.find(controller, known.what.order.id))

    async def _settle(self, controller: UUID, known: Known) -> None:
        order = known.what.order
        async with self._committing.transaction(self._platform) as own:
            duty = await self._obligations.find(own, clause_of(order), subject_of(order, "/disclosure"))
            if duty is not None:
                with suppress(NotOpen):
                    proof = f"notice/{known.what.disclosed_by}"
                    await self._obligations.discharge(own, duty, by="platform", proof=proof)
        async with self._committing.transaction(controller) as change:
            await self._write(change, known, msgspec.structs.replace(known.what, settled=True), known.state)

    async def _bump(self, change: Transaction, kind: str, order: Order, *, tell: bool) -> None:
        """What may be told stands in the controller's ledger; of the rest the gate's version moves, and no word more."""
        if tell:
            await self._filing.bump(change, [self._act(kind, change.controller, order.id, "platform", here=True)])
        else:
            await change.connection.execute(gate.BUMP_GATE, change.controller)

    async def _write(
        self, change: Transaction, known: Known, what: Compelled, state: OrderState, *, told: bool | None = None
    ) -> None:
        order, version = what.order, known.version
        told = known.told if told is None else told
        if state in ("telling", "in-force") and order.ban is None:
            told = True
        sealed = await self._sealing.seal("compulsion", change.controller, order.id, what, version + 1)
        again = looks(what, state, told=told)
        done = await change.connection.fetchval(
            queries.CHANGE_ORDER, change.controller, order.id, version, state, self._clock.now(), told, again, sealed
        )
        if done is None:
            raise ChangedMeanwhile

    async def _at(self, controller: UUID, order: UUID, state: OrderState) -> Known:
        known = await self.find(controller, order)
        if known.state != state:
            raise NotNow(f"order-{known.state}")
        return known

    async def _known(self, controller: UUID, row: Record) -> Known:
        id, version = row["order_id"], row["version"]
        what = await self._sealing.open(Compelled, "compulsion", controller, (id, version, row["sealed"]))
        return Known(what=what, version=version, state=row["state"], changed_at=row["changed_at"], told=row["told"])

    def _act(self, kind: str, controller: UUID, order: UUID, by: str, *, here: bool = False) -> Act:
        return Act(kind, controller, by, {"order": str(order)}, log=None if here else self._platform)
