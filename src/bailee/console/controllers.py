"""Pages of the processor's side: the controllers it serves, and taking on another."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.gate.archive import Archive
from bailee.gate.filing import Filing
from bailee.infra.clock import Clock
from bailee.infra.web.answers import NOT_HERE, Html, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.ledger.signing import LogKey
from bailee.processing.accounts import forms
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.inviting import Inviting, Sent

Http = Request[Any, Any, Any]


class ControllerPages(Controller):
    """The companies whose data the processor holds."""

    path = "/controllers"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, filing: Filing, archive: Archive, clock: Clock) -> Html:
        """Every controller, and whether an agreement is in force."""
        require(visit, "platform:controller:read")
        rows = []
        for one in await filing.listed():
            if one.kind == "controller":
                dossier = await archive.dossier(one.id)
                agreed = dossier is not None and dossier.in_force(clock.now()) is not None
                rows.append((one, agreed, dossier.state if dossier else ""))
        return page(pages, "controllers.html", visit, rows=rows)

    @get("/new")
    async def new(self, visit: Visit, pages: Pages) -> Html:
        """The form of a new controller."""
        require(visit, "platform:controller:open")
        return page(pages, "controller-form.html", visit, values={}, wrong={})

    @post("/new")
    async def open(
        self, *, request: Http, visit: Visit, pages: Pages, filing: Filing, accounts: Accounts, inviting: Inviting
    ) -> Html:
        """Open a dossier, and invite the controller's first administrator."""
        require(visit, "platform:controller:open")
        sent = await request.form()
        name, address = forms.text(sent, "name")[:200], forms.text(sent, "address")
        wrong = forms.address_problem(address)
        problems = ({} if name else {"name": "Say the company's name"}) | ({"address": wrong} if wrong else {})
        if problems:
            values = {"name": name, "address": address}
            return page(pages, "controller-form.html", visit, status=422, values=values, wrong=problems)
        controller = await filing.open_dossier(name, by=str(visit.who))
        link = await accounts.enrol(controller, address, ["controller-administrator"], by=str(visit.who))
        went = await inviting.first(visit, link, address, name)
        return page(
            pages, "controller-opened.html", visit, name=name, controller=controller, mailed=went is Sent.mailed,
            link="" if went is Sent.mailed else f"{visit.origin}/link/{link.text}", link_until=link.expires_at,
        )  # fmt: skip

    @get("/{controller:uuid}")
    async def show(
        self, *, controller: UUID, visit: Visit, pages: Pages, filing: Filing, archive: Archive, clock: Clock,
        log_key: LogKey,
    ) -> Html:  # fmt: skip
        """One controller: its documents and how its ledger is verified. Nothing about its people."""
        require(visit, "platform:controller:read")
        listed = {one.id: one for one in await filing.listed() if one.kind == "controller"}
        if controller not in listed:
            raise NOT_HERE
        dossier = await archive.dossier(controller)
        force = dossier.in_force(clock.now()) if dossier else None
        return page(
            pages, "controller.html", visit, one=listed[controller], documents=await filing.documents(controller),
            agreed=force is not None, state=dossier.state if dossier else "", key=log_key.verifier(controller),
        )  # fmt: skip
