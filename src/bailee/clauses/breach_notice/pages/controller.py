"""A controller's pages of breaches: what it was told, its own clock, what it takes along and sends on, what it says."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Literal
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from bailee.clauses.breach_notice.consulting import Told, computed
from bailee.clauses.breach_notice.events import REMARKS, Concerned
from bailee.clauses.breach_notice.pages import forming
from bailee.clauses.breach_notice.pages.showing import Showing, vocabulary
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, NOT_HERE, Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.obligations.notices.book import Book
from bailee.obligations.obligations import Obligations
from bailee.vocabulary.languages import language_of

Http = Request[Any, Any, Any]
READ, ANSWER, EXPORT = "breaches:notice:read", "breaches:notice:answer", "exchange:export:run"
SHOWN = 20


class Handing:
    """What handing a list of people over asks of the house: a proof of presence, a second person, names through the gate."""

    def __init__(
        self, *, proven: Callable[[Visit, str], None],
        second: Callable[[Visit, str, tuple[tuple[str, str], ...]], Awaitable[None]],
        names: Callable[[Visit, Sequence[UUID]], AsyncIterator[bytes]],
    ) -> None:  # fmt: skip
        self.proven = proven
        self.second = second
        self.names = names


class ToldPages(Controller):
    """Breaches that a controller was told of."""

    path = "/breach-notices"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, told: Told, clock: Clock) -> Html:
        """The controller's own register."""
        require(visit, READ)
        found = await told.listed(visit.whose)
        return page(pages, "breach-notices.html", visit, found=found, now=clock.now(), **vocabulary(visit))

    @get("/{case:uuid}")
    async def one(
        self, *, case: UUID, visit: Visit, pages: Pages, told: Told, obligations: Obligations, book: Book, clock: Clock
    ) -> Html:
        """One of them."""
        require(visit, READ)
        with forming.in_words():
            known = await told.one(visit.whose, case)
        here = Concerned(visit.whose, visit.controller_name, case, opened=True)
        shown, done = await Showing(obligations, book).shown(here, known, clock.now()), None
        if any(one.done_at for one in known.computed):
            done = computed(known)
        return page(
            pages, "breach-notice.html", visit, one=known, shown=shown, now=clock.now(), remarks=REMARKS, done=done,
            may_take=visit.may(EXPORT), **vocabulary(visit),
        )  # fmt: skip

    @post("/{case:uuid}")
    async def remark(self, *, case: UUID, request: Http, visit: Visit, told: Told, clock: Clock) -> Html:
        """Say what was done about the authority or the persons."""
        require(visit, ANSWER)
        sent = await request.form()
        kind = next((one for one in REMARKS if one == forms.text(sent, "kind")), None)
        if kind is None:
            raise NOT_HERE
        with forming.in_words():
            at = forming.instant(sent, "at") or clock.now()
            await told.remark(visit.whose, case, kind, at, forms.text(sent, "words"), by=str(visit.who))
        return go(f"/breach-notices/{case}", "Your remark is on record.")

    @get("/{case:uuid}/file")
    async def file(
        self, *, case: UUID, visit: Visit, told: Told, form: Literal["json", "pdf"] = "pdf"
    ) -> Response[bytes]:
        """The facts for the authority's form."""
        require(visit, READ)
        with forming.in_words():
            content = await told.file(visit.whose, case, form, language_of(visit.language), by=str(visit.who))
        media = "application/pdf" if form == "pdf" else "application/json"
        return Response(content, media_type=media, headers=HEADERS | _named(f"breach.{form}"))

    @get("/{case:uuid}/draft")
    async def draft(
        self, *, case: UUID, visit: Visit, told: Told, language: Literal["en", "fr"] = "en"
    ) -> Response[bytes]:
        """A draft of the letter to persons."""
        require(visit, READ)
        with forming.in_words():
            text = await told.draft(visit.whose, case, language)
        headers = HEADERS | _named(f"persons.{language}.txt")
        return Response(text.encode(), media_type="text/plain; charset=utf-8", headers=headers)

    @post("/{case:uuid}/persons", status_code=200)
    async def persons(self, *, case: UUID, request: Http, visit: Visit, told: Told, handing: Handing) -> Stream:
        """Whom it reached: by their ids, or with their names as an export; a handover, and recorded as one."""
        require(visit, READ)
        require(visit, EXPORT)
        place = f"/breach-notices/{case}/persons"
        handing.proven(visit, f"/breach-notices/{case}")
        form = "names" if forms.text(await request.form(), "form") == "names" else "ids"
        with forming.in_words():
            known = await told.one(visit.whose, case)
            number = computed(known).number
        await handing.second(visit, place, (("form", form), ("scope", str(number))))
        if form == "names":
            ids = [row.person async for row in told.persons(visit.whose, case) if row.held]
            pieces, name = handing.names(visit, ids), "affected.csv"
        else:
            pieces, name = told.take(visit.whose, case, by=str(visit.who)), "affected.ndjson"
        first = await anext(pieces, b"")
        media = "text/csv; charset=utf-8" if form == "names" else "application/x-ndjson"
        return Stream(_after(first, pieces), media_type=media, headers=HEADERS | _named(name))


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _named(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
