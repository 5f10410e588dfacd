"""Messages: taken in, understood, passed on at once, or put before a human who decides. The only effects."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from bailee.clauses.direct_requests import queries
from bailee.clauses.direct_requests.addressing import Addresses
from bailee.clauses.direct_requests.classifying import Classified
from bailee.clauses.direct_requests.clocks import Clocks, Standing
from bailee.clauses.direct_requests.destinations import Destined, Signs, Undecided, destined
from bailee.clauses.direct_requests.events import How, Received, State
from bailee.clauses.direct_requests.finding import Finding
from bailee.clauses.direct_requests.forwarding import PLATFORM, Forwarding, Letter, NoAgreement
from bailee.clauses.direct_requests.keeping import Keeping, Kept
from bailee.clauses.direct_requests.rights import KINDS
from bailee.clauses.direct_requests.understanding import Understood, corrected, understood
from bailee.infra.clock import Clock
from bailee.infra.database import Unavailable
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.ledger.telling import entry_name

CLAIMED_FOR = timedelta(seconds=30)
# Mail of machines that may carry a person's words all the same: where it plainly asks for a right, a human looks.
MASSES = ("list", "reply")
ATTEMPTS = 5


class Returned(Protocol):
    """Who waits for mail that comes back: reports on letters of ours, and answers to them. True where it was theirs."""

    async def bounced(self, mail: bytes, to: Sequence[str]) -> bool:
        """A report on the delivery of a mail, and the addresses that it came to."""
        ...

    async def replied(self, mail: bytes) -> bool:
        """A mail that answers a letter of ours."""
        ...


class Decided(Exception):
    """Someone decided about the message before."""


class Gone(Exception):
    """There is no such message, or its content has gone."""


class Messages:
    """What persons write to the processor."""

    def __init__(
        self, *, keeping: Keeping, finding: Finding, forwarding: Forwarding, committing: Committing,
        clocks: Clocks, clock: Clock, returned: Returned, ours: Addresses,
    ) -> None:  # fmt: skip
        self.keeping = keeping
        self._finding = finding
        self._forwarding = forwarding
        self._committing = committing
        self._clocks = clocks
        self._clock = clock
        self._returned = returned
        self._ours = ours

    async def due(self) -> int:
        """Look at every message that waits, the oldest first. For the worker."""
        count = 0
        while claimed := await self.keeping.claim(self._clock.now() + CLAIMED_FOR):
            message, attempts = claimed
            if attempts > ATTEMPTS:
                await self._undecided(message, Undecided(reason="failed"), Classified(), by=PLATFORM)
            else:
                await self._attempt(message)
            count += 1
        return count

    async def opened(self, message: UUID, *, by: str) -> tuple[Kept, Understood]:
        """A message for a human who decides; recorded before anything is shown."""
        found = await self.keeping.find(message)
        if found is None or not found.readable:
            raise Gone
        async with self._committing.transaction(self.keeping.platform) as change:
            await change.append([Act("message-opened", change.controller, by, {"message": str(message)})])
        received = await self.keeping.open(message)
        if received is None:
            raise Gone
        return found, understood(received)

    async def assign(self, message: UUID, controllers: Sequence[UUID], kinds: Sequence[str], *, by: str) -> int:
        """A human says whom a message concerns and what it is; it is passed on at once, to all of them or none:
        `NoAgreement` where nothing is agreed with one, `Decided` where somebody else decides at this moment."""
        async with self._deciding(message) as received:
            for one in controllers:
                if await self._forwarding.in_force(one) is None:
                    raise NoAgreement(str(one))
            read = corrected(understood(received), tuple(one for one in KINDS if one in kinds))
            held = await self._finding.held(message, read.known_as, by=by)
            many = 0
            for controller in controllers:
                letter = Letter(
                    message=message, received=received, read=read, how="human", persons=held.get(controller, ()), by=by
                )
                many += await self._forwarding.forward(controller, letter)
            await self._end(message, "forwarded", "human", read.classified, by=by, many=many)
            return many

    async def set_aside(self, message: UUID, state: State, *, by: str, reason: str = "human") -> None:
        """A human says that a message is neither, or concerns no controller of ours (both `dismissed`, the second
        with that reason), or that it is the processor's own to answer (`own`)."""
        async with self._deciding(message) as received:
            await self._end(message, state, reason, understood(received).classified, by=by)

    async def answered(self, message: UUID, *, by: str) -> None:
        """The processor has answered a message of its own."""
        async with self._committing.transaction(self.keeping.platform) as change:
            row = await change.connection.fetchrow(queries.LOCKED, change.controller, message)
            if row is None or row["state"] != "own":
                raise Decided
            await change.connection.execute(
                queries.DECIDED, change.controller, message, "own", "answered", row["kinds"], row["reasons"], 0,
                self._clock.now(),
            )  # fmt: skip
            details = {"message": str(message), "state": "own", "reason": "answered", "controllers": 0}
            [said] = await change.append([Act("message-decided", change.controller, by, details)])
            stands = Standing(
                message=message, state="own", kinds=tuple(row["kinds"]), received_at=row["received_at"],
                entry=entry_name(said),
            )  # fmt: skip
            await self._clocks.answered(change, stands, by=by)

    async def look_again(self, message: UUID, known_as: str, *, by: str) -> tuple[UUID, ...]:
        """The controllers that hold a person known so: for a human who found another address in the text."""
        await self._undecided_yet(message)
        names = await self._finding.names()
        held = await self._finding.held(message, (known_as,), by=by)
        return tuple(one for one in held if one in names)

    async def _attempt(self, message: UUID) -> None:
        """Handle a message; a server that is away is no fault of the message, and no attempt at it."""
        try:
            await self._handle(message)
        except Unavailable:
            await self.keeping.uncount(message)
            raise

    async def _handle(self, message: UUID) -> None:
        """Understand a message and pass it on; what has gone meanwhile is left."""
        received = await self.keeping.open(message)
        if received is None:
            return
        read = understood(received)
        reason = await self._machine(received, read)
        if reason in MASSES and read.classified.kinds:
            await self._undecided(message, Undecided(reason="machine-asks"), read.classified, by=PLATFORM)
            return
        if reason:
            await self._end(message, "automatic", reason, read.classified, by=PLATFORM)
            if reason in ("bounce-of-ours", "reply-to-ours"):
                await self.keeping.shred(message)
            return
        held = await self._finding.held(message, read.known_as, by=PLATFORM)
        names = await self._finding.names()
        signs = Signs(
            addressed=received.addressed, company=read.company, text=f"{read.subject}\n{read.text}",
            about_us=read.about_us, held=held,
        )  # fmt: skip
        found = destined(signs, names, self.keeping.platform)
        if isinstance(found, Undecided):
            await self._undecided(message, found, read.classified, by=PLATFORM)
            return
        await self._forward(message, received, read, found, held)

    async def _forward(
        self,
        message: UUID,
        received: Received,
        read: Understood,
        found: Destined,
        held: Mapping[UUID, tuple[UUID, ...]],
    ) -> None:
        """Pass a message on to each of its controllers, apart; one without an agreement leaves it to a human."""
        how: How = found.how
        many = 0
        for controller in found.controllers:
            letter = Letter(
                message=message, received=received, read=read, how=how, persons=held.get(controller, ()), by=PLATFORM
            )
            try:
                await self._forwarding.forward(controller, letter)
            except NoAgreement:
                continue
            many += 1
        if many:
            await self._end(message, "forwarded", how, read.classified, by=PLATFORM, many=many)
        else:
            await self._undecided(message, Undecided(reason="no-agreement"), read.classified, by=PLATFORM)

    async def _machine(self, received: Received, read: Understood) -> str:
        """Why a message is a machine's; empty where it is a person's, or may be."""
        if received.written is not None:
            return ""
        if read.written_by == "bounce":
            return "bounce-of-ours" if await self._returned.bounced(received.mail, received.mail_to) else "bounce"
        if read.sender and self._ours.takes(read.sender):
            return "loop"  # a letter of ours that came round again: a controller's address leads here
        if await self._returned.replied(received.mail):
            return "reply-to-ours"
        if read.written_by == "generated" and read.classified.kinds:
            return ""
        return read.written_by or ""

    @asynccontextmanager
    async def _deciding(self, message: UUID) -> AsyncIterator[Received]:
        """The content of a message for the one human who decides about it now; `Decided` for any other meanwhile.

        Controllers are told in transactions of their own, so no lock of a row can span them: the message is claimed,
        for as long as the worker would claim it, and what fails gives it back.
        """
        now = self._clock.now()
        async with self._committing.transaction(self.keeping.platform) as change:
            mine = await change.connection.fetchval(
                queries.CLAIM_ONE, change.controller, message, now, now + CLAIMED_FOR
            )
        if mine is None:
            await self._undecided_yet(message)
            raise Decided
        try:
            yield await self._undecided_yet(message)
        except BaseException:
            async with self._committing.transaction(self.keeping.platform) as change:
                await change.connection.execute(queries.UNCLAIM, change.controller, message)
            raise

    async def _undecided_yet(self, message: UUID) -> Received:
        """The content of a message that waits for a human, or lies aside."""
        found = await self.keeping.find(message)
        if found is None:
            raise Gone
        if found.state not in ("unassigned", "automatic", "dismissed", "own"):
            raise Decided
        received = await self.keeping.open(message)
        if received is None:
            raise Gone
        return received

    async def _undecided(self, message: UUID, why: Undecided, found: Classified, *, by: str) -> None:
        state: State = "own" if why.reason == "own" else "unassigned"
        await self._end(message, state, why.reason, found, by=by)

    async def _end(
        self, message: UUID, state: State, reason: str, found: Classified, *, by: str, many: int = 0
    ) -> None:
        """Where a message is from now on, with its clock; what was passed on is emptied and shredded here."""
        platform, now = self.keeping.platform, self._clock.now()
        async with self._committing.transaction(platform) as change:
            row = await change.connection.fetchrow(queries.LOCKED, platform, message)
            if row is None or row["state"] == "forwarded":
                raise Decided
            ended = None if state in ("unassigned", "own") else now
            await change.connection.execute(
                queries.DECIDED, platform, message, state, reason, list(found.kinds), list(found.reasons), many, ended
            )
            details = {"message": str(message), "state": state, "reason": reason, "controllers": many}
            [said] = await change.append([Act("message-decided", platform, by, details)])
            stands = Standing(
                message=message, state=state, kinds=found.kinds, received_at=row["received_at"], entry=entry_name(said)
            )
            await self._clocks.turn(change, stands, by=by)
            if state == "forwarded":
                await change.connection.execute(queries.EMPTIED, platform, message)
        if state == "forwarded":
            await self.keeping.shred(message)
