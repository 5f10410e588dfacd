"""Delivering: what is due leaves, once recorded, in the order of each person; what fails is tried again.

1. In one transaction what is due is claimed for a minute, and an entry for each transmission says to which host which
event goes, under which name: durable before anything leaves. 2. It is sent, outside any transaction. 3. The attempt and
what follows from it are written. A crash in between leaves a claim that lapses: the same message, with the same
`webhook-id`, is sent again. Of a person, at a subscription, only the oldest waiting message is ever due.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.outbound import Answered, Outbound, Outgoing, Stopped
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.processing.webhooks import queries, shapes, signing
from bailee.processing.webhooks.events import Ids, message
from bailee.processing.webhooks.schedule import wait
from bailee.processing.webhooks.subscriptions import PLATFORM, Place, RefusedDestination, State, Subscriptions, Webhook

CLAIMED_FOR = timedelta(minutes=1)
KEPT = timedelta(days=30)
AT_ONCE = 32
SIDE_BY_SIDE = 32
SHARE = 8  # of those places, for one controller: whose endpoints hang holds up itself
GONE = 410


class Claim(msgspec.Struct, frozen=True):
    """A delivery that this process may send now. `refused` is why its destination may not be sent to, if so."""

    webhook: Webhook
    delivery: UUID
    event: str
    body: bytes
    person: UUID | None
    tries: int
    number: int
    host: str
    refused: str
    obligation: UUID | None = None
    remote: str = ""


class Attempt(msgspec.Struct, frozen=True):
    """How an attempt went; `reason` is empty where an answer came."""

    status: int | None
    reason: str
    milliseconds: int
    remote: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the other side has it."""
        return self.status is not None and 200 <= self.status < 300 and not self.reason


class Delivering:
    """Carries deliveries out; several processes may do so at once."""

    def __init__(
        self, *, database: Database, committing: Committing, subscriptions: Subscriptions, outbound: Outbound,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._subscriptions = subscriptions
        self._outbound = outbound
        self._clock = clock
        self._room = asyncio.Semaphore(SIDE_BY_SIDE)

    async def deliver(self, controller: UUID) -> int:
        """One round of one controller: claim, send, settle; how many attempts were made."""
        claims, share = await self.claim(controller), asyncio.Semaphore(SHARE)

        async def in_turn(one: Claim) -> None:
            async with share:
                await self._carry(controller, one)

        done = await asyncio.gather(*map(in_turn, claims), return_exceptions=True)
        for problem in done:
            if isinstance(problem, BaseException):
                raise problem
        return len(claims)

    async def claim(self, controller: UUID) -> list[Claim]:
        """Step 1: what is due is ours for a minute, and the ledger says what is about to leave."""
        known = {one.id: one for one in await self._subscriptions.listed(controller)}
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            if not await change.connection.fetchval(queries.OPEN, controller):
                return []
            rows = [row for row in await change.connection.fetch(queries.DUE, controller, now, AT_ONCE)
                    if row["webhook_id"] in known]  # fmt: skip
            claims = [await self._claim(change, known[row["webhook_id"]], row) for row in rows]
            if claims:
                ids = [one.delivery for one in claims]
                await change.connection.execute(queries.CLAIM, controller, ids, now + CLAIMED_FOR)
                await change.append([_act(controller, one) for one in claims])
        return claims

    async def forget(self, controller: UUID) -> int:
        """Forget deliveries a month after; the ledger keeps the transmissions."""
        before = self._clock.now() - KEPT
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.FORGET_ATTEMPTS, controller, before)
            await tx.execute(queries.FORGET_DELIVERIES, controller, before)
        return 0

    async def _claim(self, change: Transaction, webhook: Webhook, row: Record) -> Claim:
        controller, host, refused, remote = change.controller, "", "", ""
        if webhook.place.shape == "jira" and row["obligation_id"] is not None:
            asked = controller, webhook.id, row["obligation_id"]
            remote = await change.connection.fetchval(queries.REMOTE, *asked) or ""
        try:
            host = await self._subscriptions.check(controller, webhook.place)
        except RefusedDestination as refusal:
            refused = refusal.code
        return Claim(
            webhook=webhook, delivery=row["delivery_id"], event=row["event"], person=row["person_id"],
            body=_body(controller, webhook.place, row, remote), tries=row["tries"] + 1, number=row["attempts"] + 1,
            host=host, refused=refused, obligation=row["obligation_id"], remote=remote,
        )  # fmt: skip

    async def _carry(self, controller: UUID, claim: Claim) -> None:
        async with self._room:
            began = self._clock.monotonic()
            status, reason, remote = (None, claim.refused, "") if claim.refused else await self._send(claim)
            passed = round((self._clock.monotonic() - began) * 1000)
        await self._settle(controller, claim, Attempt(status, reason, passed, remote))

    async def _send(self, claim: Claim) -> tuple[int | None, str, str]:
        """Step 2."""
        place = claim.webhook.place
        let_in = {"authorization": place.authorization} if place.authorization else {}
        signed = signing.headers(message_id(claim.delivery), self._clock.now(), claim.body, place.secrets)
        answer = await self._outbound.send(
            Outgoing(
                method="POST", url=shapes.address(place.shape, place.url, claim.remote), hosts=place.hosts, body=claim.body,
                headers={**let_in, **signed, "content-type": "application/json", "user-agent": "bailee-webhooks"},
            )
        )  # fmt: skip
        match answer:
            case Answered(status=status, body=said):
                return status, "", "" if claim.remote else shapes.key_in(place.shape, said)
            case Stopped(reason=stopped, status=status):
                return status, str(stopped), ""

    async def _settle(self, controller: UUID, claim: Claim, attempt: Attempt) -> None:
        """Step 3: the attempt, and what follows; nothing follows from one that has been overtaken."""
        now, webhook = self._clock.now(), claim.webhook.id
        pause = None if attempt.delivered else wait(claim.delivery, claim.tries)
        over = attempt.status == GONE or pause is None
        state = "delivered" if attempt.delivered else "failed" if over else "waiting"
        shown = _shown(claim, attempt, over=over)
        async with self._committing.transaction(controller) as change:
            if shown is not None:
                await self._subscriptions.lock(change)
            await change.connection.execute(
                queries.INSERT_ATTEMPT, controller, claim.delivery, claim.number, webhook, now, attempt.status,
                attempt.reason, attempt.milliseconds,
            )  # fmt: skip
            due = now + (pause or timedelta())
            delivered_at = now if attempt.delivered else None
            settled = await change.connection.fetchval(
                queries.SETTLE, controller, claim.delivery, claim.number, state, due, delivered_at
            )
            if settled and attempt.delivered and attempt.remote and claim.obligation is not None:
                await change.connection.execute(queries.KEEP_REMOTE, controller, claim.delivery, attempt.remote)
            if settled and shown is not None:
                await self._subscriptions.mark(change, webhook, *shown)


def _shown(claim: Claim, attempt: Attempt, *, over: bool) -> tuple[State, str] | None:
    """What an attempt says of its subscription: a state and its reason, if it says anything."""
    if attempt.delivered:
        return ("active", "delivered") if claim.webhook.state == "failing" else None
    if attempt.status == GONE:
        return "paused", "gone"
    return ("failing", "retries-exhausted") if over else None


def _body(controller: UUID, place: Place, row: Record, remote: str) -> bytes:
    """What is sent, in the shape of the subscription's tool."""
    said = msgspec.json.decode(row["said"], type=shapes.Owed) if row["said"] else None
    if said is None and place.shape == "standard":
        return message(
            row["event"], row["created_at"], Ids(controller, row["person_id"], row["entry"] or None, row["notice_id"])
        )
    return shapes.body(place.shape, row["event"], row["created_at"], said, project=place.project, remote=remote)


def message_id(delivery: UUID) -> str:
    """The `webhook-id` of a delivery: the same at every attempt."""
    return f"msg_{delivery.hex}"


def _act(controller: UUID, claim: Claim) -> Act:
    kind = "transmission-refused" if claim.refused else "transmission"
    details = {
        "to": claim.host, "event": claim.event, "webhook": str(claim.webhook.id), "delivery": str(claim.delivery),
        "attempt": claim.number, **({"obligation": str(claim.obligation)} if claim.obligation else {}), **({"reason": claim.refused} if claim.refused else {}),
    }  # fmt: skip
    return Act(kind, controller, PLATFORM, details, () if claim.person is None else (claim.person,))
