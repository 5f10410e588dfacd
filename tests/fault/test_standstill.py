"""A platform of real processes that stood still for a month: what fell due is caught up once, and said to be late.

With LONG=1: real processes, started twice. What is caught up in which order is tried in test_catching_up.py at each change.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fault.test_kill import Up
from tests.outside import Post, until

from bailee.cli.demo import parties
from bailee.cli.demo.speaking import Client
from bailee.contract.reading import read_agreement
from bailee.infra import samples

__test__ = os.environ.get("LONG") == "1"
RECORD = {"type": "profile", "data": {"email": "kept@x.example"}}


class Standing(Up):
    """A platform in a sandbox, under a clock of its own, that can be stopped and started again."""

    def __init__(self, folder: Path, post: Post) -> None:
        self.folder, self.data, self.clock = folder, folder / "data", folder / "clock"
        self.at(timedelta())
        self.environ = os.environ | {
            "BAILEE_CLOCK": f"file:{self.clock}", "BAILEE_SMTP_URL": f"smtp://127.0.0.1:{post.port}",
            "BAILEE_MAIL_FROM": "no-reply@passerelle.example", "BAILEE_PROCESSOR": "Passerelle SAS",
        }  # fmt: skip
        made = self.bailee("init", "--json")
        self.operator = Client("", made["credential"])
        self.log = (folder / "up.log").open("w")
        self.start()

    def at(self, later: timedelta) -> None:
        self.clock.write_text(f"+{later.days}d" if later.days else "+0s")

    def start(self) -> None:
        command = [sys.executable, "-m", "bailee", "up", "--data", str(self.data), "--port", "0", "--sandbox"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=self.environ)
        line = self.process.stdout.readline()
        assert line.startswith("ready "), (self.folder / "up.log").read_text()
        self.url = self.operator.url = line.split()[1]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()

    def close(self) -> None:
        self.stop()
        self.log.close()

    def bailee(self, *words: str) -> dict:
        command = [sys.executable, "-m", "bailee", *words, "--data", str(self.data), "--sandbox"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.environ)
        assert done.stdout, done.stderr
        return json.loads(done.stdout) if "--json" in words else {}

    def agreed(self, number: int) -> tuple[parties.Company, Any]:
        """A controller under the sample agreement."""
        company = parties.companies()[number]
        opened = self.operator.must("POST", "/api/v1/controllers", {"name": company.name})
        company.id, company.verifier_key = opened["id"], opened["verifier_key"]
        agreement = parties.filled(read_agreement(samples.agreement().read_text()), company)
        at = datetime.now(UTC) - timedelta(seconds=5)
        document = parties.signed(agreement, company, Ed25519PrivateKey.generate(), at)
        self.operator.must("POST", f"/api/v1/controllers/{company.id}/documents", parties.wire(document))
        return company, agreement

    def system(self, controller: str, for_days: int) -> Client:
        wanted = {"actor": "system:crm", "kind": "controller_system", "purposes": ["account-management"],
                  "expires_at": (datetime.now(UTC) + timedelta(days=for_days)).isoformat()}  # fmt: skip
        made = self.operator.must("POST", f"/api/v1/controllers/{controller}/credentials", wanted)
        return Client(self.url, made["text"])

    def obligations(self) -> list[dict[str, Any]]:
        return self.operator.must("GET", "/api/v1/obligations")

    def end_of(self, controller: str) -> dict[str, Any]:
        return self.operator.must("GET", f"/api/v1/controllers/{controller}/end")


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    made.open()
    yield made
    made.shut()


@pytest.fixture
def standing(tmp_path: Path, post: Post) -> Iterator[Standing]:
    made = Standing(tmp_path, post)
    yield made
    made.close()


def test_a_month_of_standstill_is_caught_up_once_and_what_is_late_is_said_to_be(standing: Standing, post: Post):
    runs, _ = standing.agreed(0)
    ends, agreement = standing.agreed(1)
    short, long = standing.system(runs.id, 1), standing.system(runs.id, 60)
    kept = long.must("POST", "/api/v1/persons", {"groups": ["user"], "records": [RECORD]})
    soon = RECORD | {"expires_at": (datetime.now(UTC) + timedelta(days=10)).isoformat()}
    over = long.must("POST", "/api/v1/persons", {"groups": ["user"], "records": [soon]})
    gone = long.must("POST", "/api/v1/persons", {"groups": ["user"], "records": [RECORD]})
    assert long("DELETE", f"/api/v1/persons/{gone['person']}").status == 202
    document = parties.wire(parties.ended(ends, agreement, datetime.now(UTC) - timedelta(seconds=1)))
    standing.operator.must("POST", f"/api/v1/controllers/{ends.id}/end", document)
    until(lambda: standing.end_of(ends.id)["returned_at"], "the return")
    assert post.mails == []

    standing.stop()
    standing.at(timedelta(days=31))
    standing.start()
    for one in (short, long):
        one.url = standing.url
    until(
        lambda: Counter(one["Subject"] for one in post.mails)["What falls due (1 late)"] == 2, "what is late, to both"
    )
    owed = {one["clause"]: one for one in standing.obligations() if one["controller"] == ends.id}
    assert owed["end.destroy"]["late"]
    assert owed["end.return"]["late"]
    assert standing.bailee("status", "--json")["time"] == "doubted", (
        "a month within a moment of the machine's own clock"
    )
    assert standing.end_of(ends.id)["destroyed_at"] is None, "nothing is destroyed by such a leap alone"
    assert short("GET", f"/api/v1/persons/{kept['person']}").status == 401, "its day has come"
    read = long("GET", f"/api/v1/persons/{kept['person']}/profile/{kept['records'][0]}")
    assert (read.status, read.body["data"]) == (200, RECORD["data"])
    assert long("GET", f"/api/v1/persons/{over['person']}/profile/{over['records'][0]}").status == 404
    erasure = f"/api/v1/persons/{gone['person']}/erasure"
    until(lambda: long("GET", erasure).body["final_at"], "the turn of keys that was due for an erasure")
    assert long("POST", "/api/v1/persons", {"groups": ["user"], "records": [RECORD]}).status == 201, (
        "under a new month's key"
    )

    standing.bailee("clock", "confirm")
    assert standing.bailee("status", "--json")["time"] == "believed"
    # the servers' own clocks say another month here: by the clock alone nothing would be destroyed yet
    ending = standing.operator.must("POST", f"/api/v1/controllers/{ends.id}/end/destruction")
    assert ending["destroyed_at"] > ending["last_day"]
    assert not (standing.data / "returns" / ends.id).exists()
    twice = [sent for sent, times in Counter((one["To"], one["Subject"]) for one in post.mails).items() if times > 1]
    assert twice == []
    logs = standing.operator.must("GET", f"/api/v1/controllers/{runs.id}/ledger/generations")
    assert logs in ([], {"generations": []}), "its log goes on as it was"
