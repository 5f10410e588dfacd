"""Audits: asked for, stepped through, shown to who comes, proven, charged. The only effects.

The processor can refuse an auditor, never the audit: what it may do about a request is in `steps.py`, and a refusal of
the audit is not among it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.audits import queries
from bailee.clauses.audits.costing import Statement, statement
from bailee.clauses.audits.counting import Drawn, drawn
from bailee.clauses.audits.deadlines import Terms, access_until
from bailee.clauses.audits.events import Audit, Guest, Pack
from bailee.clauses.audits.following import Now, after, opened
from bailee.clauses.audits.keeping import Keeping, Known
from bailee.clauses.audits.mistakes import ChangedMeanwhile, Faulty, NothingInForce, NothingThere, NotNow
from bailee.clauses.audits.packing import Made, Packing
from bailee.clauses.audits.printing import amount, printed
from bailee.clauses.audits.steps import AnyStep, Asked, Party
from bailee.clauses.audits.telling import Telling
from bailee.contract.agreement import Agreement
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.obligations.notices.notice import Attachment
from bailee.vocabulary.ids import new_id

ADMITTING = frozenset({"accepted", "announced", "under-way", "reported"})
PLATFORM = "platform"

# Ends an auditor's account: the controller, the person.
End = Callable[[UUID, UUID], Awaitable[None]]


class Audits:
    """The audits of every controller. `in_force` gives the agreement, `named` what a controller is called."""

    def __init__(
        self, *, committing: Committing, keeping: Keeping, telling: Telling, packing: Packing, clock: Clock,
        in_force: Callable[[UUID], Awaitable[Agreement | None]], named: Callable[[UUID], Awaitable[str]],
    ) -> None:  # fmt: skip
        self._committing = committing
        self._keeping = keeping
        self._telling = telling
        self.packing = packing
        self._clock = clock
        self._in_force = in_force
        self._named = named

    async def ask(self, controller: UUID, asked: Asked, *, by: str) -> Audit:
        """Ask for an audit; a date too early is flagged with the earliest one, and the request stands."""
        agreement = await self._agreed(controller)
        now = Now(self._clock.now(), by, Terms.of(agreement))
        audit = opened(new_id(), asked, now, agreement.terms.audits.costs.value)
        async with self._committing.transaction(controller) as change:
            await self._keeping.insert(change, audit, now.at)
            await self._telling.asked(change, audit, now)
        return audit

    async def step(
        self, controller: UUID, id: UUID, step: AnyStep, party: Party, *, by: str, seen: int | None = None
    ) -> Audit:
        """Take a step for one party; `seen` is the version that was shown to whoever takes it."""
        now = Now(self._clock.now(), by, Terms.of(await self._agreed(controller)))
        async with self._committing.transaction(controller) as change:
            known = await self._keeping.lock(change, id)
            if seen is not None and seen != known.version:
                raise ChangedMeanwhile
            audit = after(known.audit, step, now, party)
            until = access_until(audit, now.terms.calendar)
            audit = msgspec.structs.replace(audit, guests=tuple(Guest(one.person, until) for one in audit.guests))
            await self._keeping.put(change, known, audit, now.at)
            await self._telling.stepped(change, known.audit, audit, step, now)
        return audit

    async def listed(self, controller: UUID) -> Sequence[Audit]:
        """Every audit, the newest first."""
        return [one.audit for one in await self._keeping.listed(controller)]

    async def find(self, controller: UUID, id: UUID) -> Known:
        """One audit and its version, or `NothingThere`."""
        return await self._keeping.find(controller, id)

    async def drawn(self, controller: UUID, audit: Audit) -> Drawn | None:
        """How the days of its notice were counted; None where none is owed, or no agreement says how to count."""
        agreement = await self._in_force(controller)
        if agreement is None or audit.notice.standing == "exempt":
            return None
        terms = Terms.of(agreement)
        return drawn(terms, audit.first, terms.calendar.day(audit.told_at))

    async def admit(self, controller: UUID, id: UUID, person: UUID, *, by: str) -> datetime:
        """Let an account in, read-only, until the end of the audit's last day; its last instant."""
        terms, at = Terms.of(await self._agreed(controller)), self._clock.now()
        async with self._committing.transaction(controller) as change:
            known = await self._keeping.lock(change, id)
            until = self.admissible(known.audit, terms)
            audit = msgspec.structs.replace(known.audit, guests=(*known.audit.guests, Guest(person, until)))
            await self._keeping.put(change, known, audit, at)
            details = {"audit": str(id), "until": until.isoformat()}
            await change.append([Act("audit-access-given", controller, by, details, (person,))])
        return until

    def admissible(self, audit: Audit, terms: Terms) -> datetime:
        """Until when an account would be let in; `NotNow` where none can be."""
        until = access_until(audit, terms.calendar)
        if audit.state not in ADMITTING or until <= self._clock.now():
            raise NotNow("not-accepted" if audit.state not in ADMITTING else "past")
        return until

    async def may_admit(self, controller: UUID, id: UUID) -> None:
        """Nothing, or `NotNow` where no account can be let in: asked before one is made."""
        self.admissible((await self.find(controller, id)).audit, Terms.of(await self._agreed(controller)))

    async def visited(self, controller: UUID, person: UUID) -> Known:
        """The audit that an auditor's account is for, while it may see it; `NothingThere` from the next instant on."""
        now = self._clock.now()
        for known in await self._keeping.listed(controller):
            for guest in known.audit.guests:
                if guest.person == person and now <= guest.until and not known.audit.is_over:
                    return known
        raise NothingThere

    async def end_access(self, controller: UUID, end: End) -> int:
        """End the accounts whose last instant has passed; how many. For the worker."""
        ended = 0
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.ENDING, controller, self._clock.now())
        for row in rows:
            known = await self._keeping.find(controller, row["audit_id"])
            for guest in known.audit.guests:
                await end(controller, guest.person)
            ended += await self._forget_guests(controller, known)
        return ended

    async def _forget_guests(self, controller: UUID, known: Known) -> int:
        persons = tuple(one.person for one in known.audit.guests)
        async with self._committing.transaction(controller) as change:
            audit = msgspec.structs.replace(known.audit, guests=())
            await self._keeping.put(change, known, audit, self._clock.now())
            details = {"audit": str(audit.id)}
            await change.append([Act("audit-access-ended", controller, PLATFORM, details, persons)])
        return len(persons)

    async def pack(self, controller: UUID, id: UUID, *, by: str) -> Made:
        """Make an evidence pack, keep it, and record its digest."""
        made = await self.packing.make(controller, (await self.find(controller, id)).audit)
        at = self._clock.now()
        async with self._committing.transaction(controller) as change:
            known = await self._keeping.lock(change, id)
            packs = (*known.audit.packs, Pack(made.digest, made.size, at))
            await self._keeping.put(change, known, msgspec.structs.replace(known.audit, packs=packs), at)
            await self._keeping.lay_by(change, id, made.digest, made.content, at)
            details = {"audit": str(id), "size": made.size}
            await change.append([Act("audit-evidence-made", controller, by, details, digest=made.digest)])
        return made

    async def packed(self, controller: UUID, id: UUID, digest: str, *, by: str) -> bytes:
        """A pack that was made, to be taken along; the taking is recorded."""
        content = await self._keeping.pack(controller, id, digest)
        async with self._committing.transaction(controller) as change:
            await change.append([Act("audit-evidence-taken", controller, by, {"audit": str(id)}, digest=digest)])
        return content

    async def statement(self, controller: UUID, id: UUID) -> tuple[Statement, tuple[Attachment, ...]]:
        """The costs as they stand, for people and for programs."""
        audit = (await self.find(controller, id)).audit
        agreement = await self._agreed(controller)
        made, day = statement(audit), Terms.of(agreement).calendar.day(self._clock.now())
        return made, printed(made, audit, await self._named(controller), agreement.language, f"{day}")

    async def tell_costs(self, controller: UUID, id: UUID, *, by: str) -> None:
        """Send the statement to the controller."""
        audit = (await self.find(controller, id)).audit
        if not audit.costs:
            raise Faulty("no-costs")
        agreement = await self._agreed(controller)
        made, files = await self.statement(controller, id)
        now = Now(self._clock.now(), by, Terms.of(agreement))
        said = amount(made.total.amount, made.currency, agreement.language)
        async with self._committing.transaction(controller) as change:
            await self._telling.costs(change, audit, said, files, now)
            details = {
                "audit": str(id), "lines": len(made.lines), "minutes": made.total.minutes, "amount": made.total.amount,
                "currency": made.currency, "bears": made.bears,
            }  # fmt: skip
            await change.append([Act("audit-costs-told", controller, by, details)])

    async def _agreed(self, controller: UUID) -> Agreement:
        agreement = await self._in_force(controller)
        if agreement is None:
            raise NothingInForce
        return agreement
