"""The undertaking, as a member of staff reads and signs it; and the staff, as a controller sees them."""

from typing import Any

from litestar import Controller, Request, get, post

from bailee.clauses.confidentiality import texts
from bailee.clauses.confidentiality.commands import Staff
from bailee.clauses.confidentiality.pages.speaking import UNNAMED, Own, in_words
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.languages import language_of

Http = Request[Any, Any, Any]
MINE = "/me/undertaking"


class MyUndertakingPages(Controller):
    """A member of staff's own page."""

    path = MINE
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, staff: Staff, clock: Clock) -> Html:
        """The text to read and sign, and one's own trainings; a controller's people have theirs to promise elsewhere."""
        if visit.side != "processor":
            return go("/me")
        text, stands = texts.current(language_of(visit.language)), await staff.of(visit.who)
        return page(pages, "my-undertaking.html", visit, text=text, stands=stands, now=clock.now())

    @post("/")
    async def sign(self, request: Http, visit: Visit, staff: Staff, own_hand: Own) -> Html:
        """Sign what was read."""
        if visit.side != "processor":
            raise NOT_HERE
        own_hand.proven(visit, MINE)
        sent = await request.form()
        name, digest = forms.text(sent, "signer")[:200], forms.text(sent, "digest")
        if not name:
            raise UNNAMED
        with in_words():
            await staff.sign(visit.who, language_of(visit.language), digest, name, key=await own_hand.key(visit))
        return go(MINE, "You have signed. It is kept word for word.")


class ProcessorStaffPages(Controller):
    """A controller's page of its processor's staff."""

    path = "/processor-staff"
    include_in_schema = False

    @get("/")
    async def seen(self, visit: Visit, pages: Pages, staff: Staff, clock: Clock) -> Html:
        """How many have which access now, and that all who are let in are bound and trained."""
        require(visit, "agreement:document:read")
        if visit.side == "processor":
            return go("/staff")
        return page(pages, "processor-staff.html", visit, seen=await staff.seen(visit.whose), now=clock.now())
