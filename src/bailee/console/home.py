"""The first page: what to do next, and how things stand."""

from typing import Any

from litestar import Request, get, post
from litestar.datastructures import Cookie

from bailee.gate.archive import Archive
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.web.answers import Html, go, page, path_of_ours
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.infra.web.words import LANGUAGES
from bailee.obligations.notices.post import Post
from bailee.obligations.obligations import Obligations
from bailee.obligations.pages import READ, inbox_of
from bailee.obligations.whose import Whose
from bailee.obligations.wording import called
from bailee.processing.accounts.counting import Counting

Http = Request[Any, Any, Any]
YEAR = 365 * 24 * 3600


@get("/", include_in_schema=False)
async def first(
    *,
    visit: Visit,
    pages: Pages,
    counting: Counting,
    archive: Archive,
    filing: Filing,
    clock: Clock,
    whose: Whose,
    obligations: Obligations,
    post: Post,
) -> Html:
    """What is owed first, then the overview of the visitor's side; whoever has no role has their own pages."""
    if not visit.permissions:
        return go("/me")
    owed = await inbox_of(visit, whose=whose, obligations=obligations, clock=clock) if visit.may(READ) else None
    if visit.side == "processor":
        listed = [one for one in await filing.listed() if one.kind == "controller"]
        standing = await post.standing()
        return page(
            pages, "home-processor.html", visit, controllers=listed, inbox=owed, called=called, standing=standing
        )
    dossier = await archive.dossier(visit.whose)
    agreed = dossier is not None and dossier.in_force(clock.now()) is not None
    counts = await counting.of(visit.whose)
    return page(pages, "home.html", visit, counts=counts, agreed=agreed, inbox=owed, called=called)


@post("/language", include_in_schema=False, opt={"open": True})
async def language(request: Http, visit: Visit) -> Html:
    """Show the pages in another language from now on."""
    sent = await request.form()
    chosen, back = str(sent.get("language", "")), str(sent.get("back", "/"))
    path = path_of_ours(back)
    kept = Cookie(
        "language", value=chosen if chosen in LANGUAGES else "en", max_age=YEAR, samesite="lax",
        secure=visit.origin.startswith("https"),
    )  # fmt: skip
    return go(path, cookies=(kept,))
