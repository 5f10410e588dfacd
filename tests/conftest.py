"""Real servers for tests: two embedded clusters for each test process, one platform founded on them.

Tests are kept apart by making controllers of their own, as customers are.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.api.data_plane import DataPlane
from bailee.cli.demo import parties
from bailee.contract.agreement import Agreement
from bailee.contract.reading import read_agreement
from bailee.furnishing import found, furnish, sequencing
from bailee.gate.credentials import Caller
from bailee.house import Rooms
from bailee.infra import logs, samples
from bailee.infra.postgres.cluster import QUIET
from bailee.infra.premises import Premises
from bailee.infra.settings import Settings, load
from bailee.serving import data_plane
from bailee.vocabulary.parties import ActorKind
from tests.speaking import Client


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of this test process's platform, under simulated time that runs like real time."""
    folder = tmp_path_factory.mktemp("platform")
    clock = folder / "clock"
    clock.write_text("+0s")
    environ = {
        "BAILEE_CLOCK": f"file:{clock}",
        "BAILEE_LOG_NAME": "tests.example",
        "BAILEE_PROCESSOR": "Passerelle SAS",
    }
    return load(folder / "data", environ, sandbox=True)


@pytest.fixture(scope="session")
def premises(settings: Settings) -> Iterator[Premises]:
    """The running servers, migrated and founded."""
    QUIET["fsync"] = "off"
    logs.configure()
    made = Premises(settings)
    made.start()
    asyncio.run(made.migrate())
    asyncio.run(found(settings, made.addresses(), by="tests"))
    yield made
    for cluster in made.clusters:
        cluster.stop()


@pytest.fixture
async def rooms(settings: Settings, premises: Premises) -> AsyncIterator[Rooms]:
    """The rooms of the platform, with a sequencer at work."""
    async with furnish(settings, premises.addresses()) as opened:
        async with sequencing(settings, premises.addresses()) as sequencer:
            stop = asyncio.Event()
            task = asyncio.create_task(_sequence(sequencer, stop))
            yield opened
            stop.set()
            await task


async def _sequence(sequencer: Any, stop: asyncio.Event) -> None:
    while not stop.is_set():
        if not await sequencer.integrate_all():
            await asyncio.sleep(0.02)


@pytest.fixture(scope="session")
def base() -> Agreement:
    """The sample agreement, its slots empty."""
    return read_agreement(samples.agreement().read_text())


class Holder:
    """A controller under a signed agreement, and how to speak for it."""

    def __init__(self, rooms: Rooms, company: parties.Company, agreement: Agreement) -> None:
        self.rooms, self.company, self.agreement = rooms, company, agreement
        self.id: Any = company.id

    async def client(
        self,
        *purposes: str,
        kind: ActorKind = ActorKind.controller_system,
        actor: str = "system:crm",
        expires: timedelta = timedelta(days=1),
    ) -> Client:
        """A client of the data plane with a credential of its own."""
        issued = await self.rooms.credentials.issue(
            self.id, by="tests", actor=actor, kind=kind, purposes=purposes or ("account-management",),
            expires_at=self.rooms.clock.now() + expires,
        )  # fmt: skip
        return Client(DataPlane(data_plane(self.rooms)), issued.text, issued.credential)

    async def caller(self, client: Client) -> Caller:
        """Who a client is."""
        found = await self.rooms.credentials.authenticate(client.token)
        assert found is not None
        return found


@pytest.fixture
def hold(rooms: Rooms, base: Agreement) -> Any:
    """Makes controllers under the sample agreement, signed and in force."""

    async def made(number: int = 0, **changes: Any) -> Holder:
        company = parties.companies()[number]
        company.id = await rooms.filing.open_dossier(company.name, by="tests")  # type: ignore[assignment]
        company.verifier_key = rooms.log_key.verifier(company.id)  # type: ignore[arg-type]
        agreement = parties.filled(base, company)
        if changes:
            from bailee.contract.amendments import amended
            from bailee.contract.documents import Amendment, Changed

            listed = tuple(Changed(path=path, value=value, reason="negotiated") for path, value in changes.items())
            agreement = amended(
                agreement, Amendment(format="bailee.dev/amendment/v1", since=base.in_force_from, changes=listed)
            )
        at = datetime.now(UTC) - timedelta(minutes=1)
        document = parties.signed(agreement, company, Ed25519PrivateKey.generate(), at)
        await rooms.filing.file(company.id, document, by="tests")  # type: ignore[arg-type]
        return Holder(rooms, company, agreement)

    return made


@pytest.fixture
def profile() -> dict[str, Any]:
    """A profile nobody else has."""
    mark = os.urandom(6).hex()
    return {
        "title": "Mme", "given_name": "Élodie", "family_name": f"Kerouédan-{mark}", "company": "Alpages",
        "email": f"elodie.{mark}@alpages.example", "phone": f"+33{int(mark[:7], 16) + 100000000}",
        "language": "fr", "user_name": f"elodie.{mark}", "external_id": f"crm-{mark}",
        "postal_address": {"street": f"12 rue {mark}", "city": "Annecy", "postal_code": "74000", "country": "FR"},
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of this test's own."""
    return tmp_path
