"""Pages of one person's account, for the controller's staff: invite, suspend, resume, roles, sessions."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms, roles
from bailee.processing.accounts.accounts import INVITED_FOR, Accounts, Link
from bailee.processing.accounts.admitting import Admitting
from bailee.processing.accounts.equipping import Equipping
from bailee.processing.accounts.inviting import Inviting, Sent
from bailee.processing.accounts.lifecycle import Step, steps_from
from bailee.processing.accounts.pages.authority import Authority
from bailee.processing.accounts.pages.seeing import Seeing

Http = Request[Any, Any, Any]
RESET_LASTS = timedelta(hours=2)
NO_SERVER = Wrong(503, "No mail server took the letter", "A link to sign in anew goes to its owner alone, by mail.")
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
        inviting: Inviting, authority: Authority,
    ) -> Html:  # fmt: skip
        """Open an account and send the invitation."""
        require(visit, "accounts:account:invite")
        authority.proven(visit, f"/people/{person}/account")
        given = [str(one) for one in (await request.form()).getall("roles", [])]
        await authority.to_give(visit, given)
        seen = await seeing.one(visit, person, plain=True)
        address = str(seen.fields.get("email", ""))
        if not address:
            raise Wrong(422, "There is no e-mail to write to", "Add the person's e-mail to the profile first.")
        form = (
            f"/people/{person}/account/invite", (("address", address), *(("roles", one) for one in given))
        )  # fmt: skip
        await authority.to_unmake(visit, person, given, form)
        link = await accounts.invite(visit.whose, person, address, given, by=str(visit.who))
        sent = await inviting.invite(visit, link, address, seen.fields.get("language", ""))
        return await self._page(visit, pages, seeing, accounts, person, link=link, sent=sent)

    @post("/link")
    async def link(
        self, *, person: UUID, visit: Visit, pages: Pages, seeing: Seeing, accounts: Accounts, inviting: Inviting,
        equipping: Equipping, authority: Authority,
    ) -> Html:  # fmt: skip
        """Send the invitation once more, or a link to sign in anew. The second goes to its owner alone."""
        require(visit, "accounts:account:invite")
        await authority.over(visit, person, f"/people/{person}/account")
        account = await accounts.find(visit.whose, person)
        if account is None:
            raise NOT_HERE
        if visit.side == "controller":
            seen = await seeing.one(visit, person, plain=True)
            await equipping.equip(visit.whose, account, str(seen.fields.get("email", "")))
        if account.state == "invited":
            link = await accounts.link(visit.whose, person, "invitation", by=str(visit.who), lasts=INVITED_FOR)
            sent = await inviting.again(visit, link, "invitation")
            return await self._page(visit, pages, seeing, accounts, person, link=link, sent=sent)
        link = await accounts.link(visit.whose, person, "reset", by=str(visit.who), lasts=RESET_LASTS)
        if await inviting.again(visit, link, "reset") is Sent.no:
            raise NO_SERVER
        return go(f"/people/{person}/account", "The letter is on its way.")

    @post("/factors")
    async def factors(self, person: UUID, visit: Visit, admitting: Admitting, authority: Authority) -> Html:
        """Take the second factors of someone who has lost them; a new one is asked for at the next sign-in."""
        require(visit, "accounts:account:invite")
        await authority.over(visit, person, f"/people/{person}/account")
        if person == visit.who:
            raise Wrong(403, "Not one's own", "Someone else takes your second factors away.")
        await admitting.strip(visit.whose, person, by=str(visit.who))
        return go(f"/people/{person}/account", "The second factors are taken away; sessions have ended.")

    @post("/step")
    async def step(self, request: Http, person: UUID, visit: Visit, accounts: Accounts, authority: Authority) -> Html:
        """Suspend, resume, close or keep."""
        wanted = forms.text(await request.form(), "step")
        if wanted not in {str(step) for step in SAID}:
            raise Wrong(422, "There is no such step", "Choose one of those that are offered.")
        step = Step(wanted)
        closing = step in (Step.ask_closing, Step.keep)
        require(visit, "accounts:account:close" if closing else "accounts:account:suspend")
        await authority.over(visit, person, f"/people/{person}/account")
        if step is Step.ask_closing:
            form = (f"/people/{person}/account/step", (("step", str(step)),))
            await authority.to_unmake(visit, person, (), form)
        await accounts.step(visit.whose, person, step, by=str(visit.who))
        return go(f"/people/{person}/account", SAID[step])

    @post("/roles")
    async def give(self, request: Http, person: UUID, visit: Visit, accounts: Accounts, authority: Authority) -> Html:
        """Give roles in place of those that are held."""
        require(visit, "accounts:role:assign")
        await authority.over(visit, person, f"/people/{person}/account")
        given = [str(one) for one in (await request.form()).getall("roles", [])]
        await authority.to_give(visit, given)
        form = (f"/people/{person}/account/roles", tuple(("roles", one) for one in given))
        await authority.to_unmake(visit, person, given, form)
        await accounts.give(visit.whose, person, given, side=visit.side, by=str(visit.who))
        return go(f"/people/{person}/account", "The roles are given.")

    async def _page(
        self, visit: Visit, pages: Pages, seeing: Seeing, accounts: Accounts, person: UUID,
        *, link: Link | None = None, sent: Sent = Sent.no,
    ) -> Html:  # fmt: skip
        ours = visit.side == "processor"
        held = None if ours else await seeing.person(visit, person)
        seen = await (seeing.colleague(visit, person) if ours else seeing.one(visit, person))
        offered = roles.offered(visit.side, await accounts.made_roles(visit.whose))
        steps = [str(step) for step in steps_from(seen.account.state)] if seen.account else []
        return page(
            pages, "account.html", visit, seen=seen, held=held, account=None, offered=sorted(offered), built_in=roles.BUILT_IN,
            steps=steps, link=f"{visit.origin}/link/{link.text}" if link and sent is not Sent.mailed else "",
            link_until=link and link.expires_at, mailed=link is not None and sent is Sent.mailed,
        )  # fmt: skip
