"""The processor's side of a controller's audits: answered, planned for, charged, proven."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post

from bailee.clauses.audits.commands import Audits
from bailee.clauses.audits.pages.acting import asked_of, in_words, step_of
from bailee.clauses.audits.pages.showing import Seat, families, file, shown
from bailee.infra.clock import Clock
from bailee.infra.web import forms
from bailee.infra.web.answers import Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
HANDLE = "platform:audit:handle"


class AnsweringPages(Controller):
    """A controller's audits, as the processor answers them."""

    path = "/controllers/{controller:uuid}/audits"
    include_in_schema = False

    @get("/")
    async def listed(self, controller: UUID, visit: Visit, pages: Pages, audits: Audits) -> Html:
        """Every audit of a controller, the newest first."""
        require(visit, HANDLE)
        base, found = f"/controllers/{controller}/audits", await audits.listed(controller)
        return page(pages, "audits.html", visit, found=found, base=base, asks=True, party="processor")

    @get("/new")
    async def new(self, controller: UUID, visit: Visit, pages: Pages) -> Html:
        """The form for a request that came in writing."""
        require(visit, HANDLE)
        base = f"/controllers/{controller}/audits"
        return page(pages, "audit-ask.html", visit, base=base, families=families(), taken_in=True)

    @post("/new")
    async def take_in(self, controller: UUID, request: Http, visit: Visit, audits: Audits) -> Html:
        """Take a written request in, on the controller's behalf."""
        require(visit, HANDLE)
        sent = await request.form()
        with in_words():
            audit = await audits.ask(controller, asked_of(sent, taken_in=True), by=str(visit.who))
        return go(f"/controllers/{controller}/audits/{audit.id}", "It is taken in; the controller is being told.")

    @get("/{audit:uuid}")
    async def one(
        self, *, controller: UUID, audit: UUID, visit: Visit, pages: Pages, audits: Audits, clock: Clock
    ) -> Html:
        """One audit: how it stands, and what can be done."""
        require(visit, HANDLE)
        with in_words():
            known = await audits.find(controller, audit)
        seat = Seat("processor", controller, f"/controllers/{controller}/audits/{audit}")
        return page(pages, "audit.html", visit, link="", **await shown(audits, visit, known, seat, clock))

    @post("/{audit:uuid}/steps")
    async def step(self, controller: UUID, audit: UUID, request: Http, visit: Visit, audits: Audits) -> Html:
        """Take a step."""
        require(visit, HANDLE)
        sent = await request.form()
        with in_words():
            seen = forms.number(sent, "version")
            await audits.step(controller, audit, step_of(sent), "processor", by=str(visit.who), seen=seen)
        return go(f"/controllers/{controller}/audits/{audit}", "It is done, and on record.")

    @post("/{audit:uuid}/evidence")
    async def evidence(self, controller: UUID, audit: UUID, visit: Visit, audits: Audits) -> Html:
        """Make an evidence pack."""
        require(visit, HANDLE)
        with in_words():
            await audits.pack(controller, audit, by=str(visit.who))
        return go(f"/controllers/{controller}/audits/{audit}", "The pack is made: take it along below.")

    @get("/{audit:uuid}/evidence/{digest:str}")
    async def pack(self, controller: UUID, audit: UUID, digest: str, visit: Visit, audits: Audits) -> Response[bytes]:
        """Take a pack along."""
        require(visit, HANDLE)
        with in_words():
            content = await audits.packed(controller, audit, digest, by=str(visit.who))
        return file(content, f"audit-evidence-{digest[:12]}.zip", "application/zip")

    @get("/{audit:uuid}/costs/{form:str}")
    async def costs(self, controller: UUID, audit: UUID, form: str, visit: Visit, audits: Audits) -> Response[bytes]:
        """The statement as it stands: `pdf` or `json`."""
        require(visit, HANDLE)
        with in_words():
            _, files = await audits.statement(controller, audit)
        chosen = files[0] if form == "pdf" else files[1]
        return file(chosen.content, chosen.name, chosen.media_type)

    @post("/{audit:uuid}/costs")
    async def tell(self, controller: UUID, audit: UUID, visit: Visit, audits: Audits) -> Html:
        """Send the statement to the controller."""
        require(visit, HANDLE)
        with in_words():
            await audits.tell_costs(controller, audit, by=str(visit.who))
        return go(f"/controllers/{controller}/audits/{audit}", "The statement is on its way.")
