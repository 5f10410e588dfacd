"""A controller under the sample agreement, with people held: what the benchmark reads."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.cli.demo import parties
from bailee.contract.reading import read_agreement
from bailee.contract.ruling import AccessRequest, Refusal
from bailee.gate.people import NewPerson
from bailee.gate.records import Draft
from bailee.house import Rooms
from bailee.vault.holding import PolicyClass
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

CHUNK = 250


async def fill(rooms: Rooms, profiles: Iterator[dict[str, Any]]) -> tuple[UUID, list[tuple[UUID, UUID, UUID]]]:
    """The controller, and the addresses of every profile."""
    company = parties.companies()[0]
    controller = await rooms.filing.open_dossier(company.name, by="bench")
    company.verifier_key = rooms.log_key.verifier(controller)
    agreement = parties.filled(read_agreement(parties.sample().read_text()), company)
    at = rooms.clock.now() - timedelta(minutes=1)
    await rooms.filing.file(
        controller, parties.signed(agreement, company, Ed25519PrivateKey.generate(), at), by="bench"
    )
    actor = Actor(id="system:bench", kind=ActorKind.controller_system, credential=UUID(int=1))
    policy = PolicyClass(type="profile", purposes=tuple(sorted(map(str, Purpose))))
    held: list[tuple[UUID, UUID, UUID]] = []
    batch: list[NewPerson] = []
    for profile in [*profiles, None]:
        if profile is not None:
            address = Address(controller=controller, person=new_id(), type="profile", record=new_id())
            draft = Draft(data=profile["records"][0]["data"], policy=policy)
            batch.append(NewPerson(address.person, frozenset(profile["groups"]), [(address, draft)]))
            held.append((controller, address.person, address.record))
        if batch and (profile is None or len(batch) == CHUNK):
            request = AccessRequest(
                actor=actor, controller=controller, operation=Operation.store, purpose=Purpose.account_management,
                addresses=tuple(address for one in batch for address, _ in one.records),
            )  # fmt: skip
            made = await rooms.people.create(request, batch)
            assert not isinstance(made, Refusal)
            batch = []
    return controller, held
