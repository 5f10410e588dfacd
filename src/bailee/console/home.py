"""The first page: what to do next, and how things stand."""

from typing import Any

from litestar import Request, get, post
from litestar.datastructures import Cookie

from bailee.clauses.direct_requests.consulting import Requests
from bailee.console.guide import Guide, following
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.setbacks.looks import Looks
from bailee.infra.setbacks.setbacks import Setbacks
from bailee.infra.web.answers import Html, go, page, path_of_ours
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.obligations.notices.post import Post
from bailee.obligations.obligations import Obligations
from bailee.obligations.pages import READ, inbox_of
from bailee.obligations.whose import Whose
from bailee.obligations.wording import called
from bailee.processing.accounts.counting import Counting
from bailee.processing.backup.book import Book
from bailee.vocabulary.languages import LANGUAGES

Http = Request[Any, Any, Any]
RECEIVED = "requests:direct:read"
YEAR = 365 * 24 * 3600


@get("/", include_in_schema=False)
async def first(
    *,
    visit: Visit,
    pages: Pages,
    counting: Counting,
    filing: Filing,
    guiding: Guide,
    clock: Clock,
    whose: Whose,
    obligations: Obligations,
    post: Post,
    setbacks: Setbacks,
    looks: Looks,
    direct: Requests,
    backing: Book,
) -> Html:
    """What is owed first, then the guide's next step and the overview; whoever has no role has their own pages."""
    if not visit.permissions:
        return go("/me")
    owed = await inbox_of(visit, whose=whose, obligations=obligations, clock=clock) if visit.may(READ) else None
    steps = await guiding.of(visit)
    if visit.side == "processor":
        controllers = [(one, await guiding.agreed(one.id)) for one in await filing.listed() if one.kind == "controller"]
        standing = await post.standing()
        looks_after = visit.may("platform:controller:open")
        held_up, look = (await setbacks.listed(), await looks.oldest()) if looks_after else ([], None)
        return page(
            pages, "home-processor.html", visit, controllers=controllers, steps=steps, following=following(steps),
            inbox=owed, called=called, standing=standing, setbacks=held_up,
            look=look, names={one.id: one.name for one, _ in controllers},
        )  # fmt: skip
    counts, agreed = await counting.of(visit.whose), await guiding.agreed(visit.whose)
    received = await direct.listed(visit.whose) if visit.may(RECEIVED) else []
    return page(
        pages, "home.html", visit, counts=counts, agreed=agreed, steps=steps, following=following(steps), inbox=owed,
        called=called, kept=await backing.standing(), received=[one for one in received if one.readable and one.verdict not in ("request", "both")],
    )  # fmt: skip


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
