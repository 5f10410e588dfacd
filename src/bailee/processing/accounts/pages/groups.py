"""Pages of a directory's groups: which roles membership of each gives (services.access)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post

from bailee.infra.web.answers import NOT_HERE, Html, Wrong, go, page, require
from bailee.infra.web.pages import Pages
from bailee.infra.web.visit import Visit
from bailee.processing.accounts import roles
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.approving.dangers import LETS_OTHERS_IN
from bailee.processing.accounts.pages.authority import Authority
from bailee.processing.accounts.provisioning import NobodyLeft
from bailee.processing.accounts.scim.group_roles import GroupRoles, Mapped, NoGroup

Http = Request[Any, Any, Any]
NOBODY_LEFT = Wrong(409, "Nobody would be left who can let others in", "Make another administrator first.")


class GroupPages(Controller):
    """The groups that the directory keeps, and what each gives."""

    path = "/access/groups"
    include_in_schema = False

    @get("/")
    async def listed(self, visit: Visit, pages: Pages, group_roles: GroupRoles) -> Html:
        """Every group, how many are in it, and its roles."""
        require(visit, "accounts:account:read")
        found = await group_roles.listed(visit.whose)
        return page(pages, "groups.html", visit, found=found, built_in=roles.BUILT_IN)

    @get("/{group:uuid}")
    async def form(
        self, *, visit: Visit, pages: Pages, group: UUID, group_roles: GroupRoles, accounts: Accounts
    ) -> Html:  # fmt: skip
        """What one gives, to be changed."""
        require(visit, LETS_OTHERS_IN)
        one = await _found(group_roles, visit, group)
        offered = roles.offered(visit.side, await accounts.made_roles(visit.whose))
        return page(pages, "group.html", visit, one=one, offered=offered, built_in=roles.BUILT_IN)

    @post("/{group:uuid}")
    async def put(
        self, *, request: Http, visit: Visit, group: UUID, group_roles: GroupRoles, authority: Authority
    ) -> Html:  # fmt: skip
        """Have membership give these roles: no more than one has oneself, and none taken that are above one's own."""
        require(visit, LETS_OTHERS_IN)
        path = f"/access/groups/{group}"
        authority.proven(visit, path)
        one = await _found(group_roles, visit, group)
        given = [str(name) for name in (await request.form()).getall("roles", [])]
        await authority.to_give(visit, [*given, *one.roles])
        try:
            await group_roles.put(visit.whose, group, given, door=path, by=str(visit.who))
        except roles.UnknownRole:
            raise Wrong(422, "There is no such role here", "Choose from the roles that are shown.") from None
        except NobodyLeft:
            raise NOBODY_LEFT from None
        return go("/access/groups", "The group gives these roles now.")


async def _found(group_roles: GroupRoles, visit: Visit, group: UUID) -> Mapped:
    try:
        return await group_roles.find(visit.whose, group)
    except NoGroup:
        raise NOT_HERE from None
