"""The processor's pages of breaches: the register, the one screen from finding to notice, and a breach on its way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.datastructures import FormMultiDict

from bailee.clauses.breach_notice.commands import Breaches
from bailee.clauses.breach_notice.events import NATURES, STORES, Breach
from bailee.clauses.breach_notice.evidence import register
from bailee.clauses.breach_notice.likely import suggested
from bailee.clauses.breach_notice.mistakes import Faulty
from bailee.clauses.breach_notice.opening import Given, named
from bailee.clauses.breach_notice.pages import forming
from bailee.clauses.breach_notice.pages.showing import Showing, Shown, vocabulary
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import NOT_HERE, Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.obligations.notices.book import Book
from bailee.obligations.obligations import Obligations
from bailee.vocabulary.categories import CATALOGUE

Http = Request[Any, Any, Any]
HANDLE = "platform:breach:handle"
KEPT = ("what", "consequences", "measures", "aware", "began", "ended", "kind", "actor", "credential", "persons", "since",
        "until", "store", "zone")  # fmt: skip
DONE = {
    "confirm": "It is confirmed: the clock runs.",
    "dismiss": "The suspicion is dismissed, with your reason.",
    "describe": "It is kept. The next notice tells it.",
    "concern": "Their files are opened.",
    "scope": "It is being computed.",
    "figure": "Your figures stand beside the computed ones.",
    "tell": "The notice is on its way.",
    "closing": "The closing report is on its way.",
    "told": "It is written down.",
    "close": "The breach is closed.",
}


class BreachPages(Controller):
    """Breaches, for whoever answers for them."""

    path = "/breaches"
    include_in_schema = False

    @get("/")
    async def listed(self, *, visit: Visit, pages: Pages, breaches: Breaches, clock: Clock) -> Html:
        """The register: every breach, and how long it took to tell each controller."""
        require(visit, HANDLE)
        found = [(one, await breaches.cases(one)) for one in await breaches.keeping.breaches()]
        return page(
            pages, "breaches.html", visit, found=[(one, register(one, cases, clock.now())) for one, cases in found],
            now=clock.now(), **vocabulary(visit),
        )  # fmt: skip

    @get("/new")
    async def new(self, visit: Visit, pages: Pages, filing: Filing) -> Html:
        """One screen: what happened, whom it concerns, and the notice."""
        require(visit, HANDLE)
        return await _form(visit, pages, filing, {}, ())

    @post("/new")
    async def create(
        self, *, request: Http, visit: Visit, pages: Pages, filing: Filing, breaches: Breaches, clock: Clock
    ) -> Html:  # fmt: skip
        """Write it down; where it is confirmed, its controllers' files are open when this answers."""
        require(visit, HANDLE)
        sent, now = await request.form(), clock.now()
        act = forms.text(sent, "act")
        try:
            scope = forming.scope(sent, now)
            given = Given(
                description=forming.description(sent), scope=scope, tell=act == "tell",
                aware_at=None if act == "finding" else forming.instant(sent, "aware") or now,
                controllers=await _chosen(filing, sent), search=scope is not None and bool(sent.get("search")),
            )  # fmt: skip
            one = await breaches.open(given, by=str(visit.who))
        except Faulty as faulty:
            return await _form(visit, pages, filing, sent, faulty.args)
        return go(f"/breaches/{one.id}", "It is written down." if act == "finding" else "The breach is open.")

    @get("/{breach:uuid}")
    async def one(
        self, *, breach: UUID, visit: Visit, pages: Pages, breaches: Breaches, filing: Filing, obligations: Obligations,
        book: Book, clock: Clock,
    ) -> Html:  # fmt: skip
        """A breach: its clocks, its figures, its notices, and what to do next."""
        require(visit, HANDLE)
        with forming.in_words():
            known = await breaches.keeping.breach(breach)
        shown = await _shown(known, breaches, Showing(obligations, book), clock)
        listed = [one for one in await filing.listed() if one.kind == "controller" and known.of(one.id) is None]
        categories = {name for one in shown if one.case for name in one.case.figures.categories}
        return page(
            pages, "breach.html", visit, one=known, shown=shown, now=clock.now(), controllers=listed, natures=NATURES,
            stores=STORES, catalogue=CATALOGUE, likely=suggested(known.description.natures, categories, known.scope),
            names={str(one.id): one.name for one in listed}, **vocabulary(visit),
        )  # fmt: skip

    @get("/{breach:uuid}/progress")
    async def progress(
        self, *, breach: UUID, visit: Visit, pages: Pages, breaches: Breaches, obligations: Obligations, book: Book,
        clock: Clock,
    ) -> Html:  # fmt: skip
        """The part of the page that moves while notices leave and scopes are computed."""
        require(visit, HANDLE)
        with forming.in_words():
            known = await breaches.keeping.breach(breach)
        shown = await _shown(known, breaches, Showing(obligations, book), clock)
        return page(pages, "breach-progress.html", visit, one=known, shown=shown, now=clock.now(), **vocabulary(visit))

    @get("/at/{controller:uuid}/{case:uuid}")
    async def at(self, *, controller: UUID, case: UUID, visit: Visit, breaches: Breaches) -> Html:
        """The breach that a controller's file belongs to."""
        require(visit, HANDLE)
        with forming.in_words():
            found = await breaches.keeping.case(controller, case)
        return go(f"/breaches/{found.breach}")

    @post("/{breach:uuid}")
    async def act(
        self, *, breach: UUID, request: Http, visit: Visit, breaches: Breaches, filing: Filing, clock: Clock
    ) -> Html:
        """Do the next thing about it."""
        require(visit, HANDLE)
        sent = await request.form()
        act = forms.text(sent, "act")
        do = ACTS.get(act)
        if do is None:
            raise NOT_HERE
        with forming.in_words():
            await do(Asked(breach, sent, breaches, filing, clock, str(visit.who)))
        return go(f"/breaches/{breach}", DONE[act])


@dataclass(frozen=True)
class Asked:
    """What was sent about a breach, and by whom."""

    id: UUID
    sent: FormMultiDict
    breaches: Breaches
    filing: Filing
    clock: Clock
    by: str

    @property
    def tells(self) -> bool:
        """Whether a first notice goes out with it."""
        return bool(self.sent.get("tell"))

    @property
    def controller(self) -> UUID:
        """The controller that a form is about."""
        return forms.id_of(self.sent, "controller")


async def _confirm(asked: Asked) -> None:
    aware = forming.instant(asked.sent, "aware") or asked.clock.now()
    whom = await _chosen(asked.filing, asked.sent)
    await asked.breaches.confirm(asked.id, aware, whom, tell=asked.tells, by=asked.by)


async def _dismiss(asked: Asked) -> None:
    await asked.breaches.opening.dismiss(asked.id, forms.text(asked.sent, "reason"), by=asked.by)


async def _describe(asked: Asked) -> None:
    said, version = forming.description(asked.sent), forming.version(asked.sent)
    was = (await asked.breaches.keeping.breach(asked.id)).description
    said = msgspec.structs.replace(said, began_at=said.began_at or was.began_at, ended_at=said.ended_at or was.ended_at)
    await asked.breaches.opening.describe(asked.id, said, by=asked.by, version=version)


async def _concern(asked: Asked) -> None:
    whom = await _chosen(asked.filing, asked.sent)
    await asked.breaches.concern(asked.id, whom, tell=asked.tells, by=asked.by)


async def _scope(asked: Asked) -> None:
    scope = forming.scope(asked.sent, asked.clock.now())
    if scope is None:
        raise Faulty("shape")
    if asked.sent.get("search"):
        await asked.breaches.opening.search(asked.id, scope, by=asked.by)
    else:
        await asked.breaches.scope(asked.id, scope, by=asked.by)


async def _figure(asked: Asked) -> None:
    given, version = forming.figured(asked.sent), forming.version(asked.sent)
    await asked.breaches.figure(asked.id, asked.controller, given, by=asked.by, version=version)


async def _tell(asked: Asked) -> None:
    news, whom = forms.text(asked.sent, "news"), forming.chosen(asked.sent)
    await asked.breaches.tell(asked.id, by=asked.by, news=news, controllers=whom)


async def _closing(asked: Asked) -> None:
    await asked.breaches.tell(asked.id, by=asked.by, news=forms.text(asked.sent, "news"), closing=True)


async def _told(asked: Asked) -> None:
    at = forming.instant(asked.sent, "at") or asked.clock.now()
    how = forms.text(asked.sent, "how")
    await asked.breaches.opening.told_otherwise(asked.id, asked.controller, at, how, by=asked.by)


async def _close(asked: Asked) -> None:
    await asked.breaches.close(asked.id, by=asked.by)


ACTS: dict[str, Callable[[Asked], Awaitable[None]]] = {
    "confirm": _confirm, "dismiss": _dismiss, "describe": _describe, "concern": _concern, "scope": _scope,
    "figure": _figure, "tell": _tell, "closing": _closing, "told": _told, "close": _close,
}  # fmt: skip


async def _chosen(filing: Filing, sent: FormMultiDict) -> dict[UUID, str]:
    """The controllers that were marked, with their names; every one of them where that was marked."""
    listed = [(one.id, one.name) for one in await filing.listed() if one.kind == "controller"]
    return named(listed, [id for id, _ in listed] if sent.get("everyone") else forming.chosen(sent))


async def _shown(known: Breach, breaches: Breaches, showing: Showing, clock: Clock) -> list[Shown]:
    return [await showing.shown(concerned, case, clock.now()) for concerned, case in await breaches.cases(known)]


async def _form(visit: Visit, pages: Pages, filing: Filing, sent: Any, wrong: tuple[str, ...]) -> Html:
    values = {name: forms.text(sent, name) if sent else "" for name in KEPT}
    many = {name: sent.getall(name, []) if sent else [] for name in ("natures", "controllers")}
    listed = [one for one in await filing.listed() if one.kind == "controller"]
    return page(
        pages, "breach-form.html", visit, status=422 if wrong else 200, values=values, many=many, controllers=listed,
        natures=NATURES, stores=STORES, wrong=[forming.FAULTS.get(one, forming.FAULTS["shape"]) for one in wrong],
        **vocabulary(visit),
    )  # fmt: skip
