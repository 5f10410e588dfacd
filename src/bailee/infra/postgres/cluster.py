"""One embedded PostgreSQL cluster: made, started, adopted, stopped; by root or by a user.

SCRAM on a private socket, no TCP. As root the server runs in a user namespace of its own, so no account
is made and no folder changes hands. A pid file is never deleted: after a crash the next start waits until
the killed server's children are gone. The server is not tied to its parent's life; the next start adopts it.
"""

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import msgspec

from bailee.infra.postgres import binaries

START_SECONDS = 60.0
STOP_SECONDS = 30.0
SOCKET_LIMIT = 100
OWNER = "bailee_owner"

QUIET = {
    "listen_addresses": "",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_min_messages": "warning",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "max_wal_size": "1GB",
    "wal_compression": "off",
    "idle_in_transaction_session_timeout": "60s",
}


class ClusterDown(Exception):
    """The server did not come up; the message names its log."""


class Cluster:
    """One server in one directory."""

    def __init__(self, directory: Path, *, settings: dict[str, str] | None = None, bin: Path | None = None) -> None:
        self.directory = directory
        self._settings = {**QUIET, **(settings or {})}
        self._bin = bin
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the server itself says: no statement, no value."""
        return self.directory.with_name(self.directory.name + ".log")

    @property
    def running(self) -> bool:
        """Whether a server of this directory runs, started by us or found."""
        return self._pid() is not None

    def start(self) -> bool:
        """Start the server, or adopt the one that runs; True when it was started here."""
        if self.ready():
            return False
        if not (self.directory / "PG_VERSION").exists() or self._half_made():
            self._init()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._pid() is None:
                self._launch()
            for _ in range(100):
                if self.ready():
                    return True
                if self._process is not None and self._process.poll() is not None:
                    break
                time.sleep(0.05)
            time.sleep(0.3)
        raise ClusterDown(f"PostgreSQL did not start in {START_SECONDS:.0f} s: see {self.log}")

    def stop(self) -> None:
        """Stop the server: its clients are cut, its data written."""
        pid = self._pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while self._pid() is not None and time.monotonic() < deadline:
            time.sleep(0.02)
        if self._process is not None and self._process.pid == pid:
            self._process.wait(STOP_SECONDS)

    def ready(self) -> bool:
        """Whether the server accepts connections."""
        if self._pid() is None:
            return False
        asked = subprocess.run(
            [self._program("pg_isready"), "-h", str(self.socket_folder()), "-t", "2"], capture_output=True, check=False
        )
        return asked.returncode == 0

    def address(self, role: str = OWNER, database: str = "bailee") -> str:
        """The address for a role: socket and password, for this host only."""
        password = quote(self.passwords()[role])
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.socket_folder()), safe='')}"

    def passwords(self) -> dict[str, str]:
        """The passwords of the cluster's roles: random, in a file that only its owner reads."""
        try:
            return msgspec.json.decode(self._password_file().read_bytes(), type=dict[str, str])
        except msgspec.DecodeError as broken:
            raise ClusterDown(
                f"{self._password_file()} is broken: put it back from a copy of the data directory"
            ) from broken

    @property
    def socket_path(self) -> Path:
        """Where the socket's private folder is: a short one elsewhere if the path would be too long."""
        folder = self.directory.with_name(self.directory.name + ".socket").absolute()
        if len(str(folder)) <= SOCKET_LIMIT - len("/.s.PGSQL.5432"):
            return folder
        name = f"bailee-{os.getuid()}-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
        return Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp")) / name  # noqa: S108 -- 0700 and owned, checked when made

    def socket_folder(self) -> Path:
        """The socket's folder, made if need be; one that belongs to someone else is refused."""
        folder = self.socket_path
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise ClusterDown(f"{folder} must belong to this user alone (0700)")
        return folder

    def _init(self) -> None:
        kept, fresh = self._password_file(), self._password_file(".new")
        if kept.exists():
            raise ClusterDown(
                f"{self.directory} holds no server, and it held one: put it back, or mount its disk. "
                f"To begin anew, and lose what it held, remove {kept}"
            )
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._half_made():
            self._empty()
        elif any(self.directory.iterdir()):
            raise ClusterDown(f"{self.directory} holds something else: a server is begun in an empty folder")
        passwords = {role: secrets.token_urlsafe(32) for role in (OWNER, "bailee_app", "bailee_sequencer")}
        self._write_private(fresh, msgspec.json.encode(passwords))
        entry = self.directory.with_name(self.directory.name + ".pw")
        self._write_private(entry, passwords[OWNER].encode() + b"\n")
        command = [
            *self._prefix(), self._program("initdb"), "-D", str(self.directory.absolute()), "-U", OWNER,
            "--auth-local=scram-sha-256", "--auth-host=scram-sha-256", f"--pwfile={entry.absolute()}",
            "--encoding=UTF8", *self._locale(),
        ]  # fmt: skip
        made = subprocess.run(command, capture_output=True, check=False)
        entry.unlink()
        if made.returncode != 0:
            fresh.unlink()
            raise ClusterDown(f"initdb failed: {made.stderr.decode(errors='replace')[-500:]}")
        fresh.replace(kept)  # from here on it is known that a server was here

    def _half_made(self) -> bool:
        """Whether a first start ended while it made the server: its passwords were never put in place, nobody used it."""
        return self._password_file(".new").exists() and not self._password_file().exists()

    def _empty(self) -> None:
        for one in self.directory.iterdir():
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            else:
                one.unlink()

    def _launch(self) -> None:
        if self._process is not None:  # dead or dying: while it is not buried, its pid counts as running
            self._process.wait(STOP_SECONDS)
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        folder = str(self.socket_folder())
        command = [
            *self._prefix(),
            self._program("postgres"),
            "-D",
            str(self.directory.absolute()),
            "-k",
            folder,
            *options,
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _pid(self) -> int | None:
        """The pid of a living postmaster of this directory; one of our own that died is buried first."""
        ended = self._process is not None and self._process.poll() is not None
        try:
            lines = (self.directory / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:  # there is none, or it went this very moment
            return None
        if not lines or not lines[0].strip().isdigit():
            return None
        pid = int(lines[0])
        if ended and self._process is not None and self._process.pid == pid:
            return None
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return None
        return pid if str(self.directory.absolute()).encode() in command else None

    def _program(self, name: str) -> str:
        self._bin = self._bin or binaries.find()
        return str(self._bin / name)

    def _prefix(self) -> list[str]:
        if os.getuid() != 0:
            return []
        namespace = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
        if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode == 0:
            return namespace
        raise ClusterDown("as root, PostgreSQL needs user namespaces (unshare --user): run bailee as an ordinary user")

    def _locale(self) -> list[str]:
        version = subprocess.run([self._program("postgres"), "--version"], capture_output=True, check=True).stdout
        major = int(version.split()[2].split(b".")[0])
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else ["--locale=C.UTF-8"]

    def _password_file(self, ending: str = "") -> Path:
        return self.directory.with_name(f"{self.directory.name}.passwords{ending}")

    @staticmethod
    def _write_private(path: Path, content: bytes) -> None:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
