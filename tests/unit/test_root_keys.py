"""The root keys' file: what is missing is never begun anew, and a crash between the two copies loses nothing."""

import json
import shutil

import pytest

from bailee.infra import root_keys
from bailee.infra.database import Unavailable
from bailee.infra.root_keys import RootKeyFile, RootKeysAway

NAME = "controller/1"


@pytest.fixture
def files(tmp_path):
    return tmp_path / "root-keys", tmp_path / "root-keys-escrow"


@pytest.fixture
async def root(files):
    made = RootKeyFile(*files)
    made.signer("log")
    await made.create(NAME)
    return made


async def test_a_file_that_is_missing_beside_its_copy_is_not_begun_anew_over_the_copy(root, files):
    path, escrow = files
    kept = escrow.read_bytes()
    path.unlink()
    for fresh in (root, RootKeyFile(*files)):
        with pytest.raises(RootKeysAway, match="put its copy"):
            fresh.signer("log")
        with pytest.raises(Unavailable):
            await fresh.create("controller/2")
        with pytest.raises(RootKeysAway):
            await fresh.unwrap(NAME, [b""], [b""])
    assert escrow.read_bytes() == kept
    assert not path.exists()
    shutil.copy(escrow, path)
    assert await root.names("") == [NAME]


@pytest.mark.parametrize("after", [0, 1])
async def test_a_crash_between_the_copies_leaves_nothing_that_only_one_of_them_needs(root, files, monkeypatch, after):
    path, escrow = files
    done, replace = [], root_keys._replace

    def dying(file, keys):
        if len(done) == after:
            raise OSError(28, "No space left on device")
        replace(file, keys)
        done.append(file)

    monkeypatch.setattr(root_keys, "_replace", dying)
    for change in (root.destroy(NAME), root.create("controller/2")):
        done.clear()
        with pytest.raises(RootKeysAway):
            await change
    monkeypatch.setattr(root_keys, "_replace", replace)
    again = RootKeyFile(*files)
    assert await again.names("") == [NAME], "what is not in both is not in use, and not gone"
    await again.destroy(NAME)
    await again.create("controller/2")
    both = [json.loads(file.read_text()) for file in (path, escrow)]
    assert both[0] == both[1]
    assert set(both[0]) == {"kek:controller/2", "signer:log"}


@pytest.mark.parametrize("harm", ["open", "broken", "a folder"])
async def test_a_file_that_cannot_be_used_is_away_and_stays_as_it_is(root, files, harm):
    path, escrow = files
    kept = escrow.read_bytes()
    match harm:
        case "open":
            path.chmod(0o644)
        case "broken":
            path.write_text("{")
        case "a folder":
            path.unlink()
            path.mkdir(mode=0o700)
    with pytest.raises(RootKeysAway):
        await RootKeyFile(*files).create("controller/2")
    assert escrow.read_bytes() == kept
