"""The controller's audits: asked for, followed, and the auditor let in."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post

from bailee.clauses.audits.commands import Audits
from bailee.clauses.audits.guests import Guests
from bailee.clauses.audits.pages.acting import asked_of, in_words, step_of
from bailee.clauses.audits.pages.showing import Seat, families, file, shown
from bailee.infra.clock import Clock
from bailee.infra.letters import is_address
from bailee.infra.web import forms
from bailee.infra.web.answers import Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit

Http = Request[Any, Any, Any]
READ, ASK, VISIT = "audits:audit:read", "audits:audit:ask", "audits:audit:visit"
NO_ADDRESS = Wrong(422, "This is not an address", "Give the auditor's e-mail address.", "audits.respond")


class AuditPages(Controller):
    """What the controller looks into."""

    path = "/audits"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, audits: Audits) -> Html:
        """Every audit, the newest first."""
        require(visit, READ)
        found = await audits.listed(visit.whose)
        return page(pages, "audits.html", visit, found=found, base="/audits", asks=visit.may(ASK), party="controller")

    @get("/new")
    async def new(self, visit: Visit, pages: Pages) -> Html:
        """The form of a request."""
        require(visit, ASK)
        return page(pages, "audit-ask.html", visit, base="/audits", families=families(), taken_in=False)

    @post("/new")
    async def ask(self, request: Http, visit: Visit, audits: Audits) -> Html:
        """Ask for an audit."""
        require(visit, ASK)
        sent = await request.form()
        with in_words():
            audit = await audits.ask(visit.whose, asked_of(sent, taken_in=False), by=str(visit.who))
        return go(f"/audits/{audit.id}", "It is asked for. What the notice came to is below.")

    @get("/{audit:uuid}")
    async def one(self, audit: UUID, visit: Visit, pages: Pages, audits: Audits, clock: Clock) -> Html:
        """One audit: how it stands, and what can be done."""
        require(visit, READ)
        return await _page(audit, visit, pages, audits, clock)

    @post("/{audit:uuid}/steps")
    async def step(self, audit: UUID, request: Http, visit: Visit, audits: Audits) -> Html:
        """Take a step."""
        require(visit, ASK)
        sent = await request.form()
        with in_words():
            seen = forms.number(sent, "version")
            await audits.step(visit.whose, audit, step_of(sent), "controller", by=str(visit.who), seen=seen)
        return go(f"/audits/{audit}", "It is done, and on record.")

    @post("/{audit:uuid}/auditor")
    async def let_in(
        self, *, audit: UUID, request: Http, visit: Visit, pages: Pages, audits: Audits, guests: Guests, clock: Clock
    ) -> Html:
        """Make an account for the auditor, that reads this audit and nothing else until its last day is over."""
        require(visit, ASK)
        guests.proven(visit, f"/audits/{audit}")
        address = forms.text(await request.form(), "address")
        if not is_address(address):
            raise NO_ADDRESS
        with in_words():
            await audits.may_admit(visit.whose, audit)
            invited = await guests.invite(visit, address)
            await audits.admit(visit.whose, audit, invited.person, by=str(visit.who))
        if invited.link:
            return await _page(audit, visit, pages, audits, clock, link=invited.link)
        return go(f"/audits/{audit}", "The letter is on its way.")

    @post("/{audit:uuid}/evidence")
    async def evidence(self, audit: UUID, visit: Visit, audits: Audits) -> Html:
        """Make an evidence pack."""
        require(visit, ASK)
        with in_words():
            await audits.pack(visit.whose, audit, by=str(visit.who))
        return go(f"/audits/{audit}", "The pack is made: take it along below.")

    @get("/{audit:uuid}/evidence/{digest:str}")
    async def pack(self, audit: UUID, digest: str, visit: Visit, audits: Audits) -> Response[bytes]:
        """Take a pack along."""
        require(visit, READ)
        with in_words():
            content = await audits.packed(visit.whose, audit, digest, by=str(visit.who))
        return file(content, f"audit-evidence-{digest[:12]}.zip", "application/zip")

    @get("/{audit:uuid}/costs/{form:str}")
    async def costs(self, audit: UUID, form: str, visit: Visit, audits: Audits) -> Response[bytes]:
        """The statement as it stands: `pdf` or `json`."""
        require(visit, READ)
        with in_words():
            _, files = await audits.statement(visit.whose, audit)
        chosen = files[0] if form == "pdf" else files[1]
        return file(chosen.content, chosen.name, chosen.media_type)


class AuditorPages(Controller):
    """What an auditor is shown: the one audit, and nothing when it is over."""

    path = "/audit"
    include_in_schema = False

    @get("/")
    async def shown(self, visit: Visit, pages: Pages, audits: Audits, clock: Clock) -> Html:
        """The audit that the account is for."""
        require(visit, VISIT)
        with in_words():
            known = await audits.visited(visit.whose, visit.who)
        seat = Seat(None, visit.whose, "/audit")
        return page(pages, "audit.html", visit, link="", **await shown(audits, visit, known, seat, clock))

    @get("/evidence/{digest:str}")
    async def pack(self, digest: str, visit: Visit, audits: Audits) -> Response[bytes]:
        """Take a pack of that audit along."""
        require(visit, VISIT)
        with in_words():
            known = await audits.visited(visit.whose, visit.who)
            content = await audits.packed(visit.whose, known.audit.id, digest, by=str(visit.who))
        return file(content, f"audit-evidence-{digest[:12]}.zip", "application/zip")


async def _page(
    audit: UUID, visit: Visit, pages: Pages, audits: Audits, clock: Clock, *, link: str = ""
) -> Html:  # fmt: skip
    with in_words():
        known = await audits.find(visit.whose, audit)
    seat = Seat("controller" if visit.may(ASK) else None, visit.whose, f"/audits/{audit}")
    return page(pages, "audit.html", visit, link=link, **await shown(audits, visit, known, seat, clock))
