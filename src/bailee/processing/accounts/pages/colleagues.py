"""Inviting a colleague of the processor's own staff: an address and roles. A controller's people are persons first."""

from typing import Any

from litestar import Controller, Request, get, post

from bailee.infra.web.answers import Html, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms, roles
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.approving.dangers import LETS_OTHERS_IN, Asked, Danger
from bailee.processing.accounts.inviting import Inviting, Sent
from bailee.processing.accounts.pages.authority import Authority

Http = Request[Any, Any, Any]


class ColleaguePages(Controller):
    """The form, and what comes of it."""

    path = "/access/invite"
    include_in_schema = False

    @get("/")
    async def form(self, visit: Visit, pages: Pages) -> Html:
        """Whom, and what they may do."""
        require(visit, "accounts:account:invite")
        if visit.side == "controller":
            return go("/people", "Choose the person to let in, or add them first; then invite them from their page.")
        return _page(visit, pages)

    @post("/")
    async def invite(
        self, *, request: Http, visit: Visit, pages: Pages, accounts: Accounts, inviting: Inviting, authority: Authority
    ) -> Html:
        """Open an account and send the invitation."""
        require(visit, "accounts:account:invite")
        if visit.side == "controller":
            return go("/people", "Choose the person to let in, or add them first; then invite them from their page.")
        authority.proven(visit, "/access/invite")
        sent = await request.form()
        address, given = forms.text(sent, "address"), [str(one) for one in sent.getall("roles", [])]
        wrong = forms.address_problem(address) or ("" if given else "Choose a role at least")
        if wrong:
            return _page(visit, pages, address=address, wrong=wrong)
        await authority.to_give(visit, given)
        if LETS_OTHERS_IN in roles.permissions(given, {}):
            fields = (("address", address), *(("roles", one) for one in given))
            await authority.second(visit, Asked(Danger.administrators, "/access/invite", fields))
        link = await accounts.enrol(visit.whose, address, given, by=str(visit.who))
        if await inviting.first(visit, link, address, visit.controller_name) is Sent.mailed:
            return go("/access", "The letter is on its way.")
        text = f"{visit.origin}/link/{link.text}"
        return _page(visit, pages, link=text, link_until=link.expires_at)


def _page(visit: Visit, pages: Pages, **more: Any) -> Html:
    shown = {"address": "", "wrong": "", "link": "", "link_until": None} | more
    return page(
        pages, "invite-colleague.html", visit, status=422 if shown["wrong"] else 200, account=None,
        offered=sorted(roles.offered(visit.side, {})), built_in=roles.BUILT_IN, **shown,
    )  # fmt: skip
