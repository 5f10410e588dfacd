"""Backups on real servers: made under writes, looked through, restored; and what they must never hold or bring back."""

import asyncio
import base64
import json
import shutil
import tarfile
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from click.testing import CliRunner
from tests.household import signed_controller
from tests.speaking import Client

from bailee import furnishing
from bailee.api.data_plane import DataPlane
from bailee.cli.doors import Doors
from bailee.cli.main import cli
from bailee.furnishing import found, sequencing
from bailee.infra import age
from bailee.infra.postgres import cluster as clusters
from bailee.infra.premises import Premises
from bailee.infra.settings import load
from bailee.processing.backup.backups import NothingHere
from bailee.processing.backup.copying import outside, servers, wholly_here
from bailee.processing.backup.drills import NoIdentity, NotProven, NotWhole, identity_in
from bailee.processing.backup.events import KEYS
from bailee.processing.backup.manifest import FILE, Damaged, check_parts
from bailee.processing.backup.parts import NoRoom, PartReader
from bailee.processing.backup.restoring import Live, Source, restore
from bailee.processing.backup.room import Room
from bailee.processing.backup.shelf import Busy, NoDestination
from bailee.serving import data_plane

PUBLIC, SECRET = age.fresh()


def environ(folder):
    return {
        "BAILEE_CLOCK": f"file:{folder / 'clock'}", "BAILEE_LOG_NAME": "backups.example", "BAILEE_PROCESSOR": "Passerelle",
        "BAILEE_BACKUPS": str(folder / "kept"), "BAILEE_BACKUP_RECIPIENTS": PUBLIC,
        "BAILEE_DRILL_IDENTITY": str(folder / "identity"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backups")
    (folder / "clock").write_text("+0s")
    (folder / "kept").mkdir()
    (folder / "identity").write_text(f"# of the tests\n{SECRET}\n")
    (folder / "identity").chmod(0o600)
    return load(folder / "data", environ(folder), sandbox=True)


@pytest.fixture(scope="module")
def premises(settings):
    clusters.QUIET["fsync"] = "off"
    made = Premises(settings)
    made.start()
    asyncio.run(made.migrate())
    asyncio.run(found(settings, made.addresses(), by="tests"))
    yield made
    for cluster in made.clusters:
        cluster.stop()


@pytest.fixture
def identity():
    return age.identity(SECRET)


@pytest.fixture
async def room(rooms, tmp_path):
    """The room of backups, with an empty folder of this test's own, and a time that is believed."""
    kept = tmp_path / "kept"
    kept.mkdir()
    made = Room(replace(rooms, settings=msgspec.structs.replace(rooms.settings, backups=str(kept))), furnishing.opened)
    await made.book.gone([one.name for one in await made.book.there()], rooms.clock.now())

    async def yes():
        return True

    made.backups._believed = yes
    return made


@asynccontextmanager
async def speaking(rooms, base):
    of, text = await signed_controller(rooms, base)
    yield of, Client(DataPlane(data_plane(rooms)), text)


@asynccontextmanager
async def elsewhere(settings, folder):
    """A host of its own: what stands beside the data directory was put there, the data directory is empty."""
    made = load(folder / "data", environ(settings.data.parent), sandbox=True)
    for one in ("root-keys", "root-keys-escrow"):
        shutil.copy(f"{settings.data}.{one}", f"{made.data}.{one}")
    for one in ("anchors", "destruction-a", "destruction-b"):
        shutil.copytree(f"{settings.data}.{one}", f"{made.data}.{one}")
    try:
        yield made
    finally:
        for cluster in Premises(made).clusters:
            cluster.stop()


@pytest.fixture
def typed(room, monkeypatch):
    """What a command says, typed by an operator beside the data directory."""
    doors = Doors(open=furnishing.opened, found=None, first_link=None, application="")

    async def run(made, *words, answer=None):
        given = environ(made.data.parent) | {"BAILEE_BACKUPS": str(room.backups.shelf.folder)}
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("BAILEE_CLOCK", made.clock)
        monkeypatch.setenv("BAILEE_DRILL_IDENTITY", "" if answer else made.drill_identity)
        line = [*words, "--data", str(made.data), "--sandbox"]
        return await asyncio.to_thread(CliRunner().invoke, cli, line, obj=doors, input=answer)

    return run


async def shift(settings, by):
    (settings.data.parent / "clock").write_text(by)


async def test_a_backup_under_writes_is_restored_reads_go_on_and_whoever_was_erased_since_stays_erased(
    settings, rooms, room, base, profile, identity, typed, tmp_path
):
    async with speaking(rooms, base) as (of, client):
        person, record = await client.person(profile)
        erased, _ = await client.person(
            profile | {"email": "gone@alpages.example", "user_name": "gone", "external_id": "x"}
        )
        path, writing = f"/api/v1/persons/{person}", asyncio.Event()

        async def write():
            count = 0
            while not writing.is_set():
                assert (
                    await client("PATCH", f"{path}/profile/{record}", {"company": f"Alpages {count}"})
                ).status == 200
                count += 1
            return count

        writer = asyncio.create_task(write())
        copy = await room.backups.make(by="tests")
        writing.set()
        assert await writer > 0
        head = await rooms.reading.integrated(of)
        assert (await client("DELETE", f"/api/v1/persons/{erased}")).status in (200, 202)
        await rooms.replay.finish()
        manifest = room.backups.shelf.read(copy.name)
        said = next(one for one in manifest.logs if one.controller == str(of))
        assert 0 < said.size <= head.size

        async with elsewhere(settings, tmp_path) as other:
            said = await typed(other, "restore", "--by", "operator", "--json", answer=f"{SECRET}\n")
            assert said.exit_code == 0, said.output
            report = json.loads(said.stdout[said.stdout.index("{") :])
            assert (report["kind"], report["copy"], report["good"]) == ("restore", copy.name, True)
            assert report["found"]["lost"] > 0
            assert report["found"]["alive"] == 0
            async with furnishing.opened(other) as again, sequencing(other, Premises(other).addresses()) as sequencer:
                back = Client(DataPlane(data_plane(again)), client.token)
                read = await back("GET", f"{path}/profile/{record}")
                assert read.status == 200
                assert read.body["data"]["email"] == profile["email"]
                assert (await back("GET", f"/api/v1/persons/{erased}")).status == 404
                assert not await again.keys.person_key_stands(of, UUID(erased))
                await sequencer.integrate_all()
                closed = await again.reading.closed(of)
                assert [one.generation for one in closed] == [1], "the log was behind what was published, and goes on"
                told = [one for one in await entries(again) if one["kind"] == "backup-restored"]
                assert [one["details"]["good"] for one in told] == [True]
                assert [one.kind for one in await Room(again, furnishing.opened).book.checks(1)] == ["restore"]
            source = Source(room.backups.shelf, "", identity)
            with pytest.raises(Live, match="--over"):
                restore(other, source, over=False, at=rooms.clock.now())
            aside = await asyncio.to_thread(restore, other, source, over=True, at=rooms.clock.now())
            assert (aside / "data" / "PG_VERSION").exists()
            assert (other.data / "data" / "PG_VERSION").exists()


async def test_root_keys_destruction_logs_and_anchors_are_in_no_backup_and_nothing_is_in_clear(
    settings, rooms, room, base, profile, identity, tmp_path
):
    async with speaking(rooms, base) as (_, client):
        await client.person(profile)
    copy = await room.backups.make()
    folder = room.backups.shelf.folder / copy.name
    manifest = room.backups.shelf.read(copy.name)
    kept = b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
    keys = msgspec.json.decode(settings.root_keys.read_bytes(), type=dict[str, str])
    secrets = [one.encode() for one in keys.values()]
    pieces, names = [], []
    for store in manifest.stores:
        reader = PartReader(folder, manifest, store, identity)
        with tarfile.open(fileobj=reader, mode="r|") as tar:
            for member in tar:
                names.append(member.name)
                if member.isfile():
                    pieces.append(tar.extractfile(member).read())
    plain = b"\n".join(pieces)
    assert b"CREATE" in plain or b"pg_catalog" in plain, "the scan would see what is there"
    assert any(name.endswith(".passwords") for name in names)
    sealed_keys = [base64.b64decode(one) for one in secrets]
    assert not [one for one in (*secrets, *sealed_keys) if one in plain or one in kept]
    for word in ("root-keys", "destruction", "anchors"):
        assert not [name for name in names if word in name]
    for value in (profile["family_name"], profile["email"]):
        assert value.encode() not in plain
        assert value.encode() not in kept
    assert b"bailee_app" in plain
    assert b"bailee_app" not in kept, "what is kept is sealed"


async def test_a_flipped_byte_is_found_before_anything_is_touched(settings, rooms, room, identity, typed, tmp_path):
    copy = await room.backups.make()
    part = room.backups.shelf.folder / copy.name / "keys-0001.age"
    good = part.read_bytes()
    part.write_bytes(good[:500] + bytes([good[500] ^ 1]) + good[501:])
    try:
        async with elsewhere(settings, tmp_path) as other:
            source = Source(room.backups.shelf, copy.name, identity)
            said = await typed(other, "restore", copy.name)
            assert (said.exit_code, "nothing was touched" in said.output) == (1, True)
            assert not (other.data / "data").exists()
            part.write_bytes(good[:-1])
            with pytest.raises(Damaged, match="another size"):
                restore(other, source, over=False, at=rooms.clock.now())
            part.unlink()
            with pytest.raises(Damaged, match="missing"):
                restore(other, source, over=False, at=rooms.clock.now())
            part.write_bytes(good)
            stranger = Source(room.backups.shelf, copy.name, age.identity(age.fresh()[1]))
            with pytest.raises(Damaged, match="identity"):
                restore(other, stranger, over=False, at=rooms.clock.now())
            assert not (other.data / "data").exists()
            assert not list(tmp_path.glob("*restoring"))
        manifest = room.backups.shelf.folder / copy.name / FILE
        said = manifest.read_bytes()
        manifest.write_bytes(said.replace(b'"full"', b'"keys"', 1))
        with pytest.raises(Damaged, match="not signed"):
            room.backups.shelf.chosen(copy.name)
        manifest.write_bytes(said)
        check_parts(manifest.parent, room.backups.shelf.read(copy.name))
    finally:
        part.write_bytes(good)


async def test_a_drill_proves_a_backup_and_finds_one_that_is_damaged(
    settings, rooms, room, base, profile, identity, typed
):
    async with speaking(rooms, base) as (of, client):
        person, _ = await client.person(profile)
        await rooms.reading.integrated(of)
        said = await typed(settings, "backup", "--by", "operator", "--json")
        assert said.exit_code == 0, said.output
        [copy] = await room.book.there()
        assert (copy.by, [one["name"] for one in json.loads(said.stdout)]) == ("operator", [copy.name])
        assert copy.name in (await typed(settings, "backup", "--list")).output
        assert (await client("DELETE", f"/api/v1/persons/{person}")).status in (200, 202)
        await rooms.replay.finish()
        head = await rooms.reading.integrated(of)
    said = await typed(settings, "drill", "--by", "operator")
    assert said.exit_code == 0, said.output
    assert "each to its root" in said.output
    check = (await room.book.standing()).drill
    assert (check.good, check.copy, check.found.trouble) == (True, copy.name, ())
    assert check.found.destroyed_since >= 1
    assert check.found.alive == 0
    assert check.found.opened == check.found.sampled
    assert check.found.logs == len(await rooms.everyone())
    assert check.found.lost > 0, "what was written since is not in it"
    assert head.size >= 1
    assert not settings.drill.exists()
    assert settings.root_keys.read_bytes() == settings.root_keys_escrow.read_bytes()
    assert (await room.book.standing()).drill.id == check.id

    part = room.backups.shelf.folder / copy.name / "data-0001.age"
    good = part.read_bytes()
    part.write_bytes(good[:-5] + b"XXXXX")
    try:
        bad = await room.drills.make(identity, copy.name, by="tests")
        assert (bad.good, bad.found.trouble) == (False, ("part-digest",))
        assert (await room.book.standing()).drill.id == check.id, "the last good one stays the last good one"
        said = await typed(settings, "drill", copy.name)
        assert (said.exit_code, "changed since" in said.output) == (1, True)
        said = await typed(settings, "drill", "20200101T000000Z-full-000000")
        assert (said.exit_code, "there is no backup 20200101" in said.output) == (2, True)
        said = await typed(settings, "drill", answer="no identity\n")
        assert (said.exit_code, "age-keygen" in said.output) == (2, True)
    finally:
        part.write_bytes(good)


async def test_a_backup_that_was_killed_is_none_and_is_gone_before_the_next_begins(room, settings, rooms):
    shelf = room.backups.shelf
    half = shelf.begin("full", rooms.clock.now())
    (half / "data-0001.age").write_bytes(b"half")
    before = shelf.names()
    assert half.name not in before
    with shelf.alone(), pytest.raises(Busy):
        await room.backups.make()
    copy = await room.backups.make()
    assert not half.exists()
    assert sorted([*before, copy.name]) == shelf.names()


async def test_what_cannot_be_made_says_so_and_leaves_nothing_behind(room, settings, rooms, monkeypatch, tmp_path):
    shelf, before = room.backups.shelf, room.backups.shelf.names()
    monkeypatch.setattr("bailee.processing.backup.parts.free", lambda _folder: 1000)
    with pytest.raises(NoRoom, match="MiB are left"):
        await room.backups.make()
    assert shelf.names() == before
    assert not list(shelf.folder.glob("*.unfinished"))
    away = shelf.folder.rename(shelf.folder.with_name("away"))
    try:
        with pytest.raises(NoDestination, match="mount it"):
            await room.backups.make()
        with pytest.raises(NoDestination):
            await room.backups.due(rooms.platform)
    finally:
        away.rename(shelf.folder)
    nowhere = msgspec.structs.replace(settings, backups="")
    unset = Room(replace(rooms, settings=nowhere), furnishing.opened)
    with pytest.raises(NoDestination, match="BAILEE_BACKUPS"):
        _ = unset.backups.shelf


async def test_the_worker_makes_one_when_it_is_time_owes_the_next_and_keeps_the_last_good_one(room, settings, rooms):
    shelf = room.backups.shelf
    try:
        await shift(settings, "+2d")
        assert await room.backups.due(rooms.platform) == 1
        [made] = [one for one in await room.book.there() if one.taken_at > rooms.clock.now() - timedelta(hours=1)]
        assert await room.backups.needed() is None
        owed = {
            one.promise.subject: one
            for one in await rooms.owing.obligations.listed(rooms.platform)
            if one.state == "open"
        }
        assert owed[f"backup/{made.name}"].promise.binding == made.taken_at + timedelta(hours=36)
        assert [one for one in owed if one.startswith("drill/")]
        assert await room.backups.due(rooms.platform) == 0
        await shift(settings, "+50d")
        assert await room.backups.expire() == 0
        assert shelf.names() == [made.name], "its days are over, and it is the last good one"
        believed, room.backups._believed = room.backups._believed, rooms.ticking.believed
        newest = await room.backups.make()
        assert len(shelf.names()) == 2, "nothing goes by time alone while nobody confirmed it"
        room.backups._believed = believed
        assert await room.backups.due(rooms.platform) == 1
        assert shelf.names() == [newest.name]
        assert [one.name for one in await room.book.there() if one.kind == "full"] == [newest.name]
        kinds = [one["kind"] for one in await entries(rooms)]
        assert {"backup-made", "backup-expired"} <= set(kinds)
    finally:
        await shift(settings, "+0s")


async def test_after_a_turn_of_keys_the_key_store_is_copied_again_and_old_data_open_with_it(
    room, settings, rooms, base, profile, identity
):
    try:
        async with speaking(rooms, base) as (of, client):
            person, _ = await client.person(profile)
            await rooms.reading.integrated(of)
            whole = await room.backups.make()
            await rooms.turn(of, by="tests")
            assert await room.backups.needed() is None, "no more often than once in an hour"
            closed = await room.drills.make(identity, whole.name)
            assert "closed" in closed.found.trouble or "not-started" in closed.found.trouble
            await shift(settings, "+2h")
            assert await room.backups.needed() == "keys"
            assert await room.backups.due(rooms.platform) == 1
            chosen, keys = room.backups.shelf.chosen()
            assert (chosen.name, keys.kind, keys.stores) == (whole.name, "keys", (KEYS,))
            again = await room.drills.make(identity)
            assert again.good, again.found.trouble
            assert again.found.opened > 0
            assert person
    finally:
        await shift(settings, "+0s")


async def test_a_drill_of_the_platforms_own_is_not_made_without_an_identity_and_fails_where_it_finds_damage(
    room, settings, rooms
):
    identity_file = settings.data.parent / "identity"
    kept = identity_file.read_text()
    try:
        await shift(settings, "+60d")
        assert await room.drills.due(rooms.platform) == 0, "there is nothing to prove yet"
        copy = await room.backups.make()
        identity_file.unlink()
        with pytest.raises(NoIdentity):
            await room.drills.due(rooms.platform)
        identity_file.write_text(kept)
        identity_file.chmod(0o644)
        with pytest.raises(NoIdentity, match="chmod 600"):
            identity_in(identity_file)
        identity_file.chmod(0o600)
        part = room.backups.shelf.folder / copy.name / "files-0001.age"
        good = part.read_bytes()
        part.write_bytes(good + b"X")
        with pytest.raises(NotProven, match="part-size"):
            await room.drills.due(rooms.platform)
        part.write_bytes(good)
        assert await room.drills.due(rooms.platform) == 1
        assert await room.drills.due(rooms.platform) == 0
    finally:
        identity_file.write_text(kept)
        identity_file.chmod(0o600)
        await shift(settings, "+0s")


async def test_what_lies_on_servers_of_ones_own_is_attested_and_counts_as_that_alone(room, settings, rooms):
    assert (outside(settings), wholly_here(settings)) == ([], True)
    with pytest.raises(NothingHere, match="not external"):
        await room.backups.attest(["data server"], rooms.clock.now(), by="tests")
    there = msgspec.structs.replace(settings, database_url="postgresql://elsewhere", key_store_url="postgresql://keys")
    external = Room(replace(rooms, settings=there), furnishing.opened)
    assert servers(there) == {}
    with pytest.raises(NothingHere, match="--attest"):
        await external.backups.make()
    with pytest.raises(NotWhole):
        await external.drills.make(age.identity(SECRET))
    at = rooms.clock.now() - timedelta(hours=3)
    said = await external.backups.attest(["data server"], at, by="operator")
    standing = await room.book.standing()
    assert standing.attested.name == said.name
    assert (said.kind, said.taken_at, said.by) == ("attested", at, "operator")
    assert await room.book.there()


async def entries(rooms):
    head = await rooms.reading.integrated(rooms.platform)
    return [
        json.loads(one.opened.body) async for one in rooms.reading.entries(rooms.platform, 0, head.size) if one.opened
    ]
