"""The demo itself, with few people: every step is checked by the demo, and its artefacts by hand here."""

import json
import shutil
import subprocess
import sys

import pytest

from bailee.cli.verifying import findings


def test_the_demo_plays_to_its_end_and_leaves_what_verifies(tmp_path):
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "bailee", "demo", "--data", str(folder), "--people", "12", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert len(told["chapters"]) == 9
    assert {file.suffix for file in (folder / "artefacts" / "register").iterdir()} == {".pdf", ".csv", ".jsonld"}
    assert len(list((folder / "tampered").iterdir())) == 10
    artefacts = folder / "artefacts"
    found = findings([artefacts / "bundle", artefacts / "certificate", artefacts / "ledger"])
    assert all(one.ok for one in found)
    assert any("unpinned" in one.words for one in found)
    assert any("simulated" in one.words for one in found)
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (again.returncode, "not empty" in again.stderr) == (2, True)


@pytest.mark.system
def test_nothing_of_the_demos_people_stands_in_the_databases_or_beside_the_keys(tmp_path):
    if shutil.which("grep") is None:
        pytest.skip("the program grep is not installed")
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "bailee", "demo", "--data", str(folder), "--people", "40", "--json"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    # A letter to a company is kept in the outbox, for want of a mail server: it is written to be read.
    for word in ("Kerouédan", "chandlers", "@harbour", "Galway"):
        found = subprocess.run(
            ["grep", "-rlaF", "--exclude-dir=outbox", word, str(folder / "platform")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.stdout == "", word
