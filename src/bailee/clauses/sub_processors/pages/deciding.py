"""The list, as a controller reads it, and its decisions on what is proposed."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.clauses.sub_processors import evidence, wording
from bailee.clauses.sub_processors.commands import Chain
from bailee.clauses.sub_processors.deciding import FORMAT, Deciding
from bailee.clauses.sub_processors.events import Decision
from bailee.clauses.sub_processors.pages.speaking import NOT_NOW, UNNAMED, Signing, in_words, words
from bailee.contract.documents import Consent
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import language_of

Http = Request[Any, Any, Any]
READ, SIGN = "agreement:document:read", "agreement:document:sign"
SAID = {
    "consent": "It is consented to in writing: from its first day on your data may flow to it.",
    "object": "Your objection is on file: your data stay out.",
    "withdraw": "The consent is taken back: nothing of yours flows to it any more.",
}


class SubProcessorPages(Controller):
    """The list, as a controller reads it, and its decisions."""

    path = "/sub-processors"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, chain: Chain, clock: Clock) -> Html:
        """Who works for the processor, and what this controller is asked and has decided."""
        require(visit, READ)
        known, decisions = await chain.keeping.listed(), await chain.keeping.decisions(visit.whose)
        return page(
            pages, "sub-processors.html", visit, listed=evidence.current(known, clock.now()),
            coming=evidence.coming(known, clock.now()), decisions=decisions,
            asked=[one.what for one in known if one.what.id in decisions and _asks(decisions[one.what.id])],
            past=[one for one in evidence.changes(known) if one.id in decisions], **words(visit),
        )  # fmt: skip

    @get("/{proposal:uuid}")
    async def one(self, *, proposal: UUID, visit: Visit, pages: Pages, deciding: Deciding) -> Html:
        """One proposal: what it says, why it takes its path, and the controller's decision."""
        require(visit, READ)
        with in_words():
            shown = await deciding.shown(visit.whose, proposal)
        reasons = wording.reasons(shown.way, language_of(visit.language))
        return page(pages, "sub-processor.html", visit, shown=shown, what=shown.what, reasons=reasons, **words(visit))

    @post("/{proposal:uuid}/decide")
    async def decide(
        self, *, proposal: UUID, request: Http, visit: Visit, deciding: Deciding, signing: Signing, clock: Clock
    ) -> Html:
        """Sign a consent, an objection, or that a consent is taken back; it bites before this answers."""
        require(visit, SIGN)
        signing.proven(visit, f"/sub-processors/{proposal}")
        sent = await request.form()
        name, decision = forms.text(sent, "signer")[:200], forms.text(sent, "decision")
        if not name:
            raise UNNAMED
        if decision not in SAID:
            raise NOT_NOW
        text = Consent(
            format=FORMAT, proposal=proposal, content=forms.text(sent, "content")[:64] or "0" * 64,
            decision=decision,  # type: ignore[arg-type]  # one of the decisions, as was just seen
            at=clock.now(), reason=forms.text(sent, "grounds")[:200] or decision,
        )  # fmt: skip
        with in_words():
            await deciding.decide(visit.whose, text, name=name, key=await signing.key(visit), by=str(visit.who))
        return go("/sub-processors", SAID[decision])


def _asks(one: Decision) -> bool:
    return one.path == "outside" and one.waits
