"""The work of imports, part by part: whoever has the lease plans, creates, updates, and writes what became of it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from asyncpg import Connection

from bailee.contract.ruling import Refusal
from bailee.gate.changing import Gone, Outdated, Unknown, Written
from bailee.gate.idempotency import Once, once
from bailee.gate.passage import Destroyed, Passage, Revoked
from bailee.gate.people import NewPerson, People
from bailee.gate.records import Draft, Records
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.processing.accounts import queries
from bailee.processing.accounts.import_jobs import Job, NoSuchImport, job_of, seal_lines
from bailee.processing.accounts.import_planning import ERASED, Failing, Planned, Planning
from bailee.processing.accounts.importing import Importing
from bailee.processing.accounts.tables import Line
from bailee.vault.holding import PolicyClass
from bailee.vault.profile import PROFILE, TYPE
from bailee.vault.record_types import RefusedData
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation

LEASE, AT_ONCE = timedelta(seconds=60), 32
OF_A_LINE = frozenset({"category-not-covered", "category-not-covered-for-group", "group-not-covered", "objected"})
DONE = {"create": "created", "update": "updated", "skip": "skipped", "reject": "rejected"}
POLICY = PolicyClass(type=PROFILE, purposes=tuple(sorted(TYPE.purposes)))


class Working:
    """Carries imports on."""

    def __init__(
        self, *, importing: Importing, planning: Planning, passage: Passage, people: People, records: Records,
        database: Database, keys: KeyStore, clock: Clock,
    ) -> None:  # fmt: skip
        self._importing = importing
        self._planning = planning
        self._passage = passage
        self._people = people
        self._records = records
        self._database = database
        self._keys = keys
        self._clock = clock
        self._lease = new_id()

    async def due(self, controller: UUID, seconds: float = 2.0) -> int:
        """Carry on what is at work for a controller, for some seconds; forget what is a day old. How many parts."""
        if await self._importing.sweep(controller):
            return 0
        async with self._database.transaction(controller) as tx:
            now = self._clock.now()
            old = [r["job_id"] for r in await tx.fetch(queries.IMPORTS_EXPIRED, controller, now)]
            job = await tx.fetchval(queries.IMPORTS_AT_WORK, controller, now, self._lease)
        for one in old:
            await self._importing.forget(controller, one, by="platform")
        count, until = 0, self._clock.monotonic() + seconds
        while job is not None and job not in old and self._clock.monotonic() < until:
            if not await self.advance(controller, job):
                break
            count += 1
        if job is not None:
            await self.release(controller, job)
        return count

    async def advance(self, controller: UUID, job: UUID) -> bool:
        """Do one part of a job; whether there is more. False too where another process is at it."""
        now = self._clock.now()
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.LEASE_IMPORT, controller, job, self._lease, now, now + LEASE)
        if row is None:
            return False
        try:
            key = await self._importing.key(controller, job)
            found = job_of(row, key)
            if now >= found.mandate.until:
                raise Failing("credential-expired")
            if found.next_part < found.parts:
                await self._part(found, key)
                if found.next_part + 1 < found.parts:
                    return True
            await self._finish(found)
        except Failing as failing:
            await self._fail(controller, job, failing.reason)
        except (Revoked, Destroyed, NoSuchImport) as gone:
            await self._fail(controller, job, "credential-revoked" if isinstance(gone, Revoked) else "destroyed")
        return False

    async def release(self, controller: UUID, job: UUID) -> None:
        """Let another process go on at once."""
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.UNLEASE_IMPORT, controller, job, self._lease)

    async def _part(self, job: Job, key: Key) -> None:
        lines = await self._importing.part(job.controller, job.id, job.next_part)
        async with self._database.transaction(job.controller) as tx:
            kept = await tx.fetch(queries.LINES_OF_PART, job.controller, job.id, job.next_part)
        begun = {row["line"]: tuple(row["reasons"]) for row in kept if row["outcome"] == "creating"}
        plans = await self._planning.plan(job, key, lines, frozenset(begun))
        if not job.checking:
            new = [one for one in plans if one.outcome == "create" and (not begun or one.line in begun)]
            if begun:  # what was not being created before the stop is decided as it is now, and not created with it
                for one in plans:
                    if one.outcome == "create" and one.line not in begun:
                        one.reject("changed-meanwhile")
            await self._planning.keep_out(job, [one for one in new if one.line not in begun])
            new = [one for one in new if one.outcome == "create"]
            await self._create(job, new, apart=any(begun.values()), begun=bool(begun))
            await self._update(job, [one for one in plans if one.outcome == "update"])
        else:
            await self._planning.keep_out(job, [one for one in plans if one.outcome == "create"])
        await self._write(job, key, lines, plans)

    async def _create(self, job: Job, new: list[Planned], *, apart: bool, begun: bool) -> None:
        """Create a part's people together; where the ruling refuses some of them, those alike apart."""
        if not new:
            return
        if not begun:
            await self._note(job, new, ())
        if not apart:
            refusal = await self._together(job, new, "whole")
            if refusal is None:
                return
            if refusal.reason not in OF_A_LINE:
                raise Failing(refusal.reason)
            await self._note(job, new, ("apart",))
        alike: dict[tuple[str, ...], list[Planned]] = {}
        for one in new:
            alike.setdefault((*sorted(one.groups), "", *sorted(TYPE.categories(one.profile))), []).append(one)
        for signature, several in sorted(alike.items()):
            refusal = await self._together(job, several, ",".join(signature))
            if refusal is not None:
                for one in several:
                    one.reject(f"refused:{refusal.reason}")

    async def _together(self, job: Job, new: Sequence[Planned], which: str) -> Refusal | None:
        made = [(new_id(), new_id()) for _ in new]
        people = [
            NewPerson(person, one.groups, [(Address(job.controller, person, PROFILE, record), Draft(one.profile, POLICY))])
            for (person, record), one in zip(made, new, strict=True)
        ]  # fmt: skip
        request = self._planning.request(
            job, Operation.store, categories=frozenset(c for one in new for c in TYPE.categories(one.profile)),
            addresses=tuple(address for one in people for address, _ in one.records),
            persons=tuple(person for person, _ in made),
        )  # fmt: skip
        try:
            written = await self._people.create(request, people, await self._once(job, which))
        except Gone:  # they were created before a stop, and someone of them has been erased since
            return None
        if isinstance(written, Refusal):
            return written
        for person, one in zip(written.persons, new, strict=True):
            one.person = person
        return None

    async def _once(self, job: Job, which: str) -> Once:
        secret = await self._keys.controller_key(job.controller, "idempotency")
        name = f"import/{job.id}/{job.next_part}/{which}"
        return once(secret, job.id, name, bytes.fromhex(job.digest), self._clock.now())

    async def _update(self, job: Job, plans: Sequence[Planned]) -> None:
        room = asyncio.Semaphore(AT_ONCE)

        async def one_of(one: Planned) -> None:
            assert one.address is not None
            request = self._planning.request(
                job, Operation.modify, categories=TYPE.categories(one.profile), addresses=(one.address,)
            )
            async with room:
                try:
                    written: Written | Refusal = await self._records.patch(request, one.profile, None)
                except (Unknown, Outdated, RefusedData) as why:
                    one.reject("does-not-fit" if isinstance(why, RefusedData) else "changed-meanwhile")
                    return
            if isinstance(written, Refusal):
                one.reject(f"refused:{written.reason}")

        await asyncio.gather(*map(one_of, plans))

    async def _note(self, job: Job, new: Sequence[Planned], reasons: tuple[str, ...]) -> None:
        """Keep which lines are being created, before they are."""
        async with self._database.transaction(job.controller) as tx:
            rows = [(job.controller, job.id, one.line, job.next_part, "creating", reasons, None) for one in new]
            await tx.executemany(queries.PUT_LINE, rows)

    async def _write(self, job: Job, key: Key, lines: Sequence[Line], plans: Sequence[Planned]) -> None:
        words = {"create": "create", "update": "update", "skip": "skip"} if job.checking else DONE
        count = {outcome: sum(one.outcome == outcome for one in plans) for outcome in DONE}
        rows = [
            (job.controller, job.id, one.line, job.next_part, words.get(one.outcome, "rejected"), one.reasons, one.person)
            for one in plans
        ]  # fmt: skip
        async with self._database.transaction(job.controller) as tx:
            done = await tx.fetchval(
                queries.ADVANCE_IMPORT, job.controller, job.id, job.next_part, count["create"], count["update"],
                count["skip"], count["reject"], self._clock.now(),
            )  # fmt: skip
            if done is None:  # another process did this very part
                return
            await tx.executemany(queries.PUT_LINE, rows)
            if not job.checking:
                bad = {one.line for one in plans if one.outcome == "reject" and ERASED not in one.reasons}
                await self._keep(tx, job, key, [line for line in lines if line.number in bad])

    @staticmethod
    async def _keep(tx: Connection, job: Job, key: Key, bad: list[Line]) -> None:
        sealed = seal_lines(key, job.id, job.next_part, bad)
        await tx.execute(queries.REPLACE_PART, job.controller, job.id, job.next_part, sealed)

    async def _finish(self, job: Job) -> None:
        async with self._database.transaction(job.controller) as tx:
            state = "checked" if job.checking else "done"
            await tx.fetchval(queries.FINISH_IMPORT, job.controller, job.id, state, self._clock.now())
            if not job.checking:
                await tx.execute(queries.FORGET_ERASED, job.controller, job.id)
            await tx.execute(queries.UNLEASE_IMPORT, job.controller, job.id, self._lease)

    async def _fail(self, controller: UUID, job: UUID, reason: str) -> None:
        async with self._database.transaction(controller) as tx:
            await tx.execute(queries.FAIL_IMPORT, controller, job, reason, self._clock.now())
