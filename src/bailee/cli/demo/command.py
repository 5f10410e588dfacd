"""`bailee demo`: a processor, two controllers, two thousand made-up people; from signature to certificate.

Everything goes over the public surface: HTTP for controllers, commands for the operator, files for the
verifier. Whatever is not as it should be stops the demo with exit 1.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.cli.demo import acts, parties
from bailee.cli.demo.speaking import Client, Unexpected
from bailee.cli.demo.story import Story
from bailee.cli.saying import finding, misuse
from bailee.contract.reading import read_agreement
from bailee.infra import samples

PEOPLE = 1000
START_SECONDS = 60.0


@click.command("demo")
@click.option("--data", type=click.Path(path_type=Path), help="A fresh directory; one is made without it.")
@click.option(
    "--people", default=PEOPLE, show_default=True, type=click.IntRange(10, 100_000), help="For each controller."
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def demo(data: Path | None, people: int, as_json: bool) -> None:
    """The main job on made-up people, from a signed agreement to a verified certificate of destruction."""
    folder = data or Path(f"bailee-demo-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    if folder.exists() and any(folder.iterdir()):
        misuse(f"{folder} is not empty: the demo wants a fresh directory")
    folder.mkdir(parents=True, exist_ok=True)
    story = Story(quiet=as_json)
    platform = Platform(folder.absolute())
    try:
        _play(platform, story, people)
    except Unexpected as wrong:
        story.still()
        finding(str(wrong))
    finally:
        story.still()
        platform.stop()
    story.close(folder, as_json)


class Platform:
    """A platform of the demo's own: its folder, its simulated clock, its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "platform"
        self.clock = folder / "clock"
        self.clock.write_text("+0s")
        self._up: subprocess.Popen[str] | None = None
        self.url = ""
        self.environ = {
            **os.environ,
            "BAILEE_CLOCK": f"file:{self.clock}",
            "BAILEE_PROCESSOR": parties.PROCESSOR,
            "BAILEE_LOG_NAME": "passerelle.example",
        }

    def run(self, *words: str) -> tuple[int, Any]:
        """Run a `bailee` command on this platform; its exit code and its JSON."""
        command = [sys.executable, "-m", "bailee", *words, "--data", str(self.data), "--sandbox", "--json"]
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, done.stderr.strip() or done.stdout.strip()

    def must(self, *words: str) -> Any:
        """Run a command that has to succeed."""
        code, said = self.run(*words)
        if code != 0:
            raise Unexpected(f"bailee {' '.join(words)}: exit {code}: {said}")
        return said

    def start(self) -> None:
        """`bailee up`, until it says that it is ready."""
        command = [sys.executable, "-m", "bailee", "up", "--data", str(self.data), "--sandbox", "--port", "0"]
        log = (self.folder / "up.log").open("w")
        self._up = subprocess.Popen(command, env=self.environ, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._up.stdout is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            line = self._up.stdout.readline()
            if line.startswith("ready "):
                self.url = line.split()[1]
                return
            if not line:
                break
        raise Unexpected(f"the platform did not start: see {self.folder / 'up.log'}")

    def stop(self) -> None:
        """Stop what `up` started."""
        if self._up is not None and self._up.poll() is None:
            self._up.terminate()
            self._up.wait(60)

    def move_clock(self, offset: str) -> None:
        """Move the simulated time."""
        self.clock.write_text(offset)


def _play(platform: Platform, story: Story, people: int) -> None:
    story.chapter("A processor opens its doors")
    story.begun("founding it, once: two PostgreSQL servers, their tables, the root keys, the ledger")
    operator = Client("", platform.must("init")["credential"])
    story.begun("starting it: the servers, the API, the sequencer, the worker")
    platform.start()
    operator.url = platform.url
    story.fact(f"everything runs at {platform.url}: two PostgreSQL servers, ledger, vault, gate")
    base = read_agreement(samples.agreement().read_text())
    processor = Ed25519PrivateKey.generate()
    now = datetime.now(UTC) - timedelta(seconds=5)
    scene = acts.Scene(platform, story, operator, base, processor, people)
    for company in parties.companies():
        scene.sign(company, now)
    scene.provide()
    scene.read_and_refuse()
    scene.register()
    scene.search_and_erase()
    scene.end(datetime.now(UTC))
    scene.destroy()
    scene.verify()
