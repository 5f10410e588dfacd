"""What the worker does for retention: counts what drafts would take, looks at everyone each day, and takes what is over.

One chunk a call. What a rule should have taken and the agreement does not let go is owed from the end of that look on:
by the controller, who instructs it or ends the rule; and so it is where a rule has become longer than what is agreed.
"""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from asyncpg import Record as Row

from bailee.clauses.retention import queries
from bailee.clauses.retention.deadlines import is_too_long, next_look, refused
from bailee.clauses.retention.keeping import Keeping
from bailee.clauses.retention.looking import NOBODY, PLATFORM, Look, Looking
from bailee.contract.force import InForce
from bailee.gate.archive import Dossier
from bailee.gate.passage import Destroyed, Passage
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.vocabulary.ids import new_id

LATER = timedelta(days=1)  # where nothing is agreed


class Working:
    """Counts and carries out."""

    def __init__(
        self, *, passage: Passage, committing: Committing, looking: Looking, keeping: Keeping, obligations: Obligations,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._passage = passage
        self._committing = committing
        self._looking = looking
        self._keeping = keeping
        self._obligations = obligations
        self._clock = clock

    async def preview(self, controller: UUID) -> int:
        """The next chunk of what a draft would take; 0 where no draft is being counted."""
        under = await self._under(controller)
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.OPEN_PREVIEW, controller)
            if under is None or row is None:
                return 0
            await self._looking.chunk(change, row, *under)
            if await _is_done(change, row):
                details = {"rule": str(row["rule_id"]), "version": row["version"], "preview": str(row["look_id"])}
                details["would_take"] = await _counted(change, row)
                await change.append([Act("retention-previewed", controller, PLATFORM, details)])
        return 1

    async def due(self, controller: UUID) -> int:
        """The next chunk of the look at everyone, taking what is over; 0 where no look is due."""
        under = await self._under(controller)
        async with self._committing.transaction(controller) as change:
            run_at = await change.connection.fetchval(queries.LOCK_CLOCK, controller)
            if run_at is None or run_at > self._clock.now():
                return 0
            if under is None:
                await change.connection.execute(queries.LOOK_AT, controller, self._clock.now() + LATER)
                return 0
            look = await self._looking.chunk(change, await self._begun(change), *under)
            if await _is_done(change, look.row):
                await self._ended(look)
        await self._looking.carry(look)
        return 1

    async def _under(self, controller: UUID) -> tuple[Dossier, InForce] | None:
        """What is agreed now; None where nothing is, or all is being destroyed."""
        with suppress(Destroyed):
            dossier = await self._passage.current(controller)
            force = dossier.in_force(self._clock.now())
            return (dossier, force) if force else None
        return None

    async def _begun(self, change: Transaction) -> Row:
        """The look at everyone that is under way, or a new one."""
        row = await change.connection.fetchrow(queries.OPEN_RUN, change.controller)
        if row is None:
            now = self._clock.now()
            await change.connection.execute(queries.BEGIN_LOOK, change.controller, new_id(), None, None, NOBODY, now)
            row = await change.connection.fetchrow(queries.OPEN_RUN, change.controller)
        assert row is not None, "a look has just begun"
        return row

    async def _ended(self, look: Look) -> None:
        """A look is whole: it stands in the place of the one before, and the next is due with the next day."""
        change, began_at = look.change, look.row["began_at"]
        tx, controller = change.connection, change.controller
        await tx.execute(queries.DELETE_RUN_COUNTS, controller, look.row["look_id"])
        await tx.execute(queries.DELETE_RUNS, controller, look.row["look_id"])
        rules = await self._keeping.confirmed(change)
        if not rules:
            await tx.execute(queries.STOP_LOOKING, controller, began_at)
            return
        await tx.execute(queries.LOOK_AGAIN, controller, began_at, next_look(look.calendar, look.now))
        counts = await tx.fetch(queries.COUNTED, controller, look.row["look_id"])
        blocked = {row["rule_id"] for row in counts if row["standing"] == "refused"}
        blocked |= {one.id for one in rules if is_too_long(one.rule, look.force.agreement, look.calendar.day(look.now))}
        for one in rules:
            at = controller, one.id, one.version
            if one.id in blocked and one.obligation is None:
                promise = refused(one, look.force.agreement, str(look.row["look_id"]), look.now)
                await tx.execute(queries.OWE, *at, await self._obligations.open(change, promise, by=PLATFORM))
            if one.id not in blocked and one.obligation is not None:
                with suppress(NotOpen):  # evidence was attached by hand
                    proof = f"retention/{look.row['look_id']}"
                    await self._obligations.discharge(change, one.obligation, by=PLATFORM, proof=proof)
                await tx.execute(queries.OWE, *at, None)


async def _is_done(change: Transaction, row: Row) -> bool:
    stage = await change.connection.fetchval(queries.STAGE, change.controller, row["look_id"])
    return bool(stage == "done")


async def _counted(change: Transaction, row: Row) -> int:
    counts = await change.connection.fetch(queries.COUNTED, change.controller, row["look_id"])
    return sum(one["number"] for one in counts)
