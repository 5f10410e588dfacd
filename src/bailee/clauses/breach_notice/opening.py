"""Opening: the processor's own file of a breach, from a suspicion or from awareness on. It touches no controller.

A suspicion is kept without a clock, confirmed by someone who says from when on the processor was aware, or dismissed with
a reason. What is to be done at the controllers stands in the file, and is carried out from there (`working.py`): by
whoever asked, or by the worker, once.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.breach_notice.counting import check
from bailee.clauses.breach_notice.events import Breach, Concerned, Description, Scope, State
from bailee.clauses.breach_notice.keeping import Keeping
from bailee.clauses.breach_notice.mistakes import Faulty, NotNow
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.vocabulary.ids import new_id

LONGEST = 4_000


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a breach when it is written down. Without `aware_at` it is a suspicion.

    `controllers` are those concerned, by id, with their names. `tell`: a first notice leaves at once, whatever is not
    known yet.
    """

    description: Description
    aware_at: datetime | None = None
    controllers: Mapping[UUID, str] = {}
    scope: Scope | None = None
    tell: bool = False
    search: bool = False


class Opening:
    """Writes the processor's files."""

    def __init__(self, *, keeping: Keeping, committing: Committing, clock: Clock) -> None:
        self.keeping = keeping
        self._committing = committing
        self._clock = clock

    async def open(self, given: Given, *, by: str) -> Breach:
        """Write a breach down, or a suspicion; `Faulty` with the codes of what does not fit."""
        self._check(given.description, given.scope, given.aware_at)
        now = self._clock.now()
        one = Breach(
            id=new_id(), state="finding" if given.aware_at is None else "open", found_at=now, found_by=by,
            aware_at=given.aware_at, description=given.description, scope=given.scope, tell=given.tell,
            concerned=_concerned({}, given.controllers), searching=given.search and given.scope is not None,
            confirmed_at=None if given.aware_at is None else now,
        )  # fmt: skip
        async with self._committing.transaction(self.keeping.platform) as change:
            await self.keeping.add(change, one)
            await change.append([self._act("breach-found", one, by), *self._confirmed(one, by)])
        return await self.keeping.breach(one.id)

    async def confirm(
        self, id: UUID, aware_at: datetime, controllers: Mapping[UUID, str], *, tell: bool, by: str
    ) -> Breach:  # fmt: skip
        """A suspicion is a breach: the clock runs from when the processor was aware of it."""
        one = await self._at(id, "finding")
        self._check(one.description, one.scope, aware_at)
        made = msgspec.structs.replace(
            one, state="open", aware_at=aware_at, confirmed_at=self._clock.now(), tell=tell,
            concerned=_concerned({known.controller: known for known in one.concerned}, controllers),
        )  # fmt: skip
        return await self._write(made, *self._confirmed(made, by))

    async def dismiss(self, id: UUID, reason: str, *, by: str) -> Breach:
        """A suspicion is none: why, in words that stay with the file."""
        one = await self._at(id, "finding")
        if not reason.strip():
            raise Faulty("no-reason")
        made = msgspec.structs.replace(one, state="dismissed", reason=reason[:LONGEST], searching=False)
        return await self._write(made, self._act("breach-dismissed", made, by, digest=_digest(made.reason.encode())))

    async def describe(self, id: UUID, description: Description, *, by: str, version: int) -> Breach:
        """Say what is known of it now; the next notices tell it."""
        one = await self._at(id, "finding", "open")
        self._check(description, None, None)
        made = msgspec.structs.replace(one, description=description, version=version)
        return await self._write(made, self._act("breach-described", made, by, digest=digest_of(description)))

    async def concern(self, id: UUID, controllers: Mapping[UUID, str], *, tell: bool, by: str) -> Breach:
        """It concerns these controllers too."""
        one = await self._at(id, "finding", "open")
        known = {each.controller: each for each in one.concerned}
        made = msgspec.structs.replace(one, concerned=_concerned(known, controllers), tell=tell)
        return await self._write(made, self._act("breach-concerns", made, by))

    async def search(self, id: UUID, scope: Scope, *, by: str) -> Breach:
        """Look for a scope at every controller: where was it met with?"""
        one = await self._at(id, "finding", "open")
        if scope.kind != "access":
            raise Faulty("only-accesses-are-looked-for")
        made = msgspec.structs.replace(one, scope=check(scope, self._clock.now()), searching=True, found={})
        return await self._write(made, self._act("breach-searched", made, by))

    async def told_otherwise(self, id: UUID, controller: UUID, at: datetime, how: str, *, by: str) -> Breach:
        """Someone with whom nothing is agreed any more was told in another way."""
        one = await self._at(id, "open", "closed")
        known = one.of(controller)
        if known is None or not known.apart:
            raise NotNow("told-by-notice")
        if at > self._clock.now() or not how.strip():
            raise Faulty("told-when-and-how")
        told = msgspec.structs.replace(known, told_at=at, told_how=how[:LONGEST])
        made = msgspec.structs.replace(one, concerned=tuple(told if each is known else each for each in one.concerned))
        act = self._act("breach-told-otherwise", made, by, digest=_digest(how.encode()))
        return await self._write(made, act)

    async def close(self, id: UUID, *, by: str) -> Breach:
        """Nothing more is to come of it."""
        one = await self._at(id, "open")
        if one.waits:
            raise NotNow("still-being-carried-out")
        made = msgspec.structs.replace(one, state="closed", closed_at=self._clock.now())
        return await self._write(made, self._act("breach-closed", made, by))

    async def rescope(self, one: Breach, scope: Scope, *, by: str) -> Breach:
        """What is to be computed at every controller concerned is this."""
        return await self._write(msgspec.structs.replace(one, scope=scope), self._act("breach-scoped", one, by))

    def _check(self, description: Description, scope: Scope | None, aware_at: datetime | None) -> None:
        now = self._clock.now()
        found = []
        if not description.what.strip():
            found.append("nothing-said")
        if max(map(len, (description.what, description.consequences, description.measures))) > LONGEST:
            found.append("too-long")
        if aware_at is not None and aware_at > now:
            found.append("awareness-in-the-future")
        began, ended = description.began_at, description.ended_at
        if began is not None and (began > now or (ended is not None and ended < began)):
            found.append("ends-before-it-begins")
        if found:
            raise Faulty(*found)
        if scope is not None:
            check(scope, now)

    def _confirmed(self, one: Breach, by: str) -> list[Act]:
        if one.aware_at is None:
            return []
        return [self._act("breach-confirmed", one, by, aware=one.aware_at.isoformat())]

    def _act(self, kind: str, one: Breach, by: str, *, digest: str = "", **details: str) -> Act:
        said = {"breach": str(one.id), "state": one.state, "concerned": len(one.concerned)}
        return Act(kind, self.keeping.platform, by, {**said, **details}, digest=digest or digest_of(one.description))

    async def _at(self, id: UUID, *states: State) -> Breach:
        one = await self.keeping.breach(id)
        if one.state not in states:
            raise NotNow(f"breach-{one.state}")
        return one

    async def _write(self, one: Breach, *acts: Act) -> Breach:
        async with self._committing.transaction(self.keeping.platform) as change:
            await self.keeping.write(change, one)
            await change.append(acts)
        return await self.keeping.breach(one.id)


def digest_of(description: Description) -> str:
    """What stands for a description in the ledger."""
    return _digest(msgspec.json.encode(description))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _concerned(known: Mapping[UUID, Concerned], controllers: Mapping[UUID, str]) -> tuple[Concerned, ...]:
    """Those known, and these beside them, each with a file of its own to come."""
    new = [Concerned(id, name, new_id()) for id, name in controllers.items() if id not in known]
    return (*known.values(), *new)


def named(listed: Sequence[tuple[UUID, str]], chosen: Sequence[UUID]) -> dict[UUID, str]:
    """The chosen controllers with their names; `Faulty` where one is none of ours."""
    names = dict(listed)
    if unknown := [one for one in chosen if one not in names]:
        raise Faulty("no-such-controller", *map(str, unknown))
    return {one: names[one] for one in chosen}
