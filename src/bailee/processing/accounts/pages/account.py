"""Pages of one person's account, for the controller's staff: invite, suspend, resume, roles, sessions."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.infra.web.answers import Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms, roles
from bailee.processing.accounts.accounts import Accounts, Link
from bailee.processing.accounts.equipping import Equipping
from bailee.processing.accounts.inviting import Inviting
from bailee.processing.accounts.lifecycle import Step, steps_from
from bailee.processing.accounts.pages.seeing import Seeing

Http = Request[Any, Any, Any]
RESET_LASTS = timedelta(hours=2)
SAID = {
    Step.suspend: "The account is suspended; its open sessions have ended.",
    Step.resume: "The account is active again.",
    Step.ask_closing: "The account will be closed, and its person erased, in seven days.",
    Step.keep: "The account is kept.",
}


class AccountPages(Controller):
    """The account of someone who is held."""

    path = "/people/{person:uuid}/account"
    include_in_schema = False

    @get("/")
    async def show(self, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, accounts: Accounts) -> Html:
        """Where the account stands."""
        require(visit, "accounts:account:read")
        return await self._page(visit, pages, seeing, accounts, person)

    @post("/invite")
    async def invite(
        self, *, request: Http, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, accounts: Accounts,
        inviting: Inviting,
    ) -> Html:  # fmt: skip
        """Open an account and send the invitation."""
        require(visit, "accounts:account:invite")
        sent = await request.form()
        given = [str(one) for one in sent.getall("roles", [])]
        _within(visit, given, await accounts.made_roles(visit.whose))
        seen = await seeing.one(visit, person, plain=True)
        address = str(seen.fields.get("email", ""))
        if not address:
            raise Wrong(422, "There is no e-mail to write to", "Add the person's e-mail to the profile first.")
        link = await accounts.invite(visit.whose, person, address, given, by=str(visit.who))
        sent_well = await inviting.invite(visit, link, address, seen.fields.get("language", ""))
        return await self._page(visit, pages, seeing, accounts, person, link=link, sent=sent_well)

    @post("/link")
    async def link(
        self,
        *,
        person: UUID,
        visit: Visit,
        pages: Pages,
        seeing: Seeing,
        accounts: Accounts,
        inviting: Inviting,
        equipping: Equipping,
    ) -> Html:
        """Send the invitation once more, or a link to sign in anew."""
        require(visit, "accounts:account:invite")
        account = await accounts.find(visit.whose, person)
        kind = "invitation" if account and account.state == "invited" else "reset"
        lasts = timedelta(days=7) if kind == "invitation" else RESET_LASTS
        if account is not None:
            seen = await seeing.one(visit, person, plain=True)
            await equipping.equip(visit.whose, account, str(seen.fields.get("email", "")))
        link = await accounts.link(visit.whose, person, kind, by=str(visit.who), lasts=lasts)
        sent_well = await inviting.again(visit, link, kind)
        return await self._page(visit, pages, seeing, accounts, person, link=link, sent=sent_well)

    @post("/step")
    async def step(self, request: Http, person: UUID, visit: Visit, accounts: Accounts) -> Html:
        """Suspend, resume, close or keep."""
        wanted = forms.text(await request.form(), "step")
        if wanted not in {str(step) for step in SAID}:
            raise Wrong(422, "There is no such step", "Choose one of those that are offered.")
        step = Step(wanted)
        closing = step in (Step.ask_closing, Step.keep)
        require(visit, "accounts:account:close" if closing else "accounts:account:suspend")
        await accounts.step(visit.whose, person, step, by=str(visit.who))
        return go(f"/people/{person}/account", SAID[step])

    @post("/roles")
    async def give(self, request: Http, person: UUID, visit: Visit, accounts: Accounts) -> Html:
        """Give roles in place of those that are held."""
        require(visit, "accounts:role:assign")
        given = [str(one) for one in (await request.form()).getall("roles", [])]
        _within(visit, given, await accounts.made_roles(visit.whose))
        await accounts.give(visit.whose, person, given, side=visit.side, by=str(visit.who))
        return go(f"/people/{person}/account", "The roles are given.")

    async def _page(
        self, visit: Visit, pages: Pages, seeing: Seeing, accounts: Accounts, person: UUID,
        *, link: Link | None = None, sent: bool = False,
    ) -> Html:  # fmt: skip
        held = await seeing.person(visit, person)
        seen = await seeing.one(visit, person)
        offered = roles.offered(visit.side, await accounts.made_roles(visit.whose))
        steps = [str(step) for step in steps_from(seen.account.state)] if seen.account else []
        return page(
            pages, "account.html", visit, seen=seen, held=held, offered=sorted(offered), built_in=roles.BUILT_IN,
            steps=steps, link=f"{visit.origin}/link/{link.text}" if link else "", link_until=link and link.expires_at,
            sent=sent,
        )  # fmt: skip


def _within(visit: Visit, given: list[str], made: dict[str, frozenset[str]]) -> None:
    """Nobody gives more than they have themselves (delegated administration)."""
    beyond = roles.permissions(given, made) - visit.permissions
    if beyond:
        raise Wrong(403, "You can give no more than you have", "Ask an administrator to give this role.")
