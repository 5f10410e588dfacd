"""Seeking: exact searches that come together share one look and one commit.

A search's answer is not known before it is read, so the order is that of every set: one call looks under the tags of
all of them; then one commit makes their entries durable (one a search: its ruling, and the records let through by name);
and only when it has returned is anything opened. A search whose dossier has changed meanwhile comes back `Stale`.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.contract.ruling import Permit, extend
from bailee.gate.archive import Dossier
from bailee.gate.crossing import Released, Stale
from bailee.gate.narrowing import select
from bailee.infra.batching import Batcher, Groups
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.ledger import queries as ledger_queries
from bailee.ledger.appending import Appending, Recorded
from bailee.vault import queries
from bailee.vault.holding import Row
from bailee.vault.opening import Opening, Selected
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import Address

TOGETHER = 100  # a search for a longer page looks alone: a batch of them would be too much to hold

Place = tuple[UUID, UUID]


class Seek(msgspec.Struct, frozen=True):
    """A permitted search: the dossier it was ruled under, the tag, where its page begins and how long it is."""

    dossier: Dossier
    permit: Permit
    tag: bytes
    after: Place
    limit: int


class Hits(msgspec.Struct, frozen=True):
    """What lay under the tag and was released, yet to be confirmed, and where the next page begins (None at the end)."""

    released: Released
    after: Place | None


class Rows(msgspec.Struct):
    """What one search found: the gate's version then, and the rows under its tag."""

    version: int = 0
    hits: list[Row] = []


Outcome = Hits | Stale
# What a search let through of its rows; None where its dossier is stale.
Chosen = list[Selected] | None


class Seeking:
    """Lets permitted searches look in batches."""

    def __init__(self, *, appending: Appending, opening: Opening, database: Database, clock: Clock) -> None:
        self._appending = appending
        self._opening = opening
        self._database = database
        self._clock = clock
        self._batcher: Batcher[Seek, Outcome] = Batcher(self._together)

    async def seek(self, one: Seek) -> Outcome:
        """Have a search look with the next batch. Raises `Altered` where a record does not open."""
        if one.limit <= TOGETHER:
            return await self._batcher.submit(one.dossier.controller, one)
        [outcome] = await self._together([(one.dossier.controller, [one])])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _together(self, groups: Groups[Seek]) -> list[Outcome | Exception]:
        read_at, now = self._clock.monotonic(), self._clock.now()
        seeks = [one for _, many in groups for one in many]
        found = _by_search(await self._database.fetch(queries.HITS, *_arguments(groups)), len(seeks))
        chosen = [_choose(one, rows, now) for one, rows in zip(seeks, found, strict=True)]
        recorded = iter(await self._record(seeks, chosen))
        keys = await self._opening.keys_of([row for rows in chosen for row in rows or ()])
        outcomes: list[Outcome | Exception] = []
        for one, rows, through in zip(seeks, found, chosen, strict=True):
            if through is None:
                outcomes.append(Stale(rows.version))
            else:
                outcomes.append(self._opened(one, rows, next(recorded), through, (keys, read_at)))
        return outcomes

    async def _record(self, seeks: Sequence[Seek], chosen: Sequence[Chosen]) -> list[Recorded[Permit]]:
        """Every search, naming what was let through, in one commit; in the searches' order."""
        facts: dict[UUID, list[Permit]] = {}
        for one, through in zip(seeks, chosen, strict=True):
            if through is not None:
                named = extend(one.permit, tuple([row.sealed.address for row in through])) if through else one.permit
                facts.setdefault(one.dossier.controller, []).append(named)
        if not facts:
            return []
        return (await self._appending.append_with(list(facts.items()), ledger_queries.APPEND))[0]

    def _opened(
        self, one: Seek, rows: Rows, recorded: Recorded[Permit], through: Sequence[Selected],
        opening: tuple[dict[UUID, Key], float],
    ) -> Outcome | Exception:  # fmt: skip
        (keys, read_at), permit = opening, one.permit
        try:
            records = self._opening.open(recorded, through, keys)
        except Altered as altered:
            return altered
        gone: tuple[tuple[Address, None], ...] = ()
        if len(records) != len(through):
            opened = {record.address for record in records}
            gone = tuple((row.sealed.address, None) for row in through if row.sealed.address not in opened)
        last = (rows.hits[-1]["person_id"], rows.hits[-1]["record_id"]) if len(rows.hits) == one.limit else None
        return Hits(Released(records, gone, permit.instruction, permit.clause, recorded.name, read_at), last)


def _arguments(groups: Groups[Seek]) -> tuple[object, ...]:
    """The searches of several controllers as `bailee.hits` takes them."""
    starts = [1]
    for _, many in groups:
        starts.append(starts[-1] + len(many))
    flat = [one for _, many in groups for one in many]
    return (
        [controller for controller, _ in groups],
        starts,
        [one.tag for one in flat],
        [one.after[0] for one in flat],
        [one.after[1] for one in flat],
        [one.limit for one in flat],
    )


def _by_search(rows: Sequence[Row], count: int) -> list[Rows]:
    """What each search found; one of a controller that is not there has seen no version."""
    found = [Rows() for _ in range(count)]
    for row in rows:
        mine = found[row[0] - 1]
        mine.version = row["gate_version"]
        if row["person_id"] is not None:
            mine.hits.append(row)
    return found


def _choose(one: Seek, rows: Rows, now: datetime) -> Chosen:
    """What the rows let through; None where the gate's version is another one than the ruling's."""
    if rows.version != one.dossier.version:
        return None
    through, controller = list[Selected](), one.dossier.controller
    for row in rows.hits:
        address = Address(controller=controller, person=row["person_id"], type=row["type"], record=row["record_id"])
        selected = select(one.dossier, one.permit, address, row, now)
        if isinstance(selected, Selected):
            through.append(selected)
    return through
