"""The list, as the processor's staff keep it: proposed, judged, approved, and what each controller made of it."""

from typing import Any, get_args
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.clauses.sub_processors import evidence, filling, flow_down
from bailee.clauses.sub_processors.commands import Chain, Judged
from bailee.clauses.sub_processors.deciding import Deciding
from bailee.clauses.sub_processors.events import Kind, Known, SubProcessor, Verdict
from bailee.clauses.sub_processors.mistakes import Faulty, Unjudged
from bailee.clauses.sub_processors.pages.speaking import UNNAMED, Signing, in_words, words
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
KEEP = "platform:sub-processor:decide"
KINDS: tuple[Kind, ...] = get_args(Kind)


class ChainPages(Controller):
    """The list, as the processor's staff keep it."""

    path = "/chain"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, chain: Chain, clock: Clock) -> Html:
        """The list as a tree, what is to come, and what waits for judgement or approval."""
        require(visit, KEEP)
        known = await chain.keeping.listed()
        return page(
            pages, "chain.html", visit, listed=evidence.current(known, clock.now()),
            coming=evidence.coming(known, clock.now()), drafts=[one for one in known if one.state == "drafted"],
            blocking=flow_down.blocking, past=evidence.changes(known), **words(visit),
        )  # fmt: skip

    @get("/new")
    async def new(
        self, *, visit: Visit, pages: Pages, chain: Chain, clock: Clock, kind: str = "add", of: UUID | None = None
    ) -> Html:
        """The form of a proposal: of a new entry, or of what becomes of a listed one."""
        require(visit, KEEP)
        listed, wanted = _entries(await chain.keeping.listed(), clock), _kind(kind)
        return _form(pages, visit, wanted, listed, values=filling.blank(wanted, listed.get(of) if of else None), of=of)

    @post("/new")
    async def propose(self, *, request: Http, visit: Visit, pages: Pages, chain: Chain, clock: Clock) -> Html:
        """Write a proposal down."""
        require(visit, KEEP)
        sent = await request.form()
        kind, of = _kind(forms.text(sent, "kind")), forms.id_of(sent, "of")
        listed, values = _entries(await chain.keeping.listed(), clock), filling.sent_values(sent)
        about = listed.get(of)
        try:
            if kind == "end" and about is not None:
                entry = about
            else:
                entry = filling.entry_of(values, about if kind == "change" else None)
            what = await chain.propose(
                kind, entry, begins_at=filling.begins(values), reason=values["reason"], by=str(visit.who),
                replaces=of if kind == "replace" else None,
            )  # fmt: skip
        except Faulty as faulty:
            return _form(pages, visit, kind, listed, values=values, of=of, wrong=faulty.args, status=422)
        return go(f"/chain/{what.id}", "It is written down; nobody is told before it is approved.")

    @get("/{proposal:uuid}")
    async def one(self, proposal: UUID, visit: Visit, pages: Pages, chain: Chain, filing: Filing) -> Html:
        """A proposal: what it says, the matrix of its obligations, and what each controller made of it."""
        require(visit, KEEP)
        return await _proposal(pages, visit, chain, filing, proposal=proposal)

    @post("/{proposal:uuid}/judge")
    async def judge(
        self,
        *,
        proposal: UUID,
        request: Http,
        visit: Visit,
        pages: Pages,
        chain: Chain,
        filing: Filing,
        signing: Signing,
    ) -> Html:
        """Sign judgements on obligations."""
        require(visit, KEEP)
        signing.proven(visit, f"/chain/{proposal}")
        sent = await request.form()
        name, verdict = forms.text(sent, "signer")[:200], forms.text(sent, "verdict")
        if not name or verdict not in get_args(Verdict):
            raise UNNAMED
        with in_words():
            known = await chain.keeping.find(proposal)
        chosen = [one for one in sent.getall("clauses", []) if isinstance(one, str)]
        if forms.text(sent, "rest") == "yes":
            chosen += [row.clause for row in flow_down.matrix(known.what.judgements) if row.judgement is None]
        judged = Judged(
            clauses=tuple(dict.fromkeys(chosen)),
            verdict=verdict,  # type: ignore[arg-type]  # one of the verdicts, as was just seen
            reason=forms.text(sent, "grounds")[:1000], document=forms.text(sent, "document").lower(),
        )  # fmt: skip
        with in_words():
            try:
                await chain.judge(proposal, judged, name=name, key=await signing.key(visit), by=str(visit.who))
            except Faulty as faulty:
                return await _proposal(pages, visit, chain, filing, proposal=proposal, wrong=faulty.args, status=422)
        return go(f"/chain/{proposal}", "The judgements are signed.")

    @post("/{proposal:uuid}/approve")
    async def approve(self, proposal: UUID, visit: Visit, pages: Pages, chain: Chain, filing: Filing) -> Html:
        """Approve it, and have every controller told or asked; refused while an obligation is open."""
        require(visit, KEEP)
        with in_words():
            try:
                await chain.approve(proposal, by=str(visit.who))
            except Faulty as faulty:
                return await _proposal(pages, visit, chain, filing, proposal=proposal, wrong=faulty.args, status=422)
            except Unjudged as unjudged:
                return await _proposal(pages, visit, chain, filing, proposal=proposal, open_=unjudged.args, status=422)
        return go(f"/chain/{proposal}", "It is approved: every controller is being told or asked.")

    @post("/{proposal:uuid}/drop")
    async def drop(self, proposal: UUID, visit: Visit, chain: Chain) -> Html:
        """Give a proposal up."""
        require(visit, KEEP)
        with in_words():
            await chain.drop(proposal, by=str(visit.who))
        return go("/chain", "The proposal is given up.")

    @post("/{proposal:uuid}/followed/{controller:uuid}")
    async def followed(
        self, *, proposal: UUID, controller: UUID, request: Http, visit: Visit, deciding: Deciding
    ) -> Html:
        """Say that what an objection does was done."""
        require(visit, KEEP)
        note = forms.text(await request.form(), "note")[:200]
        if not note:
            raise Wrong(422, "Say what was done", "It stands in the controller's ledger.")
        with in_words():
            await deciding.carried_out(controller, proposal, note, by=str(visit.who))
        return go(f"/chain/{proposal}", "It is on record.")


def _kind(text: str) -> Kind:
    return next((one for one in KINDS if one == text), "add")


def _entries(known: list[Known], clock: Clock) -> dict[UUID, SubProcessor]:
    return {one.entry.id: one.entry for one in evidence.current(known, clock.now())}


def _form(
    pages: Pages, visit: Visit, kind: Kind, listed: dict[UUID, SubProcessor], *, values: dict[str, Any], of: UUID | None,
    wrong: tuple[str, ...] = (), status: int = 200,
) -> Html:  # fmt: skip
    if kind != "add" and of not in listed:
        raise NOT_HERE
    return page(
        pages, "chain-form.html", visit, status=status, kind=kind, listed=listed, values=values, of=of,
        about=listed.get(of) if of else None, wrong=[filling.FAULTS.get(one, one) for one in wrong], **words(visit),
    )  # fmt: skip


async def _proposal(
    pages: Pages, visit: Visit, chain: Chain, filing: Filing, *, proposal: UUID, wrong: tuple[str, ...] = (),
    open_: tuple[str, ...] = (), status: int = 200,
) -> Html:  # fmt: skip
    with in_words():
        known = await chain.keeping.find(proposal)
    names = {one.id: one.name for one in await filing.listed()}
    answers = await chain.answers(proposal, list(names)) if known.state == "approved" else []
    return page(
        pages, "chain-proposal.html", visit, status=status, known=known, what=known.what,
        matrix=flow_down.matrix(known.what.judgements), answers=[one for one in answers if one.state != "due"], names=names,
        wrong=[filling.FAULTS.get(one, one) for one in wrong], open_=open_, needs=chain.needs_matrix(known.what),
        **words(visit),
    )  # fmt: skip
