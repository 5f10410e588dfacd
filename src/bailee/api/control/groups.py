"""The groups of a controller's directory over HTTP: which roles membership gives. The directory itself, over SCIM, says
who is in them and cannot say this."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, put
from litestar.di import NamedDependency
from msgspec import Meta

from bailee.api.control.admission import Admission
from bailee.processing.accounts.scim.group_roles import GroupRoles, Mapped

Http = Request[Any, Any, Any]
Role = Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")]


class GroupRolesIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All the roles that membership is to give; none takes them away."""

    roles: Annotated[list[Role], Meta(max_length=50)]


class GroupRolesOut(msgspec.Struct, frozen=True):
    """A group of the directory, how many living people are in it, and the roles that they have by it."""

    id: UUID
    name: str
    members: int
    roles: tuple[str, ...]


class GroupsOf(Controller):
    """The groups of the directory, and their roles."""

    path = "/api/v1/controllers/{controller:uuid}/groups"
    tags = ("groups",)

    @get("/", summary="List the directory's groups and their roles")
    async def listed(
        self, request: Http, controller: UUID, admission: NamedDependency[Admission],
        group_roles: NamedDependency[GroupRoles],
    ) -> list[GroupRolesOut]:  # fmt: skip
        """By name."""
        await admission.party(request, controller)
        return [_out(one) for one in await group_roles.listed(controller)]

    @put("/{group:uuid}/roles", summary="Say which roles membership gives")
    async def map(
        self, *, request: Http, controller: UUID, group: UUID, data: GroupRolesIn,
        admission: NamedDependency[Admission], group_roles: NamedDependency[GroupRoles],
    ) -> GroupRolesOut:  # fmt: skip
        """Whoever is in the group gets and loses them at once. Where administrators are made or unmade by it, it waits
        for a second person: 409 names the approval, and the same request is sent again when it is given."""
        caller = await admission.party(request, controller)
        await group_roles.put(controller, group, data.roles, door=request.url.path, by=caller.actor.id)
        return _out(await group_roles.find(controller, group))


def _out(one: Mapped) -> GroupRolesOut:
    return GroupRolesOut(one.id, one.name, one.members, one.roles)
