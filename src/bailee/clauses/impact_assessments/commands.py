"""Assessments: asked about, helped with, answered, concluded, and their measures applied. The only effects."""

import hashlib
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec.structs import replace

from bailee.clauses.impact_assessments import deadlines, knowing, queries, writing
from bailee.clauses.impact_assessments.events import Action, Assessment, Facts, Form, Papers, State
from bailee.contract.force import InForce
from bailee.gate import queries as gate
from bailee.gate.archive import Archive
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.calendar import Calendar
from bailee.obligations.obligations import Obligations
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.languages import Language

KEY = "impact-assessment"
MOST = 40  # measures of one conclusion


class NoAssessment(Exception):
    """The controller has no assessment, or no measure, of that name."""


class NotDuring(Exception):
    """Help is owed while the contract runs: nothing is in force, or it has ended (dpia.assist)."""


class NotYet(Exception):
    """The step does not go from here: it was taken before, or another comes first."""


class InThePast(Exception):
    """A measure cannot be due before today."""


class Assessments:
    """The impact assessments of controllers."""

    def __init__(
        self, *, committing: Committing, keys: KeyStore, archive: Archive, obligations: Obligations, clock: Clock
    ) -> None:
        self._committing = committing
        self._keys = keys
        self._archive = archive
        self._obligations = obligations
        self._clock = clock

    async def listed(self, controller: UUID) -> list[Assessment]:
        """The newest first."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.LISTED, controller)
        return [await self._opened(controller, row) for row in rows]

    async def one(self, controller: UUID, id: UUID) -> Assessment:
        """One of them, or `NoAssessment`."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.ONE, controller, id)
        if row is None:
            raise NoAssessment
        return await self._opened(controller, row)

    async def ask(self, controller: UUID, name: str, questions: str, *, by: str) -> UUID:
        """Ask for help with an assessment. What is known is there at once; questions are owed an answer."""
        force, id, now = await self._running(controller), new_id(), self._clock.now()
        papers = Papers(name=name, questions=questions)
        state: State = "asked" if questions else "answered"
        sealed = await self._sealed(controller, id, 1, papers)
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(queries.INSERT, controller, id, state, now, sealed)
            await change.append([_act("impact-assessment-asked", controller, by, id, sealed)])
            promise = deadlines.assistance(id, force.agreement, now)
            obligation = await self._obligations.open(change, promise, by=by)
            if not questions:
                await self._obligations.discharge(change, obligation, by="platform", proof=f"impact-assessment/{id}")
        return id

    async def facts(self, controller: UUID, language: Language) -> Facts:
        """What is known now; or `NotDuring`."""
        return knowing.facts(await self._running(controller), writing.measures(language), self._clock.now())

    async def pack(self, controller: UUID, id: UUID, form: Form, language: Language, *, by: str) -> bytes:
        """What is known, as a file that the authority's software opens; that it was given is recorded first."""
        assessment = await self.one(controller, id)
        content = writing.file(form, assessment.papers.name, await self.facts(controller, language), language)
        details = {"assessment": str(id), "form": form, "language": language}
        digest = hashlib.sha256(content).hexdigest()
        async with self._committing.transaction(controller) as change:
            await change.append([Act("impact-assessment-pack-given", controller, by, details, digest=digest)])
        return content

    async def answer(self, controller: UUID, id: UUID, text: str, *, by: str) -> None:
        """The processor's staff answer what was asked; what was owed is discharged."""
        known = await self.one(controller, id)
        if known.state != "asked":
            raise NotYet
        papers = replace(known.papers, answer=text)
        async with self._committing.transaction(controller) as change:
            sealed = await self._change(change, known, "answered", papers)
            await change.append([_act("impact-assessment-answered", controller, by, id, sealed)])
            subject = f"impact-assessment/{id}"
            obligation = await self._obligations.find(change, deadlines.ASSIST, subject)
            if obligation is not None:
                await self._obligations.discharge(change, obligation, by=by, proof=subject)

    async def conclude(
        self, controller: UUID, id: UUID, conclusions: str, measures: Sequence[tuple[str, date]], *, by: str
    ) -> None:
        """The controller tells what it concludes, and which measures are to be applied until when: each is owed from
        now on. Questions that wait are still owed their answer, and a conclusion is not changed by another."""
        known, force = await self.one(controller, id), await self._running(controller)
        today = Calendar.of(force.agreement.time_zone, force.agreement.holidays).day(self._clock.now())
        if known.state != "answered":
            raise NotYet
        if any(due < today for _, due in measures):
            raise InThePast
        async with self._committing.transaction(controller) as change:
            actions = []
            for number, (words, due) in enumerate(measures[:MOST], 1):
                promise = deadlines.measure(id, number, force.agreement, due)
                owed = await self._obligations.open(change, promise, by=by)
                actions.append(Action(words=words, due_on=due, obligation=owed))
            papers = replace(known.papers, conclusions=conclusions, actions=tuple(actions))
            sealed = await self._change(change, known, "concluded", papers)
            act = _act("impact-assessment-concluded", controller, by, id, sealed, measures=len(actions))
            await change.append([act])

    async def apply(self, controller: UUID, id: UUID, number: int, how: str, *, by: str) -> None:
        """The processor's staff say that a measure is applied, and how; what was owed is discharged."""
        known = await self.one(controller, id)
        actions = list(known.papers.actions)
        if not 1 <= number <= len(actions):
            raise NoAssessment
        action = actions[number - 1]
        if action.done_at is not None:
            raise NotYet
        actions[number - 1] = replace(action, done=how, done_at=self._clock.now())
        papers = replace(known.papers, actions=tuple(actions))
        async with self._committing.transaction(controller) as change:
            sealed = await self._change(change, known, known.state, papers)
            await change.append([_act("impact-measure-applied", controller, by, id, sealed, number=number)])
            proof = f"impact-measure/{id}/{number}"
            await self._obligations.discharge(change, action.obligation, by=by, proof=proof)

    async def _running(self, controller: UUID) -> InForce:
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(gate.GATE, controller)
        dossier = await self._archive.dossier(controller, row["gate_version"]) if row else None
        force = dossier.in_force(self._clock.now()) if dossier else None
        if force is None or dossier is None or dossier.state != "open" or force.ended_at is not None:
            raise NotDuring
        return force

    async def _change(self, change: Transaction, known: Assessment, state: State, papers: Papers) -> bytes:
        sealed = await self._sealed(change.controller, known.id, known.version + 1, papers)
        changed = await change.connection.fetchval(
            queries.CHANGE, change.controller, known.id, known.version, state, self._clock.now(), sealed
        )
        if changed is None:
            raise NotYet
        return sealed

    async def _sealed(self, controller: UUID, id: UUID, version: int, papers: Papers) -> bytes:
        key = await self._keys.controller_key(controller, KEY)
        return key.seal(msgspec.json.encode(papers), _bound(controller, id, version))

    async def _opened(self, controller: UUID, row: Record) -> Assessment:
        try:
            key = await self._keys.controller_key(controller, KEY, create=False)
        except KeyGone:
            raise NoAssessment from None
        id, version = row["assessment_id"], row["version"]
        papers = msgspec.json.decode(key.unseal(row["sealed"], _bound(controller, id, version)), type=Papers)
        return Assessment(
            id=id, version=version, state=row["state"], asked_at=row["asked_at"], changed_at=row["changed_at"],
            papers=papers,
        )  # fmt: skip


def _bound(controller: UUID, id: UUID, version: int) -> bytes:
    return b"bailee/impact-assessment/1" + controller.bytes + id.bytes + version.to_bytes(4, "big")


def _act(kind: str, controller: UUID, by: str, id: UUID, sealed: bytes, **more: int) -> Act:
    """What an entry says: which assessment, and the digest of what was said, as it is sealed: nobody guesses it."""
    return Act(kind, controller, by, {"assessment": str(id), **more}, digest=hashlib.sha256(sealed).hexdigest())
