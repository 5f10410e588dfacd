"""The roles that membership of a group gives: mapped by the controller on the platform, never by the directory itself."""

from collections.abc import Sequence
from uuid import UUID

from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.processing.accounts import queries as account_queries
from bailee.processing.accounts import roles
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.approving.dangers import Asked, Danger, changes_administrators
from bailee.processing.accounts.provisioning import Provisioning
from bailee.processing.accounts.scim import queries


class NoGroup(Exception):
    """This controller has no such group."""


class GroupRoles:
    """Maps groups to roles."""

    def __init__(
        self, *, committing: Committing, provisioning: Provisioning, approvals: Approvals, clock: Clock
    ) -> None:
        self._approvals = approvals
        self._committing = committing
        self._provisioning = provisioning
        self._clock = clock

    async def put(self, controller: UUID, group: UUID, given: Sequence[str], *, by: str) -> None:
        """Have membership give these roles; who is a member now gets and loses accordingly, at once.

        `UnknownRole` where one is not a controller's to give, `NobodyLeft` where no administrator would be left,
        `SecondPerson` where administrators would be made or unmade by it, until somebody else has looked at it.
        """
        await self._look(controller, group, given, by=by)
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.LOCK_GROUP, controller, group)
            if row is None:
                raise NoGroup(str(group))
            made = await change.connection.fetch(account_queries.ROLES, controller)
            offered = roles.offered("controller", {one["role"]: frozenset(one["permissions"]) for one in made})
            unknown = sorted(set(given) - offered.keys())
            if unknown:
                raise roles.UnknownRole(f"there is no role {', '.join(unknown)} here")
            before, after = frozenset(row["roles"]), frozenset(given)
            await change.connection.execute(queries.MAP_ROLES, controller, group, sorted(after), self._clock.now())
            members = [one["person_id"] for one in await change.connection.fetch(queries.MEMBERS, controller, [group])]
            others = await change.connection.fetch(queries.ROLES_OF_GROUPS, controller, members)
            still: dict[UUID, frozenset[str]] = {}
            for one in others:
                still[one["person_id"]] = still.get(one["person_id"], frozenset()) | frozenset(one["roles"])
            lost = {one: before - after - still.get(one, frozenset()) for one in members}
            await self._provisioning.regive(change, dict.fromkeys(members, after), lost, by)
            details = {"group": str(group), "roles": sorted(after)}
            await change.append([Act("group-roles-mapped", controller, by, details)])

    async def _look(self, controller: UUID, group: UUID, given: Sequence[str], *, by: str) -> None:
        """What the directory's members get from then on is dangerous where it lets others in: it waits."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.LOCK_GROUP, controller, group)
            made = await change.connection.fetch(account_queries.ROLES, controller)
        if row is None:
            raise NoGroup(str(group))
        own = {one["role"]: frozenset(one["permissions"]) for one in made}
        before, after = roles.permissions(row["roles"], own), roles.permissions(given, own)
        if changes_administrators(before, after):
            fields = (("group", str(group)), *(("roles", one) for one in given))
            await self._approvals.first(controller, Asked(Danger.administrators, "/scim/groups", fields), by=by)
