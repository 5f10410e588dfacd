"""Instructions over HTTP: read, drafted, read critically, challenged, rehearsed. Signed ones are filed as documents."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency

from bailee.api.control.admission import Admission
from bailee.api.control.instruction_shapes import (
    ChallengeIn,
    ChallengeOut,
    DraftIn,
    DraftOut,
    FindingOut,
    GivenOut,
    LookedOut,
    OrderOut,
    RehearsalIn,
    RehearsalOut,
    RowOut,
    WrittenIn,
)
from bailee.api.problems import Refusing, problem
from bailee.clauses.instructions.challenging import Challenging
from bailee.clauses.instructions.compelling import Compelling
from bailee.clauses.instructions.events import Challenged
from bailee.clauses.instructions.instructing import LARGEST, Drafted, Instructing, Looked, Original
from bailee.clauses.instructions.rehearsing import Rehearsing
from bailee.contract.amendments import BrokenAmendment
from bailee.contract.documents import Amendment, InstructionText, Withdrawal, content_of, naive
from bailee.contract.rehearsal import Proposal
from bailee.contract.sentences import NotASentence, read_sentence, spoken
from bailee.vocabulary.languages import Language

Http = Request[Any, Any, Any]
PROPOSALS: dict[str, type[InstructionText | Amendment | Withdrawal]] = {
    "bailee.dev/instruction/v1": InstructionText,
    "bailee.dev/amendment/v1": Amendment,
    "bailee.dev/withdrawal/v1": Withdrawal,
}


class Instructions(Controller):
    """What a controller has instructed, is about to, and what became of it."""

    path = "/api/v1/controllers/{controller:uuid}"
    tags = ("instructions",)

    @get("/instructions", summary="List the instructions on file, as sentences")
    async def listed(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission],
        instructing: NamedDependency[Instructing],
    ) -> list[GivenOut]:  # fmt: skip
        """Every instruction that has force or had it, the newest first."""
        await admission.party(request, controller)
        found = []
        for one in await instructing.on_file(controller):
            found.append(GivenOut(
                one.text.id, one.digest, one.state, one.until, one.replaced_by, list(one.signatories),
                spoken(one.text, "en"), spoken(one.text, "fr"),
            ))  # fmt: skip
        return found

    @post("/instructions/look", summary="Read an instruction critically, without keeping it", status_code=200)
    async def look(
        self, request: Http, controller: UUID, data: WrittenIn, admission: NamedDependency[Admission],
        instructing: NamedDependency[Instructing],
    ) -> LookedOut:  # fmt: skip
        """Its sentences, what a careful reader asks, and the bytes to sign."""
        await admission.party(request, controller)
        text = _text(data.text, data.sentence, data.language)
        if text is None:
            raise Refusing(EMPTY)
        return _looked(text, await instructing.look(controller, text))

    @get("/instructions/drafts", summary="List the drafts")
    async def drafts(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission],
        instructing: NamedDependency[Instructing],
    ) -> list[DraftOut]:  # fmt: skip
        """Drafts that wait for a signature, the newest first."""
        await admission.party(request, controller)
        return [_draft(one) for one in await instructing.listed(controller)]

    @post("/instructions/drafts", summary="Draft an instruction, or hand in a mail or document")
    async def draft(
        self, request: Http, controller: UUID, data: DraftIn, admission: NamedDependency[Admission],
        instructing: NamedDependency[Instructing],
    ) -> DraftOut:  # fmt: skip
        """Keep a draft; an original is kept sealed as it came."""
        caller = await admission.party(request, controller)
        text = _text(data.text, data.sentence, data.language)
        if text is not None:
            made = await instructing.draft(controller, text, by=caller.actor.id)
        else:
            made = await instructing.take_in(controller, _original(data), by=caller.actor.id)
        return _draft(await instructing.find(controller, made))

    @delete("/instructions/drafts/{draft:uuid}", summary="Give a draft up", status_code=204)
    async def drop(
        self, request: Http, controller: UUID, draft: UUID, admission: NamedDependency[Admission],
        instructing: NamedDependency[Instructing],
    ) -> None:  # fmt: skip
        """Delete a draft, and the original that it was made of."""
        caller = await admission.party(request, controller)
        await instructing.drop(controller, draft, by=caller.actor.id)

    @post("/challenges", summary="Challenge an instruction (processor)")
    async def challenge(
        self, request: Http, controller: UUID, data: ChallengeIn, admission: NamedDependency[Admission],
        challenging: NamedDependency[Challenging],
    ) -> ChallengeOut:  # fmt: skip
        """Tell the controller at once; where the agreement says so, the instruction is suspended when this answers."""
        caller = await admission.operator(request)
        made = await challenging.challenge(controller, data.instruction, data.reason, by=caller.actor.id)
        return _challenge(made)

    @get("/challenges", summary="List the challenges")
    async def challenges(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission],
        challenging: NamedDependency[Challenging],
    ) -> list[ChallengeOut]:  # fmt: skip
        """Challenges and their answers, the newest first."""
        await admission.party(request, controller)
        return [_challenge(one) for one in await challenging.listed(controller)]

    @get("/orders", summary="List the orders of the law")
    async def orders(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission],
        compelling: NamedDependency[Compelling],
    ) -> list[OrderOut]:  # fmt: skip
        """Those that the controller was told of; to an operator, all."""
        caller = await admission.party(request, controller)
        known = await compelling.listed(controller, told_only=caller.controller == controller)
        return [
            OrderOut(
                one.what.order.id, one.state, one.told, one.what.order.country, one.what.order.law,
                one.what.order.authority, one.what.order.reference, one.what.order.in_force_from,
                one.what.order.in_force_until,
            )
            for one in known
        ]  # fmt: skip

    @post("/rehearsals", summary="Replay recorded traffic against a proposal", status_code=200)
    async def rehearse(
        self, request: Http, controller: UUID, data: RehearsalIn, admission: NamedDependency[Admission],
        rehearsing: NamedDependency[Rehearsing],
    ) -> RehearsalOut:  # fmt: skip
        """What an instruction, an amendment or a withdrawal would newly allow or refuse; nothing is changed."""
        caller = await admission.party(request, controller)
        proposal = _proposal(data.proposal)
        try:
            found = await rehearsing.rehearse(
                controller, proposal, by=caller.actor.id, last=timedelta(days=data.last_days), most=MOST
            )
        except BrokenAmendment as broken:
            raise Refusing(_broken("proposal", str(broken))) from broken
        names = RehearsalOut.__struct_fields__
        parts = {name: getattr(found, name) for name in names if name != "rows"}
        rows = [msgspec.convert(msgspec.to_builtins(row), RowOut) for row in found.rows]
        return RehearsalOut(**parts, rows=rows)


MOST = 200_000
EMPTY = problem(422, "instruction", "Nothing is said", "Send `text`, `sentence` or `original`.")


def _broken(kind: str, detail: str) -> Any:
    return problem(422, kind, "It does not read as one", "Mend what `detail` names.", detail=detail[:300])


def _text(text: dict[str, Any] | None, sentence: str, language: Language) -> InstructionText | None:
    try:
        if sentence:
            return read_sentence(sentence, language)
        found = None if text is None else msgspec.convert(text, InstructionText)
    except (NotASentence, msgspec.ValidationError) as error:
        raise Refusing(_broken("instruction", str(error))) from error
    if found is not None and (without := naive(found)):
        raise Refusing(_broken("instruction", f"{without[0]}: an instant needs its time zone"))
    return found


def _proposal(text: dict[str, Any]) -> Proposal:
    try:
        found = msgspec.convert(text, PROPOSALS[str(text.get("format"))])
    except KeyError:
        raise Refusing(_broken("proposal", f"format: one of {', '.join(PROPOSALS)}")) from None
    except msgspec.ValidationError as error:
        raise Refusing(_broken("proposal", str(error))) from error
    if without := naive(found):
        raise Refusing(_broken("proposal", f"{without[0]}: an instant needs its time zone"))
    return found


def _original(data: DraftIn) -> Original:
    try:
        content = base64.b64decode(data.original, validate=True)
    except ValueError as error:
        raise Refusing(_broken("instruction", "original: not base64")) from error
    if not content.strip():
        raise Refusing(EMPTY)
    if len(content) > LARGEST:
        raise Refusing(problem(413, "instruction", "The original is too large", "Send at most 500 kB."))
    return Original(name=data.original_name, media_type=data.media_type, content=content)


def _looked(text: InstructionText, looked: Looked) -> LookedOut:
    findings = [
        FindingOut(
            one.code, one.severity, one.clause, one.about, one.words("en"), one.words("fr"), one.remedy("en"),
            one.remedy("fr"),
        )
        for one in looked.findings
    ]  # fmt: skip
    return LookedOut(
        content_of(text).decode(), looked.digest, looked.said["en"], looked.said["fr"], findings, looked.blocked
    )


def _draft(found: Drafted) -> DraftOut:
    text = None if found.text is None else msgspec.to_builtins(found.text)
    return DraftOut(found.id, found.version, found.changed_at, found.original, text)


def _challenge(made: Challenged) -> ChallengeOut:
    return ChallengeOut(
        made.id, made.instruction, made.reason, made.raised_at, made.suspends, made.state, made.answered_at, made.proof
    )
