"""Rehearsal on the real ledger: what was recorded, folded as it is read, and ruled as if a proposal were in force.

A few hundred batches are in memory at a time, and as many patterns as `MOST_PATTERNS`. Each rehearsal leaves an entry:
it reads what was recorded, and shows how often who asked for what.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from bailee.clauses.instructions.standing import dossier_of
from bailee.contract.rehearsal import Proposal, Report, Traffic, as_if, rehearse
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.ledger.reading import Reading

LAST = timedelta(days=30)
LONGEST = timedelta(days=400)
MOST_READ = 5_000_000
EVERY = 1_000
WINDOW = 2_000


class Rehearsing:
    """Replays a controller's recorded traffic."""

    def __init__(self, *, reading: Reading, archive: Archive, appending: Appending, clock: Clock) -> None:
        self._reading = reading
        self._archive = archive
        self._appending = appending
        self._clock = clock

    async def rehearse(
        self, controller: UUID, proposal: Proposal, *, by: str, last: timedelta = LAST, most: int = MOST_READ,
        progress: Callable[[int, int], None] = lambda _read, _all: None,
    ) -> Report:  # fmt: skip
        """What a proposal would have changed in the accesses of the last days; `most` entries are read."""
        dossier, now = await dossier_of(self._archive, controller), self._clock.now()
        before, after = dossier.in_force(now), as_if(dossier.documents, proposal, now, dossier.beside)
        since = now - min(last, LONGEST)
        traffic = await self._traffic(controller, since, most, progress)
        report = rehearse(traffic, before, after, (since, now))
        details = {"since": since.isoformat(), "entries": report.entries, "changes": report.changes}
        await self._appending.append_one(Act("rehearsed", controller, by, details))
        return report

    async def _traffic(
        self, controller: UUID, since: datetime, most: int, progress: Callable[[int, int], None]
    ) -> Traffic:
        """The entries from the newest back to the first that is older, window by window."""
        head = await self._reading.head(controller)
        traffic, stop = Traffic(), head.size if head else 0
        size, reached = stop, False
        while stop and not reached and traffic.entries < most:
            start = max(0, stop - WINDOW)
            window = [entry async for entry in self._reading.entries(controller, start, stop)]
            for entry in reversed(window):
                body = entry.opened.body if entry.opened else None
                if body is not None and datetime.fromisoformat(json.loads(body)["at"]) < since:
                    reached = True
                    break
                traffic.add(body)
                if traffic.entries % EVERY == 0:
                    progress(traffic.entries, size)
            stop = start
        traffic.cut = bool(stop) and not reached
        return traffic
