"""A person's own rights: what they may ask by themselves, how far it is, what there is to take along."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.response import Stream

from bailee.clauses.data_subject_requests.commands import Rights
from bailee.clauses.data_subject_requests.events import Asked, Right
from bailee.clauses.data_subject_requests.pages import showing
from bailee.clauses.data_subject_requests.pages.acting import mandate, told
from bailee.clauses.data_subject_requests.pages.requests import packed
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import language_of
from bailee.vocabulary.parties import ActorKind

Http = Request[Any, Any, Any]
NOT_OFFERED = Wrong(403, "This is not offered here", "Write to the organisation: it owes you an answer all the same.")
MOST = 20


class MyRightsPages(Controller):
    """My rights, from my own pages."""

    path = "/me/rights"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, rights: Rights, clock: Clock) -> Html:
        """What I may ask, and what I asked."""
        if visit.side == "processor":
            return go("/me")
        choices, agreement = await rights.choosing.of(visit.whose), await rights.requests.agreement(visit.whose)
        mine = await rights.keeping.listed(visit.whose, visit.who)
        now = clock.now()
        return page(
            pages, "me-rights.html", visit, rights=list(Right), choices=choices, pictures=showing.PICTURES,
            mine=[(one, showing.clock(one, now), showing.has_pack(one)) for one in mine], asks=agreement.parties.controller,
        )  # fmt: skip

    @post("/")
    async def ask(self, request: Http, visit: Visit, rights: Rights) -> Html:
        """Ask. Where the organisation has chosen so, the answer is made at once, in its name."""
        sent = await request.form()
        named = forms.text(sent, "right")
        choices = await rights.choosing.of(visit.whose)
        offer = choices.offer(Right(named)) if named in set(Right) and visit.side != "processor" else "off"
        if offer == "off":
            raise NOT_OFFERED
        mine = await rights.keeping.listed(visit.whose, visit.who)
        if sum(one.open for one in mine) >= MOST:
            raise Wrong(429, "Many of your requests are open", "They are answered one after the other.")
        asked = Asked(
            right=Right(named), channel="self-service", words=forms.text(sent, "words"), person=visit.who,
            language=language_of(visit.language), identity="signed-in",
        )  # fmt: skip
        own = mandate(visit, ActorKind.controller_system) if offer == "at-once" else None
        await told(rights.requests.open(visit.whose, asked, by=str(visit.who), mandate=own))
        return go("/me/rights", "Your request is taken in.")

    @get("/{request_id:uuid}/pack")
    async def pack(self, request_id: UUID, visit: Visit, rights: Rights) -> Stream:
        """What answers my request, to take along, once it is answered."""
        one = await told(rights.keeping.find(visit.whose, request_id))
        if one.person != visit.who or one.open:
            raise NOT_HERE
        return await packed(rights, visit, request_id, ActorKind.controller_system)
