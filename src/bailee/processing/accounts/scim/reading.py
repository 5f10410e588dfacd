"""Users read: what is not personal first, then the records, opened in one passage through the gate."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.contract.ruling import Refusal
from bailee.gate.sets import Refused
from bailee.processing.accounts.provisioning import is_active
from bailee.processing.accounts.scim import queries
from bailee.processing.accounts.scim.extension import DEFAULT
from bailee.processing.accounts.scim.facts import Facts
from bailee.processing.accounts.scim.given import Door
from bailee.processing.accounts.scim.mapping import Kept, Told, from_kept
from bailee.processing.accounts.scim.sealing import Names
from bailee.vault.profile import PROFILE
from bailee.vault.scim_attributes import SCIM
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation

NOWHERE = UUID(int=0)


class Row(msgspec.Struct, frozen=True):
    """A living person as the directory may know of them without opening anything."""

    person: UUID
    groups: tuple[str, ...]
    restricted: bool
    version: int
    account_version: int
    state: str | None
    created: datetime
    modified: datetime
    member_of: tuple[UUID, ...]

    @property
    def facts(self) -> Facts:
        """The row as a filter sees it."""
        member_of = frozenset(map(str, self.member_of))
        return Facts(str(self.person), "User", self.created, self.modified, is_active(self.state), member_of)


class Piece(msgspec.Struct, frozen=True):
    """One record of a person as opened: where, at which version, its data and what was withheld of it."""

    address: Address
    version: int
    data: dict[str, Any]
    class_id: int


class Read(msgspec.Struct, frozen=True):
    """A User as read, with what a change of it must still find."""

    row: Row
    pieces: Mapping[str, Piece]
    user: dict[str, Any]
    version: str

    @property
    def kept(self) -> Kept:
        """The two records' data."""
        return Kept(*(self.pieces[name].data if name in self.pieces else {} for name in (PROFILE, SCIM)))


class Reading:
    """Reads Users for one caller."""

    def __init__(self, door: Door, names: Names) -> None:
        self._door = door
        self._names = names

    async def rows(self, persons: Iterable[UUID]) -> list[Row]:
        """The living among these persons."""
        async with self._door.given.database.transaction(self._door.controller) as tx:
            return [row_of(found) for found in await tx.fetch(queries.USERS, self._door.controller, list(persons))]

    async def one(self, person: UUID) -> Read | None:
        """One User; None for an unknown, a foreign or an erased id, which all go the same way."""
        rows = await self.rows((person,))
        found = await self.open(rows) if rows else []
        if not found:
            await self._nothing(person)
            return None
        return found[0]

    async def open(self, rows: Sequence[Row]) -> list[Read]:
        """These Users, opened under one entry; one whose records are withheld is left out, or refused when alone."""
        controller = self._door.controller
        async with self._door.given.database.transaction(controller) as tx:
            records = await tx.fetch(queries.RECORDS, controller, [row.person for row in rows])
        first: dict[tuple[UUID, str], Record] = {}
        for record in records:
            first.setdefault((record["person_id"], record["type"]), record)
        addresses = tuple(Address(controller, person, type, r["record_id"]) for (person, type), r in first.items())
        if not addresses:
            return []
        released = await self._door.given.passage.read(self._door.request(Operation.consult, addresses))
        if isinstance(released, Refusal):
            raise Refused(released)
        if len(rows) == 1:
            for _, refusal in released.withheld:
                if refusal is not None:
                    raise Refused(refusal)
        pieces: dict[UUID, dict[str, Piece]] = {}
        for one in released.records:
            where = one.address
            piece = Piece(
                where, one.version, msgspec.json.decode(one.data), first[where.person, where.type]["class_id"]
            )
            pieces.setdefault(where.person, {})[where.type] = piece
        shown = [row for row in rows if row.person in pieces]
        called = await self._names.called(group for row in shown for group in row.member_of)
        return [await self._read(row, pieces[row.person], called) for row in shown]

    async def _read(self, row: Row, pieces: Mapping[str, Piece], called: Mapping[UUID, str]) -> Read:
        found = Read(row, pieces, {}, _version(row, pieces))
        user = from_kept(found.kept, Told(is_active(row.state), await self._ours(row, pieces)))
        user["id"] = str(row.person)
        user["meta"] = {
            "resourceType": "User", "created": row.created, "lastModified": row.modified, "version": found.version
        }  # fmt: skip
        if row.member_of:
            user["groups"] = [
                {"value": str(group), "$ref": f"Groups/{group}", "display": called.get(group), "type": "direct"}
                for group in row.member_of
            ]
        return msgspec.structs.replace(found, user=user)

    async def _ours(self, row: Row, pieces: Mapping[str, Piece]) -> dict[str, Any]:
        ours: dict[str, Any] = {"restricted": row.restricted}
        if set(row.groups) != {DEFAULT}:
            ours["personGroups"] = " ".join(sorted(row.groups))
        profile = pieces.get(PROFILE)
        if profile is None:
            return ours
        policy = (await self._door.given.passage.dossier(self._door.controller)).classes.get(profile.class_id)
        if policy is not None:
            ours["purposes"] = list(policy.purposes)
            ours |= {"retention": policy.retention} if policy.retention else {}
        if isinstance(profile.data.get("majority"), str):
            ours["majority"] = profile.data["majority"]
        return ours

    async def _nothing(self, person: UUID) -> None:
        """A read of nobody is recorded as one, and told apart from a restricted person by nobody."""
        where = Address(self._door.controller, person, PROFILE, NOWHERE)
        released = await self._door.given.passage.read(self._door.request(Operation.consult, (where,)))
        if isinstance(released, Refusal):
            raise Refused(released)


def row_of(found: Record) -> Row:
    """A row of the database."""
    return Row(
        person=found["person_id"], groups=tuple(found["groups"]), restricted=found["restricted"],
        version=found["version"], account_version=found["account_version"] or 0, state=found["state"],
        created=found["created_at"], modified=found["changed_at"], member_of=tuple(found["member_of"]),
    )  # fmt: skip


def _version(row: Row, pieces: Mapping[str, Piece]) -> str:
    """The entity tag: it moves with the person, either record or the account."""
    parts = (row.version, *(pieces[name].version if name in pieces else 0 for name in (PROFILE, SCIM)))
    return f'W/"{".".join(str(part) for part in (*parts, row.account_version))}"'
