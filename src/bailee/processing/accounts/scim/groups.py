"""Groups: sets of people that a directory keeps. Ruled like any other access, written with their entries.

A controller may map a group to roles (on the platform, not through the directory); membership then gives them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record
from scim2_models import NotFoundException, PreconditionFailedException

from bailee.contract.ruling import Permit, Refusal
from bailee.gate.archive import Dossier
from bailee.gate.changing import Done, Work, Written
from bailee.gate.sets import Refused
from bailee.infra.ids import parse
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act, Fact
from bailee.processing.accounts.scim import queries
from bailee.processing.accounts.scim.extension import Described
from bailee.processing.accounts.scim.facts import Facts, holds, within
from bailee.processing.accounts.scim.filters import Query
from bailee.processing.accounts.scim.given import Door
from bailee.processing.accounts.scim.listing import Cut, Exact
from bailee.processing.accounts.scim.mapping import Unfit
from bailee.processing.accounts.scim.sealing import Called, Names
from bailee.processing.accounts.scim.users import NOTHING_HERE
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation

CORE, OURS = "urn:ietf:params:scim:schemas:core:2.0:Group", str(Described.__schema__)
RELATED = "members"
AT_MOST = 200
UNBROKEN = str.maketrans("\u00a0\u202f", "  ")  # as French sets its signs apart: not printable to Python

Json = dict[str, Any]


class Held(msgspec.Struct, frozen=True):
    """A group as read."""

    id: UUID
    roles: tuple[str, ...]
    called: Called
    members: tuple[UUID, ...]
    facts: Facts
    version: str

    @property
    def group(self) -> Json:
        """The group in JSON."""
        shown: Json = {
            "schemas": [CORE], "id": str(self.id), "displayName": self.called.display_name,
            "meta": {"resourceType": "Group", "created": self.facts.created, "lastModified": self.facts.modified,
                     "version": self.version},
        }  # fmt: skip
        if self.called.external_id is not None:
            shown["externalId"] = self.called.external_id
        if self.members:
            shown["members"] = [{"value": str(one), "$ref": f"Users/{one}", "type": "User"} for one in self.members]
        ours: Json = {"roles": list(self.roles)} if self.roles else {}
        if self.called.description is not None:
            ours["description"] = self.called.description
        if ours:
            shown |= {"schemas": [CORE, OURS], OURS: ours}
        return shown


class Groups:
    """The Groups of one caller's controller."""

    def __init__(self, door: Door, names: Names, exact: Exact) -> None:
        self._door = door
        self._given = door.given
        self._names = names
        self._exact = exact

    async def get(self, id: str, *, members: bool = True) -> Held:
        """One group, or 404; without its members where nobody asks for them."""
        group = _parsed(id)
        await self._door.enter(self._door.request(Operation.consult))
        async with self._given.database.transaction(self._door.controller) as tx:
            row = await tx.fetchrow(queries.GROUP, self._door.controller, group)
        if row is None:
            raise NotFoundException(detail=NOTHING_HERE)
        return (await self._held([row], members=members))[0]

    async def find(self, query: Query, cut: Cut, *, members: bool) -> tuple[int, list[Held]]:
        """How many groups there are, and one page of them."""
        await self._door.enter(self._door.request(Operation.consult))
        asked = dict(query.sought)
        tags = [await self._names.tag(field, asked.get(field)) for field in ("display_name", "external_id")]
        async with self._given.database.transaction(self._door.controller) as tx:
            rows = await tx.fetch(queries.GROUPS, self._door.controller, *tags)
        looked_into = query.bounds.related is not None or bool(query.rest)
        found = [
            one
            for one in await self._held(rows, members=members or looked_into)
            if within(query.bounds, one.facts)
            and holds(query.rest, one.facts, RELATED)
            and all(self._exact(node, one.group) for node in query.exact)
        ]
        key = cut.key or (lambda facts: facts.id)
        found.sort(key=lambda one: key(one.facts), reverse=cut.descending)
        page = found[cut.start : cut.start + cut.count]
        await self._door.counted(len(found), len(page))
        return len(found), page

    async def create(self, group: Mapping[str, Any]) -> Held:
        """Make a group with its members."""
        called, members, id = _called(group), _members(group), new_id()
        sealed = await self._names.seal(id, called)
        tags = await self._tags(called)

        async def work(_dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            await self._check(change, members)
            now = self._given.clock.now()
            await change.connection.execute(queries.INSERT_GROUP, change.controller, id, now, *tags, sealed)
            await _add(change, id, members)
            return await self._done(change, permit, "group-made", id, members)

        await self._change(Operation.store, work, members)
        return await self.get(str(id))

    async def update(self, id: str, group: Mapping[str, Any], expected: str | None) -> Held:
        """Make a group as this says; only the members that differ are written."""
        wanted, called, members = _parsed(id), _called(group), _members(group)
        sealed, tags = await self._names.seal(wanted, called), await self._tags(called)

        async def work(_dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            row = await self._locked(change, wanted, expected)
            before = await self._members_of(change, wanted)
            gained, lost = members - before, before - members
            await self._check(change, gained)
            now = self._given.clock.now()
            await change.connection.execute(queries.CHANGE_GROUP, change.controller, wanted, now, *tags, sealed)
            await self._regive(change, wanted, row["roles"], gained, lost)
            return await self._done(change, permit, "group-changed", wanted, gained | lost)

        await self._change(Operation.modify, work, members)
        return await self.get(id)

    async def delete(self, id: str, expected: str | None) -> None:
        """Let a group go; its members stay, without the roles that it gave them."""
        wanted = _parsed(id)

        async def work(_dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            row = await self._locked(change, wanted, expected)
            members = await self._members_of(change, wanted)
            await self._regive(change, wanted, row["roles"], set(), members)
            await change.connection.execute(queries.DELETE_MEMBERS, change.controller, wanted)
            await change.connection.execute(queries.DELETE_GROUP, change.controller, wanted)
            return await self._done(change, permit, "group-deleted", wanted, members)

        await self._change(Operation.delete, work, ())

    async def _held(self, rows: Sequence[Record], *, members: bool) -> list[Held]:
        controller, of = self._door.controller, dict[UUID, list[UUID]]()
        if members and rows:
            async with self._given.database.transaction(controller) as tx:
                found = await tx.fetch(queries.MEMBERS, controller, [row["group_id"] for row in rows])
            for one in found:
                of.setdefault(one["group_id"], []).append(one["person_id"])
        held = []
        for row in rows:
            id = row["group_id"]
            mine = tuple(of.get(id, ()))
            facts = Facts(str(id), "Group", row["created_at"], row["changed_at"], None, frozenset(map(str, mine)))
            called = await self._names.open(id, row["sealed"])
            held.append(Held(id, tuple(row["roles"]), called, mine, facts, _version(row)))
        return held

    async def _change(self, operation: Operation, work: Work, persons: Iterable[UUID]) -> Written:
        request = self._door.request(operation, persons=tuple(persons))
        written = await self._given.changing.change(request, work)
        if isinstance(written, Refusal):
            raise Refused(written)
        return written

    async def _done(self, change: Transaction, permit: Permit, kind: str, group: UUID, touched: set[UUID]) -> Done:
        details = {"group": str(group), "members": len(touched)}
        act = Act(kind, change.controller, self._door.by, details, tuple(touched))
        both: list[Fact] = [permit, act]
        _, appended = await change.append(both)
        return Written((), (), 0), appended

    async def _regive(
        self, change: Transaction, group: UUID, roles: Sequence[str], gained: set[UUID], lost: set[UUID]
    ) -> None:
        """Write who came and who went, and what that gives and takes."""
        await _add(change, group, gained)
        await change.connection.executemany(queries.DELETE_MEMBER, [(change.controller, group, one) for one in lost])
        if not roles or not gained | lost:
            return
        rows = await change.connection.fetch(queries.ROLES_OF_GROUPS, change.controller, list(lost))
        still: dict[UUID, set[str]] = {}
        for row in rows:
            still.setdefault(row["person_id"], set()).update(row["roles"])
        named = frozenset(roles)
        gone = {one: named - still.get(one, set()) for one in lost}
        await self._given.provisioning.regive(change, dict.fromkeys(gained, named), gone, self._door.by)

    async def _tags(self, called: Called) -> tuple[bytes | None, bytes | None]:
        name = await self._names.tag("display_name", called.display_name)
        return name, await self._names.tag("external_id", called.external_id)

    @staticmethod
    async def _locked(change: Transaction, group: UUID, expected: str | None) -> Record:
        row = await change.connection.fetchrow(queries.LOCK_GROUP, change.controller, group)
        if row is None:
            raise NotFoundException(detail=NOTHING_HERE)
        if expected is not None and _version(row) != expected:
            raise PreconditionFailedException
        return row

    @staticmethod
    async def _members_of(change: Transaction, group: UUID) -> set[UUID]:
        rows = await change.connection.fetch(queries.MEMBERS, change.controller, [group])
        return {row["person_id"] for row in rows}

    @staticmethod
    async def _check(change: Transaction, members: set[UUID]) -> None:
        rows = await change.connection.fetch(queries.LIVING, change.controller, list(members))
        if len(rows) != len(members):
            raise Unfit("members: one of them is nobody whom you hold")


async def _add(change: Transaction, group: UUID, members: Iterable[UUID]) -> None:
    await change.connection.executemany(queries.INSERT_MEMBER, [(change.controller, group, one) for one in members])


def _called(group: Mapping[str, Any]) -> Called:
    called = Called(group["displayName"], group.get("externalId"), (group.get(OURS) or {}).get("description"))
    for name, value in msgspec.structs.asdict(called).items():
        if value is not None and not (1 <= len(value) <= AT_MOST and value.translate(UNBROKEN).isprintable()):
            raise Unfit(f"{name} must be 1 to {AT_MOST} characters on one line")
    return called


def _members(group: Mapping[str, Any]) -> set[UUID]:
    found = set()
    for entry in group.get("members") or ():
        text = entry.get("value") or str(entry.get("$ref") or "").rpartition("/")[2]
        try:
            found.add(parse(text))
        except ValueError:
            raise Unfit("members: one of them is nobody whom you hold") from None
    return found


def _parsed(id: str) -> UUID:
    try:
        return parse(id)
    except ValueError:
        raise NotFoundException(detail=NOTHING_HERE) from None


def _version(row: Record) -> str:
    return f'W/"{row["version"]}"'
