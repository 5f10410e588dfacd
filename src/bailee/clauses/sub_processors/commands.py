"""The list of sub-processors, kept by the processor's staff: proposed, judged, approved, and only then told of.

An approval is refused while an obligation of the agreement is unjudged, or one is found that does not bind the
sub-processor (subprocessors.flow-down); it says which.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.clauses.sub_processors import deadlines, evidence, flow_down, queries
from bailee.clauses.sub_processors.events import Answer, Judgement, Kind, Known, Proposed, SubProcessor, Verdict
from bailee.clauses.sub_processors.keeping import Keeping
from bailee.clauses.sub_processors.mistakes import Faulty, NotNow, Unjudged
from bailee.clauses.sub_processors.paths import DIGEST, faults
from bailee.infra.database import Database
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.vocabulary.ids import new_id

FLOW_DOWN = "subprocessors.flow-down"
Controllers = Callable[[], Awaitable[Sequence[UUID]]]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a human finds of some obligations: the verdict, why, and by which document, by its SHA-256."""

    clauses: tuple[str, ...]
    verdict: Verdict
    reason: str
    document: str


class Chain:
    """Keeps the list. `known` are the data categories that there are; `controllers` all who may have to be told."""

    def __init__(
        self, *, keeping: Keeping, database: Database, controllers: Controllers, known: Callable[[], frozenset[str]],
        processor: str, obligations: Obligations,
    ) -> None:  # fmt: skip
        self.keeping = keeping
        self.processor = processor
        self._obligations = obligations
        self._database = database
        self._controllers = controllers
        self._known = known

    async def propose(
        self, kind: Kind, entry: SubProcessor, *, begins_at: datetime | None, reason: str, by: str,
        replaces: UUID | None = None,
    ) -> Proposed:  # fmt: skip
        """Write a proposal down; `Faulty` with the codes of what keeps it from standing in the list."""
        now, known = self.keeping.clock.now(), await self.keeping.listed()
        what = Proposed(
            id=new_id(), kind=kind, entry=entry, replaces=replaces, begins_at=max(begins_at or now, now), reason=reason,
            proposed_by=by, judgements=_before(known, entry.id),
        )  # fmt: skip
        self._check(what, known)

        async def owe(own: Transaction) -> None:
            if self.needs_matrix(what):
                await self._obligations.open(own, _judging(what, now), by=by)

        await self.keeping.begin(what, self._act("sub-processor-proposed", what, by), owe)
        return what

    async def judge(
        self, proposal: UUID, judged: Judged, *, name: str, key: Ed25519PrivateKey, by: str
    ) -> Proposed:  # fmt: skip
        """Sign judgements on some obligations, each on its own; a later one on the same takes the place of the earlier."""
        known = await self._drafted(proposal)
        if not judged.clauses or not set(judged.clauses) <= set(flow_down.OBLIGATIONS):
            raise Faulty("clause-unknown")
        if not judged.reason or not DIGEST.fullmatch(judged.document):
            raise Faulty("judgement-without-grounds")
        now = self.keeping.clock.now()
        made = [
            flow_down.signed(
                Judgement(
                    clause=clause, verdict=judged.verdict, reason=judged.reason, document=judged.document, name=name,
                    by=by, at=now,
                ),
                key,
            )
            for clause in judged.clauses
        ]  # fmt: skip
        kept = [one for one in known.what.judgements if one.clause not in judged.clauses]
        what = msgspec.structs.replace(known.what, judgements=(*kept, *made))
        details = {"clauses": list(judged.clauses), "verdict": judged.verdict, "document": judged.document}
        await self.keeping.change(known, what, "drafted", self._act("sub-processor-judged", what, by, **details))
        return what

    async def approve(self, proposal: UUID, *, by: str) -> Proposed:
        """Approve a proposal: from now on it stands in the list, and every controller is told or asked.

        `Unjudged` with the clauses that nobody has judged or that are gaps; `Faulty` where the list has moved on.
        """
        known, now = await self._drafted(proposal), self.keeping.clock.now()
        what = msgspec.structs.replace(known.what, begins_at=max(known.what.begins_at, now))
        self._check(what, await self.keeping.listed())
        if self.needs_matrix(what) and (missing := flow_down.blocking(what.judgements)):
            raise Unjudged(*missing)
        await self._database.fetch(queries.LOOK_AT, list(await self._controllers()), what.id, now)
        what = msgspec.structs.replace(what, approved_by=by, approved_at=now)
        act = self._act("sub-processor-approved", what, by, content=what.digest)

        async def judged(own: Transaction) -> None:
            await self._end(own, what, by=by, proof=f"proposal/{what.id}")

        await self.keeping.change(known, what, "approved", act, judged)
        return what

    async def drop(self, proposal: UUID, *, by: str) -> None:
        """Give a proposal up before anyone is told of it."""
        known = await self._drafted(proposal)

        async def over(own: Transaction) -> None:
            await self._end(own, known.what, by=by)

        await self.keeping.change(
            known, known.what, "dropped", self._act("sub-processor-dropped", known.what, by), over
        )

    @staticmethod
    def needs_matrix(what: Proposed) -> bool:
        """Whether the agreement's obligations have to bind it too: it is to receive personal data."""
        return what.kind != "end" and what.entry.personal_data

    async def answers(self, proposal: UUID, controllers: Sequence[UUID]) -> list[Answer]:
        """What became of a proposal at each of these controllers that it concerns."""
        rows = await self._database.fetch(queries.ANSWERS, list(controllers), proposal)
        return [Answer(*row.values()) for row in rows]

    async def _drafted(self, proposal: UUID) -> Known:
        known = await self.keeping.find(proposal)
        if known.state != "drafted":
            raise NotNow(f"proposal-{known.state}")
        return known

    async def _end(self, own: Transaction, what: Proposed, *, by: str, proof: str = "") -> None:
        """Nobody waits for judgements any more: they are there, or the proposal is given up."""
        owed = await self._obligations.find(own, FLOW_DOWN, f"proposal/{what.id}")
        if owed is None:
            return
        with suppress(NotOpen):
            if proof:
                await self._obligations.discharge(own, owed, by=by, proof=proof)
            else:
                await self._obligations.withdraw(own, owed, by=by, reason="proposal-given-up")

    def _check(self, what: Proposed, known: Sequence[Known]) -> None:
        listed = {one.entry.id: one.entry for one in evidence.current(known, what.begins_at)}
        if found := faults(what, listed.values(), self._known()):
            raise Faulty(*found)

    def _act(self, kind: str, what: Proposed, by: str, **more: object) -> Act:
        details = {"proposal": str(what.id), "sub_processor": what.entry.label, "change": what.kind}
        return Act(kind, self.keeping.platform, by, details | more)


def _judging(what: Proposed, now: datetime) -> Promise:
    """What our own staff owe: it stands in the platform's dossier, and concerns no controller yet."""
    due = deadlines.judging_due(what.begins_at, now)
    return Promise(
        clause=FLOW_DOWN, subject=f"proposal/{what.id}", owed_by="processor", owed_to="controller", due=due,
        evidence="judgements",
    )  # fmt: skip


def _before(known: Sequence[Known], entry: UUID) -> tuple[Judgement, ...]:
    """How an entry's contract was judged when it was last approved: a change of it begins there."""
    earlier = [one for one in evidence.approved(known) if one.entry.id == entry]
    return earlier[-1].judgements if earlier else ()
