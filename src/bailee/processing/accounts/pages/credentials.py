"""Credentials of the controller's systems: issued for a purpose and a time, shown once, revoked at a word."""

from datetime import timedelta
from typing import Any

from litestar import Controller, Request, get, post

from bailee.gate.credentials import Credentials
from bailee.infra.clock import Clock
from bailee.infra.web.answers import Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms, roles
from bailee.processing.accounts.approving.issuing import Issuing, Wanted
from bailee.processing.accounts.pages.authority import Authority
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

Http = Request[Any, Any, Any]
BEYOND = Wrong(403, "A system may do more than you", "Someone with all permissions over people issues it.")
NOT_ROTATED = Wrong(409, "It cannot be rotated", "It has ended, was revoked, or has been replaced already.")
SYSTEM = "system:"
OVERLAP = timedelta(days=1)
DAYS = (30, 90, 180, 365)
# What a controller's system may be for: accounts, the rights of persons (a privacy tool, by OpenDSR or the API), and the
# controller's own purposes, where an instruction covers them.
SERVICES = (Purpose.account_management, Purpose.rights_of_persons)
OFFERED = (*SERVICES, *(one for one in Purpose if one.owner == "controller"))


class CredentialPages(Controller):
    """The credentials of one controller."""

    path = "/credentials"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, credentials: Credentials, clock: Clock) -> Html:
        """Every credential, without its secret."""
        require(visit, "connections:credential:read")
        return await self._page(visit, pages, credentials, clock)

    @post("/")
    async def issue(
        self, *, request: Http, visit: Visit, pages: Pages, credentials: Credentials, clock: Clock,
        authority: Authority, issuing: Issuing,
    ) -> Html:  # fmt: skip
        """Issue one; its text is shown on the page that answers, and never again."""
        require(visit, "connections:credential:issue")
        if not set(roles.PEOPLE) <= visit.permissions:
            raise BEYOND
        authority.proven(visit, "/credentials")
        sent = await request.form()
        name, days = forms.text(sent, "name").lower().removeprefix(SYSTEM), forms.number(sent, "days")
        purposes = [str(one) for one in OFFERED if str(one) in sent.getall("purposes", [])]
        if not (name and name.replace("-", "").isalnum() and name.isascii() and len(name) <= 40):
            return await self._page(
                visit, pages, credentials, clock, wrong="Lower-case letters, digits and hyphens", status=422
            )
        if days not in DAYS or not purposes:
            raise Wrong(422, "Choose a purpose and a time", "Every credential serves something, and ends.")
        wanted = Wanted(SYSTEM + name, ActorKind.controller_system, tuple(purposes), timedelta(days=days))
        issued = await issuing.issue(visit.whose, wanted, door="/credentials", by=str(visit.who))
        return await self._page(visit, pages, credentials, clock, text=issued.text)

    @post("/rotate")
    async def rotate(
        self, *, request: Http, visit: Visit, pages: Pages, credentials: Credentials, clock: Clock,
        authority: Authority, issuing: Issuing,
    ) -> Html:  # fmt: skip
        """Issue another in the place of one, which goes on for a day; shown once, like any."""
        require(visit, "connections:credential:issue")
        if not set(roles.PEOPLE) <= visit.permissions:
            raise BEYOND
        authority.proven(visit, "/credentials")
        credential = forms.id_of(await request.form(), "credential")
        issued = await issuing.rotate(
            visit.whose, credential, overlap=OVERLAP, door="/credentials/rotate", by=str(visit.who), side=visit.side
        )
        if issued is None:
            raise NOT_ROTATED
        return await self._page(visit, pages, credentials, clock, text=issued.text)

    @post("/revoke")
    async def revoke(self, request: Http, visit: Visit, credentials: Credentials) -> Html:
        """Revoke one; nothing it asked for is still on its way when this answers."""
        require(visit, "connections:credential:issue")
        credential = forms.id_of(await request.form(), "credential")
        await credentials.revoke(visit.whose, credential, by=str(visit.who))
        return go("/credentials", "The credential is revoked.")

    async def _page(
        self, visit: Visit, pages: Pages, credentials: Credentials, clock: Clock, *, text: str = "", wrong: str = "",
        status: int = 200,
    ) -> Html:  # fmt: skip
        found = sorted(await credentials.listed(visit.whose), key=lambda one: one.created_at, reverse=True)
        return page(
            pages, "credentials.html", visit, status=status, found=found, now=clock.now(), offered=OFFERED, days=DAYS,
            text=text, wrong=wrong,
        )  # fmt: skip
