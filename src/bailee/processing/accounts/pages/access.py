"""Pages of access: who may do what, roles of one's own, and the periodic review (services.access)."""

from datetime import timedelta
from typing import Any

from litestar import Controller, Request, get, post

from bailee.infra.clock import Clock
from bailee.infra.web.answers import Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms, roles
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.masking import mask
from bailee.processing.accounts.names import Names
from bailee.processing.accounts.pages.authority import Authority

Http = Request[Any, Any, Any]
REVIEW_EVERY = timedelta(days=182)


class AccessPages(Controller):
    """The access matrix and its review."""

    path = "/access"
    include_in_schema = False

    @get("/")
    async def matrix(self, visit: Visit, pages: Pages, accounts: Accounts, names: Names, clock: Clock) -> Html:
        """Everyone with a role, and what it lets them do."""
        require(visit, "accounts:account:read")
        found = await accounts.with_roles(visit.whose)
        made = await accounts.made_roles(visit.whose)
        known = await names.of(visit, [one.person for one in found])
        due = clock.now() - REVIEW_EVERY
        rows = [
            (one, mask("email", known[one.person]) if one.person in known else str(one.person)[-6:], roles.permissions(one.roles, made),
             one.reviewed_at is None or one.reviewed_at < due)
            for one in found
        ]  # fmt: skip
        offered = roles.offered(visit.side, made)
        return page(
            pages, "access.html", visit, rows=rows, offered=offered, built_in=roles.BUILT_IN,
            permissions=_shown(visit.side), made=made,
        )  # fmt: skip

    @post("/review")
    async def review(self, request: Http, visit: Visit, accounts: Accounts, authority: Authority) -> Html:
        """Record the decision about one account's roles: kept or taken away."""
        require(visit, "accounts:review:decide")
        sent = await request.form()
        person, decision = forms.id_of(sent, "person"), forms.text(sent, "decision")
        if decision not in ("keep", "take"):
            raise Wrong(422, "Keep or take away", "Choose one of the two.")
        if person == visit.who:
            raise Wrong(403, "Nobody reviews their own access", "Someone else decides about your roles.")
        await authority.over(visit, person, "/access")
        await accounts.review(visit.whose, person, kept=decision == "keep", by=str(visit.who))
        return go("/access", "The decision is recorded.")

    @get("/roles/new")
    async def new(self, visit: Visit, pages: Pages) -> Html:
        """The form of a role of one's own."""
        require(visit, "accounts:role:make")
        offered = [one for one in _shown(visit.side) if one in visit.permissions]
        return page(pages, "role-form.html", visit, permissions=offered, wrong="", chosen=[], name="")

    @post("/roles/new")
    async def make(self, request: Http, visit: Visit, pages: Pages, accounts: Accounts, authority: Authority) -> Html:
        """Make a role of permissions that its maker has."""
        require(visit, "accounts:role:make")
        authority.proven(visit, "/access/roles/new")
        sent = await request.form()
        name, chosen = forms.text(sent, "name").lower(), [str(one) for one in sent.getall("permissions", [])]
        offered = [one for one in _shown(visit.side) if one in visit.permissions]
        before = (await accounts.made_roles(visit.whose)).get(name, frozenset())
        if not before | set(chosen) <= set(offered):
            raise Wrong(403, "You can give no more than you have", "Ask an administrator to make this role.")
        try:
            await accounts.make_role(visit.whose, name, chosen, by=str(visit.who))
        except roles.UnknownRole:
            wrong = "A name of lower-case letters, digits and hyphens, and one permission at least"
            return page(
                pages, "role-form.html", visit, status=422, permissions=offered, wrong=wrong, chosen=chosen, name=name
            )
        return go("/access", "The role is made.")


def _shown(side: str) -> list[str]:
    """The permissions that stand in the matrix of one side."""
    return [one for one in roles.PERMISSIONS if (one in roles.OF_CONTROLLER) == (side == "controller")] or []
