"""Processes are killed while people write: nothing acknowledged is lost, nothing answered lacks its entry."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.cli.demo import parties
from bailee.cli.demo.speaking import Client
from bailee.contract.reading import read_agreement
from bailee.infra import samples

READY_SECONDS = 60


class Up:
    """A real platform: `bailee up` with two server processes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        made = self.bailee("init")
        self.operator = Client("", made["credential"])
        command = [sys.executable, "-m", "bailee", "up", "--data", str(self.data), "--port", "0", "--workers", "2"]
        self.log = (folder / "up.log").open("w")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("ready "), (folder / "up.log").read_text()
        self.url = self.operator.url = line.split()[1]

    def bailee(self, *words: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", "bailee", *words, "--data", str(self.data), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def controller(self) -> tuple[str, Client]:
        company = parties.companies()[0]
        opened = self.operator.must("POST", "/api/v1/controllers", {"name": company.name})
        company.id, company.verifier_key = opened["id"], opened["verifier_key"]
        agreement = parties.filled(read_agreement(samples.agreement().read_text()), company)
        document = parties.signed(
            agreement, company, Ed25519PrivateKey.generate(), datetime.now(UTC) - timedelta(seconds=5)
        )
        path = f"/api/v1/controllers/{company.id}"
        self.operator.must("POST", f"{path}/documents", parties.wire(document))
        return company.id, self.client(company.id)[1]

    def client(self, controller: str) -> tuple[str, Client]:
        wanted = {"actor": "system:crm", "kind": "controller_system", "purposes": ["account-management"],
                  "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}  # fmt: skip
        made = self.operator.must("POST", f"/api/v1/controllers/{controller}/credentials", wanted)
        return made["credential"], Client(self.url, made["text"])

    def children(self, word: str) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                line = (entry / "cmdline").read_bytes()
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            if word.encode() in line and (str(self.data).encode() in line or self._ours(parent)):
                found.append(int(entry.name))
        return found

    def _ours(self, pid: int) -> bool:
        while pid > 1:
            if pid == self.process.pid:
                return True
            try:
                pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                return False
        return False

    def wait_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise AssertionError((self.folder / "up.log").read_text())

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()
        self.log.close()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    made = Up(tmp_path_factory.mktemp("up"))
    yield made
    made.close()


class Writer(threading.Thread):
    """Takes people in without pause, and keeps what was acknowledged."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client, self.stopping = client, threading.Event()
        self.acknowledged: list[dict] = []
        self.statuses: set[int] = set()

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            mail = f"p{number}.{threading.get_ident()}@x.example"
            body = {"groups": ["user"], "records": [{"type": "profile", "data": {"email": mail}}]}
            try:
                reply = self.client("POST", "/api/v1/persons", body)
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
                continue
            self.statuses.add(reply.status)
            if reply.status == 201:
                self.acknowledged.append({**reply.body, "mail": mail})


@pytest.mark.parametrize("victim", ["data", "keys", "worker", "sequencer"])
def test_a_kill_loses_nothing_that_was_acknowledged(up: Up, victim: str):
    controller, client = up.controller()
    writers = [Writer(client) for _ in range(3)]
    for writer in writers:
        writer.start()
    time.sleep(1.0)
    _kill(up, victim)
    time.sleep(2.0)
    up.wait_ready()
    time.sleep(1.0)
    for writer in writers:
        writer.stopping.set()
        writer.join()
    acknowledged = [one for writer in writers for one in writer.acknowledged]
    assert len(acknowledged) > 20
    assert set().union(*(w.statuses for w in writers)) <= {201, 503}
    names = set()
    for one in acknowledged:
        path = f"/api/v1/persons/{one['person']}/profile/{one['records'][0]}"
        assert client.must("GET", path)["data"] == {"email": one["mail"]}
        names.add(one["entry"])
    time.sleep(1.5)
    for name in sorted(names)[:: max(1, len(names) // 20)]:
        assert up.operator("GET", f"/api/v1/controllers/{controller}/ledger/receipts/{name}").status == 200


def _kill(up: Up, victim: str) -> None:
    if victim in ("data", "keys"):
        pid = int((up.data / victim / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        return
    word = {"worker": "granian", "sequencer": "--work"}[victim]
    pids = up.children(word)
    assert pids
    os.kill(max(pids), signal.SIGKILL)


def test_a_second_up_on_the_same_folder_is_turned_away_and_the_first_serves_on(up: Up):
    command = [sys.executable, "-m", "bailee", "up", "--data", str(up.data), "--port", "0"]
    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=READY_SECONDS)
    assert second.returncode == 2, second.stdout + second.stderr
    assert "another `bailee up`" in " ".join(second.stderr.split())
    assert up.process.poll() is None
    up.wait_ready()


def test_a_revoked_credential_is_refused_by_every_worker_within_a_second(up: Up):
    controller, owner = up.controller()
    person = owner.must(
        "POST", "/api/v1/persons", {"groups": ["user"], "records": [{"type": "profile", "data": {"language": "fr"}}]}
    )
    credential, client = up.client(controller)
    path = f"/api/v1/persons/{person['person']}/profile/{person['records'][0]}"
    for _ in range(40):
        assert client("GET", path).status == 200
    assert up.operator("DELETE", f"/api/v1/controllers/{controller}/credentials/{credential}").status == 204
    answers = {client("GET", path).status for _ in range(60)}
    assert answers == {401}


def test_a_withdrawn_instruction_bites_on_every_worker(up: Up):
    controller, client = up.controller()
    person = client.must(
        "POST", "/api/v1/persons", {"groups": ["user"], "records": [{"type": "profile", "data": {"language": "fr"}}]}
    )
    path = f"/api/v1/persons/{person['person']}"
    for _ in range(40):
        assert client("GET", f"{path}/profile/{person['records'][0]}").status == 200
    assert client("PATCH", path, {"restricted": True}).status == 200
    assert {client("GET", f"{path}/profile/{person['records'][0]}").status for _ in range(60)} == {403}
