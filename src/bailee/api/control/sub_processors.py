"""Sub-processors over HTTP: the list, what is proposed of it, and what each controller was asked and decided.

A decision is filed as a signed document of kind `consent`; judgements are signed by a human, in the console.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.api.problems import Refusing, problem
from bailee.clauses.sub_processors import evidence, flow_down
from bailee.clauses.sub_processors.commands import Chain
from bailee.clauses.sub_processors.deciding import FORMAT, Deciding
from bailee.clauses.sub_processors.events import Kind, Known, Means, Mechanism, Proposed, SubProcessor
from bailee.clauses.sub_processors.mistakes import Faulty, Unjudged
from bailee.vocabulary.ids import new_id

Http = Request[Any, Any, Any]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]


class MechanismIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On what a transfer outside the European Economic Area rests; `document` and
    `assessment` (of the transfer's impact) are SHA-256, `until` a day."""

    means: Means
    reference: Text
    document: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    module: Literal["", "1", "2", "3", "4"] = ""
    assessment: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""
    until: str | None = None


class ProposalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal: what it does (`add`, `replace`, `change`, `end`) to which listed entry (`of`), and the entry as it will
    be. `remote` are the countries of access and support; `above` the sub-processor that engages it."""

    kind: Kind
    reason: Text
    of: UUID | None = None
    begins_at: datetime | None = None
    slug: Annotated[str, Meta(pattern="^([a-z][a-z0-9-]{0,39})?$")] = ""
    name: Annotated[str, Meta(max_length=200)] = ""
    address: Annotated[str, Meta(max_length=500)] = ""
    country: Annotated[str, Meta(pattern="^([A-Z]{2})?$")] = ""
    remote: Annotated[list[Country], Meta(max_length=50)] = []
    contact: Annotated[str, Meta(max_length=500)] = ""
    role: Annotated[str, Meta(max_length=500)] = ""
    main_host: bool = False
    categories: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=100)] = []
    personal_data: bool = True
    safeguards: Annotated[str, Meta(max_length=500)] = ""
    above: UUID | None = None
    mechanism: MechanismIn | None = None


class SubProcessorOut(msgspec.Struct, frozen=True):
    """A sub-processor of the list: `depth` is how far down the chain it works, `above` the one that engages it."""

    id: UUID
    label: str
    name: str
    address: str
    country: str
    remote: list[str]
    contact: str
    role: str
    main_host: bool
    categories: list[str]
    personal_data: bool
    safeguards: str
    mechanism: str
    above: UUID | None
    depth: int
    since: datetime
    proposal: UUID


class ProposalOut(msgspec.Struct, frozen=True):
    """A proposal as it stands: `open` are the obligations that keep it from being approved, `content` its digest."""

    id: UUID
    kind: Kind
    state: str
    sub_processor: UUID
    label: str
    name: str
    begins_at: datetime
    reason: str
    content: str
    open: list[str]
    approved_at: datetime | None


class JudgementOut(msgspec.Struct, frozen=True):
    """A row of the flow-down matrix: an obligation and its signed judgement, if any; `holds`: it says what was signed.

    Signed (Ed25519) is `bailee.dev/judgement/v1`, a line end, and the judgement's canonical JSON with an empty signature.
    """

    clause: str
    verdict: str
    reason: str
    document: str
    name: str
    by: str
    at: datetime | None
    public_key: str
    signature: str
    holds: bool
    blocks: bool


class DecisionOut(msgspec.Struct, frozen=True):
    """A proposal at one controller: its path and why, how it stands, until when it may object, what it may decide now.

    `consent` is what a document of kind `consent` says to decide; add `decision`, `at` and `reason`, and sign it.
    """

    proposal: UUID
    kind: Kind
    name: str
    path: str
    why: list[str]
    state: str
    told_at: datetime | None
    object_until: datetime | None
    decided_at: datetime | None
    proof: str
    choices: list[str]
    consent: dict[str, str]


class SubProcessors(Controller):
    """The list of sub-processors, and the say of controllers."""

    path = "/api/v1"
    tags = ("sub-processors",)

    @get("/sub-processors", summary="List the sub-processors down the whole chain")
    async def listed(
        self, request: Http, admission: NamedDependency[Admission], chain: NamedDependency[Chain]
    ) -> list[SubProcessorOut]:  # fmt: skip
        """Everyone who works for the processor now; whoever works through another follows it."""
        await admission.anyone(request)
        known = await chain.keeping.listed()
        return [_entry(one) for one in evidence.current(known, chain.keeping.clock.now())]

    @get("/sub-processors/proposals", summary="List the proposals (processor)")
    async def proposals(
        self, request: Http, admission: NamedDependency[Admission], chain: NamedDependency[Chain]
    ) -> list[ProposalOut]:  # fmt: skip
        """Every proposal, the newest first."""
        await admission.operator(request)
        return [_proposal(one) for one in await chain.keeping.listed()]

    @post("/sub-processors/proposals", summary="Propose a change of the list (processor)")
    async def propose(
        self, request: Http, data: ProposalIn, admission: NamedDependency[Admission], chain: NamedDependency[Chain]
    ) -> ProposalOut:  # fmt: skip
        """Write a proposal down. It is judged and approved in the console; nobody is told before."""
        caller = await admission.operator(request)
        listed = {
            one.entry.id: one.entry for one in evidence.current(await chain.keeping.listed(), chain.keeping.clock.now())
        }
        about = listed.get(data.of) if data.of else None
        if data.kind != "add" and about is None:
            raise Refusing(_faulty("not-listed"))
        try:
            entry = about if data.kind == "end" and about else _made(data, about if data.kind == "change" else None)
            what = await chain.propose(
                data.kind, entry, begins_at=data.begins_at, reason=data.reason, by=caller.actor.id,
                replaces=data.of if data.kind == "replace" else None,
            )  # fmt: skip
        except Faulty as faulty:
            raise Refusing(_faulty(*faulty.args)) from faulty
        return _proposal(await chain.keeping.find(what.id))

    @post(
        "/sub-processors/proposals/{proposal:uuid}/approve", summary="Approve a proposal (processor)", status_code=200
    )
    async def approve(
        self, request: Http, proposal: UUID, admission: NamedDependency[Admission], chain: NamedDependency[Chain]
    ) -> ProposalOut:  # fmt: skip
        """Approve it, and have every controller told or asked; refused while an obligation is unjudged or a gap."""
        caller = await admission.operator(request)
        try:
            await chain.approve(proposal, by=caller.actor.id)
        except Unjudged as unjudged:
            raise Refusing(problem(
                409, "sub-processor-unjudged", "Obligations are not judged, or do not bind the sub-processor",
                "Have a named human judge them in the console, under Sub-processors.", detail=", ".join(unjudged.args),
                clause="subprocessors.flow-down",
            )) from unjudged  # fmt: skip
        except Faulty as faulty:
            raise Refusing(_faulty(*faulty.args)) from faulty
        return _proposal(await chain.keeping.find(proposal))

    @get("/sub-processors/proposals/{proposal:uuid}/matrix", summary="Read a proposal's flow-down matrix (processor)")
    async def matrix(
        self, request: Http, proposal: UUID, admission: NamedDependency[Admission], chain: NamedDependency[Chain]
    ) -> list[JudgementOut]:  # fmt: skip
        """Every obligation of the agreement that must bind the sub-processor too, as it was judged."""
        await admission.operator(request)
        known = await chain.keeping.find(proposal)
        return [_row(row) for row in flow_down.matrix(known.what.judgements)]

    @get(
        "/controllers/{controller:uuid}/sub-processors", summary="List what this controller was told, asked and decided"
    )
    async def decisions(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission], chain: NamedDependency[Chain],
        deciding: NamedDependency[Deciding],
    ) -> list[DecisionOut]:  # fmt: skip
        """Every proposal that concerns it, the newest first; none without an agreement in force."""
        await admission.party(request, controller)
        found = []
        for id, one in (await chain.keeping.decisions(controller)).items():
            if one.state != "due":
                found.append(await _decision(deciding, controller, id))
        return found


def _made(data: ProposalIn, known: SubProcessor | None) -> SubProcessor:
    try:
        mechanism = None if data.mechanism is None else msgspec.convert(msgspec.to_builtins(data.mechanism), Mechanism)
    except msgspec.ValidationError:
        raise Faulty("shape") from None
    return SubProcessor(
        id=known.id if known else new_id(), slug=known.slug if known and not data.slug else data.slug, name=data.name,
        address=data.address, country=data.country, remote=tuple(data.remote), contact=data.contact, role=data.role,
        main_host=data.main_host, categories=tuple(sorted(set(data.categories))), personal_data=data.personal_data,
        safeguards=data.safeguards, above=data.above, mechanism=mechanism,
    )  # fmt: skip


def _entry(one: evidence.Listed) -> SubProcessorOut:
    e = one.entry
    return SubProcessorOut(
        e.id, e.label, e.name, e.address, e.country, list(e.remote), e.contact, e.role, e.main_host, list(e.categories),
        e.personal_data, e.safeguards, e.mechanism.reference if e.mechanism else "", e.above, one.depth, one.since,
        one.proposal,
    )  # fmt: skip


def _proposal(known: Known) -> ProposalOut:
    what: Proposed = known.what
    open_ = flow_down.blocking(what.judgements) if known.state == "drafted" and Chain.needs_matrix(what) else []
    return ProposalOut(
        what.id, what.kind, known.state, what.entry.id, what.entry.label, what.entry.name, what.begins_at, what.reason,
        what.digest, open_, what.approved_at,
    )  # fmt: skip


def _row(row: flow_down.Row) -> JudgementOut:
    one = row.judgement
    if one is None:
        return JudgementOut(row.clause, "", "", "", "", "", None, "", "", row.holds, row.blocks)
    return JudgementOut(
        row.clause, one.verdict, one.reason, one.document, one.name, one.by, one.at, one.public_key, one.signature,
        row.holds, row.blocks,
    )  # fmt: skip


async def _decision(deciding: Deciding, controller: UUID, proposal: UUID) -> DecisionOut:
    shown = await deciding.shown(controller, proposal)
    one, what = shown.decision, shown.what
    why = [f"{code}:{country}" if country else code for code, country in shown.way.why]
    content = {"format": FORMAT, "proposal": str(what.id), "content": what.digest} if shown.choices else {}
    return DecisionOut(
        what.id, what.kind, what.entry.name, one.path, why, one.state, one.told_at, one.generous_at, one.decided_at,
        one.proof, list(shown.choices), content,
    )  # fmt: skip


def _faulty(*codes: str) -> Any:
    return problem(
        422, "sub-processor", "It cannot stand in the list of sub-processors", "Mend what `detail` names.",
        detail=", ".join(codes), clause="subprocessors.list",
    )  # fmt: skip
