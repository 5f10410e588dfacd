"""Working through what was ordered: the oldest request first, whoever's it is; a stop goes on from where it stood.

A request is ours for a minute at a time. What it takes is done in slices, each written with how far it is; a slice
that another process had begun is done again without harm.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests import outcomes, queries
from bailee.clauses.data_subject_requests.asking import Stopped
from bailee.clauses.data_subject_requests.carrying import Carrying
from bailee.clauses.data_subject_requests.events import PACKED, TOLD, NotNow, Request, Right, Step, held
from bailee.clauses.data_subject_requests.keeping import ChangedMeanwhile, Keeping, NoSuchRequest
from bailee.clauses.data_subject_requests.packing import DATA, Packing
from bailee.clauses.data_subject_requests.recipients import Recipients
from bailee.clauses.data_subject_requests.requesting import Requests
from bailee.clauses.data_subject_requests.restricting import Restricting
from bailee.clauses.data_subject_requests.transmitting import Transmitting
from bailee.gate.changing import Held, Unknown, living
from bailee.gate.passage import Destroyed, Revoked
from bailee.infra.clock import Clock
from bailee.ledger.committing import Transaction
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation

LEASE = timedelta(seconds=60)
AT_ONCE = 4  # requests that are worked on side by side: an erasure waits a second for its mark to bite
# What each right does that a restriction would not let through: the person's own request is the consent to it.
NEEDED = {
    Right.access: (Operation.export,), Right.portability: (Operation.export,), Right.erasure: (Operation.delete,),
    Right.rectification: (Operation.modify, Operation.retrieve),
}  # fmt: skip
# Who hears, in its transaction, that what was ordered is done, or has stopped, and waits for a human.
Ready = Callable[[Transaction, Request], Awaitable[None]]


class Working:
    """Works through the queue."""

    def __init__(
        self, *, keeping: Keeping, requests: Requests, packing: Packing, carrying: Carrying, recipients: Recipients,
        restricting: Restricting, transmitting: Transmitting, ready: Ready, clock: Clock,
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._requests = requests
        self._packing = packing
        self._carrying = carrying
        self._recipients = recipients
        self._restricting = restricting
        self._transmitting = transmitting
        self._ready = ready
        self._clock = clock
        self._lease = new_id()
        self._failed: dict[UUID, int] = {}  # how often the work on a request failed: it goes behind the others

    async def due(self, controller: UUID) -> int:
        """Work on a controller's oldest requests that wait, a few side by side; how many were worked on."""
        most = AT_ONCE + len(self._failed)
        async with self._keeping.committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.OLDEST, controller, self._clock.now(), most)
        waiting = [(self._failed.get(row["request_id"], 0), row["received_at"], row["request_id"]) for row in rows]
        chosen = [request for *_, request in sorted(waiting)[:AT_ONCE]]
        works = [self.work(controller, request) for request in chosen]
        found = await asyncio.gather(*works, return_exceptions=True)
        for request, one in zip(chosen, found, strict=True):
            if isinstance(one, BaseException):
                self._failed[request] = self._failed.get(request, 0) + 1
            else:
                self._failed.pop(request, None)
        for one in found:
            if isinstance(one, BaseException):
                raise one  # all have been worked on; what failed is tried again, after the others
        return len(chosen)

    async def work(self, controller: UUID, request: UUID) -> bool:
        """Work on one request until it is done or stops; False where another has it."""
        now = self._clock.now()
        async with self._keeping.committing.transaction(controller) as change:
            if (
                await change.connection.fetchval(queries.LEASE, controller, request, self._lease, now + LEASE, now)
                is None
            ):
                return False
        try:
            while await self._slice(controller, request):
                await self._go_on(controller, request)
        finally:
            async with self._keeping.committing.transaction(controller) as change:
                await change.connection.execute(queries.UNLEASE, controller, request, self._lease)
        return True

    async def tidy(self, controller: UUID) -> int:
        """Exceptions whose time is over are closed, texts whose term is over are shredded. For the worker."""
        return await self._restricting.sweep(controller) + await self._keeping.forget(controller)

    async def _slice(self, controller: UUID, request: UUID) -> bool:
        """A slice; whether there is more to do."""
        try:
            one = await self._keeping.find(controller, request)
            if one.step is not Step.running or one.mandate is None or one.papers is None or one.papers.order is None:
                return False  # withdrawn, or its term is over
            return await self._attempt(one)
        except ChangedMeanwhile:  # the clock was extended while we worked: what is done is seen to be done
            return True
        except NoSuchRequest:
            return False

    async def _attempt(self, one: Request) -> bool:
        try:
            if one.mandate is None or self._clock.now() >= one.mandate.until:
                raise Stopped("mandate-over", "The session or credential in whose name this was ordered is over.")
            one = await self._begun(one)
            if one.right in PACKED:
                return await self._pack(one)
            await self._carry(one)
        except Stopped as stopped:
            await self._stop(one, stopped)
        except Unknown:
            await self._stop(one, Stopped("not-held", "Nobody of that id is held any more."))
        except Held:
            await self._stop(
                one, Stopped("hold", "A hold stands on this person: nothing is erased until it is lifted.")
            )
        except Revoked:
            await self._stop(one, Stopped("credential-revoked", "Order it again in somebody's name who may."))
        except Destroyed:
            await self._stop(one, Stopped("destroyed"))
        except Altered:
            await self._stop(one, Stopped("altered", "A record does not open: it was changed below the gate."))
        except NotNow as found:
            await self._stop(one, Stopped(found.state))
        return False

    async def _begun(self, one: Request) -> Request:
        """Before the first slice: whom it concerns is noted, and a restriction lets through what was asked for."""
        assert one.papers is not None
        if one.mandate is not None:
            await self._restricting.consented(one, one.mandate, NEEDED.get(one.right, ()))
        if one.right in TOLD and "concerned" not in one.papers.work:
            assert one.papers.order is not None
            concerned = await self._carrying.concerned(one, one.papers.order)
            one = _worked(one, {**one.papers.work, "concerned": concerned})
            async with self._keeping.committing.transaction(one.controller) as change:
                return await self._keeping.save(change, one)
        return one

    async def _pack(self, one: Request) -> bool:
        assert one.papers is not None
        if "digest" in one.papers.work:  # it was complete before a stop
            return await self._packed(one)
        after, pieces, whole = await self._packing.slice(one)
        async with self._keeping.committing.transaction(one.controller) as change:
            await living(change, held(one))  # locked: who is erased meanwhile leaves no piece behind
            number = len(await change.connection.fetch(queries.PARTS, one.controller, one.id))
            for name, content in pieces:
                sealed = await self._keeping.seal(one, f"{number}/{name}", content)
                row = (one.controller, one.id, number, one.person, name, sealed)
                await change.connection.execute(queries.INSERT_PART, *row)
                number += 1
            after = await self._keeping.save(change, after)
        return await self._packed(after) if whole else True

    async def _packed(self, after: Request) -> bool:
        """A complete pack goes on to another controller where that was ordered."""
        assert after.papers is not None
        result: dict[str, Any] = {"digest": after.papers.work["digest"], "records": after.papers.work["records"]}
        order = after.papers.order
        if order is not None and order.target is not None:
            content = await self._packing.member(after, DATA)
            categories = frozenset(after.papers.work["categories"])
            handover = await self._transmitting.send(after, order.target, categories, content)
            result |= {"handover": handover, "recipient": order.target.recipient}
        await self._done(after, "granted", result)
        return False

    async def _carry(self, one: Request) -> None:
        assert one.papers is not None
        assert one.papers.order is not None
        outcome, result = await self._carrying.out(one, one.papers.order)
        if one.right is Right.erasure and outcome == "granted":
            one = msgspec.structs.replace(one, person=None)
        await self._done(one, outcome, result)

    async def _done(self, one: Request, outcome: str, result: dict[str, Any]) -> None:
        """What was ordered is carried out: written with its entry, and whoever must hear of it is owed that."""
        assert one.papers is not None
        assert one.mandate is not None
        order, by = one.papers.order, one.mandate.actor.id
        one = _worked(one, {**one.papers.work, "result": result})
        one = msgspec.structs.replace(one, step=Step.done, outcome=outcome, reason="", total=one.done)
        async with self._keeping.committing.transaction(one.controller) as change:
            one = await self._keeping.write(change, one, "request-carried-out", by=by, outcome=outcome, result=result)
            concerned = one.papers.work.get("concerned") if one.papers else None
            if concerned:
                await self._recipients.owe(change, one, concerned["recipients"], by=by)
            if order is not None and order.at_once and one.papers is not None:
                await self._requests.finish(
                    one, "answer", by=by, send=True, words=outcomes.told(one), outcome=outcome, change=change
                )
            else:
                await self._ready(change, one)
        if order is not None and order.at_once and concerned and concerned["recipients"]:
            await self._recipients.tell(one.controller, one.id, by=by)

    async def _stop(self, one: Request, stopped: Stopped) -> None:
        """A human must go on: why, and what to do, stand with the request."""
        one = await self._keeping.find(one.controller, one.id)
        if one.step is not Step.running or one.papers is None:
            return
        papers = msgspec.structs.replace(one.papers, trouble=stopped.remedy)
        one = msgspec.structs.replace(one, step=Step.stopped, reason=stopped.reason, papers=papers)
        async with self._keeping.committing.transaction(one.controller) as change:
            one = await self._keeping.write(change, one, "request-stopped", by="platform", reason=stopped.reason)
            await self._ready(change, one)

    async def _go_on(self, controller: UUID, request: UUID) -> None:
        now = self._clock.now()
        async with self._keeping.committing.transaction(controller) as change:
            await change.connection.execute(queries.PROLONG, controller, request, self._lease, now + LEASE)


def _worked(one: Request, work: dict[str, Any]) -> Request:
    assert one.papers is not None
    return msgspec.structs.replace(one, papers=msgspec.structs.replace(one.papers, work=work))
