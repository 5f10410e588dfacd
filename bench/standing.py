"""What the benchmark stands on: a platform of its own, controllers under the sample agreement, people held."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.cli.demo import parties
from bailee.cli.demo.profiles import people
from bailee.contract.reading import read_agreement
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.furnishing import found, furnish
from bailee.gate.people import NewPerson
from bailee.gate.records import Draft
from bailee.house import Rooms
from bailee.infra import samples
from bailee.infra.ids import parse
from bailee.infra.premises import Premises
from bailee.infra.settings import Settings, load
from bailee.vault.holding import PolicyClass
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

CHUNK = 250
ACTOR = Actor(id="system:bench", kind=ActorKind.controller_system, credential=UUID(int=1))
POLICY = PolicyClass(type="profile", purposes=tuple(sorted(map(str, Purpose))))


class World(msgspec.Struct, frozen=True):
    """Everything that runs, and how long to measure."""

    settings: Settings
    premises: Premises
    rooms: Rooms
    rounds: int
    operations: int
    long: bool

    def address(self, role: str) -> str:
        """The data server as a role sees it."""
        return self.premises.clusters[0].address(role)

    async def owner(self, count: int) -> list[asyncpg.Connection]:
        """Connections that no policy holds: the peers' own."""
        return [await asyncpg.connect(self.address("bailee_owner")) for _ in range(count)]


@asynccontextmanager
async def standing(folder: Path, binaries: Path | None, **how: Any) -> AsyncIterator[World]:
    """A platform in a folder, on the PostgreSQL given (the embedded one for None)."""
    if binaries is not None:
        os.environ["BAILEE_PG_BIN"] = str(binaries)
    settings = load(folder / "data", {})
    premises = Premises(settings)
    premises.start()
    try:
        await premises.migrate()
        await found(settings, premises.addresses(), by="bench")
        async with furnish(settings, premises.addresses(), size=8) as rooms:
            yield World(settings, premises, rooms, **how)
    finally:
        for cluster in premises.clusters:
            cluster.stop()


async def controller(rooms: Rooms) -> UUID:
    """A controller under the sample agreement."""
    company = parties.companies()[0]
    made = await rooms.filing.open_dossier(company.name, by="bench")
    company.id = made
    company.verifier_key = rooms.log_key.verifier(made)
    agreement = parties.filled(read_agreement(samples.agreement().read_text()), company)
    at = rooms.clock.now() - timedelta(minutes=1)
    await rooms.filing.file(made, parties.signed(agreement, company, Ed25519PrivateKey.generate(), at), by="bench")
    return parse(str(made))


async def fill(rooms: Rooms, of: UUID, count: int, seed: int = 1) -> list[Address]:
    """Take so many people in; the addresses of their profiles, with ids as a request would bring them."""
    batches = prepared(of, count, seed)
    for batch in batches:
        await take_in(rooms, batch)
    return [address for batch in batches for one in batch for address, _ in one.records]


def prepared(of: UUID, count: int, seed: int = 1) -> list[list[NewPerson]]:
    """So many people, ready to be taken in together, some at a time."""
    every = list[NewPerson]()
    for profile in people(count, seed, "Bench"):
        address = Address(controller=of, person=parse(str(new_id())), type="profile", record=parse(str(new_id())))
        draft = Draft(data=profile["records"][0]["data"], policy=POLICY)
        every.append(NewPerson(address.person, frozenset(profile["groups"]), [(address, draft)]))
    return [every[start : start + CHUNK] for start in range(0, count, CHUNK)]


async def take_in(rooms: Rooms, batch: list[NewPerson]) -> None:
    """Hold these people: sealed, indexed and recorded in one transaction."""
    addresses = tuple(address for one in batch for address, _ in one.records)
    made = await rooms.people.create(request(Operation.store, *addresses), batch)
    assert not isinstance(made, Refusal)


def request(operation: Operation, *addresses: Address, categories: frozenset[str] | None = None) -> AccessRequest:
    """What the bench's system asks for."""
    return AccessRequest(
        actor=ACTOR, controller=addresses[0].controller, operation=operation, purpose=Purpose.account_management,
        addresses=addresses, categories=categories or frozenset(), named=categories is not None,
    )  # fmt: skip
