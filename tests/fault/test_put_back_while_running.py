"""An external server is put back to an older state while the platform runs: no second history is signed, nobody revived."""

import asyncio
import json
import shutil
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from tests.household import signed_controller
from tests.speaking import Client

from bailee.__main__ import opened
from bailee.api.control.health import _state
from bailee.api.data_plane import DataPlane
from bailee.furnishing import entered, found, furnish, look_over, sequencing, vouched
from bailee.infra import migrating, vouching
from bailee.infra.database import Database, Unavailable
from bailee.infra.postgres.cluster import QUIET, Cluster
from bailee.infra.premises import Premises
from bailee.infra.settings import load
from bailee.infra.vouching import Unvouched, Vouching
from bailee.serving import data_plane

BEFORE, ANEW = datetime(2026, 11, 25, 9, tzinfo=UTC), datetime(2026, 11, 26, 9, tzinfo=UTC)


async def never(_server, _started):
    raise Unvouched("a server was started anew")


class Ended(BaseException):
    """What the end of a process is here."""


def ended() -> None:
    raise Ended


class House:
    """A platform whose data server is somebody else's, and the processes that run on it."""

    def __init__(self, folder, cluster) -> None:
        self.cluster, self._aside = cluster, folder / "aside"
        self.settings = load(folder / "platform", {
            "BAILEE_DATABASE_URL": cluster.address("bailee_app"), "BAILEE_DATABASE_OWNER_URL": cluster.address("bailee_owner"),
            "BAILEE_SEQUENCER_URL": cluster.address("bailee_sequencer"),
        })  # fmt: skip
        self.premises = Premises(self.settings)

    @property
    def addresses(self):
        return self.premises.addresses()

    def vouch(self) -> Vouching:
        """What a process knows of its servers; it ends as a process would."""
        vouch = vouched(self.settings, self.addresses)
        vouch._end = ended
        return vouch

    def process(self, vouch=None):
        """What a server process serves."""
        return furnish(self.settings, self.addresses, vouch=vouch or self.vouch())

    def sequencer(self, vouch=None):
        return sequencing(self.settings, self.addresses, vouch or self.vouch())

    async def copy(self) -> None:
        await self._standing_still(lambda: shutil.copytree(self.cluster.directory, self._aside))

    async def put_back(self) -> None:
        def swap() -> None:
            shutil.rmtree(self.cluster.directory)
            shutil.copytree(self._aside, self.cluster.directory)

        await self._standing_still(swap)

    async def _standing_still(self, do) -> None:
        await asyncio.to_thread(self.cluster.stop)
        await asyncio.to_thread(do)
        await asyncio.to_thread(self.cluster.start)


@pytest.fixture
async def house(tmp_path):
    QUIET["fsync"] = "off"
    cluster = Cluster(tmp_path / "d")
    await asyncio.to_thread(cluster.start)
    made = House(tmp_path, cluster)
    try:
        await migrating.prepare(cluster.address("bailee_owner", "postgres"), "bailee", cluster.passwords())
        await asyncio.to_thread(made.premises.start)
        await made.premises.migrate()
        await found(made.settings, made.addresses, by="tests")
        async with furnish(made.settings, made.addresses) as rooms:
            await look_over(rooms, made.settings, made.addresses)
        yield made
    finally:
        for one in (cluster, *made.premises.clusters):
            await asyncio.to_thread(one.stop)


async def looked_over(ask):
    """What it answers when the servers have been looked over; before that it serves nothing."""
    while True:
        try:
            found = await ask()
        except Unavailable:
            found = None
        if found is not None and getattr(found, "status", 200) != 503:
            return found
        await asyncio.sleep(0.05)


async def said_of(database):
    """What vouching says in the end, whatever a connection of before says first."""
    while True:
        try:
            await database.fetch("SELECT 1")
        except Unavailable as away:
            if isinstance(away, Unvouched) and "is looked over before" not in str(away):
                raise
        await asyncio.sleep(0.05)


async def test_a_server_put_back_while_it_is_used_ends_who_remembers_and_the_log_goes_on_in_its_next_generation(
    house, base, profile
):
    async with house.process() as rooms, house.sequencer() as sequencer:
        log, text = await signed_controller(rooms, base)
        client = Client(DataPlane(data_plane(rooms)), text)
        (gone, record), (stays, other) = await client.person(profile), await client.person({"language": "fr"})
        await sequencer.integrate_all()
        await house.copy()

        paths = f"/api/v1/persons/{gone}/profile/{record}", f"/api/v1/persons/{stays}/profile/{other}"
        refused = await client("GET", paths[0])
        assert refused.status == 503, "a server that was started anew is used before anyone has looked it over"
        assert (await looked_over(lambda: client("GET", paths[0]))).status == 200, "nothing had been put back"
        assert (await client("DELETE", f"/api/v1/persons/{gone}")).status == 202
        await looked_over(sequencer.integrate_all)
        lost = await rooms.reading.integrated(log)

        await house.put_back()
        with pytest.raises(Ended):
            await looked_over(lambda: client("GET", paths[0]))
        with pytest.raises(Ended):
            await looked_over(sequencer.integrate_all)

    async with house.process() as rooms, house.sequencer() as sequencer:
        client = Client(DataPlane(data_plane(rooms)), text)
        assert (await client("GET", paths[0])).status == 404, "whoever had been erased was brought back"
        assert (await client("GET", paths[1])).status == 200
        await sequencer.integrate_all()
        assert (await rooms.reading.integrated(log)).generation == 2
        [opener] = [one async for one in rooms.reading.entries(log, 0, 1)]
        assert json.loads(opener.opened.body)["details"]["lost"] == lost.checkpoint


async def test_a_command_uses_no_server_that_was_put_back_while_it_ran(house, base, profile):
    async with opened(house.settings) as rooms, house.sequencer() as sequencer:
        log, text = await signed_controller(rooms, base)
        client = Client(DataPlane(data_plane(rooms)), text)
        gone, record = await client.person(profile)
        path = f"/api/v1/persons/{gone}/profile/{record}"
        assert (await client("GET", path)).status == 200
        await sequencer.integrate_all()
        await house.copy()
        assert (await client("GET", path)).status == 503, "it is looked over before it is used again"
        await looked_over(sequencer.integrate_all)
        assert (await looked_over(lambda: client("GET", path))).status == 200, "nothing had been put back"
        await client("DELETE", f"/api/v1/persons/{gone}")
        await looked_over(sequencer.integrate_all)
        await house.put_back()
        assert (await client("GET", path)).status == 503
        with pytest.raises(Ended):
            await looked_over(sequencer.integrate_all)
        with pytest.raises(Unvouched, match="put back to an older state while this ran"):
            await said_of(rooms.data)


async def test_a_server_put_back_whose_look_no_disk_takes_down_is_served_again_by_processes_started_after(
    house, base, profile, monkeypatch
):
    async with house.process() as rooms, house.sequencer() as sequencer:
        log, text = await signed_controller(rooms, base)
        client = Client(DataPlane(data_plane(rooms)), text)
        (gone, record), (stays, kept) = await client.person(profile), await client.person({"language": "fr"})
        await sequencer.integrate_all()
        await house.copy()
        assert (await looked_over(lambda: client("DELETE", f"/api/v1/persons/{gone}"))).status == 202
        await looked_over(sequencer.integrate_all)
    monkeypatch.setattr(vouching, "keep", lambda *_, **__: None)  # the volume of the anchors is full of something else
    await house.put_back()
    async with AsyncExitStack() as stack:
        one, other = house.vouch(), house.vouch()
        rooms = await entered(stack, lambda: house.process(one))
        sequencer = await entered(stack, lambda: house.sequencer(other))
        client = Client(DataPlane(data_plane(rooms)), text)
        gone_now = await looked_over(lambda: client("GET", f"/api/v1/persons/{gone}/profile/{record}"))
        assert gone_now.status == 404
        assert (await client("GET", f"/api/v1/persons/{stays}/profile/{kept}")).status == 200
        await looked_over(sequencer.integrate_all)
        assert (await rooms.reading.integrated(log)).generation == 2


async def test_whoever_asks_how_the_platform_stands_is_told_that_a_server_is_not_vouched_for(premises):
    database = await Database.open(premises.addresses().data, vouch=never)
    assert await _state(database) == "sealed: a server was started anew"


async def settled(vouch, started=ANEW):
    """The word about a server's start, when the look at it has been taken."""
    with pytest.raises(Unvouched):
        await vouch("data", started)
    while not vouch._looking.done():
        await asyncio.sleep(0.01)


async def remembering(folder, check):
    """What a process knows that has used a server before it was started anew."""
    vouching.keep(folder, [BEFORE.isoformat()], put_back=False)
    vouch = Vouching(folder, check, ended)
    await vouch("data", BEFORE)
    return vouch


async def test_a_start_is_looked_over_once_by_one_process_and_the_others_hear_of_it(tmp_path):
    asked = []

    async def check() -> bool:
        asked.append(1)
        vouching.keep(tmp_path, [ANEW.isoformat()], put_back=False)
        return False

    first, second = Vouching(tmp_path, check, ended), Vouching(tmp_path, check, ended)
    with vouching._alone(tmp_path) as alone:
        assert alone
        await settled(second)
    assert asked == [], "another is looking it over"
    await settled(first)
    for one in (first, second, first):
        await one("data", ANEW)
    assert asked == [1]


async def test_what_hinders_the_look_is_said_and_it_is_taken_again(tmp_path, monkeypatch):
    troubles = [ValueError("a copy of the destruction log is missing")]

    async def check() -> bool:
        if troubles:
            raise troubles.pop()
        vouching.keep(tmp_path, [ANEW.isoformat()], put_back=True)
        return True

    vouch = await remembering(tmp_path, check)
    await settled(vouch)
    with pytest.raises(Unvouched, match="copy of the destruction log is missing"):
        await vouch("data", ANEW)
    monkeypatch.setattr(vouching, "AGAIN_SECONDS", -1.0)
    await settled(vouch)
    with pytest.raises(Ended):
        await vouch("data", ANEW)
    await Vouching(tmp_path, check, ended)("data", ANEW)  # a process that began after it remembers nothing of before


@pytest.mark.parametrize("kept", [True, False])
async def test_where_a_look_cannot_be_written_down_a_process_ends_once_and_the_next_goes_on(
    tmp_path, monkeypatch, kept
):
    async def check() -> bool:
        vouching.keep(tmp_path, [ANEW.isoformat()], put_back=True)
        return True

    vouch = await remembering(tmp_path, check)
    if not kept:
        monkeypatch.setattr(vouching, "keep", lambda *_, **__: None)  # as on a full disk
    await settled(vouch)
    with pytest.raises(Ended):
        await vouch("data", ANEW)
    following = Vouching(tmp_path, check, ended)
    if not kept:
        await settled(following)
    for _ in range(2):
        await following("data", ANEW)


async def test_who_slept_through_a_server_put_back_and_started_once_more_ends_as_well(tmp_path):
    async def check() -> bool:
        pytest.fail("it was looked over")

    sleeping = await remembering(tmp_path, check)
    later = ANEW + timedelta(minutes=1)
    vouching.keep(tmp_path, [ANEW.isoformat()], put_back=True)
    vouching.keep(tmp_path, [later.isoformat()], put_back=False)
    with pytest.raises(Ended):
        await sleeping("data", later)
    await sleeping("keys", later)  # nothing of that server is remembered


async def test_which_starts_were_looked_over_is_bounded_and_lost_without_harm(tmp_path, monkeypatch):
    monkeypatch.setattr(vouching, "KEPT", 2)
    for name in ("a", "b", "c", "c"):
        vouching.keep(tmp_path, [name], put_back=False)
    assert list(vouching._read(tmp_path)) == ["b", "c"]
    vouching.keep(tmp_path, ["c"], put_back=True)
    vouching.keep(tmp_path, ["c"], put_back=False)
    assert vouching._read(tmp_path)["c"], "who began before it was put back is not spared by a later look"
    (tmp_path / vouching.FILE).write_bytes(b"{broken")
    assert vouching._read(tmp_path) == {}
    vouching.keep(tmp_path / "missing", ["d"], put_back=False)  # said, and looked over again
    assert vouching._read(tmp_path / "missing") == {}
