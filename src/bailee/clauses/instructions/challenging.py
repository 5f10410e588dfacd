"""Challenges: an instruction that seems to break the law is questioned at once, in one transaction.

GDPR Art. 28(3), last subparagraph. The controller is told, its answer is awaited, and the instruction is suspended where
a term of the agreement says so; then the gate refuses it before this returns. A confirmation or a withdrawal signed by
the controller ends it, however it came on file.
"""

import asyncio
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.clauses.instructions import queries
from bailee.clauses.instructions.answering import STOP, question
from bailee.clauses.instructions.deadlines import answer_due, answer_reminders
from bailee.clauses.instructions.events import Challenged
from bailee.clauses.instructions.evidence import filed
from bailee.clauses.instructions.mistakes import NothingThere, NotNow
from bailee.clauses.instructions.sealing import Sealing
from bailee.clauses.instructions.standing import dossier_of, force_of
from bailee.contract import challenges
from bailee.contract.authorising import signed
from bailee.contract.challenges import GIVEN, Suspension
from bailee.contract.documents import Confirmation, Withdrawal, read_content
from bailee.contract.force import InForce, read_documents
from bailee.contract.instructions import Instruction
from bailee.contract.sentences import scope
from bailee.gate import beside
from bailee.gate.archive import Archive, Dossier
from bailee.gate.credentials import BITES_AFTER_SECONDS
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.obligations.mailbox.asking import Asking, Spoken
from bailee.obligations.mailbox.intents import Intent, Stale
from bailee.obligations.mailbox.questions import Question
from bailee.obligations.notices.notice import Notice
from bailee.obligations.obligations import Obligations
from bailee.obligations.promises import Promise
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.languages import LANGUAGES, Language, language_of

CLAUSE = "instructions.challenge"
PLATFORM = "platform"


class Challenging:
    """Raises challenges, and hears the controller's answers."""

    def __init__(
        self, *, committing: Committing, sealing: Sealing, filing: Filing, archive: Archive, obligations: Obligations,
        asking: Asking, language: Spoken, clock: Clock,
    ) -> None:  # fmt: skip
        self._committing = committing
        self._sealing = sealing
        self._filing = filing
        self._archive = archive
        self._obligations = obligations
        self._asking = asking
        self._language = language
        self._clock = clock

    async def challenge(self, controller: UUID, instruction: str, reason: str, *, by: str) -> Challenged:
        """Challenge an instruction in force, with reasons."""
        force = await force_of(self._archive, controller, self._clock.now())
        if any(one.instruction == instruction and one.state == "open" for one in await self.listed(controller)):
            raise NotNow("challenged-already")
        live = next((one for one in force.instructions if one.id == instruction), None)
        if live is None:
            raise NothingThere
        id, now = new_id(), self._clock.now()
        made = Challenged(
            id=id, instruction=instruction, raised_at=now, raised_by=by, suspends=_stops(force, live),
            state="open", answered_at=None, proof="", reason=reason,
        )  # fmt: skip
        sealed = await self._sealing.seal("challenge", controller, id, reason)
        language = language_of(await self._language(controller))
        async with self._committing.transaction(controller) as change:
            row = (controller, id, instruction, now, by, made.suspends, sealed)
            if await change.connection.fetchval(queries.RAISE, *row) is None:  # someone else raised it meanwhile
                raise NotNow("challenged-already")
            await self._obligations.open(change, _answer(made), by=by)
            asked = question(made, live, language, now)
            await self._asking.ask(change, _letter(made, live), asked, by=by, language=language)
            details = {"challenge": str(id), "instruction": instruction, "suspends": made.suspends}
            act = Act("instruction-challenged", controller, by, details)
            if made.suspends:
                await beside.suspend(change, Suspension(id, instruction), now)
                await self._filing.bump(change, [act])
            else:
                await change.append([act])
        self._archive.forget(controller)
        if made.suspends:
            await asyncio.sleep(BITES_AFTER_SECONDS)
        return made

    async def listed(self, controller: UUID) -> list[Challenged]:
        """Every challenge, the newest first."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.CHALLENGES, controller)
        return [
            Challenged(
                id=row["challenge_id"], instruction=row["instruction"], raised_at=row["raised_at"],
                raised_by=row["raised_by"], suspends=row["suspends"], state=row["state"],
                answered_at=row["answered_at"], proof=row["proof"] or "",
                reason=await self._sealing.open(str, "challenge", controller, (row["challenge_id"], 1, row["sealed"])),
            )
            for row in rows
        ]  # fmt: skip

    async def question(self, controller: UUID, challenge: UUID, language: Language) -> Question | None:
        """What is asked of a challenge as it stands; None where it was answered, or the instruction is over."""
        now = self._clock.now()
        made = next((one for one in await self.listed(controller) if one.id == challenge), None)
        if made is None or made.state != "open":
            return None
        force = await force_of(self._archive, controller, now)
        live = next((one for one in force.instructions if one.id == made.instruction), None)
        return question(made, live, language, now) if live else None

    async def confirm(
        self, controller: UUID, challenge: UUID, answer: str, *, name: str, key: Ed25519PrivateKey, by: str
    ) -> None:
        """Sign for the controller that the instruction stands, with its reasons."""
        known = {one.id: one for one in await self.listed(controller)}
        if challenge not in known:
            raise NothingThere
        if known[challenge].state != "open":
            raise NotNow("answered-already")
        now = self._clock.now()
        text = Confirmation(
            format="bailee.dev/confirmation/v1", instruction=known[challenge].instruction, challenge=challenge, at=now,
            reason=answer,
        )  # fmt: skip
        force = await force_of(self._archive, controller, self._clock.now())
        await self._filing.file(controller, signed(force, "confirmation", text, name=name, key=key, at=now), by=by)
        await self.hear(controller)

    async def answer(self, change: Transaction, intent: Intent, *, by: str) -> None:
        """The command of the mailed link: the instruction stands, or is stopped until somebody signs otherwise.

        It is the controller's word in writing, from its address on record; what ends an instruction for good is signed.
        """
        challenge, instruction = UUID(intent.arguments["challenge"]), str(intent.arguments["instruction"])
        stops = intent.choice == STOP
        done = await self._answer(
            change, challenge, "withdrawn" if stops else "confirmed", f"notice/{intent.notice}", by=by
        )
        if not done:
            raise Stale
        if stops:
            await beside.suspend(change, Suspension(challenge, instruction), self._clock.now())

    async def withdraw(self, change: Transaction, intent: Intent, *, by: str) -> None:
        """The command of the link in the letter of an instruction: nothing is done under it from now on.

        The controller's word in writing closes the gate; a withdrawal that is signed ends it for good. What we had asked
        about it is answered by that.
        """
        instruction, now = str(intent.arguments["instruction"]), self._clock.now()
        on_file = filed(await dossier_of(self._archive, change.controller), now)
        if not any(one.digest == intent.arguments["digest"] and one.state != "over" for one in on_file):
            raise Stale
        for row in await change.connection.fetch(queries.OPEN_CHALLENGES, change.controller):
            if row["instruction"] == instruction:
                await self._answer(change, row["challenge_id"], "withdrawn", f"notice/{intent.notice}", by=by)
        await beside.suspend(change, Suspension(intent.notice, instruction), now)
        details = {"instruction": instruction, "notice": str(intent.notice)}
        await self._filing.bump(change, [Act("instruction-stopped", change.controller, by, details)])

    async def hear(self, controller: UUID) -> int:
        """Take note of answers that came on file since: confirmed, withdrawn, or an instruction that is over."""
        async with self._committing.transaction(controller) as change:
            open_ = await change.connection.fetch(queries.OPEN_CHALLENGES, controller)
        if not open_:
            return 0
        dossier, heard = await dossier_of(self._archive, controller), 0
        for row in open_:
            state, proof = _answered(dossier, row["challenge_id"], row["instruction"], self._clock.now())
            if state:
                async with self._committing.transaction(controller) as change:
                    heard += await self._answer(change, row["challenge_id"], state, proof, by=PLATFORM)
                self._archive.forget(controller)
        return heard

    async def _answer(self, change: Transaction, challenge: UUID, state: str, proof: str, *, by: str) -> int:
        now = self._clock.now()
        done = await change.connection.fetchval(queries.ANSWER, change.controller, challenge, state, now, proof)
        if done is None:
            return 0
        await beside.lift(change, challenge)
        obligation = await self._obligations.find(change, CLAUSE, _subject(challenge))
        if obligation is not None and state == "over":
            await self._obligations.withdraw(change, obligation, by=by, reason="instruction-over")
        elif obligation is not None:
            await self._obligations.discharge(
                change, obligation, by=by, proof=proof if "/" in proof else f"document/{proof}"
            )
        details = {"challenge": str(challenge), "state": state, "proof": proof}
        await self._filing.bump(change, [Act("challenge-answered", change.controller, by, details)])
        return 1


def _stops(force: InForce, live: Instruction) -> bool:
    """Whether anything of it is suspended: the term says so, and it is not wholly for rights, return or security."""
    left = challenges.left(live, frozenset({live.id}))
    return challenges.suspends(force.agreement) and live.clause == GIVEN and live not in left


def _answered(dossier: Dossier, challenge: UUID, instruction: str, now: datetime) -> tuple[str, str]:
    """How a challenge was answered by what is on file, and by which document; empty where it was not."""
    found, force = read_documents(dossier.documents, now), dossier.in_force(now)
    if found is None or force is None:
        return "", ""
    for document in dossier.documents:
        text = read_content(document) if document.kind in ("confirmation", "withdrawal") else None
        if text not in found.texts:
            continue
        if isinstance(text, Confirmation) and text.challenge == challenge and text.at <= now:
            return "confirmed", document.digest
        if isinstance(text, Withdrawal) and text.instruction == instruction and text.at <= now:
            return "withdrawn", document.digest
    stands = {one.text.id for one in filed(dossier, now) if one.state != "over"}
    return ("", "") if instruction in stands | {one.id for one in force.instructions} else ("over", "")


def _subject(challenge: UUID) -> str:
    return f"challenge/{challenge}"


def _answer(made: Challenged) -> Promise:
    """What the controller owes: an answer, for which there is no period but our own reminder."""
    return Promise(
        clause=CLAUSE, subject=_subject(made.id), owed_by="controller", owed_to="processor",
        due=answer_due(made.raised_at), evidence="confirmation-or-withdrawal", reminders=answer_reminders(made.raised_at),
    )  # fmt: skip


def _letter(made: Challenged, live: Instruction) -> Notice:
    return Notice(
        kind="instruction", clause=CLAUSE, subject=_subject(made.id), letter="instructions/challenged",
        values={
            "instruction": made.instruction, "reason": made.reason, "suspends": "yes" if made.suspends else "",
            **{f"said_{language}": scope(live, language) for language in LANGUAGES},
        },
    )  # fmt: skip
