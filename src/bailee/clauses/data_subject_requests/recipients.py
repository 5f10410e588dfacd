"""Art. 19: to whom someone's data went, and that each of them hears what has become of it.

Known are the recipients of the policy that records are held under, and those that the ledger saw data leave to. The
obligation stands until each is told, or excused with a reason (impossible, or an effort out of proportion).
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal
from uuid import UUID

import msgspec

from bailee.clauses.data_subject_requests import deadlines, queries
from bailee.clauses.data_subject_requests.choices import Choosing
from bailee.clauses.data_subject_requests.corresponding import AgreementOf, Corresponding
from bailee.clauses.data_subject_requests.events import NotNow, Recipient, Request
from bailee.clauses.data_subject_requests.keeping import Keeping
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.ledger.committing import Transaction
from bailee.ledger.reading import Reading, Told
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.vocabulary.languages import Language

CLAUSE = "rights.recipients"
Excuse = Literal["told-otherwise", "impossible", "disproportionate"]


class Recipients:
    """Finds recipients, tells them, and keeps the obligation until all are told."""

    def __init__(
        self, *, database: Database, archive: Archive, reading: Reading, keeping: Keeping, choosing: Choosing,
        obligations: Obligations, letters: Corresponding, agreement: AgreementOf, clock: Clock,
    ) -> None:  # fmt: skip
        self._database = database
        self._archive = archive
        self._reading = reading
        self._keeping = keeping
        self._choosing = choosing
        self._obligations = obligations
        self._letters = letters
        self._agreement = agreement
        self._clock = clock

    async def of(
        self, controller: UUID, person: UUID, records: frozenset[UUID] | None = None, *, said: Sequence[Told] = ()
    ) -> list[str]:
        """Whom a person's data (or these records of it) went to, by name. `said` is what the ledger says, if read."""
        dossier = await self._keeping.dossier(self._archive, controller)
        classes = dossier.classes if dossier else {}
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.RECORDS, controller, person)
        found = {
            recipient
            for row in rows
            if (records is None or row["record_id"] in records) and row["class_id"] in classes
            for recipient in classes[row["class_id"]].recipients
        }
        for told in said or [one async for one in self._reading.about(controller, person)]:
            entry = msgspec.json.decode(told.opened.body, type=_Said)
            concerned = records is None or not entry.records or any(one[2] in records for one in entry.records)
            name = entry.recipient or str(entry.details.get("recipient") or "")
            if name and concerned and entry.kind in ("permit", "handed-over"):
                found.add(name)
        return sorted(found)

    async def owe(self, change: Transaction, one: Request, names: list[str], *, by: str) -> None:
        """Open the obligation to tell these, in the transaction that gives them something to hear."""
        if not names:
            return
        rows = [(one.controller, one.id, name) for name in names]
        await change.connection.executemany(queries.INSERT_RECIPIENT, rows)
        now = self._clock.now()
        due = deadlines.telling(await self._agreement(one.controller), now)
        promise = Promise(
            clause=CLAUSE, subject=f"request/{one.id}", owed_by="controller", owed_to="person", due=due,
            evidence="notice", reminders=deadlines.reminders(due, now),
        )  # fmt: skip
        await self._obligations.open(change, promise, by=by)

    async def listed(self, one: Request) -> list[Recipient]:
        """The recipients of a request, and where each is reached."""
        choices = await self._choosing.of(one.controller)
        async with self._database.transaction(one.controller) as tx:
            rows = await tx.fetch(queries.RECIPIENTS, one.controller, one.id)
        return [
            Recipient(
                row["recipient"], row["state"], row["reason"], row["notice_id"],
                choices.recipients[row["recipient"]].address if row["recipient"] in choices.recipients else "",
            )
            for row in rows
        ]  # fmt: skip

    async def tell(self, controller: UUID, request: UUID, *, by: str) -> Request:
        """Write to every recipient that is to be told still and whose address is known."""
        one = await self._keeping.find(controller, request)
        async with self._keeping.committing.transaction(controller) as change:
            return await self.tell_within(change, one, by=by)

    async def tell_within(self, change: Transaction, one: Request, *, by: str) -> Request:
        """The same, in a transaction that stands or falls with more than this."""
        choices = await self._choosing.of(one.controller)
        waiting = [r for r in await self.listed(one) if r.state == "open" and r.name in choices.recipients]
        facts = one.papers.work.get("concerned", {}) if one.papers else {}
        for recipient in waiting:
            reached = choices.recipients[recipient.name]
            to: tuple[str, str, Language] = (recipient.name, reached.address, reached.language)
            notice = await self._letters.to_recipient(change, one, to, facts, by=by)
            await self._end(change, one, recipient.name, "told", reason="letter", notice=notice)
            one = await self._write(change, one, by, recipient=recipient.name, notice=str(notice))
        return await self._settle(change, one, by)

    async def excuse(self, controller: UUID, request: UUID, name: str, excuse: Excuse, *, by: str) -> Request:
        """A recipient was told otherwise, or cannot be told: by whom it was found, and why."""
        one = await self._keeping.find(controller, request)
        async with self._keeping.committing.transaction(controller) as change:
            return await self.excuse_within(change, one, name, excuse, by=by)

    async def excuse_within(self, change: Transaction, one: Request, name: str, excuse: Excuse, *, by: str) -> Request:
        """The same, in a transaction that stands or falls with more than this."""
        state = "told" if excuse == "told-otherwise" else "excused"
        await self._end(change, one, name, state, reason=excuse, notice=None)
        one = await self._write(change, one, by, recipient=name, excuse=excuse)
        return await self._settle(change, one, by)

    async def _end(
        self, change: Transaction, one: Request, name: str, state: str, *, reason: str, notice: UUID | None
    ) -> None:
        now = self._clock.now()
        ended = await change.connection.fetchval(
            queries.END_RECIPIENT, one.controller, one.id, name, state, reason, notice, now
        )
        if ended is None:
            raise NotNow("recipient-ended")

    async def _write(self, change: Transaction, one: Request, by: str, **details: Any) -> Request:
        return await self._keeping.write(change, one, "recipient-told", by=by, **details)

    async def _settle(self, change: Transaction, one: Request, by: str) -> Request:
        """Once nobody is left to be told the obligation is kept."""
        rows = await change.connection.fetch(queries.RECIPIENTS, one.controller, one.id)
        if any(row["state"] == "open" for row in rows):
            return one
        obligation = await self._obligations.find(change, CLAUSE, f"request/{one.id}")
        if obligation is not None:
            with suppress(NotOpen):
                await self._obligations.discharge(change, obligation, by=by, proof=f"entry/{one.entries[-1]}")
        if one.erased and one.ended_at is not None:
            return await self._keeping.save(change, msgspec.structs.replace(one, keep_until=self._clock.now()))
        return one


class _Said(msgspec.Struct, frozen=True):
    """What of an entry tells a recipient."""

    kind: str
    recipient: str | None = None
    records: tuple[tuple[UUID, str, UUID], ...] = ()
    details: dict[str, Any] = {}
