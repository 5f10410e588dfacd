"""How people are found: the controller decides whether names are found by their words, and sees how far it has come."""

from typing import Any

from litestar import Controller, Request, get, post

from bailee.gate.archive import Archive
from bailee.gate.renewing.name_tokens import NameTokens
from bailee.gate.renewing.renewals import TOKENS, Renewing
from bailee.infra.web.answers import NOT_HERE, Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms
from bailee.processing.accounts.pages.asking import granted

Http = Request[Any, Any, Any]
MAY = "people:search:decide"
BUCKETS = 2 * 4096  # what a deletion goes through, both rounds


class SearchPages(Controller):
    """The decision, and its progress."""

    path = "/people/names"
    include_in_schema = False

    @get("/")
    async def show(self, visit: Visit, pages: Pages, archive: Archive, renewing: Renewing) -> Html:
        """What is decided, and how far the index is."""
        require(visit, MAY)
        return await _shown("names.html", visit, pages, archive, renewing)

    @get("/progress")
    async def progress(self, visit: Visit, pages: Pages, archive: Archive, renewing: Renewing) -> Html:
        """The part of the page that tells how far it is."""
        require(visit, MAY)
        return await _shown("names-progress.html", visit, pages, archive, renewing)

    @post("/")
    async def decide(self, request: Http, visit: Visit, name_tokens: NameTokens) -> Html:
        """Switch it on or off."""
        require(visit, MAY)
        on = forms.text(await request.form(), "on") == "yes"
        granted(await name_tokens.switch(visit.whose, on, by=str(visit.who)))
        return go("/people/names", "It is decided." if not on else "It is decided. The index is being built.")


async def _shown(template: str, visit: Visit, pages: Pages, archive: Archive, renewing: Renewing) -> Html:
    dossier = await archive.refresh(visit.whose)
    if dossier is None:
        raise NOT_HERE
    renewals, counts = await renewing.standing(visit.whose)
    done = sum(one.looked for one in renewals)
    whole = sum(BUCKETS if one.type == TOKENS else max(counts.get(one.type, 0), one.looked) for one in renewals)
    return page(
        pages, template, visit, state=dossier.name_tokens, at_work=bool(renewals), done=done, whole=whole,
        share=round(100 * done / whole) if whole else 0,
    )  # fmt: skip
