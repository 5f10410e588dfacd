"""A platform of its own for tests of measures: what one breaks, or leaves behind, is nobody else's."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from bailee.clauses.security_measures import probes
from bailee.furnishing import found
from bailee.infra.postgres.cluster import QUIET
from bailee.infra.premises import Premises
from bailee.infra.settings import Settings, load
from bailee.promised import Promised


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("measured")
    clock = folder / "clock"
    clock.write_text("+0s")
    environ = {"BAILEE_CLOCK": f"file:{clock}", "BAILEE_LOG_NAME": "measured.example", "BAILEE_PROCESSOR": "Passerelle"}
    return load(folder / "data", environ, sandbox=True)


@pytest.fixture(scope="module")
def premises(settings: Settings) -> Iterator[Premises]:
    QUIET["fsync"] = "off"
    made = Premises(settings)
    made.start()
    asyncio.run(made.migrate())
    asyncio.run(found(settings, made.addresses(), by="tests"))
    yield made
    for cluster in made.clusters:
        cluster.stop()


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    """What seems broken is looked at again at once."""
    monkeypatch.setattr(probes, "PATIENCE", 0.0)


@pytest.fixture
def clock(settings) -> Iterator[Path]:
    file = Path(settings.clock.removeprefix("file:"))
    yield file
    file.write_text("+0s")


@pytest.fixture
def promised(rooms) -> Promised:
    return Promised(rooms)


@pytest.fixture
async def owner(premises):
    opened = [await asyncpg.connect(cluster.address()) for cluster in premises.clusters]
    yield opened
    for one in opened:
        await one.close()
