"""Users: people whom a directory takes in, changes and lets go. Every change goes through the gate."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from scim2_models import ForbiddenException, NotFoundException, PreconditionFailedException

from bailee.contract.ruling import Refusal
from bailee.gate.changing import Written
from bailee.gate.people import NewPerson, Standing
from bailee.gate.records import Draft
from bailee.gate.sets import Refused
from bailee.infra.ids import parse
from bailee.processing.accounts.scim import queries
from bailee.processing.accounts.scim.claims import Claims
from bailee.processing.accounts.scim.extension import DEFAULT
from bailee.processing.accounts.scim.given import Door
from bailee.processing.accounts.scim.mapping import ENTERPRISE, OURS, Kept, patch, to_kept
from bailee.processing.accounts.scim.reading import Read, Reading
from bailee.vault import profile, scim_attributes
from bailee.vault.erasing import Erasure
from bailee.vault.holding import PolicyClass
from bailee.vault.profile import PROFILE
from bailee.vault.record_types import RecordType
from bailee.vault.scim_attributes import SCIM
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind

NOTHING_HERE = "There is nothing here"
# The fields of the profile that the standard has a place for; the others are not the directory's to change.
OF_DIRECTORY = frozenset(
    ["user_name", "external_id", "family_name", "given_name", "title", "language", "company", "email", "phone",
     "postal_address"]
)  # fmt: skip


# What a person does not decide about themselves.
NOT_OWN = ("active", "userName", "externalId", "roles", "entitlements", ENTERPRISE)
NOT_OWNS = (
    "autonomy.self-service: a person does not change their own state, names of account, groups, roles or employment"
)
BY_CONSOLE = "autonomy.self-service: an account is closed by its person on the platform, with time to think better"


class Users:
    """The Users of one caller's controller."""

    def __init__(self, door: Door, reading: Reading) -> None:
        self._door = door
        self._given = door.given
        self._reading = reading
        self._claims = Claims(door.given.keys, door.given.database, door.given.clock)
        self._read: dict[UUID, Read] = {}

    async def get(self, id: str) -> Read:
        """One User, or 404."""
        try:
            person = parse(id)
        except ValueError:
            raise NotFoundException(detail=NOTHING_HERE) from None
        found = await self._reading.one(person)
        if found is None:
            raise NotFoundException(detail=NOTHING_HERE)
        self._read[person] = found
        return found

    async def create(self, user: Mapping[str, Any]) -> Read:
        """Take someone in: person, records and account. Without a word on it, the account is active."""
        user = {"active": True} | {name: value for name, value in user.items() if value is not None}
        password, kept, person = self._password(user), to_kept(user), new_id()
        groups = _groups(user)
        drafts = tuple(
            (Address(self._door.controller, person, type.name, new_id()), _draft(type, data))
            for type, data in _pieces(kept)
            if data
        )
        categories = frozenset(c for type, data in _pieces(kept) for c in type.categories(data))
        request = self._door.request(
            Operation.store, tuple(address for address, _ in drafts), persons=(person,), categories=categories
        )
        async with self._named(kept.profile.get("user_name"), person):
            _allowed(await self._given.people.create(request, [NewPerson(person, groups, drafts)]))
        await self._given.provisioning.put(self._door.controller, person, active=bool(user["active"]), by=self._door.by)
        await self._put_password(person, password)
        return await self.get(str(person))

    async def update(self, id: str, user: Mapping[str, Any], expected: str | None) -> Read:
        """Make someone as this says. What the directory does not know of them stays."""
        before = self._read.get(UUID(id)) or await self.get(id)
        if expected is not None and before.version != expected:
            raise PreconditionFailedException
        password, after = self._password(user), to_kept(user)
        self._check_own(before, user)
        person, row = before.row.person, before.row
        await self._write(before, after)
        groups = _groups(user)
        if groups != frozenset(row.groups):
            request = self._door.request(Operation.modify, persons=(person,))
            _allowed(await self._given.people.change(request, person, Standing(groups=groups), row.version))
        active = user.get("active")
        if active is not before.user.get("active"):
            await self._given.provisioning.put(self._door.controller, person, active=bool(active), by=self._door.by)
        await self._put_password(person, password)
        return await self.get(id)

    async def delete(self, id: str, expected: str | None) -> None:
        """Erase someone: the id never comes back, and a new one is given to whoever comes under the same name."""
        before = self._read.get(UUID(id)) or await self.get(id)
        if expected is not None and before.version != expected:
            raise PreconditionFailedException
        if self._of_person:
            raise ForbiddenException(detail=BY_CONSOLE)
        person, controller = before.row.person, self._door.controller
        await self._given.provisioning.check_leaving(controller, person)
        request = self._door.request(Operation.erase, persons=(person,))
        await self._given.erasures.second(request, door=f"/scim/v2/Users/{person}")
        _allowed(await self._given.people.erase(request, person))
        async with self._given.database.transaction(controller) as tx:
            await tx.execute(queries.DELETE_MEMBERSHIPS, controller, person)

    @property
    def _of_person(self) -> bool:
        return self._door.caller.actor.kind is ActorKind.person

    def _check_own(self, before: Read, user: Mapping[str, Any]) -> None:
        """A person corrects their own data; what the directory or the platform decides about them is not theirs."""
        changed = [name for name in NOT_OWN if user.get(name) != before.user.get(name)]
        if self._of_person and (changed or _groups(user) != frozenset(before.row.groups)):
            raise ForbiddenException(detail=NOT_OWNS)

    async def _write(self, before: Read, after: Kept) -> None:
        """Both records, each only where it changes: the profile by a patch of what changes, the other whole."""
        known = {name: value for name, value in before.kept.profile.items() if name in OF_DIRECTORY}
        changes = patch(known, after.profile)
        if changes:
            named = changes.get("user_name")
            async with self._named(named, before.row.person):
                await self._patch_profile(before, changes)
        if after.scim != before.kept.scim:
            await self._put_scim(before, after.scim)

    async def _patch_profile(self, before: Read, changes: dict[str, Any]) -> None:
        held = before.pieces.get(PROFILE)
        if held is None:
            await self._add(before.row.person, profile.TYPE, changes)
            return
        request = self._door.request(Operation.modify, (held.address,), categories=profile.TYPE.categories(changes))
        _allowed(await self._given.records.patch(request, changes, held.version))

    async def _put_scim(self, before: Read, data: dict[str, Any]) -> None:
        held, type = before.pieces.get(SCIM), scim_attributes.TYPE
        if held is None:
            await self._add(before.row.person, type, data)
        elif data:
            every = frozenset(field.category for field in type.fields.values())
            request = self._door.request(Operation.modify, (held.address,), categories=every)
            _allowed(await self._given.records.replace(request, data, held.version))
        else:
            _allowed(await self._given.records.delete(self._door.request(Operation.delete, (held.address,))))

    async def _add(self, person: UUID, type: RecordType, data: dict[str, Any]) -> None:
        address = Address(self._door.controller, person, type.name, new_id())
        request = self._door.request(Operation.store, (address,), categories=type.categories(data))
        _allowed(await self._given.records.create(request, _draft(type, data)))

    @asynccontextmanager
    async def _named(self, user_name: str | None, person: UUID) -> AsyncIterator[None]:
        if user_name is None:
            yield
            return
        async with self._claims.claim(self._door.controller, user_name, person):
            yield

    def _password(self, user: Mapping[str, Any]) -> str | None:
        password = user.get("password")
        if password is not None:
            self._given.passwords.accept(password)
        return password

    async def _put_password(self, person: UUID, password: str | None) -> None:
        if password is not None:
            await self._given.passwords.put(self._door.controller, person, password, self._door.by)


def _groups(user: Mapping[str, Any]) -> frozenset[str]:
    """The groups of persons; where the directory says none, the agreement's users."""
    return frozenset(((user.get(OURS) or {}).get("personGroups") or "").split() or (DEFAULT,))


def _pieces(kept: Kept) -> tuple[tuple[RecordType, dict[str, Any]], ...]:
    return (profile.TYPE, kept.profile), (scim_attributes.TYPE, kept.scim)


def _draft(type: RecordType, data: dict[str, Any]) -> Draft:
    return Draft(data, PolicyClass(type=type.name, purposes=tuple(sorted(type.purposes))))


def _allowed(answer: Written | Erasure | Refusal) -> None:
    """What the gate answered, a refusal as the exception that ends a step in the middle."""
    if isinstance(answer, Refusal):
        raise Refused(answer)
