"""`data`, `control` and the key store as three different servers, of the embedded PostgreSQL and of the system's own."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from tests.household import signed_controller
from tests.speaking import Client

from bailee.api.data_plane import DataPlane
from bailee.furnishing import found, furnish, sequencing
from bailee.infra import migrating
from bailee.infra.postgres.cluster import QUIET, Cluster
from bailee.infra.premises import Premises
from bailee.infra.settings import load
from bailee.serving import data_plane

TABLES = "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = 'bailee' AND relkind = 'r'"


def servers() -> list[Path | None]:
    """The embedded binaries, and those of the system where it has any."""
    system = [p for p in sorted(Path("/usr/lib/postgresql").glob("*/bin")) if (p / "postgres").exists()]
    return [None, *system[:1]]


@pytest.mark.parametrize("bin", servers(), ids=lambda p: p.parent.name if p else "embedded")
async def test_the_main_job_runs_with_control_on_a_server_of_its_own(tmp_path, base, bin, profile):
    QUIET["fsync"] = "off"
    clusters = [Cluster(tmp_path / name, bin=bin) if bin else Cluster(tmp_path / name) for name in ("d", "c", "k")]
    for cluster in clusters:
        await asyncio.to_thread(cluster.start)
    try:
        for cluster in clusters:
            await migrating.prepare(cluster.address("bailee_owner", "postgres"), "bailee", cluster.passwords())
        data, control, keys = clusters
        environ = {
            "BAILEE_DATABASE_URL": data.address("bailee_app"), "BAILEE_DATABASE_OWNER_URL": data.address("bailee_owner"),
            "BAILEE_SEQUENCER_URL": data.address("bailee_sequencer"),
            "BAILEE_CONTROL_URL": control.address("bailee_app"), "BAILEE_CONTROL_OWNER_URL": control.address("bailee_owner"),
            "BAILEE_KEY_STORE_URL": keys.address("bailee_app"), "BAILEE_KEY_STORE_OWNER_URL": keys.address("bailee_owner"),
        }  # fmt: skip
        settings = load(tmp_path / "platform", environ)
        premises = Premises(settings)
        assert premises.start() == []
        await premises.migrate()
        await found(settings, premises.addresses(), by="tests")
        async with furnish(settings, premises.addresses()) as rooms, sequencing(settings, premises.addresses()) as log:
            of, text = await signed_controller(rooms, base)
            client = Client(DataPlane(data_plane(rooms)), text)
            person, record = await client.person(profile)
            path = f"/api/v1/persons/{person}"
            assert (await client("GET", f"{path}/profile/{record}")).body["data"] == profile
            assert (await client("PATCH", f"{path}/profile/{record}", {"language": "en"})).status == 200
            found_again = {"type": "profile", "field": "email", "value": profile["email"]}
            assert len((await client("POST", "/api/v1/search", found_again)).body["records"]) == 1
            assert (await rooms.turn(of, by="tests")).epoch == 2
            assert (await client("DELETE", path)).status in (200, 202)
            assert (await client("GET", f"{path}/profile/{record}")).status == 404
            assert await rooms.ticking.tick() == 0
            assert await log.integrate_all() > 5
            assert (await rooms.reading.integrated(of)).size > 5
        held = {}
        for name, cluster in zip(("data", "control", "keys"), clusters, strict=True):
            owner = await asyncpg.connect(cluster.address())
            held[name] = {row["relname"] for row in await owner.fetch(TABLES)} - {"migration"}
            await owner.close()
        assert {"directory", "tick"} <= held["control"]
        assert not held["control"] & {"record", "person", "ledger_batch", "person_key"}
        assert not held["data"] & {"directory", "tick", "person_key"}
        assert held["keys"] & {"person_key"}
    finally:
        for cluster in clusters:
            await asyncio.to_thread(cluster.stop)
