"""Root keys in a real OpenBao: nothing opens without it, what it destroyed stays destroyed, and an outage loses nothing."""

import asyncio
import json
import os
import re
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag
from msgspec.structs import replace
from tests.bao import ENGINE, Bao
from tests.household import signed_controller, worked
from tests.speaking import Client

from bailee.api.application import Application
from bailee.api.data_plane import DataPlane
from bailee.clauses.return_and_destruction.destroying import Facts
from bailee.clauses.return_and_destruction.stores import Snapshots, stores
from bailee.cli.demo import parties
from bailee.furnishing import found, furnish
from bailee.infra.doctor import examine
from bailee.infra.keys.store import kek_name
from bailee.infra.openbao import ITEMS, OpenBao
from bailee.infra.paths import EXTERNAL, Sink
from bailee.infra.premises import Premises
from bailee.infra.root_keys import RootKeyFile, RootKeyGone, RootKeysAway, RootKeyTrouble
from bailee.infra.settings import load
from bailee.serving import control_plane, data_plane

GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "keep-root-keys-in-openbao.md"
DAYS = 14


@pytest.fixture(scope="module")
def bao(tmp_path_factory):
    [policy] = re.findall(r"```hcl policy\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    server = Bao(tmp_path_factory.mktemp("bao"), policy.replace('"bailee/', f'"{ENGINE}/'))
    yield server
    server.kill()


@pytest.fixture
def closed_engine(bao):
    """As the guide has it: no key comes into being by being used."""
    bao("POST", f"{ENGINE}/config/keys", {"disable_upsert": True})


@pytest.fixture
async def keys(bao, closed_engine, tmp_path):
    local = RootKeyFile(tmp_path / "root-keys", tmp_path / "root-keys-escrow")
    local.signer("log")
    made = OpenBao(bao.address, bao.token, local, authorities=bao.authorities)
    yield made
    await made.close()


def name() -> str:
    return f"{os.urandom(8).hex()}/1"


async def test_many_keys_open_where_they_were_bound_and_nowhere_else(keys):
    one, plain = name(), [os.urandom(32) for _ in range(2 * ITEMS + 50)]
    bound = [number.to_bytes(4, "big") for number in range(len(plain))]
    await keys.create(one)
    wrapped = await keys.wrap(one, plain, bound)
    assert len(set(wrapped)) == len(plain)
    assert await keys.unwrap(one, wrapped, bound) == plain
    assert await keys.opens(one, wrapped, bound) == len(plain)
    with pytest.raises(InvalidTag):
        await keys.unwrap(one, wrapped, [*bound[1:], bound[0]])
    assert await keys.opens(one, wrapped[:3], [bound[0], bound[2], bound[1]]) == 1
    for altered in (b"", b"vault:v1:", b"vault:v9:AAAA", wrapped[0][:-4] + b"AAAA", bytes(range(200, 255))):
        with pytest.raises(InvalidTag):
            await keys.unwrap(one, [wrapped[1], altered], [bound[1], bound[0]])
        assert await keys.opens(one, [wrapped[1], altered], [bound[1], bound[0]]) == 1
    assert await keys.wrap(one, [], []) == await keys.unwrap(one, [], []) == []


async def test_a_key_that_was_destroyed_is_gone_and_no_late_wrap_makes_it_anew(keys, bao):
    one = name()
    await keys.create(one)
    await keys.create(one)
    [wrapped] = await keys.wrap(one, [b"k" * 32], [b"bound"])
    made = bao("GET", f"{ENGINE}/keys/{one.replace('/', '.')}")["data"]
    assert (made["exportable"], made["allow_plaintext_backup"]) == (False, False)
    assert await keys.names(one[:4]) == [one]
    await keys.destroy(one)
    await keys.destroy(one)
    assert await keys.names(one[:4]) == []
    for use in (keys.unwrap, keys.opens):
        with pytest.raises(RootKeyGone):
            await use(one, [wrapped], [b"bound"])
    with pytest.raises(RootKeyGone):
        await keys.wrap(one, [b"k" * 32], [b"bound"])
    assert await keys.names(one[:4]) == []
    await keys.create(one)
    with pytest.raises(InvalidTag):  # the same name is another key
        await keys.unwrap(one, [wrapped], [b"bound"])


@pytest.mark.parametrize("wrong", ["", "one", "one/", "/1", "a/b/c", "../sys/1", "a/1?x", "a b/1", "a.b/1"])
async def test_a_name_that_would_lead_elsewhere_is_refused(keys, wrong):
    with pytest.raises(RootKeyTrouble, match="no name"):
        await keys.create(wrong)


async def test_an_engine_that_makes_keys_on_use_is_not_started_with(keys, bao):
    await keys.ready()
    bao("POST", f"{ENGINE}/config/keys", {"disable_upsert": False})
    with pytest.raises(RootKeysAway, match="disable_upsert=true"):
        await keys.ready()


async def test_each_way_of_being_away_says_what_to_do_and_nothing_is_begun_anew(keys, bao, tmp_path):
    one = name()
    await keys.create(one)
    [wrapped] = await keys.wrap(one, [b"k" * 32], [b"bound"])
    kept = bao.token.read_text()
    for text, mode, words in (("s.none", 0o600, "renew it"), (kept, 0o644, "chmod 600"), (kept, 0o600, None)):
        bao.token.write_text(text)
        bao.token.chmod(mode)
        if words:
            with pytest.raises(RootKeysAway, match=words):
                await keys.unwrap(one, [wrapped], [b"bound"])
    bao("PUT", "sys/seal")
    with pytest.raises(RootKeysAway, match="unseal it"):
        await keys.unwrap(one, [wrapped], [b"bound"])
    bao.kill()
    for asked in (keys.unwrap(one, [wrapped], [b"bound"]), keys.destroy(one), keys.create(name()), keys.ready()):
        with pytest.raises(RootKeysAway, match="cannot be reached"):
            await asked
    bao.start()
    assert await keys.unwrap(one, [wrapped], [b"bound"]) == [b"k" * 32], "killed in the middle, and nothing was lost"
    local = RootKeyFile(tmp_path / "root-keys", tmp_path / "root-keys-escrow")
    elsewhere = OpenBao(bao.address.replace(ENGINE, "none"), bao.token, local, authorities=bao.authorities)
    unknown = OpenBao(bao.address, bao.token, local)
    missing = OpenBao(bao.address, tmp_path / "no-token", local, authorities=bao.authorities)
    for one, words in ((elsewhere, "refuses the token"), (unknown, "cannot be reached"), (missing, "cannot be read")):
        with pytest.raises(RootKeysAway, match=words):
            await one.ready()
        await one.close()


@pytest.fixture(scope="module")
def settings(bao, tmp_path_factory):
    """Those of a platform of its own, in place of the one that other tests share."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "clock").write_text("+0s")
    given = {
        "BAILEE_CLOCK": f"file:{folder / 'clock'}", "BAILEE_LOG_NAME": "tests.example",
        "BAILEE_KEY_SERVICE": bao.address, "BAILEE_KEY_SERVICE_TOKEN": str(bao.token),
        "BAILEE_KEY_SERVICE_AUTHORITIES": str(bao.authorities), "BAILEE_KEY_SERVICE_KEPT": str(DAYS),
    }  # fmt: skip
    return load(folder / "data", given, sandbox=True)


@pytest.fixture(scope="module")
def in_the_file(settings):
    """The same platform before its keys were elsewhere."""
    return replace(settings, key_service="file")


@pytest.fixture(scope="module")
def premises(settings, in_the_file):
    made = Premises(settings)
    made.start()
    asyncio.run(made.migrate())
    asyncio.run(found(in_the_file, made.addresses(), by="tests"))
    yield made
    for cluster in made.clusters:
        cluster.stop()


def at(rooms, client) -> Client:
    """The same credential at rooms that remember no key."""
    return Client(DataPlane(data_plane(rooms)), client.token)


async def read(client, person, record):
    return await client("GET", f"/api/v1/persons/{person}/profile/{record}")


async def test_a_platform_moves_its_keys_there_by_a_turn_and_reads_on(
    settings, in_the_file, premises, closed_engine, base, profile
):
    async with furnish(in_the_file, premises.addresses()) as rooms:
        controller, text = await signed_controller(rooms, base)
        before = Client(DataPlane(data_plane(rooms)), text)
        person, record = await before.person(profile)
        assert rooms.root.holds(kek_name(controller, 1))
    async with furnish(settings, premises.addresses()) as rooms:
        assert (await read(at(rooms, before), person, record)).status == 200
        told = {one.name: one for one in await asyncio.to_thread(examine, settings)}
        assert not told["keys in the file"].good
        for one in (controller, rooms.platform):
            turned = await rooms.turn(one, by="tests")
            assert turned.destroyed == (1,)
        assert await RootKeyFile(settings.root_keys, settings.root_keys_escrow).names("") == []
        assert await rooms.root.names(f"{controller}/") == [kek_name(controller, 2)]
    async with furnish(settings, premises.addresses()) as rooms:
        assert (await read(at(rooms, before), person, record)).status == 200
    told = {one.name: one for one in await asyncio.to_thread(examine, settings)}
    assert told["keys in the file"].good
    assert f"kept {DAYS} days" in told["key service"].words


async def test_while_it_is_away_nothing_opens_nothing_is_lost_and_it_is_said(
    rooms, hold, settings, premises, bao, closed_engine, profile
):
    client = await (await hold()).client()
    person, record = await client.person(profile)
    async with furnish(settings, premises.addresses()) as cold:
        app = Application(data_plane(cold), control_plane(cold))
        bao.kill()
        try:
            away = await read(at(cold, client), person, record)
            assert (away.status, away.headers["retry-after"]) == (503, "1"), away.raw
            ready = await Client(app, client.token)("GET", "/health/ready")
            assert (ready.status, ready.body["dependencies"]["data"]) == (503, "ready")
            assert "cannot be reached" in ready.body["dependencies"]["root keys"]
            with pytest.raises(RootKeysAway):
                async with furnish(settings, premises.addresses()):
                    pass
            [said] = [one for one in await asyncio.to_thread(examine, settings) if one.name == "key service"]
            assert not said.good
        finally:
            bao.start()
        assert (await read(at(cold, client), person, record)).status == 200
        assert (await Client(app, client.token)("GET", "/health/ready")).body["dependencies"]["root keys"] == "ready"


async def test_an_erasure_is_final_and_a_certificate_proven_only_when_snapshots_of_it_are_gone(
    rooms, hold, settings, bao, closed_engine, profile
):
    holder = await hold()
    client = await holder.client()
    (gone, _), (stays, record) = await client.person(profile), await client.person({"language": "fr"})
    await client("DELETE", f"/api/v1/persons/{gone}")
    await worked(rooms.duties(), "erasures", holder.id)
    await rooms.turn(holder.id, by="tests")
    state = await rooms.erasing.state(holder.id, UUID(gone))
    assert timedelta(days=DAYS) - timedelta(minutes=5) < state.final_at - rooms.clock.now() <= timedelta(days=DAYS)
    assert (await read(client, stays, record)).status == 200
    await rooms.ending.end(holder.id, parties.ended(holder.company, holder.agreement, rooms.clock.now()), by="tests")
    await rooms.ending.waive(holder.id, by="tests")
    await rooms.ending.destroy(holder.id, by="tests", confirmed=True)
    left = [one for one in bao("LIST", f"{ENGINE}/keys")["data"]["keys"] if one.startswith(str(holder.id))]
    assert left == []
    await rooms.ending.certify(holder.id, by="tests")
    made = json.loads((settings.certificates / str(holder.id) / "certificate.json").read_text())
    stores = {one["name"]: (one["state"], one["found"]) for one in made["stores"]}
    day = (rooms.clock.now() + timedelta(days=DAYS)).date()
    assert stores["key service"] == ("proven", stores["key store"][1])
    assert stores["snapshots of the key service"] == ("attested", f"none holds a key from {day} on")


def test_backups_of_servers_are_attested_until_no_snapshot_holds_a_key():
    sink, facts = Sink("key store", EXTERNAL, "wrapped keys", True, ""), Facts(controller=uuid4())
    for snapshots, state in (
        (None, "proven"),
        (Snapshots(0, date(2026, 1, 1)), "proven"),
        (Snapshots(9, date(2026, 1, 10)), "attested"),
    ):
        [backups] = [one for one in stores([sink], facts, snapshots) if one.name == "backups of the key store"]
        assert backups.state == state
        assert ("2026-01-10" in backups.found) == (state == "attested")
