"""A start beside files that are missing or broken: it says which, makes nothing anew, and goes on once they are back."""

from types import SimpleNamespace

import pytest
from tests.household import commanded

from bailee.cli.doors import speaking
from bailee.furnishing import furnish, sequencing
from bailee.infra.root_keys import RootKeysAway
from bailee.ledger.anchors import BrokenAnchors


@pytest.fixture
def moved():
    """Takes files away, and puts them back."""
    away = []

    def take(*files):
        for file in files:
            held = file.with_name(file.name + ".away")
            file.rename(held)
            away.append((held, file))

    yield take
    for held, file in away:
        held.replace(file)


async def test_a_founded_platform_whose_root_keys_are_lost_makes_no_others(rooms, settings, premises, moved):
    moved(settings.root_keys, settings.root_keys_escrow)
    with pytest.raises(RootKeysAway, match="put them back"):
        async with furnish(settings, premises.addresses()):
            pass
    with pytest.raises(RootKeysAway, match="put them back"):
        async with sequencing(settings, premises.addresses()):
            pass
    assert not settings.root_keys.exists()
    assert not settings.root_keys_escrow.exists()


async def test_a_command_beside_a_missing_file_of_keys_names_its_copy_and_keeps_it(rooms, settings, premises, moved):
    kept = settings.root_keys_escrow.read_bytes()
    moved(settings.root_keys)
    said = await commanded(SimpleNamespace(rooms=rooms), premises, "status")
    assert said.exit_code == 2
    assert str(settings.root_keys_escrow) in "".join(said.output.split())
    assert settings.root_keys_escrow.read_bytes() == kept


async def test_a_command_beside_lost_or_broken_passwords_says_so_in_a_line(rooms, settings, premises, moved):
    house = SimpleNamespace(rooms=rooms)
    passwords = premises.clusters[0]._password_file()
    moved(passwords)
    said = await commanded(house, premises, "status")
    assert "a file cannot be used" in said.output
    passwords.write_text("broken")
    said = await commanded(house, premises, "status")
    assert "is broken" in said.output


def test_anchors_that_are_broken_are_said_in_a_line(capsys):
    async def opening():
        raise BrokenAnchors("line 3 is not an anchor: restore the file")

    with pytest.raises(SystemExit):
        speaking(opening)
    assert "restore the file" in capsys.readouterr().err
