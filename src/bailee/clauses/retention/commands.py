"""A controller's rules, made, shown, confirmed and ended: each a recorded decision. The only effects."""

from contextlib import suppress
from uuid import UUID

from bailee.clauses.retention import queries
from bailee.clauses.retention.deadlines import SHOWN_FOR, check, effective_at
from bailee.clauses.retention.events import Kept, Preview, Rule
from bailee.clauses.retention.keeping import Keeping
from bailee.clauses.retention.looking import NOBODY, calendar_of, described
from bailee.clauses.retention.mistakes import NoSuchRule, NothingAgreed, NotNow
from bailee.clauses.retention.showing import Showing
from bailee.clauses.retention.working import Working
from bailee.contract.force import InForce
from bailee.gate.archive import Dossier
from bailee.gate.passage import Destroyed, Passage
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.vocabulary.ids import new_id

AT_ONCE = 6  # chunks of a preview that are counted while whoever asks waits; the worker counts the rest
NOT_ALONE = frozenset({"profile", "scim", "majority"})  # go with their person, never before
MOST = 200


class Retention:
    """The rules of controllers."""

    def __init__(
        self, *, committing: Committing, passage: Passage, keeping: Keeping, obligations: Obligations, working: Working,
        showing: Showing, clock: Clock,
    ) -> None:  # fmt: skip
        self._committing = committing
        self._passage = passage
        self._keeping = keeping
        self._obligations = obligations
        self._clock = clock
        self.working = working
        self.showing = showing

    async def types(self, controller: UUID) -> list[str]:
        """The record types that a rule can be about."""
        dossier, _ = await self.agreed(controller)
        return sorted(set(dossier.types) - NOT_ALONE)

    async def propose(self, controller: UUID, rule: Rule, *, by: str) -> Kept:
        """Make a rule: a draft, of which is counted what it would take. `RuleRefused` where it may not be."""
        return await self._draft(controller, None, rule, by)

    async def change(self, controller: UUID, rule: UUID, new: Rule, *, by: str) -> Kept:
        """Make the next version of a rule, a draft; the one that holds goes on until this one is confirmed."""
        return await self._draft(controller, rule, new, by)

    async def recount(self, controller: UUID, rule: UUID) -> None:
        """Count anew what a draft would take."""
        async with self._committing.transaction(controller) as change:
            draft = await self._newest(change, rule)
            if draft.state != "draft":
                raise NotNow(draft.state)
            await self._begin(change, draft)
        await self._count(controller)

    async def confirm(self, controller: UUID, rule: UUID, preview: UUID, *, by: str) -> Kept:
        """Confirm a draft by what was shown of it: it holds after its grace. `NotNow` where that was not counted to its
        end, is older than a day, or is about another version."""
        _, force = await self.agreed(controller)
        types, seen = await self.types(controller), await self.showing.preview(controller, rule)
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            versions = await self._keeping.locked(change, rule)
            draft = versions[0]
            if draft.state != "draft":
                raise NotNow(draft.state)
            _has_been_shown(seen, preview, draft)
            assert seen is not None, "it has been shown"
            if seen.ended_at is None or now - seen.ended_at > SHOWN_FOR:
                raise NotNow("not-shown")
            self._check(draft.rule, types, force)
            for one in versions[1:]:
                await self._end(change, one, by=by)
            begins = effective_at(calendar_of(force), now)
            await change.connection.execute(queries.CONFIRM, controller, rule, draft.version, now, begins)
            await change.connection.execute(queries.LOOK_AT, controller, now)
            details = described(draft) | {"preview": str(seen.id), "would_take": seen.total, "from": begins.isoformat()}
            await change.append([Act("retention-rule-confirmed", controller, by, details)])
        return await self.find(controller, rule)

    async def end(self, controller: UUID, rule: UUID, *, by: str) -> None:
        """End a rule, whether it is a draft, in its grace or in force: from now on it takes nothing more."""
        async with self._committing.transaction(controller) as change:
            open_ = [one for one in await self._keeping.locked(change, rule) if one.state != "ended"]
            if not open_:
                raise NotNow("ended")
            for one in open_:
                await self._end(change, one, by=by)
            await self._forget_previews(change, rule)
            if any(one.state == "confirmed" for one in open_):
                await change.connection.execute(queries.LOOK_AT, controller, self._clock.now())

    async def find(self, controller: UUID, rule: UUID) -> Kept:
        """The newest version of a rule."""
        found = [one for one in await self.showing.rules(controller) if one.id == rule]
        if not found:
            raise NoSuchRule
        return found[-1]

    async def agreed(self, controller: UUID) -> tuple[Dossier, InForce]:
        """What is agreed now, or `NothingAgreed`."""
        with suppress(Destroyed):
            dossier = await self._passage.current(controller)
            force = dossier.in_force(self._clock.now())
            if force is not None:
                return dossier, force
        raise NothingAgreed

    async def _draft(self, controller: UUID, known: UUID | None, rule: Rule, by: str) -> Kept:
        _, force = await self.agreed(controller)
        self._check(rule, await self.types(controller), force)
        async with self._committing.transaction(controller) as change:
            before = await self._newest(change, known) if known else None
            if before is not None and before.state == "ended":
                raise NotNow("ended")
            if before is None and len({one.id for one in await self._keeping.listed(change)}) >= MOST:
                raise NotNow("many")
            at = (before.id, before.version + 1) if before else (new_id(), 1)
            if before is not None and before.state == "draft":
                await self._end(change, before, by=by)
            await self._keeping.add(change, at, rule, self._clock.now())
            draft = await self._newest(change, at[0])
            await change.append([Act("retention-rule-proposed", controller, by, described(draft))])
            await self._begin(change, draft)
        await self._count(controller)
        return draft

    def _check(self, rule: Rule, types: list[str], force: InForce) -> None:
        check(rule, force.agreement, types=types, today=calendar_of(force).day(self._clock.now()))

    async def _newest(self, change: Transaction, rule: UUID) -> Kept:
        return (await self._keeping.locked(change, rule))[0]

    async def _begin(self, change: Transaction, draft: Kept) -> None:
        """Count what a draft would take, from the beginning."""
        await self._forget_previews(change, draft.id)
        given = change.controller, new_id(), draft.id, draft.version, NOBODY, self._clock.now()
        await change.connection.execute(queries.BEGIN_LOOK, *given)

    async def _forget_previews(self, change: Transaction, rule: UUID) -> None:
        await change.connection.execute(queries.DELETE_PREVIEW_COUNTS, change.controller, rule)
        await change.connection.execute(queries.DELETE_PREVIEWS, change.controller, rule)

    async def _count(self, controller: UUID) -> None:
        """Count a little while whoever asked waits."""
        for _ in range(AT_ONCE):
            if not await self.working.preview(controller):
                return

    async def _end(self, change: Transaction, one: Kept, *, by: str) -> None:
        if one.state == "ended":
            return
        await change.connection.execute(queries.END, change.controller, one.id, one.version, self._clock.now())
        await change.append([Act("retention-rule-ended", change.controller, by, described(one))])
        if one.obligation is not None:
            with suppress(NotOpen):  # evidence was attached by hand
                await self._obligations.withdraw(change, one.obligation, by=by, reason="rule-ended")


def _has_been_shown(seen: Preview | None, preview: UUID, draft: Kept) -> None:
    """Raise unless what was shown is the last count of this very draft."""
    if seen is None or seen.id != preview or seen.version != draft.version:
        raise NotNow("not-shown")
