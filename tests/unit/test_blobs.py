"""The blob store's settings and its local folder: nothing personal in names, nothing half written, nothing left."""

from pathlib import Path

import pytest

from bailee.infra.blobs import BlobGone, Blobs, key
from bailee.infra.paths import paths
from bailee.infra.settings import RefusedSettings, load
from bailee.vocabulary.ids import new_id

PIECE = bytes(1024 * 1024)


def settings(folder: Path, **named: str):
    return load(folder / "data", {f"BAILEE_{name.upper()}": value for name, value in named.items()}, sandbox=True)


async def of(*pieces: bytes):
    for piece in pieces:
        yield piece


@pytest.mark.parametrize(
    "named",
    [
        {"blobs": "/var/blobs"}, {"blobs": "http://host/x"}, {"blobs": "s3://"}, {"blobs": "s3://KEY:SECRET@bucket"},
        {"blobs": "s3://bucket?secret=x"}, {"blobs": "s3://[bucket"}, {"blobs": "s3://b", "blobs_country": "US"},
    ],
)  # fmt: skip
def test_a_store_that_is_not_named_well_is_refused(folder, named):
    with pytest.raises(RefusedSettings):
        settings(folder, **named)


def test_an_object_store_is_made_from_its_address_and_a_file_of_its_owners_alone(folder):
    secrets = folder / "credentials"
    secrets.write_text("# ours\naws_access_key_id=ID\naws_secret_access_key = SECRET\nregion=eu-west-3\n")
    named = settings(folder, blobs="s3://bucket/prefix", blobs_credentials=str(secrets), blobs_country="FR")
    secrets.chmod(0o644)
    with pytest.raises(RefusedSettings):
        Blobs.of(named)
    secrets.chmod(0o600)
    assert Blobs.of(named)
    secrets.write_text("account_name=ours\naccount_key=c2VjcmV0\n")
    assert Blobs.of(settings(folder, blobs="az://container", blobs_credentials=str(secrets)))
    secrets.write_text("nonsense")
    with pytest.raises(RefusedSettings):
        Blobs.of(named)


def test_it_is_listed_as_a_place_for_personal_data(folder):
    [here] = [sink for sink in paths(settings(folder)) if sink.name == "blobs"]
    assert (here.path, here.personal) == (str(folder / "data" / "blobs"), True)
    [there] = [sink for sink in paths(settings(folder, blobs="s3://bucket")) if sink.name == "blobs"]
    assert there.path.startswith("external")


async def test_a_blob_is_written_read_in_part_listed_and_removed_with_its_folders(folder):
    blobs, (controller, person) = Blobs.of(settings(folder)), (new_id(), new_id())
    place = key(controller, person, new_id())
    await blobs.put(place, of(*[PIECE] * 12, b"end"))
    root = folder / "data" / "blobs"
    assert root.stat().st_mode & 0o077 == 0
    size = 12 * len(PIECE) + 3
    assert await blobs.read(place, size - 3, size + 10) == (b"end", size)
    assert await blobs.read(place, size + 5, size + 10) == (b"", size)
    assert sum([len(piece) async for piece in blobs.get(place)]) == size
    assert await blobs.list(str(controller)) == await blobs.list(f"{controller}/{person}") == [place]
    assert await blobs.list(str(new_id())) == []
    await blobs.delete(place)
    await blobs.delete(place)
    assert list(root.rglob("*")) == []
    with pytest.raises(BlobGone):
        await blobs.read(place, 0, 1)
    with pytest.raises(BlobGone):
        await anext(blobs.get(place))


async def test_a_writer_that_fails_leaves_nothing_and_what_a_dead_one_left_is_listed_and_removed(folder):
    blobs, place = Blobs.of(settings(folder)), key(new_id(), new_id(), new_id())

    async def failing():
        for _ in range(12):
            yield PIECE
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await blobs.put(place, failing())
    controller = place.split("/")[0]
    assert await blobs.list(controller) == []
    left = folder / "data" / "blobs" / f"{place}#7"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    assert await blobs.list(controller) == [place]
    await blobs.clear(controller)
    assert not left.exists()
