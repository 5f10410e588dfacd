"""Calling back: each change of a status goes to the addresses that the request named, signed, by the one door out.

The addresses are the controller's own: given under its credential, at hosts it has named; they get ids and a status, nothing of anyone. What
fails is tried again for a day; then an entry says that the controller was not reached.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

from bailee.clauses.direct_requests.opendsr import queries, wire
from bailee.clauses.direct_requests.opendsr.ordering import Ordering, Subject, subject_of
from bailee.infra.certificates import Certificate
from bailee.infra.clock import Clock
from bailee.infra.outbound import Answered, Outbound, Outgoing
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act

PAUSES = (1, 5, 30, 120, 480, 960)  # minutes
ROUND_SECONDS = 5.0
KEPT = timedelta(days=365)


class CallingBack:
    """Looks after the subject requests of every controller."""

    def __init__(
        self, *, ordering: Ordering, committing: Committing, outbound: Outbound, certificate: Certificate, clock: Clock,
        origin: str,
    ) -> None:  # fmt: skip
        self._ordering = ordering
        self._committing = committing
        self._outbound = outbound
        self._certificate = certificate
        self._clock = clock
        self.origin = origin

    async def due(self, controller: UUID) -> int:
        """See what has moved, and tell what is to be told, for some seconds; how many were told. For the worker.

        What is left is told in the next round: a tool that keeps us waiting holds up none but its own controller.
        """
        began, told = self._clock.monotonic(), 0
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.OPEN, controller, self._clock.now())
        for row in rows:
            one = await self._ordering.now(subject_of(controller, row))
            hurry = self._clock.monotonic() - began >= ROUND_SECONDS
            if one.tell_at is not None and one.tell_at <= self._clock.now() and not hurry:
                told += await self._tell(one)
        return told

    async def forget(self, controller: UUID) -> int:
        """Forget requests that were over a year ago; how many."""
        async with self._committing.transaction(controller) as change:
            done = await change.connection.execute(queries.FORGET, controller, self._clock.now() - KEPT)
        return int(done.split()[-1])

    def results_url(self, one: Subject) -> str:
        """Where the results of a request are, once there are some."""
        packed = one.kind in ("access", "portability") and one.status == "completed" and one.requests
        return f"{self.origin}/opendsr/requests/{one.id}/results" if packed else ""

    def status(self, one: Subject, callback: str = "") -> bytes:
        """How far a request is, on the wire."""
        count = one.results if one.status == "completed" else None
        return wire.status(
            one.controller, one.id, one.expected_at, one.status, results=self.results_url(one), count=count,
            callback=callback,
        )  # fmt: skip

    async def _tell(self, one: Subject) -> bool:
        """Send a status to every address; whether all have it."""
        urls = await self._ordering.callbacks(one)
        details = {
            "subject_request": str(one.id), "status": one.status, "addresses": len(urls), "attempt": one.tries + 1
        }  # fmt: skip
        async with self._committing.transaction(one.controller) as change:
            await change.append([Act("opendsr-callback", one.controller, "platform", details)])
        hosts = await self._ordering.hosts(one.controller)
        reached = await asyncio.gather(*(self._send(one, url, hosts) for url in urls))
        pause = PAUSES[one.tries] if one.tries < len(PAUSES) else None
        fine = all(reached)
        again = None if fine or pause is None else self._clock.now() + timedelta(minutes=pause)
        async with self._committing.transaction(one.controller) as change:
            over = fine or pause is None
            await change.connection.execute(
                queries.TOLD, one.controller, one.id, one.status if over else one.told, again, one.tries + 1, one.status
            )  # where it has moved on meanwhile, that is to be told still
            if over and not fine:
                lost = {"subject_request": str(one.id), "status": one.status}
                await change.append([Act("opendsr-callback-failed", one.controller, "platform", lost)])
        return fine

    async def _send(self, one: Subject, url: str, hosts: frozenset[str]) -> bool:
        """Whether an address has it; one whose host the controller names no more is not called."""
        body = self.status(one, url)
        answer = await self._outbound.send(
            Outgoing(
                method="POST", url=url, hosts=hosts, body=body,
                headers={"content-type": "application/json", **signed(self._certificate, body)},
            )
        )  # fmt: skip
        return isinstance(answer, Answered) and 200 <= answer.status < 300


def signed(certificate: Certificate, body: bytes) -> dict[str, str]:
    """The headers that vouch for a body: the processor's domain, and a signature of its certificate."""
    return {
        "x-opendsr-processor-domain": certificate.domain,
        "x-opendsr-signature": certificate.sign(body),
    }  # fmt: skip
