"""Pages of what is owed: the list with its picture, one obligation with its evidence, links for calendars."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import QueryParameter

from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.obligations import wording
from bailee.obligations.calendars import Calendars
from bailee.obligations.evidence import MOST_BYTES, Evidence, File, NotYours, TooLarge
from bailee.obligations.inbox import SHOWN, SHOWS, Inbox, Show, inbox, row_of
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Obligation
from bailee.obligations.ways import way
from bailee.obligations.whose import Whose
from bailee.vocabulary.languages import LANGUAGES

Http = Request[Any, Any, Any]
READ, ATTACH, SHARE = "duties:obligation:read", "duties:evidence:attach", "duties:calendar:make"
EACH_OF_MANY = 50
MOST_PAGES = 500
ENDED_NOW = Wrong(409, "This obligation has ended", "Load the page anew to see how.")
THEIRS = Wrong(409, "The other side owes this", "Whoever owes a duty attaches its evidence.")


async def inbox_of(
    visit: Visit, *, whose: Whose, obligations: Obligations, clock: Clock, show: Show = "all",
    controller: UUID | None = None, number: int = 0,
) -> Inbox:  # fmt: skip
    """What a visitor is shown of what is owed: page `number` of all of it, or by default a glance at the most urgent."""
    names = await whose.names(visit.whose)
    seen = await whose.of(visit.whose, controller)
    if not seen:
        raise NOT_HERE
    found: list[Obligation] = []
    # as many of each as the page could hold of it alone: so the pages are in order over all of them
    each = SHOWN * max(number, 1) + 1 if number or len(seen) == 1 else EACH_OF_MANY
    if show == "ended":
        for one in seen:
            found += await obligations.ended_of(one, each)
        found.sort(key=lambda one: one.ended_at or one.opened_at, reverse=True)
    else:
        found = await obligations.open_of(seen, each)
    cut = max(Counter(one.controller for one in found).values(), default=0) == each
    return inbox(
        found, show=show, side=whose.side(visit.whose), now=clock.now(), names=names, whose=controller,
        page=max(number, 1), cut=cut,
    )  # fmt: skip


class ObligationPages(Controller):
    """What is owed."""

    path = "/obligations"
    include_in_schema = False

    @get("/")
    async def listed(
        self, *, visit: Visit, pages: Pages, whose: Whose, obligations: Obligations, clock: Clock,
        show: Literal["all", "ours", "theirs", "late", "ended"] = "all", controller: UUID | None = None,
        number: Annotated[int, QueryParameter(name="page", ge=1, le=MOST_PAGES)] = 1,
    ) -> Html:  # fmt: skip
        """The list, filtered, a page of it."""
        require(visit, READ)
        found = await inbox_of(
            visit,
            whose=whose,
            obligations=obligations,
            clock=clock,
            show=show,
            controller=controller,
            number=number,
        )
        names = await whose.names(visit.whose)
        return page(pages, "obligations.html", visit, inbox=found, names=names, shows=SHOWS, called=wording.called)

    @get("/calendars")
    async def calendars(self, visit: Visit, pages: Pages, calendars: Calendars) -> Html:
        """The links that calendar programs read."""
        require(visit, SHARE)
        return page(pages, "obligation-calendars.html", visit, links=await calendars.listed(visit.whose), link="")

    @post("/calendars")
    async def change_calendars(self, request: Http, visit: Visit, pages: Pages, calendars: Calendars) -> Html:
        """Make a link, shown on the page that answers and never again; or revoke one."""
        require(visit, SHARE)
        sent = await request.form()
        if forms.text(sent, "act") == "revoke":
            await calendars.revoke(visit.whose, forms.id_of(sent, "calendar"), by=str(visit.who))
            return go("/obligations/calendars", "The link shows nothing any more.")
        language = visit.language if visit.language in LANGUAGES else "en"
        _, path = await calendars.make(visit.whose, language=language, by=str(visit.who))
        links = await calendars.listed(visit.whose)
        return page(pages, "obligation-calendars.html", visit, links=links, link=visit.origin + path)

    @get("/{controller:uuid}/{obligation:uuid}")
    async def show(
        self, *, controller: UUID, obligation: UUID, visit: Visit, pages: Pages, whose: Whose, obligations: Obligations,
        evidence: Evidence, clock: Clock,
    ) -> Html:  # fmt: skip
        """One obligation: who owes what to whom by when, how that was counted, what proves it."""
        require(visit, READ)
        names = await _theirs(visit, whose, controller)
        one = await obligations.one(controller, obligation)
        if one is None:
            raise NOT_HERE
        row = row_of(one, side=whose.side(visit.whose), now=clock.now(), names=names)
        attached = await evidence.listed(controller, obligation)
        return page(
            pages, "obligation.html", visit, row=row, one=one, attached=attached, several=len(names) > 1,
            called=wording.called, counted=wording.rule, most=MOST_BYTES // 1000, way=way(one) if row.ours and one.state == "open" else "",
        )  # fmt: skip

    @post("/{controller:uuid}/{obligation:uuid}/evidence")
    async def attach(
        self, *, request: Http, controller: UUID, obligation: UUID, visit: Visit, pages: Pages, whose: Whose,
        evidence: Evidence,
    ) -> Response[bytes]:  # fmt: skip
        """Take a file as evidence of a duty of the visitor's own side."""
        require(visit, ATTACH)
        await _theirs(visit, whose, controller)
        name = unquote(request.headers.get("x-file-name", ""))[:200] or "evidence"
        try:
            file = File(name, await request.body())
            await evidence.attach(controller, obligation, file, side=whose.side(visit.whose), by=str(visit.who))
        except (NotOpen, NotYours, TooLarge) as problem:
            wrong = {NotOpen: ENDED_NOW.heading, NotYours: THEIRS.heading}.get(type(problem), "The file is too large")
            return _json(422, title=pages.words.say(visit.language, wrong))
        return _json(201, location=f"/obligations/{controller}/{obligation}")

    @get("/{controller:uuid}/{obligation:uuid}/evidence/{attached:uuid}")
    async def download(
        self, *, controller: UUID, obligation: UUID, attached: UUID, visit: Visit, whose: Whose, evidence: Evidence
    ) -> Response[bytes]:
        """What was attached, as a file to keep; never shown as a page."""
        require(visit, ATTACH)
        await _theirs(visit, whose, controller)
        file = await evidence.open(controller, obligation, attached, by=str(visit.who))
        if file is None:
            raise NOT_HERE
        kept = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        return Response(
            file.content, media_type="application/octet-stream", headers={**HEADERS, "content-disposition": kept}
        )


@get("/calendar/{name:str}", include_in_schema=False, opt={"open": True})
async def calendar(name: str, calendars: Calendars) -> Response[bytes]:
    """What a calendar's link shows: the link is its own credential."""
    text, dot, _ = name.partition(".ics")
    found = await calendars.read(text) if dot else None
    if found is None:
        raise NOT_HERE
    headers = {**HEADERS, "cache-control": "private, max-age=300"}
    return Response(found, media_type="text/calendar", headers=headers)


async def _theirs(visit: Visit, whose: Whose, controller: UUID) -> Mapping[UUID, str]:
    """The names of whose obligations a visitor sees, where this controller is among them."""
    names = await whose.names(visit.whose)
    if controller not in names:
        raise NOT_HERE
    return names


def _json(status: int, **said: str) -> Response[bytes]:
    headers = {**HEADERS}
    return Response(msgspec.json.encode(said), status_code=status, media_type="application/json", headers=headers)
