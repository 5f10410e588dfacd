"""What a directory's endpoints are given by the house, and the door through which each of their accesses goes."""

from typing import Protocol
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal
from bailee.gate.changing import Changing
from bailee.gate.credentials import Caller
from bailee.gate.passage import Passage
from bailee.gate.people import People
from bailee.gate.records import Records
from bailee.gate.sets import Refused, Sets
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending
from bailee.ledger.entries import Act
from bailee.processing.accounts.approving.erasures import Erasures
from bailee.processing.accounts.provisioning import Provisioning
from bailee.processing.accounts.scim.mapping import Unfit
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose


class Passwords(Protocol):
    """Where a password that a directory sends goes. It is never kept with what the directory said."""

    @property
    def offered(self) -> bool:
        """Whether directories may set passwords at all, as announced."""
        ...

    def accept(self, password: str, /) -> None:
        """Whether this password may be set at all; `Unfit` if not. Asked before anything is changed."""

    async def put(self, controller: UUID, person: UUID, password: str, by: str, /) -> None:
        """Set it for a person who is held."""


class NoPasswords:
    """Directories set no passwords here: people choose their own, or sign in through the directory."""

    offered = False

    def accept(self, _password: str, /) -> None:
        """Refuse every one."""
        raise Unfit("password: passwords are not set through the directory here")

    async def put(self, _controller: UUID, _person: UUID, password: str, _by: str, /) -> None:
        """Refuse every one."""
        self.accept(password)


class Given(msgspec.Struct, frozen=True):
    """The parts that directories stand on."""

    passage: Passage
    changing: Changing
    appending: Appending
    sets: Sets
    records: Records
    people: People
    erasures: Erasures
    provisioning: Provisioning
    database: Database
    keys: KeyStore
    clock: Clock
    passwords: Passwords
    place: str


class Door:
    """One caller at the gate, for one purpose."""

    def __init__(self, given: Given, caller: Caller, purpose: Purpose) -> None:
        self.given, self.caller, self.purpose = given, caller, purpose
        self.controller, self.by = caller.controller, caller.actor.id

    def request(
        self,
        operation: Operation,
        addresses: tuple[Address, ...] = (),
        *,
        persons: tuple[UUID, ...] = (),
        categories: frozenset[str] = frozenset(),
    ) -> AccessRequest:
        """An access in the caller's name; categories given are asked for by name."""
        return AccessRequest(
            actor=self.caller.actor, controller=self.controller, operation=operation, purpose=self.purpose,
            categories=categories, named=bool(categories), addresses=addresses, persons=persons,
            place=self.given.place,
        )  # fmt: skip

    async def enter(self, request: AccessRequest) -> Permit:
        """The permit for looking at what is not personal, once its entry is durable; `Refused` without one."""
        dossier = await self.given.passage.dossier(self.controller)
        permit = self.given.passage.rule(dossier, request)
        if isinstance(permit, Refusal):
            raise Refused(await self.given.passage.refuse(permit))
        await self.given.appending.append_one(permit)
        return permit

    async def counted(self, total: int, shown: int) -> None:
        """Record that a total was said, beside what was shown (core.md 21)."""
        details = {"total": total, "shown": shown}
        await self.given.appending.append_one(Act("directory-counted", self.controller, self.by, details))
