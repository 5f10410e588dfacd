"""Pages of a controller's choices about rights: what persons may ask by themselves, grounds, recipients' addresses."""

from typing import Any, cast, get_args

from litestar import Controller, Request, get, post

from bailee.clauses.data_subject_requests.choices import Choices, Ground, Offer, Reached, RefusedChoice
from bailee.clauses.data_subject_requests.commands import Rights
from bailee.clauses.data_subject_requests.events import AT_ONCE, Right
from bailee.clauses.data_subject_requests.pages.acting import told
from bailee.infra.web import forms
from bailee.infra.web.answers import Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.vocabulary.categories import CATALOGUE
from bailee.vocabulary.languages import language_of
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]
GROUNDS: tuple[str, ...] = get_args(Ground)
REFUSED = Wrong(
    422,
    "That cannot be chosen",
    "An address is one e-mail address, a host is a name alone; erasure is never answered by itself.",
)


class ChoicePages(Controller):
    """The choices."""

    path = "/rights"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, rights: Rights) -> Html:
        """What is chosen."""
        require(visit, "rights:request:read")
        return page(
            pages, "rights-choices.html", visit, choices=await rights.choosing.of(visit.whose), rights=list(Right),
            at_once=AT_ONCE, purposes=list(map(str, Purpose)), grounds=GROUNDS, categories=CATALOGUE,
        )  # fmt: skip

    @post("/")
    async def choose(self, request: Http, visit: Visit, rights: Rights) -> Html:
        """Choose anew, from what was seen."""
        require(visit, "rights:choice:make")
        sent = await request.form()
        known = await rights.choosing.of(visit.whose)
        offers = {str(right): cast(Offer, forms.text(sent, f"offer-{right}")) for right in Right}
        grounds = {str(p): cast(Ground, forms.text(sent, f"ground-{p}")) for p in Purpose}
        if not set(offers.values()) <= {"off", "ask", "at-once", ""} or not set(grounds.values()) <= {*GROUNDS, ""}:
            raise REFUSED
        recipients = dict(known.recipients)
        for name in sent.getall("remove", []):
            recipients.pop(str(name), None)
        name, address = forms.text(sent, "recipient")[:200], forms.text(sent, "address")[:254]
        if name:
            if address.count("@") != 1 or " " in address:
                raise REFUSED
            recipients[name] = Reached(address, language_of(forms.text(sent, "language")))
        choices = Choices(
            version=forms.number(sent, "version") or 0,
            offers={right: offer for right, offer in offers.items() if offer and offer != "off"},
            grounds={purpose: ground for purpose, ground in grounds.items() if ground and ground != "unsaid"},
            not_provided=frozenset(str(c) for c in sent.getall("not-provided", []) if c in CATALOGUE),
            recipients=recipients, callbacks=frozenset(forms.text(sent, "callbacks").lower().split()),
        )  # fmt: skip
        try:
            await told(rights.choosing.choose(visit.whose, choices, by=str(visit.who)))
        except RefusedChoice:
            raise REFUSED from None
        return go("/rights", "It is chosen.")
