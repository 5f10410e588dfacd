"""What reached a controller: listed with its clocks, read with an entry before it is shown, corrected by a human."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.clauses.direct_requests import deadlines, queries
from bailee.clauses.direct_requests.events import Received
from bailee.clauses.direct_requests.evidence import Clock as Running
from bailee.clauses.direct_requests.evidence import clock
from bailee.clauses.direct_requests.forwarding import Again, Forwarding, Letter
from bailee.clauses.direct_requests.keeping import unseal
from bailee.clauses.direct_requests.rights import KINDS, Verdict, verdict
from bailee.clauses.direct_requests.saying import message_file
from bailee.clauses.direct_requests.understanding import Understood, corrected, understood
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.ledger.telling import entry_name
from bailee.obligations.obligations import Obligations

SHOWN = 200
# Whom a controller holds under any of these names.
Held = Callable[[UUID, Sequence[str]], Awaitable[tuple[UUID, ...]]]


class NoRequest(Exception):
    """There is no such request at this controller, or its content has been shredded."""


class Direct(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it stands: no content, and nobody's name."""

    id: UUID
    controller: UUID
    channel: str
    how: str
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    received_at: datetime
    assigned_at: datetime
    acknowledged: bool
    keep_until: datetime
    readable: bool
    clocks: tuple[Running, ...]

    @property
    def verdict(self) -> Verdict:
        """Request, complaint, both or unclear."""
        return verdict(self.kinds)


class Requests:
    """The requests and complaints that reached a controller."""

    def __init__(
        self, *, committing: Committing, keys: KeyStore, obligations: Obligations, forwarding: Forwarding, held: Held,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._committing = committing
        self._keys = keys
        self._obligations = obligations
        self._forwarding = forwarding
        self._held = held
        self._clock = clock

    async def listed(self, controller: UUID) -> list[Direct]:
        """A controller's requests, the newest first."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.REQUESTS, controller, SHOWN)
        return await self._with_clocks(controller, rows)

    async def one(self, controller: UUID, request: UUID) -> Direct:
        """One request, or `NoRequest`."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.REQUEST, controller, request)
        if row is None:
            raise NoRequest
        [found] = await self._with_clocks(controller, [row])
        return found

    async def opened(self, controller: UUID, request: UUID, *, by: str) -> tuple[Direct, Understood]:
        """A request with what it says; recorded before anything is shown."""
        found = await self.one(controller, request)
        return found, understood(await self._open(controller, request, by=by))

    async def original(self, controller: UUID, request: UUID, *, by: str) -> tuple[str, bytes]:
        """The message as a file: its name and bytes; recorded before it leaves."""
        name, _, content = message_file(await self._open(controller, request, by=by))
        return name, content

    async def correct(self, controller: UUID, request: UUID, kinds: tuple[str, ...], *, by: str) -> None:
        """A human says what a request is: it is taken for that from now on, and no longer for what it is not."""
        wanted = tuple(one for one in KINDS if one in kinds)
        received = await self._open(controller, request, by=by)
        read = corrected(understood(received), wanted)
        persons = await self._held(controller, read.known_as)
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.LOCKED_REQUEST, controller, request)
            if row is None:
                raise NoRequest
            before, reasons = tuple(row["kinds"]), [*dict.fromkeys([*row["reasons"], "human"])]
            await change.connection.execute(queries.RECLASSIFY, controller, request, list(wanted), reasons)
            details = {"request": str(request), "before": list(before), "rights": list(wanted)}
            [said] = await change.append([Act("request-corrected", controller, by, details)])
            letter = Letter(
                message=row["message_id"], received=received, read=read, how=row["how"], persons=persons, by=by
            )
            again = Again(
                request=request, letter=letter, before=before, acknowledged=row["acknowledged"], entry=entry_name(said)
            )
            await self._forwarding.read_again(change, again)

    async def _open(self, controller: UUID, request: UUID, *, by: str) -> Received:
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.REQUEST, controller, request)
            if row is None or row["sealed"] is None:
                raise NoRequest
            await change.append([Act("request-opened", controller, by, {"request": str(request)})])
        try:
            key = await self._keys.controller_key(controller, row["sealed_under"], create=False)
        except KeyGone:
            raise NoRequest from None
        return msgspec.msgpack.decode(unseal(key, controller, request, row["sealed"]), type=Received)

    async def _with_clocks(self, controller: UUID, rows: list[Record]) -> list[Direct]:
        known: dict[str, list[Running]] = {}
        received, now = {f"request/{row['request_id']}": row["received_at"] for row in rows}, self._clock.now()
        for one in await self._obligations.listed(controller):
            subject = one.promise.subject
            if subject in received and one.promise.clause in (deadlines.FORWARD, deadlines.COMPLAIN):
                known.setdefault(subject, []).append(clock(one, received[subject], now))
        return [_direct(controller, row, tuple(known.get(f"request/{row['request_id']}", ()))) for row in rows]


def _direct(controller: UUID, row: Record, clocks: tuple[Running, ...]) -> Direct:
    return Direct(
        id=row["request_id"], controller=controller, channel=row["channel"], how=row["how"],
        kinds=tuple(row["kinds"]), reasons=tuple(row["reasons"]), received_at=row["received_at"],
        assigned_at=row["assigned_at"], acknowledged=row["acknowledged"], keep_until=row["keep_until"],
        readable=row["sealed_under"] is not None, clocks=clocks,
    )  # fmt: skip
