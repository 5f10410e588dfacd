"""The volumes beside the servers' own fill up, each alone: anchors, either copy of the destruction log, root keys."""

import os
import subprocess
from contextlib import contextmanager
from uuid import UUID

import pytest
from tests.household import signed_controller, worked
from tests.speaking import Client

from bailee.api.data_plane import DataPlane
from bailee.furnishing import furnish, put_back, sequencing
from bailee.infra import vouching
from bailee.infra.database import Unavailable
from bailee.infra.root_keys import RootKeyFile, RootKeysAway
from bailee.serving import data_plane

PAGE, VOLUME = 4096, "16m"


class Volume:
    """A small volume in a folder's place, that can be filled and emptied again."""

    def __init__(self, folder) -> None:
        self.ballast = folder / "ballast"

    def fill(self) -> None:
        with self.ballast.open("wb", buffering=0) as out:
            for piece in (1 << 20, PAGE):
                try:
                    while True:
                        out.write(bytes(piece))
                except OSError:
                    continue

    def empty(self) -> None:
        self.ballast.unlink()


@contextmanager
def small(folder):
    """Mount one over a folder with what is in it; afterwards that is in the folder itself again."""
    kept = _files(folder)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={VOLUME}", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no volume can be mounted here: root is needed")
    try:
        _write(folder, kept)
        yield Volume(folder)
    finally:
        kept = _files(folder)
        subprocess.run(["umount", "-l", str(folder)], check=True)
        _write(folder, kept)


def _files(folder) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and file.name != "ballast"}


def _write(folder, kept) -> None:
    for name, content in kept.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)


@pytest.fixture
async def rooms(settings, premises):
    """The rooms of a process; no sequencer is at work unless a test has one."""
    async with furnish(settings, premises.addresses()) as opened:
        yield opened


@pytest.fixture
async def client(rooms, base):
    controller, text = await signed_controller(rooms, base)
    made = Client(DataPlane(data_plane(rooms)), text)
    made.controller = controller
    return made


def to_the_edge(log, file, clock) -> list[str]:
    """Write to the destruction log until its next line needs another page, which a full volume has not; what was
    intended, to be confirmed."""
    names, line = list[str](), PAGE
    while not names or -file.stat().st_size % PAGE >= line - 8:
        names.append(os.urandom(32).hex())
        before = file.stat().st_size
        log.intend(names[-1:], clock.now())
        line = file.stat().st_size - before
    return names


def until_refused(log, clock) -> list[str]:
    """Write to the destruction log until not even its short lines can be anchored; what was intended, to be confirmed."""
    names = list[str]()
    for _ in range(2 * PAGE // 64):
        names.append(os.urandom(32).hex())
        try:
            log.intend(names[-1:], clock.now())
        except Unavailable:
            return names
    raise AssertionError("two pages of short lines went into a full volume")


@pytest.mark.parametrize("which", [0, 1])
async def test_a_copy_of_the_destruction_log_that_is_full_destroys_nothing_and_is_gone_on_from(
    client, rooms, settings, profile, which
):
    (gone, record), (stays, other) = await client.person(profile), await client.person({"language": "fr"})
    folder, log = settings.destruction_folders[which], rooms.destruction_log
    before = log.unconfirmed()
    with small(folder) as volume:
        written = to_the_edge(log, folder / "destruction.ndjson", rooms.clock)
        volume.fill()
        refused = await client("DELETE", f"/api/v1/persons/{gone}")
        assert (refused.status, refused.headers["retry-after"]) == (503, "1"), refused.raw
        assert await rooms.keys.person_key_stands(client.controller, UUID(gone)), "destroyed without being written down"
        assert (await client("GET", f"/api/v1/persons/{gone}/profile/{record}")).status == 404, "they are on their way"
        assert (await client("GET", f"/api/v1/persons/{stays}/profile/{other}")).status == 200
        if which:  # the first copy has a line that the second cannot take: no start is made on that
            with pytest.raises(Unavailable, match="destruction log cannot be written"):
                log.check()
        volume.empty()
        assert await worked(rooms.duties(), "erasures", client.controller) == 1
        assert not await rooms.keys.person_key_stands(client.controller, UUID(gone))
        log.confirm(written, rooms.clock.now())
        assert log.unconfirmed() == before
    assert log.unconfirmed() == before


async def test_anchors_that_are_full_publish_nothing_lose_nothing_and_are_gone_on_from(
    client, rooms, settings, premises, profile
):
    people = [await client.person(profile)]
    async with sequencing(settings, premises.addresses()) as sequencer:
        await sequencer.integrate_all()
        with small(settings.anchors) as volume:
            volume.fill()

            async def until_full() -> None:
                for _ in range(3 * PAGE // 200):
                    people.append(await client.person({"language": "fr"}))
                    await sequencer.integrate_all()

            with pytest.raises(Unavailable, match="anchors cannot be written"):
                await until_full()
            published = await rooms.reading.head(client.controller)
            people.append(await client.person({"language": "it"}))
            with pytest.raises(Unavailable):
                await sequencer.integrate_all()
            assert (await rooms.reading.head(client.controller)).checkpoint == published.checkpoint
            written = until_refused(rooms.destruction_log, rooms.clock)
            refused = await client("DELETE", f"/api/v1/persons/{people[0][0]}")
            assert (refused.status, refused.headers["retry-after"]) == (503, "1"), refused.raw
            assert client.controller not in await put_back(settings, premises.addresses())
            for person, record in people[1:]:
                assert (await client("GET", f"/api/v1/persons/{person}/profile/{record}")).status == 200
            vouching.keep(settings.anchors, ["a start"], put_back=False)  # said, and looked over again
            volume.empty()
            rooms.destruction_log.confirm(written, rooms.clock.now())
            assert await worked(rooms.duties(), "erasures", client.controller) == 1
            await sequencer.integrate_all()
            assert (await rooms.reading.head(client.controller)).size > published.size
            assert rooms.destruction_log.check()
        assert client.controller not in await put_back(settings, premises.addresses())


async def test_starts_that_were_looked_over_stay_known_on_a_full_volume(tmp_path):
    with small(tmp_path) as volume:
        vouching.keep(tmp_path, ["known"], put_back=False)
        volume.fill()
        vouching.keep(tmp_path, [f"start {number}" for number in range(60)], put_back=True)
        assert vouching._read(tmp_path) == {"known": False}
        volume.empty()
        vouching.keep(tmp_path, ["later"], put_back=True)
        assert vouching._read(tmp_path) == {"known": False, "later": True}


@pytest.mark.parametrize("which", ["root-keys", "escrow"])
async def test_root_keys_on_a_full_volume_open_what_they_opened_and_are_changed_in_both_copies_or_neither(
    tmp_path, which
):
    folders = {name: tmp_path / name for name in ("root-keys", "escrow")}
    for folder in folders.values():
        folder.mkdir()
    files = folders["root-keys"] / "keys", folders["escrow"] / "keys"
    with small(folders[which]) as volume:
        keys = RootKeyFile(*files)
        await keys.create("one/1")
        [wrapped] = await keys.wrap("one/1", [b"secret"], [b"bound"])
        volume.fill()
        with pytest.raises(RootKeysAway, match="cannot be written"):
            await keys.create("one/2")
        with pytest.raises(RootKeysAway, match="cannot be written"):
            await keys.destroy("one/1")
        for fresh in (keys, RootKeyFile(*files)):
            assert await fresh.unwrap("one/1", [wrapped], [b"bound"]) == [b"secret"]
        volume.empty()
        await keys.create("one/2")
        await keys.destroy("one/1")
        assert files[0].read_bytes() == files[1].read_bytes()
        assert await RootKeyFile(*files).names("") == ["one/2"]
