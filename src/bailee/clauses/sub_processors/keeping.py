"""Keeping: the list and its proposals, the platform's own, sealed: an entry names whom to reach at a company."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from asyncpg import Record

from bailee.clauses.sub_processors import queries
from bailee.clauses.sub_processors.events import Decision, Known, Proposed
from bailee.clauses.sub_processors.mistakes import ChangedMeanwhile, NothingThere
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.rows import Rows
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act

UNDER = "sub-processors"
# What else is done in the transaction of a change of the list.
Also = Callable[[Transaction], Awaitable[None]]


async def nothing(_own: Transaction) -> None:
    """Nothing else."""


class AlteredProposal(NotAsSealed):
    """A stored proposal does not open as itself, or is said to be approved where nobody approved it."""


PROPOSALS = Rows("sub-processor-proposal", Proposed, AlteredProposal)


class Keeping:
    """Reads and writes proposals, and reads what became of them at controllers."""

    def __init__(self, *, committing: Committing, keys: KeyStore, clock: Clock, platform: UUID) -> None:
        self.committing = committing
        self.clock = clock
        self.platform = platform
        self._keys = keys

    async def listed(self) -> list[Known]:
        """Every proposal, the newest first."""
        key = await self._key()
        async with self.committing.transaction(self.platform) as own:
            rows = await own.connection.fetch(queries.PROPOSALS, self.platform)
        return [self._known(key, row) for row in rows]

    async def find(self, proposal: UUID) -> Known:
        """One proposal, or `NothingThere`."""
        async with self.committing.transaction(self.platform) as own:
            row = await own.connection.fetchrow(queries.ONE_PROPOSAL, self.platform, proposal)
        if row is None:
            raise NothingThere
        return self._known(await self._key(), row)

    async def begin(self, what: Proposed, act: Act, also: Also) -> None:
        """Keep a new proposal, and do with it what belongs to it."""
        sealed = PROPOSALS.seal(await self._key(), self.platform, what.id, what)
        async with self.committing.transaction(self.platform) as own:
            await own.connection.execute(queries.INSERT_PROPOSAL, self.platform, what.id, self.clock.now(), sealed)
            await own.append([act])
            await also(own)

    async def change(self, known: Known, what: Proposed, state: str, act: Act, also: Also = nothing) -> None:
        """Write a drafted proposal anew; `ChangedMeanwhile` where someone else did, or it is a draft no more."""
        sealed = PROPOSALS.seal(await self._key(), self.platform, what.id, what)
        async with self.committing.transaction(self.platform) as own:
            done = await own.connection.fetchval(
                queries.CHANGE_PROPOSAL, self.platform, what.id, known.version, state, self.clock.now(), sealed
            )
            if done is None:
                raise ChangedMeanwhile
            await own.append([act])
            await also(own)

    async def decisions(self, controller: UUID) -> dict[UUID, Decision]:
        """What became of each proposal at a controller."""
        async with self.committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.DECISIONS, controller)
        return {row["proposal_id"]: _decision(row) for row in rows}

    async def lock(self, change: Transaction, proposal: UUID) -> Decision:
        """What became of one, locked until the transaction ends; `NothingThere` where it does not concern it."""
        row = await change.connection.fetchrow(queries.LOCK_DECISION, change.controller, proposal)
        if row is None:
            raise NothingThere
        return _decision(row)

    async def _key(self) -> Key:
        return await self._keys.controller_key(self.platform, UNDER)

    def _known(self, key: Key, row: Record) -> Known:
        what = PROPOSALS.unseal(key, self.platform, row["proposal_id"], row["sealed"])
        if row["state"] == "approved" and what.approved_at is None:
            raise AlteredProposal(str(what.id))
        return Known(what=what, version=row["version"], state=row["state"], changed_at=row["changed_at"])


def _decision(row: Record) -> Decision:
    return Decision(
        proposal=row["proposal_id"], path=row["path"], state=row["state"], notice=row["notice_id"], waiting=row["waiting"],
        told_at=row["told_at"], strict_at=row["strict_at"], generous_at=row["generous_at"],
        decided_at=row["decided_at"], decided_by=row["decided_by"] or "", proof=row["proof"] or "",
    )  # fmt: skip
