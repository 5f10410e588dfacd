"""PostgreSQL everywhere: embedded as any user, external by address, killed and back again."""

import asyncio
import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from bailee.cli.doors import Doors
from bailee.cli.main import cli
from bailee.furnishing import found, furnish
from bailee.infra.database import Database, Unavailable
from bailee.infra.migrating import MigrationError, migrate, statements
from bailee.infra.postgres import binaries
from bailee.infra.postgres.cluster import Cluster, ClusterDown
from bailee.infra.premises import Premises
from bailee.infra.settings import load

ROOT = Path(__file__).parents[2]


def debian() -> Path | None:
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path / "data")
    made.start()
    yield made
    made.stop()


async def test_a_killed_server_comes_back_with_all_that_was_committed(cluster):
    connection = await asyncpg.connect(cluster.address(database="postgres"))
    await connection.execute("CREATE TABLE kept (n int)")
    await connection.execute("INSERT INTO kept VALUES (7)")
    connection.terminate()
    os.kill(int((cluster.directory / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    await asyncio.to_thread(cluster.start)
    again = await asyncpg.connect(cluster.address(database="postgres"))
    assert await again.fetchval("SELECT n FROM kept") == 7
    await again.close()


async def test_a_server_whose_directory_went_away_is_not_begun_anew_and_opens_when_it_is_back(cluster):
    cluster.stop()
    away = cluster.directory.rename(cluster.directory.with_name("away"))
    for nothing in (None, Path.mkdir):  # moved away, and a disk that is not mounted
        if nothing:
            nothing(cluster.directory)
        with pytest.raises(ClusterDown, match="it held one: put it back"):
            cluster.start()
    cluster.directory.rmdir()
    away.rename(cluster.directory)
    await asyncio.to_thread(cluster.start)
    connection = await asyncpg.connect(cluster.address(database="postgres"))
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()


async def test_a_first_start_that_was_killed_in_the_middle_is_made_anew_and_nothing_else_is_swept_away(tmp_path):
    killed = Cluster(tmp_path / "data")
    killed.directory.mkdir()
    (killed.directory / "base").mkdir()
    (killed.directory / "PG_VERSION").write_text("17")  # among the first files of the server that is being made
    killed._password_file(".new").write_text("{}")
    killed.start()
    try:
        connection = await asyncpg.connect(killed.address(database="postgres"))
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        assert not killed._password_file(".new").exists()
    finally:
        killed.stop()

    foreign = Cluster(tmp_path / "foreign")
    foreign.directory.mkdir()
    (foreign.directory / "mine").write_text("kept")
    for _ in range(2):
        with pytest.raises(ClusterDown, match="holds something else"):
            foreign.start()
    assert (foreign.directory / "mine").read_text() == "kept"


async def test_a_running_server_is_adopted_and_not_started_twice(cluster):
    other = Cluster(cluster.directory)
    assert other.start() is False
    assert other.running


async def test_no_one_comes_in_without_the_password_and_nothing_listens_on_the_network(cluster):
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            cluster.address(database="postgres").replace(":", ":x", 2).replace("postgresql:x", "postgresql:")
        )
    connection = await asyncpg.connect(cluster.address(database="postgres"))
    assert await connection.fetchval("SHOW listen_addresses") == ""
    assert await connection.fetchval("SHOW log_statement") == "none"
    await connection.close()
    assert cluster.socket_path.stat().st_mode & 0o077 == 0


async def test_a_lost_server_is_unavailable_and_found_again_without_hands(cluster):
    database = await Database.open(cluster.address(database="postgres"), size=2)
    assert (await database.fetch("SELECT 1 AS one"))[0]["one"] == 1
    await asyncio.to_thread(cluster.stop)
    with pytest.raises(Unavailable):
        await database.fetch("SELECT 1")
    await asyncio.to_thread(cluster.start)
    assert (await database.fetch("SELECT 1 AS one"))[0]["one"] == 1
    await database.close()


async def test_whoever_holds_a_connection_and_asks_for_another_waits_for_nobody_who_does_the_same(cluster):
    database = await Database.open(cluster.address(database="postgres"), size=2)
    both = asyncio.Barrier(2)

    async def twice() -> int:
        async with database.transaction() as one:
            await both.wait()  # every connection of the set is in somebody's hands
            async with database.transaction() as other:
                assert other is not one
                return (await database.fetch("SELECT 1 AS one"))[0]["one"]

    async with asyncio.timeout(60):
        assert await asyncio.gather(twice(), twice()) == [1, 1]
    assert database._holding == set()
    assert len(database._idle) <= 2, "what was lent beyond the size is not kept"
    await database.close()


async def test_a_cancelled_statement_leaves_nothing_behind_for_the_next(cluster):
    database = await Database.open(cluster.address(database="postgres"), size=1)
    task = asyncio.create_task(database.fetch("SELECT pg_sleep(30)"))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await database.fetch("SELECT 2 AS two"))[0]["two"] == 2
    await database.close()


async def test_a_migration_that_changed_after_it_was_applied_stops_everything(premises, monkeypatch):
    from bailee.infra import migrating

    original = migrating.stream
    monkeypatch.setattr(
        migrating, "stream", lambda name: [m.__class__(m.number, m.name, m.sql + "\n-- edited") for m in original(name)]
    )
    with pytest.raises(MigrationError, match="was changed after it was applied"):
        await migrate(premises.clusters[0].address(), ("data",))


@pytest.mark.parametrize("second", ["0001_again.sql", "0003_three.sql"])
def test_the_migrations_are_numbered_without_a_gap_and_no_number_stands_twice(tmp_path, monkeypatch, second):
    from bailee.infra import migrating

    (tmp_path / "data").mkdir()
    for name in ("0001_one.sql", second):
        (tmp_path / "data" / name).write_text("SELECT 1;")
    monkeypatch.setattr(migrating.resources, "files", lambda _: tmp_path)
    with pytest.raises(MigrationError, match="gap"):
        migrating.stream("data")


def test_statements_are_cut_where_they_end_and_nowhere_else():
    sql = "SELECT ';'; -- a; comment\nCREATE FUNCTION f() AS $$ BEGIN; END; $$ LANGUAGE x; /* ; */ SELECT 2"
    assert [one[:6] for one in statements(sql)] == ["SELECT", "-- a; ", "/* ; *"]


def test_programs_are_found_by_name_and_a_wrong_name_says_so(tmp_path):
    assert (binaries.find({}) / "postgres").exists()
    with pytest.raises(binaries.NoPostgres, match="BAILEE_PG_BIN"):
        binaries.find({"BAILEE_PG_BIN": str(tmp_path)})


@pytest.mark.system
async def test_external_servers_of_an_older_postgresql_serve_as_well(tmp_path, base):
    """Two servers of the system's own PostgreSQL, named by address; migrations by their owner."""
    bin = debian()
    if bin is None:
        pytest.skip("no PostgreSQL server of the system is installed")
    clusters = [Cluster(tmp_path / name, bin=bin) for name in ("data", "keys")]
    for cluster in clusters:
        await asyncio.to_thread(cluster.start)
    try:
        from bailee.infra import migrating

        for cluster in clusters:
            await migrating.prepare(cluster.address("bailee_owner", "postgres"), "bailee", cluster.passwords())
        data, keys = clusters
        environ = {
            "BAILEE_DATABASE_URL": data.address("bailee_app"), "BAILEE_DATABASE_OWNER_URL": data.address("bailee_owner"),
            "BAILEE_SEQUENCER_URL": data.address("bailee_sequencer"),
            "BAILEE_KEY_STORE_URL": keys.address("bailee_app"), "BAILEE_KEY_STORE_OWNER_URL": keys.address("bailee_owner"),
        }  # fmt: skip
        settings = load(tmp_path / "platform", environ)
        premises = Premises(settings)
        assert premises.start() == []
        assert await premises.migrate()
        assert await premises.migrate() == []
        await found(settings, premises.addresses(), by="tests")
        async with furnish(settings, premises.addresses()) as rooms:
            controller = await rooms.filing.open_dossier("Acme", by="tests")
            assert await rooms.archive.refresh(controller) is not None
    finally:
        for cluster in clusters:
            await asyncio.to_thread(cluster.stop)


def _can_run(user: list[str], python: str) -> bool:
    return subprocess.run([*user, python, "-c", "1"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_founds_and_opens_a_platform(tmp_path_factory):
    folder = Path("/tmp") / f"bailee-user-{os.getpid()}"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    try:
        user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        python = next((p for p in (sys.executable, "/usr/bin/python3.11") if _can_run(user, p)), None)
        if python is None:
            pytest.skip("no Python here can be run by another user")
        command = [*user, python, "-m", "bailee", "init", "--data", str(folder / "data"), "--json"]
        libraries = sysconfig.get_path("purelib")
        environ = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{libraries}", "HOME": str(folder)}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=folder, check=False)
        assert done.returncode == 0, done.stderr
        assert '"credential": "bailee_' in done.stdout
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
        subprocess.run(["sh", "-c", f"rm -rf {folder}*"], check=True)


@pytest.mark.parametrize("inside", ["", "platform"])
def test_a_folder_that_cannot_be_made_or_used_is_said_in_a_line(tmp_path, inside):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / inside if inside else tmp_path / "file"
    doors = Doors(open=None, found=None, first_link=None, application="")  # type: ignore[arg-type]  # not reached
    said = CliRunner().invoke(cli, ["up", "--data", str(folder), "--port", "0"], obj=doors)
    assert said.exit_code == 2, said.output
    assert "Traceback" not in said.output
    assert isinstance(said.exception, SystemExit)


def test_what_cannot_serve_leaves_no_server_behind(tmp_path):
    async def sealed(_settings: object, _by: str) -> None:
        assert all(cluster.running for cluster in premises.clusters), "they were started for this"
        raise Unavailable("the key store")

    premises = Premises(load(tmp_path / "platform", {}))
    doors = Doors(open=None, found=sealed, first_link=None, application="")  # type: ignore[arg-type]  # not reached
    said = CliRunner().invoke(cli, ["up", "--data", str(tmp_path / "platform"), "--port", "0"], obj=doors)
    assert (said.exit_code, "a server is away" in said.output) == (2, True), said.output
    assert not any(cluster.running for cluster in premises.clusters)
