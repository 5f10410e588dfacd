"""Pages of access: who may do what, roles of one's own, and the periodic review (services.access)."""

from typing import Any

from litestar import Controller, Request, get, post

from bailee.infra.clock import Clock
from bailee.infra.web.answers import Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import forms, roles
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.approving.dangers import Asked, Danger, changes_administrators
from bailee.processing.accounts.names import Names
from bailee.processing.accounts.pages.authority import Authority
from bailee.processing.accounts.reviewing import Decision, Reviewing, due_at

Http = Request[Any, Any, Any]


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
        called = await names.of(visit, [one.person for one in found])
        due = sum(due_at(one) <= clock.now() for one in found)
        return page(
            pages, "access.html", visit, found=found, called=called, offered=roles.offered(visit.side, made),
            built_in=roles.BUILT_IN, permissions=_shown(visit.side), due=due,
        )  # fmt: skip

    @get("/review")
    async def reviews(
        self, *, visit: Visit, pages: Pages, accounts: Accounts, reviewing: Reviewing, names: Names, clock: Clock
    ) -> Html:
        """Who is to be looked at, the most urgent first, and what was decided."""
        require(visit, "accounts:account:read")
        found = sorted(await accounts.with_roles(visit.whose), key=due_at)
        decided = await reviewing.listed(visit.whose)
        called = await names.of(visit, [*(one.person for one in found), *(one.person for one in decided)])
        return page(
            pages, "review.html", visit, found=[(one, due_at(one)) for one in found], decided=decided, called=called,
            now=clock.now(), actors=await names.of_actors(visit, [one.by for one in decided]),
            offered=sorted(roles.offered(visit.side, await accounts.made_roles(visit.whose))), built_in=roles.BUILT_IN,
        )  # fmt: skip

    @post("/review")
    async def review(self, request: Http, visit: Visit, reviewing: Reviewing, authority: Authority) -> Html:
        """Record the decision about one account's roles: kept, changed or taken away."""
        require(visit, "accounts:review:decide")
        sent = await request.form()
        person, decision = forms.id_of(sent, "person"), forms.text(sent, "decision")
        if decision not in set(Decision):
            raise Wrong(422, "Keep, change or take away", "Choose one of the three.")
        if person == visit.who:
            raise Wrong(403, "Nobody reviews their own access", "Someone else decides about your roles.")
        await authority.over(visit, person, "/access/review")
        given = [str(one) for one in sent.getall("roles", [])] if decision == Decision.change else []
        if decision == Decision.change:
            require(visit, "accounts:role:assign")
            await authority.to_give(visit, given)
        if decision != Decision.keep:
            fields = (("person", str(person)), ("decision", decision), *(("roles", one) for one in given))
            await authority.to_unmake(visit, person, given, ("/access/review", fields))
        await reviewing.decide(
            visit.whose, person, Decision(decision), given, side=visit.side, by=str(visit.who)
        )  # fmt: skip
        return go("/access/review", "The decision is recorded.")

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
        if changes_administrators(before, frozenset(chosen)):
            fields = (("name", name), *(("permissions", one) for one in chosen))
            await authority.second(visit, Asked(Danger.administrators, "/access/roles/new", fields))
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
