"""Rebuilding: the table of obligations made anew from the ledger, which is what counts.

The entries of a controller's log are read from the first that can still be read; what they say of an obligation is
compared with its row. What is missing or different is put right. A row that no readable entry opened is reported and
kept: it may come from a log that was closed, and throwing it away would forget a promise. Where the ledger opened the
same promise twice (its row was lost in between) the later opening counts; and where a row stands in the place of one
that the ledger knows, it gives way, and its evidence stays with the promise.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.ledger.reading import Reading
from bailee.obligations import queries
from bailee.obligations.calendar import Due
from bailee.obligations.judging import first_look, look_after_end
from bailee.obligations.obligations import obligation_of
from bailee.obligations.promises import Obligation, Promise

MADE, ENDS = ("obligation-opened", "obligation-moved"), ("obligation-discharged", "obligation-withdrawn")


class Compared(msgspec.Struct, frozen=True):
    """What the table lacks, has otherwise than the ledger, or has without an entry; and how many agree."""

    controller: UUID
    agree: int
    missing: tuple[UUID, ...] = ()
    different: tuple[UUID, ...] = ()
    unknown: tuple[UUID, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the table says what the ledger says."""
        return not (self.missing or self.different or self.unknown)


class Rebuilding:
    """Compares the table with the ledger, and puts it right."""

    def __init__(self, *, committing: Committing, reading: Reading) -> None:
        self._committing = committing
        self._reading = reading

    async def rebuild(self, controller: UUID, *, by: str, mend: bool = True) -> Compared:
        """Compare, and mend what is missing or different where asked to; the mending is recorded."""
        async with self._committing.transaction(controller) as change:
            before = await _held(change)
        if not before and await self._reading.head(controller) is None:
            return Compared(controller, 0)
        told, reminded, since = await self._told(controller)
        async with self._committing.transaction(controller) as change:
            held = await _held(change)
            fresh = {id for id, one in held.items() if before.get(id) != one}  # changed while the ledger was read
            compared = _compared(controller, told, held, since, fresh)
            wrong = [told[id] for id in (*compared.missing, *compared.different)]
            if wrong and mend:
                gone = [one for each in wrong for one in await _remade(change, each, reminded.get(each.id))]
                details = {"missing": [str(id) for id in compared.missing],
                           "different": [str(id) for id in compared.different]}  # fmt: skip
                details |= {"gave_way": sorted({str(id) for id in gone} - set(map(str, told)))} if gone else {}
                await change.append([Act("obligations-rebuilt", controller, by, details)])
        return compared

    async def _told(self, controller: UUID) -> tuple[dict[UUID, Obligation], dict[UUID, datetime], datetime | None]:
        """What the ledger says of every obligation, when it was last reminded of, and the time of the first entry that
        can still be read."""
        head = await self._reading.integrated(controller)
        found, reminded = dict[UUID, Obligation](), dict[UUID, datetime]()
        early, since = list[dict[str, Any]](), None
        async for entry in self._reading.entries(controller, 0, head.size):
            if entry.opened is None:
                continue
            since = since or msgspec.json.decode(entry.opened.body, type=_When).at
            if b'"obligation-' in entry.opened.body:
                body = msgspec.json.decode(entry.opened.body)
                if not fold(found, controller, body):
                    early.append(body)
                if body["kind"] == "obligation-reminded":
                    reminded[UUID(body["details"]["obligation"])] = _at(body["details"]["looked"])
        for body in early:  # entries of one moment may stand in any order: now all that was opened is known
            fold(found, controller, body)
        return _each_once(found), reminded, since


async def _held(change: Transaction) -> dict[UUID, Obligation]:
    rows = await change.connection.fetch(queries.ALL, change.controller)
    return {row["obligation_id"]: obligation_of(row) for row in rows}


async def _remade(change: Transaction, one: Obligation, reminded: datetime | None) -> list[UUID]:
    """Write a row as the ledger says it; which rows stood in its place, and gave way."""
    promise = one.promise
    place = (change.controller, promise.clause, promise.subject, one.id)
    before = [row["obligation_id"] for row in await change.connection.fetch(queries.STANDS_IN_PLACE, *place)]
    for id in before:
        await change.connection.execute(queries.MAKE_PLACE, change.controller, id)
        await change.connection.execute(queries.GIVE_EVIDENCE, change.controller, id, one.id)
    await change.connection.execute(queries.REMAKE, *_row(one, reminded))
    return before


def _each_once(told: dict[UUID, Obligation]) -> dict[UUID, Obligation]:
    """Of promises that were opened twice, the later."""
    last: dict[tuple[str, str], Obligation] = {}
    for one in sorted(told.values(), key=lambda one: (one.opened_at, one.id)):
        last[one.promise.clause, one.promise.subject] = one
    return {one.id: one for one in told.values() if last[one.promise.clause, one.promise.subject] is one}


class _When(msgspec.Struct):
    at: datetime


def fold(found: dict[UUID, Obligation], controller: UUID, body: dict[str, Any]) -> bool:
    """Add what one entry says; False where it is about an obligation that no entry has opened yet, or it is forgotten."""
    kind, details = body["kind"], body.get("details", {})
    if not kind.startswith("obligation-"):
        return True
    id = UUID(details["obligation"])
    before = found.get(id)
    if kind in MADE:
        promise = before.promise if before and kind == "obligation-opened" else _promise(details)
        made = before or Obligation(id=id, controller=controller, promise=promise, opened_at=_at(details["opened"]))
        found[id] = msgspec.structs.replace(made, promise=promise)
    elif before is None:
        return False
    elif kind == "obligation-infringed":
        found[id] = msgspec.structs.replace(before, infringed_at=_at(details["due"]))
    elif kind in ENDS:
        found[id] = msgspec.structs.replace(
            before, state=kind.removeprefix("obligation-"), ended_at=_at(details["ended"]), ended_by=body["actor"],
            proof=details["proof"],
        )  # fmt: skip
    return True


def _compared(
    controller: UUID, told: dict[UUID, Obligation], held: dict[UUID, Obligation], since: datetime | None,
    fresh: set[UUID],
) -> Compared:  # fmt: skip
    missing = [id for id in told if id not in held]
    different = [id for id, one in told.items() if id in held and id not in fresh and held[id] != one]
    unknown = [
        id for id, one in held.items() if id not in told and id not in fresh and since and one.opened_at >= since
    ]
    agree = len(told) - len(missing) - len(different)
    return Compared(controller, agree, *(tuple(sorted(ids)) for ids in (missing, different, unknown)))


def _promise(details: dict[str, Any]) -> Promise:
    due = Due(strict=_at(details["strict"]), generous=_at(details["generous"]), rule=details["rule"])
    return Promise(
        clause=details["clause"], subject=details["subject"], owed_by=details["owed_by"], owed_to=details["owed_to"],
        due=due, evidence=details["evidence"], reminders=tuple(map(_at, details["reminders"])),
    )  # fmt: skip


def _row(one: Obligation, reminded: datetime | None) -> Sequence[Any]:
    promise, infringed = one.promise, one.infringed_at is not None
    if one.ended_at is not None:
        again = look_after_end(one.ended_at, due=promise.binding, opened_at=one.opened_at, infringed=infringed)
    else:
        coming = [at for at in promise.reminders if reminded is None or at > reminded]
        again = None if infringed else first_look(promise.binding, coming)
    return (
        one.controller, one.id, promise.clause, promise.subject, promise.owed_by, promise.owed_to, one.opened_at,
        promise.due.strict, promise.due.generous, promise.binding, promise.due.rule, promise.evidence,
        list(promise.reminders), again, one.state, one.infringed_at, one.ended_at, one.ended_by or None,
        one.proof or None,
    )  # fmt: skip


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
