"""The command line as an operator meets it: it says what to do, and exits 0, 1 or 2."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import click
import pytest

from bailee.cli.main import cli
from bailee.infra.premises import Premises
from bailee.infra.setting_list import describe
from bailee.infra.settings import RefusedSettings, load

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "agreements" / "platform" / "agreement.yaml"


def bailee(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "bailee", *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
        check=False,
    )


def test_no_command_is_cut_short_where_it_is_listed():
    listed = [(group.name, group.commands) for group in cli.commands.values() if isinstance(group, click.Group)]
    assert len(listed) > 5
    cut = [
        f"{name} {one.name}" for name, commands in listed for one in commands.values()
        if one.get_short_help_str(limit=62).endswith("...")
    ]  # fmt: skip
    assert cut == []


def test_an_agreement_is_checked_and_its_open_slots_named():
    done = bailee("agreement", "check", str(SAMPLE))
    assert done.returncode == 0
    assert "reversibility.recipient_key" in done.stdout


def test_a_broken_agreement_is_told_with_every_place_and_exit_1(tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text(SAMPLE.read_text().replace("language: en", "language: klingon").replace("data_act:", "data_akt:"))
    done = bailee("agreement", "check", str(broken))
    assert done.returncode == 1
    assert "klingon" in done.stdout
    assert "data_akt" in done.stdout
    listed = json.loads(bailee("agreement", "check", str(broken), "--json").stdout)["problems"]
    assert all(one["line"] > 0 for one in listed)


def test_variants_are_compared_with_their_base():
    variant = ROOT / "agreements" / "platform" / "variants" / "example-negotiated.yaml"
    done = bailee("agreement", "diff", str(SAMPLE), str(variant), "--json")
    assert done.returncode == 1
    assert any("destruction" in one["path"] for one in json.loads(done.stdout))
    assert bailee("agreement", "diff", str(SAMPLE), str(SAMPLE)).returncode == 0
    assert "example-negotiated" in bailee("agreement", "matrix", str(SAMPLE), str(variant)).stdout


def test_show_and_schema_and_clauses_and_settings_answer():
    assert "Services" in bailee("agreement", "show", str(SAMPLE)).stdout
    assert json.loads(bailee("agreement", "schema").stdout)["$schema"].endswith("2020-12/schema")
    assert len(json.loads(bailee("clauses", "--json").stdout)) == 70
    assert {one["name"] for one in json.loads(bailee("settings", "--json").stdout)} >= {
        "BAILEE_DATABASE_URL",
        "BAILEE_CLOCK",
    }


def test_brackets_in_what_is_shown_are_no_markup(tmp_path):
    """A setting's own words hold brackets; so may a name, a path or a message from elsewhere, and none colours a line."""
    shown = bailee("settings", COLUMNS="300")
    assert shown.returncode == 0, shown.stderr
    assert "s3://BUCKET[/PREFIX]" in shown.stdout
    refused = bailee("doctor", "--data", str(tmp_path), BAILEE_BLOBS="ftp://somewhere")
    assert refused.returncode == 2
    assert "[/PREFIX]" in refused.stderr
    broken = tmp_path / "broken[bold].yaml"
    broken.write_text("'[/x]': 1")
    assert "[bold]" in bailee("agreement", "check", str(broken)).stdout


def test_a_platform_is_founded_examined_and_listed(tmp_path):
    data = str(tmp_path / "data")
    assert bailee("controller", "list", "--data", data).returncode == 2
    made = bailee("init", "--data", data)
    assert made.returncode == 0, made.stderr
    assert "shown this once" in made.stdout
    created = json.loads(bailee("controller", "create", "Acme", "--data", data, "--json").stdout)
    issued = bailee(
        "credential", "create", "--actor", "system:crm", "--controller", created["id"], "--purpose", "account-management",
        "--expires", "2099-01-01", "--data", data, "--json",
    )  # fmt: skip
    credential = json.loads(issued.stdout)
    assert credential["text"].startswith("bailee_")
    over = bailee(
        "credential", "create", "--actor", "a", "--controller", created["id"], "--purpose", "support", "--expires", "2001-01-01",
        "--data", data,
    )  # fmt: skip
    assert (over.returncode, "future" in over.stderr) == (2, True)
    revoked = bailee("credential", "revoke", credential["credential"], "--controller", created["id"], "--data", data)
    assert revoked.returncode == 0
    [one] = json.loads(bailee("credential", "list", "--controller", created["id"], "--data", data, "--json").stdout)
    assert (one["credential"], one["actor"], bool(one["revoked_at"])) == (credential["credential"], "system:crm", True)
    assert credential["text"].rpartition("_")[2] not in json.dumps(one)
    shown = bailee("credential", "list", "--controller", created["id"], "--data", data, COLUMNS="200").stdout
    assert "system:crm" in shown
    assert "revoked" in shown
    listed = json.loads(bailee("controller", "list", "--data", data, "--json").stdout)
    assert [one["name"] for one in listed] == ["Acme"]
    assert json.loads(bailee("notices", "--data", data, "--json").stdout) == {
        "mail": {"state": "open", "reason": "", "since": None}, "notices": [],
    }  # fmt: skip
    examined = bailee("doctor", "--data", data)
    assert examined.returncode == 0, examined.stdout
    listed_paths = json.loads(bailee("paths", "--data", data, "--json").stdout)
    assert {one["name"] for one in listed_paths} >= {"data server", "key store", "root keys", "returns"}
    assert bailee("destroy", "--controller", created["id"], "--data", data).returncode == 2


def test_two_that_found_at_once_beside_one_that_starts_to_serve_harm_nobody(tmp_path):
    data = str(tmp_path / "data")
    base = [sys.executable, "-m", "bailee"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    inits = [subprocess.Popen([*base, "init", "--data", data, "--json"], **pipes) for _ in range(2)]
    up = subprocess.Popen([*base, "up", "--data", data, "--port", "0"], **pipes)
    try:
        answers = [one.communicate(timeout=120) for one in inits]
        assert [one.returncode for one in inits] == [0, 0], answers
        made = [json.loads(out) for out, _ in answers]
        assert made[0]["platform"] == made[1]["platform"]
        assert made[0]["credential"] != made[1]["credential"]
        assert up.stdout.readline().startswith("ready ")
        assert bailee("init", "--data", data).returncode == 0, "nor does one beside it once it serves"
    finally:
        up.terminate()
        _, said = up.communicate(timeout=60)
    assert (up.returncode, "started again" in said) == (0, False), said


def test_before_anything_is_founded_every_command_says_how_to_begin(tmp_path):
    (tmp_path / "other").mkdir()
    for command, place in (("doctor", "nothing"), ("status", "nothing"), ("status", "other")):
        said = bailee(command, "--data", str(tmp_path / place))
        assert said.returncode in (1, 2)
        words = " ".join((said.stdout + said.stderr).split())
        assert "`bailee up`" in words
        assert words.count("✗") == 1
    assert not any((tmp_path / "other").iterdir()), "looking begins no server"


def test_an_external_server_that_is_away_is_called_a_server(tmp_path):
    nobody = "postgresql://bailee@127.0.0.1:1/bailee"
    names = ("BAILEE_DATABASE_URL", "BAILEE_DATABASE_OWNER_URL", "BAILEE_SEQUENCER_URL")
    said = bailee("status", "--data", str(tmp_path / "data"), **dict.fromkeys(names, nobody))
    assert (said.returncode, "a server is away" in said.stderr) == (2, True), said.stderr


def test_a_platform_whose_destruction_log_is_missing_stays_sealed_and_says_how_to_mend_it(tmp_path):
    data = tmp_path / "data"
    assert bailee("init", "--data", str(data)).returncode == 0
    log = data.with_name("data.destruction-b") / "destruction.ndjson"
    kept = log.read_bytes()
    log.unlink()
    sealed = bailee("controller", "list", "--data", str(data))
    assert sealed.returncode == 2
    assert "sealed" in sealed.stderr
    assert bailee("doctor", "--data", str(data)).returncode == 1
    log.write_bytes(kept)
    assert bailee("controller", "list", "--data", str(data)).returncode == 0


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"BAILEE_DATABSE_URL": "x"}, "did you mean BAILEE_DATABASE_URL?"),
        ({"BAILEE_REGION": "US"}, "EU country"),
        ({"BAILEE_CLOCK": "file:/tmp/x"}, "--sandbox only"),
        (
            {"BAILEE_DATABASE_URL": "postgresql://u:p@db.example/x", "BAILEE_SEQUENCER_URL": "postgresql://u@/x"},
            "verify-full",
        ),
        ({"BAILEE_DATABASE_URL": "mysql://x", "BAILEE_SEQUENCER_URL": "postgresql://u@/x"}, "postgresql://"),
        ({"BAILEE_DATABASE_URL": "postgresql://u@/x"}, "BAILEE_SEQUENCER_URL"),
        ({"BAILEE_DESTRUCTION_LOGS": "one"}, "two folders"),
        ({"BAILEE_KEY_SERVICE": "cloud"}, "file"),
    ],
)
def test_settings_that_are_not_safe_or_not_known_do_not_start(tmp_path, environ, words):
    with pytest.raises(RefusedSettings) as refused:
        load(tmp_path / "data", environ)
    assert any(words in one for one in refused.value.problems), refused.value.problems


def test_every_setting_is_documented():
    assert all(words for _, _, words in describe())


def test_what_cannot_be_verified_is_a_finding_and_what_cannot_be_read_is_misuse(tmp_path):
    nonsense = tmp_path / "checkpoint"
    nonsense.write_text("nothing")
    assert bailee("verify", str(nonsense)).returncode == 1
    assert bailee("verify", str(tmp_path / "absent")).returncode == 2
    assert bailee("nonsense").returncode == 2


def test_the_clock_is_confirmed_and_months_are_pruned_under_a_name(tmp_path):
    data = str(tmp_path / "data")
    made = json.loads(bailee("init", "--data", data, "--json").stdout)
    confirmed = bailee("clock", "confirm", "--data", data, "--by", "Ada")
    assert confirmed.returncode == 0, confirmed.stderr
    assert "confirmed by Ada" in confirmed.stdout
    controller = json.loads(bailee("controller", "create", "Acme", "--data", data, "--json").stdout)
    which = controller.get("id") or controller.get("controller")
    wrong = bailee("ledger", "prune", "--controller", which, "--before", "soon", "--data", data)
    assert wrong.returncode == 2
    assert "as 2026-01" in wrong.stderr + wrong.stdout
    pruned = bailee("ledger", "prune", "--controller", which, "--before", "2020-01", "--data", data, "--json")
    assert json.loads(pruned.stdout)["months"] == []
    assert made["credential"]


def test_what_is_owed_is_listed_and_its_table_made_anew(tmp_path):
    """An obligation is opened beside the running command line, altered in the table, and put right."""
    data = str(tmp_path / "data")
    assert bailee("init", "--data", data).returncode == 0
    assert "nothing is owed" in bailee("obligations", "--data", data).stdout
    assert bailee("obligations", "--data", data, "--controller", str(uuid4())).returncode == 2
    assert subprocess.run([sys.executable, "-c", OWE, data], check=False).returncode == 0
    listed = json.loads(bailee("obligations", "--data", data, "--json").stdout)
    assert [(one["clause"], one["late"], one["owed_by"]) for one in listed] == [("audits.notice", True, "controller")]
    assert "late" in bailee("obligations", "--data", data).stdout
    looked = bailee("obligations", "rebuild", "--look", "--data", data, "--json")
    assert (looked.returncode, len(json.loads(looked.stdout)[0]["different"])) == (1, 1)
    assert bailee("obligations", "rebuild", "--data", data).returncode == 1, "it was put right now"
    [one] = json.loads(bailee("obligations", "--data", data, "--json").stdout)
    assert one["rule"] == "15 working-days"


def test_what_waits_for_a_second_person_and_what_stands_still_is_listed(tmp_path):
    """Both are made beside the running command line, in the rooms that make them."""
    data = str(tmp_path / "data")
    assert bailee("init", "--data", data).returncode == 0
    assert "Nothing waits" in bailee("approvals", "--data", data).stdout
    fine = bailee("status", "--data", data)
    assert (fine.returncode, "no duty stands still" in fine.stdout) == (0, True), fine.stdout + fine.stderr
    assert json.loads(bailee("status", "--data", data, "--json").stdout)["setbacks"] == []
    assert "no record has been compared with its log yet" in fine.stdout
    assert "none will before BAILEE_SMTP_URL is set" in fine.stdout
    mailing = " ".join(
        bailee("status", "--data", data, BAILEE_SMTP_URL="smtp://127.0.0.1:9", BAILEE_PORT="9999").stdout.split()
    )
    assert "✓ mail leaves" in mailing
    assert "lead to http://localhost:9999: set BAILEE_URL" in mailing
    made = subprocess.run([sys.executable, "-c", WAIT, data], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    [waiting] = json.loads(bailee("approvals", "--data", data, "--json").stdout)
    assert (waiting["act"], waiting["state"], waiting["open"], waiting["asked_by"]) == (
        "export-everyone", "pending", True, "ada",
    )  # fmt: skip
    assert waiting["approval"] in bailee("approvals", "--data", data, COLUMNS="200").stdout
    stands = bailee("status", "--data", data, COLUMNS="200")
    assert stands.returncode == 1
    assert "ZeroDivisionError" in stands.stdout
    assert "every record was compared with its log since" in " ".join(stands.stdout.split())
    told = json.loads(bailee("status", "--data", data, "--json").stdout)
    assert told["scrub"]["whole"] is True
    [setback] = told["setbacks"]
    assert (setback["duty"], setback["times"]) == ("imports", 3)


WAIT = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from bailee.__main__ import opened
from bailee.infra.settings import load
from bailee.processing.accounts.approving.approvals import Approvals, SecondPerson
from bailee.processing.accounts.approving.dangers import Asked, Danger
from bailee.wings import Wings

class OfTwo(Approvals):
    async def several(self, *_):
        return True

async def main():
    async with opened(load(Path(sys.argv[1]), {})) as rooms:
        accounts = Wings(rooms).accounts
        approvals = OfTwo(database=rooms.data, committing=rooms.committing, keys=rooms.keys, accounts=accounts,
                          clock=rooms.clock)
        try:
            await approvals.first(rooms.platform, Asked(Danger.export, "/exports", (("form", "csv"),)), by="ada")
            raise SystemExit("nobody else is asked")
        except SecondPerson:
            pass
        later = rooms.clock.now() + timedelta(minutes=5)
        await rooms.setbacks.note(rooms.platform, "imports", "ZeroDivisionError", times=3, again_at=later)
        await rooms.looking_through.go_on(rooms.platform)

asyncio.run(main())
"""
OWE = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from bailee.__main__ import opened
from bailee.furnishing import sequencing
from bailee.infra.premises import Premises
from bailee.infra.settings import load
from bailee.obligations.calendar import Due
from bailee.obligations.promises import Promise

async def main():
    settings = load(Path(sys.argv[1]), {})
    async with opened(settings) as rooms, sequencing(settings, Premises(settings).addresses()) as sequencer:
        past = rooms.clock.now() - timedelta(days=1)
        promise = Promise(clause="audits.notice", subject="audit/1", owed_by="controller", owed_to="processor",
                          due=Due(past, past, "15 working-days"), evidence="notice")
        async with rooms.committing.transaction(rooms.platform) as change:
            await rooms.owing.obligations.open(change, promise, by="tests")
        async with rooms.data.transaction(rooms.platform) as tx:
            await tx.execute("UPDATE bailee.obligation SET rule = 'never' WHERE controller_id = $1", rooms.platform)
        while await sequencer.integrate_all():
            continue

asyncio.run(main())
"""


def test_commands_at_the_same_time_share_the_servers_that_one_of_them_started(tmp_path):
    data = str(tmp_path / "data")
    founded = bailee("init", "--data", data)
    assert founded.returncode == 0, founded.stderr
    with ThreadPoolExecutor(4) as pool:
        names = [f"Company {number}" for number in range(4)]
        done = list(pool.map(lambda name: bailee("controller", "create", name, "--data", data), names))
    assert [one.returncode for one in done] == [0] * 4, [one.stderr for one in done]
    listed = bailee("controller", "list", "--data", data, "--json")
    assert {one["name"] for one in json.loads(listed.stdout)} >= set(names)
    assert not Premises(load(Path(data), {})).clusters[0].running
