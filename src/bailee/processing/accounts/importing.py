"""Importing: people taken in from a file, as a job that can be stopped, resumed and looked at (autonomy.self-service).

A file is read once, when it comes, and kept as sealed parts of 500 lines. A part is planned, its plan kept, its
people created under an idempotency key of the part, and its results written with the job's progress: a crash at
any point is gone on from, and nobody is created twice. Every change goes through the gate, in the name of whoever
asked for it. Lines are all or nothing. What was imported is deleted part by part; the rejected lines stay, sealed,
for a day.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.passage import Passage
from bailee.gate.queries import GATE
from bailee.gate.sets import Refused
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.processing.accounts import columns, queries
from bailee.processing.accounts.import_jobs import (
    Chosen,
    Job,
    LineResult,
    Mandate,
    NoSuchImport,
    NotNow,
    Policy,
    job_of,
    key_name,
    seal_chosen,
    seal_lines,
    unseal_lines,
)
from bailee.processing.accounts.tables import Line, Table, lines, survey
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation

PART = 500
KEPT = timedelta(hours=24)
ROWS = (
    queries.DELETE_IMPORT_PARTS, queries.DELETE_IMPORT_TAGS, queries.DELETE_IMPORT_LINES, queries.DELETE_IMPORT,
)  # fmt: skip
BEFORE_CHECK, BEFORE_RUN = ("mapped", "checked"), ("mapped", "checked")


class Importing:
    """Takes files, and keeps their jobs."""

    def __init__(
        self, *, passage: Passage, database: Database, committing: Committing, keys: KeyStore, clock: Clock, place: str
    ) -> None:
        self._passage = passage
        self._place = place
        self._database = database
        self._committing = committing
        self._keys = keys
        self._clock = clock

    async def upload(self, controller: UUID, mandate: Mandate, data: bytes, *, name: str = "") -> Job:
        """Read a file and keep its name and lines, sealed; `RefusedTable` for one that is not read. All or nothing.

        Holding is ruled on before anything is kept: `Refused` where the agreement does not let people be stored.
        """
        await self._permitted(controller, mandate)
        table = await asyncio.to_thread(survey, data)
        job, now = new_id(), self._clock.now()
        key = await self._keys.controller_key(controller, key_name(job))
        digest = hashlib.sha256(data).digest()
        try:
            async with self._committing.transaction(controller) as change:
                count = parts = 0
                pieces = _pieces(data, table)
                while piece := await asyncio.to_thread(next, pieces, None):
                    await change.connection.execute(
                        queries.INSERT_PART, controller, job, parts, seal_lines(key, job, parts, piece)
                    )
                    parts, count = parts + 1, count + len(piece)
                sealed = seal_chosen(key, job, Chosen(table.headings, table.duplicated, name=name))
                actor = mandate.actor
                await change.connection.execute(
                    queries.INSERT_IMPORT, controller, job, actor.id, str(actor.kind), actor.credential,
                    str(mandate.purpose), mandate.until, table.format, digest, len(data), count, parts, now,
                    now + KEPT, sealed,
                )  # fmt: skip
                details = {"import": str(job), "lines": count, "format": table.format}
                await change.append([Act("import-uploaded", controller, actor.id, details, digest=digest.hex())])
        except BaseException:
            await self._keys.shred_controller_key(controller, key_name(job))
            raise
        return await self.state(controller, job)

    async def state(self, controller: UUID, job: UUID) -> Job:
        """How a job stands."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.IMPORT, controller, job)
        if row is None or row["expires_at"] <= self._clock.now():
            raise NoSuchImport
        return job_of(row, await self.key(controller, job))

    async def listed(self, controller: UUID, limit: int = 20) -> list[Job]:
        """The jobs that are still kept, the latest first."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.IMPORTS, controller, limit)
        kept = [row for row in rows if row["expires_at"] > self._clock.now()]
        return [job_of(row, await self.key(controller, row["job_id"])) for row in kept]

    async def map(
        self, controller: UUID, job: UUID, mapping: dict[str, str], policy: Policy, *, region: str = "FR",
        groups: frozenset[str] = frozenset(),
    ) -> Job:  # fmt: skip
        """Say which heading is which field, and what to do with people held already. Earlier results are forgotten."""
        found = await self.state(controller, job)
        mapping = columns.check(mapping, found.chosen.headings)
        chosen = msgspec.structs.replace(found.chosen, mapping=mapping, region=region, groups=tuple(sorted(groups)))
        key = await self.key(controller, job)
        async with self._database.transaction(controller) as tx:
            sealed = seal_chosen(key, job, chosen)
            done = await tx.fetchval(queries.MAP_IMPORT, controller, job, policy, sealed, self._clock.now())
            if done is None:
                raise NotNow(found.state)
            await tx.execute(queries.DELETE_IMPORT_LINES, controller, job)
            await tx.execute(queries.DELETE_IMPORT_TAGS, controller, job)
        return await self.state(controller, job)

    async def check(self, controller: UUID, job: UUID, mandate: Mandate) -> Job:
        """Begin a dry run, or go on with one that was stopped."""
        return await self._begin(controller, job, mandate, "checking", BEFORE_CHECK)

    async def run(self, controller: UUID, job: UUID, mandate: Mandate) -> Job:
        """Begin to import, or go on where it was stopped."""
        return await self._begin(controller, job, mandate, "running", BEFORE_RUN)

    async def stop(self, controller: UUID, job: UUID, *, by: str) -> Job:
        """Stop after the part under way."""
        found = await self.state(controller, job)
        async with self._committing.transaction(controller) as change:
            done = await change.connection.fetchval(queries.STOP_IMPORT, controller, job, self._clock.now())
            if done is None:
                raise NotNow(found.state)
            await change.append([Act("import-stopped", controller, by, {"import": str(job)})])
        return await self.state(controller, job)

    async def delete(self, controller: UUID, job: UUID, *, by: str) -> None:
        """Forget a job: its key first, so that nothing uploaded can be opened, then its rows. People stay."""
        found = await self.state(controller, job)
        if found.state in ("checking", "running"):
            raise NotNow(found.state)
        await self.forget(controller, job, by=by)

    async def sweep(self, controller: UUID) -> bool:
        """Where the controller's data are being destroyed, delete every row of its imports; whether that is so.

        Nothing is recorded and no key is touched: writing to a closed log would make keys anew.
        """
        async with self._database.transaction(controller) as tx:
            gate = await tx.fetchrow(GATE, controller)
            if gate is not None and gate["state"] == "open":
                return False
            for row in await tx.fetch(queries.EVERY_IMPORT, controller):
                for query in ROWS:
                    await tx.execute(query, controller, row["job_id"])
        return True

    async def forget(self, controller: UUID, job: UUID, *, by: str) -> None:
        """Shred the key, delete the rows, record it."""
        await self._keys.shred_controller_key(controller, key_name(job))
        async with self._committing.transaction(controller) as change:
            for query in ROWS:
                await change.connection.execute(query, controller, job)
            await change.append([Act("import-deleted", controller, by, {"import": str(job)})])

    async def results(self, controller: UUID, job: UUID, after: int = 0, limit: int = 500) -> list[LineResult]:
        """What became of the lines, in order: no value of anyone is in it."""
        await self.state(controller, job)
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.LINES_AFTER, controller, job, after, limit)
        return _results(rows)

    async def first_rejected(self, controller: UUID, job: UUID, limit: int) -> list[LineResult]:
        """The first lines that were, or would be, rejected, wherever they stand."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.LINES_REJECTED, controller, job, limit)
        return _results(rows)

    async def rejected(self, controller: UUID, job: UUID, part: int) -> list[tuple[Line, tuple[str, ...]]]:
        """The rejected lines of one part as they came, each with its reasons."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.LINES_OF_PART, controller, job, part)
        reasons = {row["line"]: tuple(row["reasons"]) for row in rows if row["outcome"] == "rejected"}
        found = await self.part(controller, job, part) if reasons else []
        return [(line, reasons[line.number]) for line in found if line.number in reasons]

    async def part(self, controller: UUID, job: UUID, part: int) -> list[Line]:
        """The lines of a part that are still kept."""
        key = await self.key(controller, job)
        async with self._database.transaction(controller) as tx:
            sealed = await tx.fetchval(queries.PART, controller, job, part)
        return unseal_lines(key, job, part, sealed) if sealed is not None else []

    async def look(self, job: Job, mandate: Mandate, what: str) -> None:
        """Rule and record that lines of an upload are looked at, `what` of them, before any is opened; or `Refused`."""
        await self._permitted(job.controller, mandate, Operation.consult)
        async with self._committing.transaction(job.controller) as change:
            details = {"import": str(job.id), "what": what}
            await change.append([Act("upload-read", job.controller, mandate.actor.id, details)])

    async def key(self, controller: UUID, job: UUID) -> Key:
        """The job's own key."""
        try:
            return await self._keys.controller_key(controller, key_name(job), create=False)
        except KeyGone:
            raise NoSuchImport from None

    async def _permitted(self, controller: UUID, mandate: Mandate, operation: Operation = Operation.store) -> None:
        dossier = await self._passage.dossier(controller)
        request = AccessRequest(
            actor=mandate.actor, controller=controller, operation=operation, purpose=mandate.purpose, place=self._place
        )
        permit = self._passage.rule(dossier, request)
        if isinstance(permit, Refusal):
            raise Refused(await self._passage.refuse(permit))

    async def _begin(self, controller: UUID, job: UUID, mandate: Mandate, state: str, before: tuple[str, ...]) -> Job:
        found, now, actor = await self.state(controller, job), self._clock.now(), mandate.actor
        who = (actor.id, str(actor.kind), actor.credential, str(mandate.purpose), mandate.until)
        async with self._committing.transaction(controller) as change:
            tx = change.connection
            done: Record | None = await tx.fetchval(queries.RESUME_IMPORT, controller, job, now, state, *who)
            if done is None:
                done = await tx.fetchval(queries.BEGIN_IMPORT, controller, job, state, now, list(before), *who)
            if done is None:
                raise NotNow(found.state)
            details = {"import": str(job), "lines": found.lines, "policy": found.policy or ""}
            await change.append([Act(f"import-{state}", controller, actor.id, details)])
        return await self.state(controller, job)


def _pieces(data: bytes, table: Table) -> Iterator[list[Line]]:
    piece = list[Line]()
    for line in lines(data, table):
        piece.append(line)
        if len(piece) == PART:
            yield piece
            piece = []
    if piece:
        yield piece


def _results(rows: Sequence[Record]) -> list[LineResult]:
    return [LineResult(row["line"], row["outcome"], tuple(row["reasons"]), row["person_id"]) for row in rows]
