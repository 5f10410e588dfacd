"""Engaging: what opens and closes the gate for a sub-processor at one controller, in the transaction of its event."""

from uuid import UUID

from bailee.clauses.sub_processors.events import Proposed
from bailee.clauses.sub_processors.paths import covered_until
from bailee.contract.engagements import Engagement
from bailee.gate import beside
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act


class Engaging:
    """Writes the gate's store, and says so in the controller's ledger."""

    def __init__(self, filing: Filing, clock: Clock) -> None:
        self._filing = filing
        self._clock = clock

    async def engage(self, change: Transaction, what: Proposed, *, by: str, proof: str) -> None:
        """From its first day on this controller's data may flow to it, the named categories alone. Nothing flows to one
        without personal data, nor to one that ends."""
        entry = what.entry
        if what.kind == "end" or not entry.personal_data:
            return
        one = Engagement(
            id=what.id, label=entry.label, categories=frozenset(entry.categories), places=frozenset(entry.places),
            since=max(what.begins_at, self._clock.now()), until=covered_until(entry),
        )  # fmt: skip
        await beside.engage(change, one)
        details = {"since": one.since.isoformat(), "until": one.until.isoformat() if one.until else "", "proof": proof}
        await self._filing.bump(change, [act("sub-processor-engaged", change, what, by, **details)])

    async def disengage(self, change: Transaction, what: Proposed, *, by: str, reason: str) -> None:
        """Nothing flows to it any more."""
        await beside.disengage(change, what.id)
        await self._filing.bump(change, [act("sub-processor-disengaged", change, what, by, reason=reason)])

    async def give_way(self, change: Transaction, what: Proposed, earlier: Proposed, *, by: str) -> None:
        """What was engaged before works until the first day of what takes its place, and no longer."""
        at = max(what.begins_at, self._clock.now())
        if await beside.end_engagements(change, earlier.entry.label, at, but=what.id):
            acts = [act("sub-processor-giving-way", change, earlier, by, to=str(what.id), at=at.isoformat())]
            await self._filing.bump(change, acts)


def act(kind: str, change: Transaction, what: Proposed, by: str, **more: object) -> Act:
    """An act about a proposal in a controller's ledger: ids, labels and codes."""
    details = {"proposal": str(what.id), "sub_processor": what.entry.label, "change": what.kind}
    return Act(kind, change.controller, by, details | more)


def subject(proposal: UUID, what: str = "") -> str:
    """What an obligation about a proposal is about."""
    return f"proposal/{proposal}{what}"
