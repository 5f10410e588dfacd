"""Looking: every measure in force is looked at, what changed is written down, and incidents open and close by it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.clauses.security_measures import catalogue, probes, queries
from bailee.clauses.security_measures.declared import declared
from bailee.clauses.security_measures.events import LAPSED, Found, Said
from bailee.clauses.security_measures.given import Looking
from bailee.clauses.security_measures.judging import Judged, judge
from bailee.clauses.security_measures.keeping import KEPT_FOR, Keeping, closing
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.vocabulary.ids import new_id

PLATFORM = "platform"


class Watching:
    """Looks at the measures. `lines` gives the catalogue."""

    def __init__(self, *, keeping: Keeping, committing: Committing, given: Looking) -> None:
        self._keeping = keeping
        self._committing = committing
        self._given = given

    async def look(self, *, running: bool) -> tuple[int, bool]:
        """One look at everything; how many measures stand otherwise than before, and whether an incident opened or
        closed. Where the platform does not run, what can
        only be seen of one that does stays as it was seen last."""
        now = self._given.clock.now()
        lines = catalogue.in_force(catalogue.lines(), now.date())
        lines = {name: line for name, line in lines.items() if running or name not in probes.WHILE_RUNNING}
        found = await self._found(lines, now)
        async with self._committing.transaction(self._keeping.platform) as change:
            before = await self._keeping.lock(change)
            judged = [
                judge(before.get(name), name, found[name], now, watched=lines[name].kind != "declared")
                for name in lines
            ]
            acts = [act for one in judged for act in await self._write(change, one)]
            await change.connection.execute(queries.FORGET_KEPT, change.controller, now - KEPT_FOR)
            if acts:
                await change.append(acts)
        return sum(one.changed for one in judged), any(one.opens or one.closes for one in judged)

    async def _found(self, lines: Mapping[str, catalogue.Line], now: datetime) -> dict[str, Found]:
        live = {name: probes.LIVE[name] for name, line in lines.items() if line.kind == "live"}
        found = await probes.look_at(self._given, live)
        found |= {name: one.found for name, one in declared(self._given.settings).items()}
        attested = await self._keeping.said("attestation")
        return found | {name: vouched(attested, name, now) for name, line in lines.items() if line.kind == "attested"}

    async def _write(self, change: Transaction, judged: Judged) -> list[Act]:
        """How it stands, with what becomes of its incident; the entries of it."""
        one, platform = judged.standing, self._keeping.platform
        told: dict[str, object] = {"measure": one.measure, "state": one.found.state, "reason": one.found.reason}
        acts = [Act("measure-changed", platform, PLATFORM, told)] if judged.changed else []
        if judged.opens:
            incident = new_id()
            one = msgspec.structs.replace(one, incident=incident)
            await change.connection.execute(
                queries.OPEN_INCIDENT, platform, incident, one.measure, one.looked_at, one.found.reason
            )
            acts.append(Act("measure-incident-opened", platform, PLATFORM, told | {"incident": str(incident)}))
        await self._keeping.stand(change, one)
        if judged.kept:
            await self._keeping.keep(change, one)
        if judged.closes:
            acts += await self._close(change, judged, told)
        return acts

    async def _close(self, change: Transaction, judged: Judged, told: dict[str, object]) -> list[Act]:
        closed: list[Act] = []
        for row in await change.connection.fetch(queries.OPEN_OF, change.controller, judged.standing.measure):
            incident: UUID = row["incident_id"]
            await change.connection.execute(
                queries.CLOSE_INCIDENT, change.controller, incident, judged.standing.looked_at,
                closing(judged.standing.found),
            )  # fmt: skip
            details = told | {"incident": str(incident), "figures": judged.standing.found.figures}
            closed.append(Act("measure-incident-closed", change.controller, PLATFORM, details))
        return closed


def vouched(said: list[Said], measure: str, now: datetime) -> Found:
    """What a named person vouches for; whoever vouched last counts."""
    last = next((one for one in said if one.measure == measure), None)
    if last is None or last.until_at is None:
        return Found("unknown", "nobody-vouches")
    until: dict[str, int | str] = {"until": last.until_at.date().isoformat()}
    return Found("attested", "vouched", until) if now <= last.until_at else Found("unknown", LAPSED, until)
