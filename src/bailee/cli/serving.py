"""`bailee up`: everything, as children of one process that stops them in order."""

import errno
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from subprocess import Popen

import click
from msgspec.structs import replace

from bailee.cli.doors import Doors, alone_here, data_option, sandbox_option, settings_of, speaking
from bailee.cli.saying import err, misuse, plain, say
from bailee.infra import occupancy
from bailee.infra.doctor import links
from bailee.infra.postgres.binaries import NoPostgres
from bailee.infra.postgres.cluster import Cluster, ClusterDown
from bailee.infra.premises import Premises
from bailee.infra.processes import spawn, stop
from bailee.infra.settings import Settings
from bailee.infra.space import Reserve

READY_SECONDS = 60.0
WATCH_SECONDS = 0.3
PORT_SECONDS = 5.0


@click.command("up")
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve at.")
@click.option("--port", show_default="BAILEE_PORT, or 8400", type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Server processes.")
@sandbox_option
@click.pass_obj
def up(doors: Doors, data: Path, host: str, port: int | None, workers: int, sandbox: bool) -> None:
    """Start everything: PostgreSQL (embedded or as set), the API and the workers. Ctrl-C stops all of it.

    Prints `ready URL` when it serves. What dies is started again.
    """
    settings = settings_of(data, sandbox=sandbox)
    port = int(settings.port) if port is None else port
    premises = Premises(settings)
    fresh, alone = not data.exists(), _alone(data)
    if port:
        _port_at(host, port)
    if fresh:
        err.print("founding the platform: its servers, keys and ledger; this once it takes a moment")
    try:
        with alone_here(data):
            _start(premises)
            speaking(lambda: doors.found(settings, "up"))
        link = speaking(lambda: doors.first_link(settings))
        port = port or _port_at(host, 0)
        settings = replace(settings, port=str(port))
        occupancy.say_port(data, settings.port)
        children = Children(settings, _commands(doors.application, host, port, workers, settings), premises)
        try:
            if _say_ready(children, _at(host, port)):
                _say_first(link, settings.url or _at(_named(host), port))
                _say_mail(settings)
            children.watch()
        finally:
            children.stop()
    finally:
        for cluster in premises.clusters:
            cluster.stop()
        os.close(alone)


class Children:
    """The child processes of `up`: started, watched, stopped in order."""

    def __init__(self, settings: Settings, commands: dict[str, list[str]], premises: Premises) -> None:
        self._commands = commands
        self._premises = premises
        self._environ = {**os.environ, "BAILEE_SERVED": str(settings.data), "PYTHONUNBUFFERED": "1"}
        self._environ["BAILEE_PORT"] = settings.port  # letters name it while no BAILEE_URL is set
        if settings.sandbox:
            self._environ["BAILEE_SANDBOX"] = "1"
        self._reserves = [Reserve(settings.data)] if settings.volumes else []
        self._told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._told.set())
        self._running: dict[str, Popen[bytes]] = {name: self._spawn(name) for name in commands}

    @property
    def told_to_stop(self) -> bool:
        """Whether Ctrl-C or SIGTERM came."""
        return self._told.is_set()

    def watch(self) -> None:
        """Start again what dies, servers included, until told to stop."""
        while not self._told.wait(WATCH_SECONDS):
            for reserve in self._reserves:
                reserve.tend()
            for cluster in self._premises.clusters:
                if not cluster.running:
                    self._revive(cluster)
            for name, child in self._running.items():
                if child.poll() is not None:
                    err.print(f"[yellow]○[/yellow] {name} ended with {child.returncode}; started again")
                    self._running[name] = self._spawn(name)

    def stop(self) -> None:
        """Stop the children, last started first."""
        for child in reversed(self._running.values()):
            stop(child)

    def _revive(self, cluster: Cluster) -> None:
        err.print(f"[yellow]○[/yellow] the server of {cluster.directory.name} ended; started again")
        try:
            cluster.start()
        except ClusterDown as still:  # a full disk, a slow recovery: it is tried again, the rest answers 503 meanwhile
            err.print(f"[yellow]○[/yellow] {plain(still)}")

    def _spawn(self, name: str) -> Popen[bytes]:
        return spawn(self._commands[name], self._environ)


def _alone(data: Path) -> int:
    """The data directory, locked for this process."""
    try:
        return occupancy.serve(data)
    except occupancy.Taken as taken:
        misuse(str(taken))
    except occupancy.NotLocked as unlocked:
        err.print(f"  {data} cannot be locked ({unlocked}): see to it that no second `bailee up` serves it.")
        return unlocked.folder
    except OSError as trouble:
        misuse(f"a file cannot be used: {trouble}")


def _start(premises: Premises) -> None:
    try:
        premises.start()
    except (ClusterDown, NoPostgres) as trouble:
        misuse(str(trouble))
    except OSError as trouble:  # a folder that may not be written, a full disk
        misuse(f"a file cannot be used: {trouble}")


def _commands(application: str, host: str, port: int, workers: int, settings: Settings) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    granian = [
        *python, "granian", "--interface", "asgi", "--factory", "--host", host, "--port", str(port),
        "--workers", str(workers), "--respawn-failed-workers", "--no-ws", "--loop", "uvloop",
        "--log-level", "warning", "--workers-kill-timeout", "10", "--backlog", "2048", application,
    ]  # fmt: skip
    intake = bool(settings.intake_smtp or settings.intake_maildir)
    return {
        "sequencer": [*python, "bailee", "--work", "sequencer"],
        "jobs": [*python, "bailee", "--work", "jobs"],
        **({"intake": [*python, "bailee", "--work", "intake"]} if intake else {}),
        "server": granian,
    }


def _say_ready(children: Children, url: str) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not children.told_to_stop:
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=2) as answer:  # noqa: S310 -- our own address
                if answer.status == 200:
                    print(f"ready {url}", flush=True)
                    return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    if not children.told_to_stop:
        children.stop()
        misuse(f"it did not become ready in {READY_SECONDS:.0f} s")
    say("stopping")
    return False


def _say_first(link: str, url: str) -> None:
    """How to enter the console: nobody has an account before the first link is used."""
    if link:
        say("  Nobody can enter the console yet. This link lets its first administrator in, once, for a week:")
        print(f"  {url}/link/{link}", flush=True)
    else:
        say(f"  The console: {url}/")


def _say_mail(settings: Settings) -> None:
    """Whoever looks around needs no mail server, and is told that none is there; and where links lead."""
    if settings.links_stay_here:
        err.print(f"  {plain(links(settings))}")
    elif not settings.smtp_url:
        err.print("  No letter leaves before BAILEE_SMTP_URL is set; until then links are shown to be handed over.")


def _named(host: str) -> str:
    """The host as browsers should be told: passkeys need a name, and know `localhost`."""
    return "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host  # noqa: S104 -- compared, not bound


def _port_at(host: str, port: int) -> int:
    """The port, or a free one for 0, where it can be served. Whoever has just let it go has a moment to be gone."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + PORT_SECONDS
    while True:
        try:
            with socket.create_server((host, port), family=family) as probe:
                number: int = probe.getsockname()[1]
                return number
        except OSError as trouble:
            if trouble.errno != errno.EADDRINUSE:
                misuse(f"nothing can be served at {host}, port {port}: {trouble.strerror}")
            if time.monotonic() >= deadline:
                misuse(f"port {port} at {host} is in use by another program: stop that one, or choose another --port")
            time.sleep(WATCH_SECONDS)


def _at(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
