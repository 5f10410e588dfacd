"""The roles that membership of a group gives: mapped by the controller on the platform, never by the directory itself."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.processing.accounts import queries as account_queries
from bailee.processing.accounts import roles
from bailee.processing.accounts.approving.approvals import Approvals
from bailee.processing.accounts.approving.dangers import Asked, Danger, changes_administrators
from bailee.processing.accounts.provisioning import Provisioning
from bailee.processing.accounts.scim import queries
from bailee.processing.accounts.scim.sealing import Names

Own = dict[str, frozenset[str]]


class NoGroup(Exception):
    """This controller has no such group."""


class Mapped(msgspec.Struct, frozen=True):
    """A group of the directory: what it is called, how many living people it has, and the roles that it gives them."""

    id: UUID
    name: str
    members: int
    roles: tuple[str, ...]


class GroupRoles:
    """Maps groups to roles."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, provisioning: Provisioning,
        approvals: Approvals, clock: Clock,
    ) -> None:  # fmt: skip
        self._database = database
        self._approvals = approvals
        self._committing = committing
        self._keys = keys
        self._provisioning = provisioning
        self._clock = clock

    async def listed(self, controller: UUID) -> list[Mapped]:
        """Every group that a directory keeps here, by name."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.GROUPS, controller, None, None)
            counted = await tx.fetch(queries.COUNT_MEMBERS, controller)
        members = {one["group_id"]: one["members"] for one in counted}
        names = Names(self._keys, self._database, controller)
        found = [
            Mapped(
                row["group_id"], (await names.open(row["group_id"], row["sealed"])).display_name,
                members.get(row["group_id"], 0), tuple(row["roles"]),
            )
            for row in rows
        ]  # fmt: skip
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))

    async def find(self, controller: UUID, group: UUID) -> Mapped:
        """One group, or `NoGroup`."""
        for one in await self.listed(controller):
            if one.id == group:
                return one
        raise NoGroup(str(group))

    async def put(self, controller: UUID, group: UUID, given: Sequence[str], *, door: str, by: str) -> None:
        """Have membership give these roles; who is a member now gets and loses accordingly, at once.

        `UnknownRole` where one is not a controller's to give, `NobodyLeft` where no administrator would be left,
        `SecondPerson` where administrators would be made or unmade by it, until somebody else has looked at it. `door`
        is the path or the command that asks.
        """
        after = frozenset(given)
        async with self._committing.transaction(controller) as change:
            looked_at, own = await self._locked(change, group, after)
        if changes_administrators(roles.permissions(looked_at["roles"], own), roles.permissions(after, own)):
            fields = (("group", str(group)), *(("roles", one) for one in given))
            await self._approvals.first(controller, Asked(Danger.administrators, door, fields), by=by)
        async with self._committing.transaction(controller) as change:
            row, _ = await self._locked(change, group, after)
            before = frozenset(row["roles"])
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

    @staticmethod
    async def _locked(change: Transaction, group: UUID, given: frozenset[str]) -> tuple[Record, Own]:
        """The group, and the controller's own roles; once all that are given are known to be its to give."""
        row = await change.connection.fetchrow(queries.LOCK_GROUP, change.controller, group)
        if row is None:
            raise NoGroup(str(group))
        made = await change.connection.fetch(account_queries.ROLES, change.controller)
        own = {one["role"]: frozenset(one["permissions"]) for one in made}
        unknown = sorted(given - roles.offered("controller", own).keys())
        if unknown:
            raise roles.UnknownRole(f"there is no role {', '.join(unknown)} here")
        return row, own
