"""Deciding: the controller consents, objects, or takes its consent back, in writing and of exactly what was proposed.

A consent opens, so it is signed by someone who signed the agreement, in the console or filed as a document. An objection
closes: the controller's word from its mailbox is enough. What an objection does beyond keeping the data out is a term.
"""

import asyncio
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.clauses.sub_processors import deadlines, queries, wording
from bailee.clauses.sub_processors.engaging import Engaging, act, subject
from bailee.clauses.sub_processors.events import Decision, Proposed, State
from bailee.clauses.sub_processors.keeping import Keeping
from bailee.clauses.sub_processors.mistakes import ChangedMeanwhile, NothingInForce, NothingThere, NotNow
from bailee.clauses.sub_processors.paths import Way, way
from bailee.clauses.sub_processors.telling import CONSENT, Telling
from bailee.contract.agreement import Agreement
from bailee.contract.authorising import signed
from bailee.contract.documents import Consent, SignedDocument, read_content
from bailee.contract.force import InForce, read_documents
from bailee.gate.archive import Archive
from bailee.gate.credentials import BITES_AFTER_SECONDS
from bailee.gate.filing import Filing
from bailee.ledger.committing import Transaction
from bailee.obligations.mailbox.intents import Intent, Stale
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise
from bailee.vocabulary.languages import Language

STATES: dict[str, State] = {"consent": "consented", "object": "objected", "withdraw": "withdrawn"}
FORMAT: Literal["bailee.dev/consent/v1"] = "bailee.dev/consent/v1"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal at one controller: `choices` are the decisions that go from where it stands."""

    what: Proposed
    decision: Decision
    way: Way
    choices: tuple[str, ...]
    effect: str


class Deciding:
    """Takes the controller's decisions, and has them bite."""

    def __init__(
        self, *, keeping: Keeping, telling: Telling, engaging: Engaging, filing: Filing, archive: Archive,
        obligations: Obligations,
    ) -> None:  # fmt: skip
        self._keeping = keeping
        self._telling = telling
        self._engaging = engaging
        self._filing = filing
        self._archive = archive
        self._obligations = obligations

    async def decide(
        self, controller: UUID, text: Consent, *, name: str, key: Ed25519PrivateKey, by: str
    ) -> None:  # fmt: skip
        """Sign a decision for the controller and file it; it bites before this returns.

        `NotAuthorised` for whoever did not sign the agreement, `ChangedMeanwhile` where something else was read.
        """
        one, what = await self._found(controller, text.proposal)
        force = await self._force(controller)
        if text.content != what.digest:
            raise ChangedMeanwhile
        if not _possible(one, text.decision, may_object=way(what.kind, what.entry, force.agreement).may_object):
            raise NotNow(f"proposal-{one.state}")
        document = signed(force, "consent", text, name=name, key=key, at=text.at)
        await self._filing.file(controller, document, by=by)
        await self.hear(controller)

    async def shown(self, controller: UUID, proposal: UUID) -> Shown:
        """A proposal as this controller reads it: its path, how it stands, what it may decide."""
        one, what = await self._found(controller, proposal)
        agreement = await self._telling.agreement(controller)
        if agreement is None:  # the contract is over: what was decided stands here, and nothing is left to decide
            return Shown(
                what=what, decision=one, way=Way(path=one.path, why=(), may_object=False), choices=(), effect=""
            )
        on = way(what.kind, what.entry, agreement)
        choices = tuple(choice for choice in STATES if _possible(one, choice, may_object=on.may_object))
        return Shown(what=what, decision=one, way=on, choices=choices, effect=wording.effect(agreement))

    async def hear(self, controller: UUID) -> int:
        """Take note of decisions that came on file since, however they came; how many. For the worker."""
        dossier, now = await self._archive.refresh(controller), self._keeping.clock.now()
        found = read_documents(dossier.documents, now) if dossier else None
        force = dossier.in_force(now) if dossier else None
        if dossier is None or found is None or force is None:
            return 0
        filed = [
            (text, document) for document in dossier.documents if (text := _consent(document)) in found.texts and text
        ]
        closes = False
        for text, document in sorted(filed, key=lambda pair: pair[0].at):
            if text.at <= now:
                closes |= await self._heard(controller, text, document.digest, force.agreement)
        self._archive.forget(controller)
        if closes:
            await asyncio.sleep(BITES_AFTER_SECONDS)
        return int(closes)

    async def object(self, change: Transaction, intent: Intent, *, by: str) -> None:
        """The command of the link in the letter: this controller's data stay out."""
        proposal = UUID(intent.arguments["proposal"])
        try:
            one = await self._keeping.lock(change, proposal)
            what = (await self._keeping.find(proposal)).what
        except NothingThere:
            raise Stale from None
        agreement = await self._telling.agreement(change.controller)
        if agreement is None or not _possible(one, "object", may_object=True):
            raise Stale
        await self._apply(
            change, one, what, agreement, decision="object", at=self._keeping.clock.now(), by=by,
            proof=f"notice/{intent.notice}",
        )  # fmt: skip

    async def question(self, controller: UUID, proposal: UUID, language: Language) -> Question | None:
        """What is asked of a proposal as it stands, for a reminder; None where it was decided."""
        one, what = await self._found(controller, proposal)
        agreement = await self._telling.agreement(controller)
        if agreement is None or not _possible(one, "object", may_object=True):
            return None
        return wording.question(what, agreement, language, self._keeping.clock.now())

    async def carried_out(self, controller: UUID, proposal: UUID, note: str, *, by: str) -> None:
        """Our staff say that what an objection does was done, and how."""
        _, what = await self._found(controller, proposal)
        async with self._keeping.committing.transaction(controller) as change:
            owed = await self._obligations.find(change, CONSENT, subject(proposal, "/effect"))
            if owed is None:
                raise NotNow("nothing-owed")
            try:
                await self._obligations.discharge(change, owed, by=by, proof=f"proposal/{proposal}")
            except NotOpen:
                raise NotNow("nothing-owed") from None
            await change.append([act("sub-processor-objection-followed", change, what, by, note=note)])

    async def _found(self, controller: UUID, proposal: UUID) -> tuple[Decision, Proposed]:
        one = (await self._keeping.decisions(controller)).get(proposal)
        if one is None or one.state == "due":
            raise NothingThere
        return one, (await self._keeping.find(proposal)).what

    async def _force(self, controller: UUID) -> InForce:
        dossier = await self._archive.refresh(controller)
        force = dossier.in_force(self._keeping.clock.now()) if dossier else None
        if force is None or force.ended_at is not None:
            raise NothingInForce
        return force

    async def _heard(self, controller: UUID, text: Consent, digest: str, agreement: Agreement) -> bool:
        """Whether a signed decision was new, and closes."""
        try:
            what = (await self._keeping.find(text.proposal)).what
            async with self._keeping.committing.transaction(controller) as change:
                one = await self._keeping.lock(change, text.proposal)
                later = one.decided_at is not None and one.decided_at >= text.at
                on = way(what.kind, what.entry, agreement)
                if later or text.content != what.digest or not _possible(one, text.decision, may_object=on.may_object):
                    return False
                await self._apply(
                    change, one, what, agreement, decision=text.decision, at=text.at, by=f"document:{digest[:16]}",
                    proof=f"document/{digest}",
                )  # fmt: skip
        except NothingThere:
            return False
        return text.decision != "consent"

    async def _apply(
        self, change: Transaction, one: Decision, what: Proposed, agreement: Agreement, *, decision: str, at: datetime,
        by: str, proof: str,
    ) -> None:  # fmt: skip
        state = STATES[decision]
        await change.connection.execute(queries.DECIDE, change.controller, what.id, state, at, by, proof)
        await self._telling.settle(change, one, by=by, proof=proof)
        await change.append([act(f"sub-processor-{state}", change, what, by, content=what.digest, proof=proof)])
        if decision == "consent":
            await self._engaging.engage(change, what, by=by, proof=proof)
            return
        await self._engaging.disengage(change, what, by=by, reason=state)
        does = wording.effect(agreement)
        if does in ("alternative", "terminate") or what.entry.above is not None:
            promise = Promise(
                clause=CONSENT, subject=subject(what.id, "/effect"), owed_by="processor", owed_to="controller",
                due=deadlines.effect_due(self._keeping.clock.now()), evidence=f"objection-{'above' if what.entry.above else does}",
            )  # fmt: skip
            await self._obligations.open(change, promise, by=by)


def _possible(one: Decision, decision: str, *, may_object: bool) -> bool:
    """Whether a decision goes from where a proposal stands."""
    if decision == "consent":
        return one.path == "outside" and (one.waits or one.state in ("objected", "withdrawn"))
    if decision == "withdraw":
        return one.state == "consented"
    return may_object and one.waits


def _consent(document: SignedDocument) -> Consent | None:
    text = read_content(document) if document.kind == "consent" else None
    return text if isinstance(text, Consent) else None
