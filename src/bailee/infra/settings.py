"""Settings: BAILEE_* variables, or one TOML file that BAILEE_SETTINGS names, every one named here. Unknown keys are refused.

Secrets never stand in a setting: keys are files, passwords are in an address that comes from the
environment. The siblings of the data directory (root keys, destruction logs) are derived from it.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from bailee.infra import setting_values as values
from bailee.infra.clock import Clock, FileClock, SystemClock

PREFIX = "BAILEE_"
FILE = "BAILEE_SETTINGS"
OTHERS = frozenset({
    FILE, "BAILEE_SERVED", "BAILEE_PG_BIN", "BAILEE_NO_SKIP", "BAILEE_AGREEMENT_SOURCE", "BAILEE_SANDBOX",
})  # fmt: skip
LONGEST = 36_500  # days: a hundred years


class RefusedSettings(ValueError):
    """Settings that cannot be started with; `problems` says each with what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _said(words: str, default: str = "") -> Meta:
    return Meta(description=words, extra={"default": default})


Text = str


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be set. `data` comes from --data."""

    data: Path
    sandbox: bool = False
    database_url: Annotated[Text, _said("PostgreSQL for data; empty: embedded")] = ""
    database_owner_url: Annotated[Text, _said("its owner's address, for migrations")] = ""
    control_url: Annotated[Text, _said("PostgreSQL for control; empty: the same as for data")] = ""
    control_owner_url: Annotated[Text, _said("its owner's address")] = ""
    key_store_url: Annotated[Text, _said("PostgreSQL for wrapped keys, a server of its own; empty: embedded")] = ""
    key_store_owner_url: Annotated[Text, _said("its owner's address")] = ""
    sequencer_url: Annotated[Text, _said("the data server's address for the sequencer's role")] = ""
    destruction_logs: Annotated[Text, _said("two folders, comma between; empty: siblings of the data directory")] = ""
    key_service: Annotated[
        Text, _said("root keys: file, or a transit engine of OpenBao: https://HOST[:PORT]/ENGINE", "file")
    ] = "file"
    key_service_token: Annotated[Text, _said("a file of its owner's alone that holds its token; read each time")] = ""
    key_service_authorities: Annotated[Text, _said("a PEM file: who vouches for it; empty: the machine's own")] = ""
    key_service_kept: Annotated[Text, _said("days for which snapshots of it are kept; 0 where none are made")] = ""
    key_service_country: Annotated[Text, _said("where it is: an EU country's ISO code; empty: BAILEE_REGION")] = ""
    region: Annotated[Text, _said("where servers, keys and backups are: an EU country's ISO code", "FR")] = "FR"
    clock: Annotated[Text, _said("with --sandbox only: file:PATH holds an ISO instant or +31d")] = ""
    log_name: Annotated[Text, _said("the name of the ledgers: a host name of yours")] = "bailee.localhost"
    processor: Annotated[Text, _said("the processor's name, for certificates")] = "The processor"
    smtp_url: Annotated[Text, _said("the mail server: smtp://HOST[:587] (STARTTLS) or smtps://HOST[:465]")] = ""
    smtp_credentials: Annotated[Text, _said("a file of its owner's alone that holds user:password for it")] = ""
    smtp_country: Annotated[Text, _said("where it is: an EU country's ISO code; empty: as BAILEE_REGION")] = ""
    mail_from: Annotated[Text, _said("the address mail comes from; empty: no-reply at BAILEE_LOG_NAME")] = ""
    mail_returns: Annotated[
        Text, _said("tagged: letters leave from NAME+TAG of that address, so that any bounce names its letter")
    ] = ""
    notice_text_days: Annotated[Text, _said("days for which a letter's text is kept after it was sent", "30")] = "30"
    blobs: Annotated[Text, _said("photographs and files: s3://BUCKET[/PREFIX] or az://CONTAINER; empty: a folder")] = ""
    blobs_credentials: Annotated[Text, _said("a file of its owner's alone: name=value; empty: AWS_* or AZURE_*")] = ""
    blobs_country: Annotated[Text, _said("where the store is: an EU country's ISO code; empty: BAILEE_REGION")] = ""
    intake_address: Annotated[
        Text, _said("where persons write to the processor: an address; empty: by the form alone")
    ] = ""
    intake_smtp: Annotated[Text, _said("HOST:PORT at which mail for it is taken by SMTP; empty: none is")] = ""
    intake_certificate: Annotated[Text, _said("a PEM file with key and certificate for STARTTLS there")] = ""
    intake_maildir: Annotated[Text, _said("a maildir into which a mail server of yours delivers it; empty: none")] = ""
    backups: Annotated[Text, _said("a folder for backups, on another disk or host: /PATH; empty: none are made")] = ""
    backup_recipients: Annotated[
        Text, _said("whom they are sealed to: age1… keys, comma between; none of them here")
    ] = ""
    backup_country: Annotated[Text, _said("where they are: an EU country's ISO code; empty: BAILEE_REGION")] = ""
    backup_hours: Annotated[Text, _said("hours from one backup to the next", "24")] = "24"
    backup_kept_days: Annotated[Text, _said("days for which a backup is kept", "30")] = "30"
    drill_days: Annotated[Text, _said("days within which a backup is proven by restoring it aside", "30")] = "30"
    drill_identity: Annotated[
        Text, _said("a file of its owner's alone with an age identity: drills by themselves; empty: by `bailee drill`")
    ] = ""
    url: Annotated[Text, _said("where people reach the console: https://host; empty: on this machine only")] = ""
    port: Annotated[Text, _said("the port of `bailee up`, which links name while BAILEE_URL is empty", "8400")] = "8400"

    @property
    def keys_elsewhere(self) -> bool:
        """Whether key-encryption keys are in a key service, not in the root key file."""
        return self.key_service != values.KEYS_IN_FILE

    @property
    def root_keys(self) -> Path:
        """The root key file: beside the data directory, in no backup of it."""
        return self._sibling("root-keys")

    @property
    def root_keys_escrow(self) -> Path:
        """Its escrow copy, replaced at each change."""
        return self._sibling("root-keys-escrow")

    @property
    def anchors(self) -> Path:
        """Where published checkpoints are anchored: outside both servers and their backups."""
        return self._sibling("anchors")

    @property
    def signing(self) -> Path:
        """The key and certificate that sign PDFs."""
        return self._sibling("signing")

    @property
    def destruction_folders(self) -> tuple[Path, Path]:
        """The folders of the two copies of the destruction log."""
        if self.destruction_logs:
            first, second = self.destruction_logs.split(",")
            return Path(first.strip()), Path(second.strip())
        return self._sibling("destruction-a"), self._sibling("destruction-b")

    @property
    def drill(self) -> Path:
        """Where a backup is restored aside, for as long as a drill lasts."""
        return self._sibling("drill")

    @property
    def set_aside(self) -> Path:
        """Where a restore puts what stood there before."""
        return self._sibling("set-aside")

    @property
    def root_is_fixed(self) -> bool:
        """Whether the root keys are only read here: so they are for a platform that is restored aside."""
        return False

    @property
    def returns(self) -> Path:
        """Where return bundles are made."""
        return self.data / "returns"

    @property
    def certificates(self) -> Path:
        """Where certificates are kept."""
        return self.data / "certificates"

    @property
    def blobs_folder(self) -> Path:
        """Where photographs and files are, sealed, without an object store."""
        return self.data / "blobs"

    @property
    def outbox(self) -> Path:
        """Where a sandbox without a mail server keeps its mail."""
        return self.data / "outbox"

    @property
    def sender(self) -> str:
        """The address that mail comes from."""
        return self.mail_from or f"no-reply@{self.log_name}"

    @property
    def origin(self) -> str:
        """Where the links of letters lead: the console, as people reach it."""
        return self.url.rstrip("/") or f"http://localhost:{self.port}"

    @property
    def links_stay_here(self) -> bool:
        """Whether letters leave, and their links lead to this machine alone. A sandbox may do that."""
        return bool(self.smtp_url) and not self.url and not self.sandbox

    @property
    def volumes(self) -> tuple[Path, ...]:
        """The folders of the embedded servers and of blobs: their volumes must not fill up."""
        embedded = (("data", self.database_url), ("keys", self.key_store_url), ("blobs", self.blobs))
        return tuple(self.data / name for name, address in embedded if not address)

    def make_clock(self) -> Clock:
        """The clock these settings ask for."""
        return FileClock(Path(self.clock.removeprefix(values.CLOCK_FILE))) if self.clock else SystemClock()

    def _sibling(self, name: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{name}")


def load(data: Path, environ: Mapping[str, str], *, sandbox: bool = False) -> Settings:
    """The settings, or `RefusedSettings` with everything that is wrong. A variable prevails over the file."""
    given = _filed(environ[FILE]) if environ.get(FILE) else {}
    given |= {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name not in OTHERS
    }
    known = set(Settings.__struct_fields__) - {"data", "sandbox"}
    problems = [_unknown(name, known) for name in sorted(set(given) - known)]
    if problems:
        raise RefusedSettings(problems)
    settings = Settings(**given, data=data.absolute(), sandbox=sandbox)
    problems = list(_problems(settings))
    if problems:
        raise RefusedSettings(problems)
    return settings


def _filed(file: str) -> dict[str, str]:
    """What the TOML file says: texts, and numbers as they are written."""
    try:
        found = tomllib.loads(Path(file).read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as trouble:
        raise RefusedSettings([f"{FILE} cannot be read: {trouble}"]) from trouble
    wrong = [name for name, value in found.items() if not isinstance(value, str | int) or isinstance(value, bool)]
    if wrong:
        raise RefusedSettings([f'{name} in {file} must be a text: write {name} = "…"' for name in wrong])
    return {name: str(value) for name, value in found.items()}


def _unknown(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    hint = f": did you mean {PREFIX}{near[0].upper()}?" if near else ": see `bailee settings`"
    return f"there is no setting {PREFIX}{name.upper()}{hint}"


def _problems(settings: Settings) -> Iterator[str]:
    yield from values.clock("BAILEE_CLOCK", settings.clock if settings.sandbox else "")
    if settings.clock and not settings.sandbox:
        yield "BAILEE_CLOCK simulates time: it is accepted with --sandbox only"
    yield from values.country("BAILEE_REGION", settings.region or "none", "servers, keys and backups must be in")
    yield from _key_service_problems(settings)
    yield from values.number("BAILEE_PORT", settings.port, least=1, most=values.PORTS, of="the port")
    yield from values.number("BAILEE_NOTICE_TEXT_DAYS", settings.notice_text_days, least=0, most=LONGEST, of="the days")
    yield from values.two_folders("BAILEE_DESTRUCTION_LOGS", settings.destruction_logs)
    yield from values.host_name("BAILEE_LOG_NAME", settings.log_name)
    yield from values.web_address("BAILEE_URL", settings.url)
    for name in ("database", "control", "key_store"):
        yield from values.database(f"{PREFIX}{name.upper()}_URL", getattr(settings, f"{name}_url"))
        yield from values.database(f"{PREFIX}{name.upper()}_OWNER_URL", getattr(settings, f"{name}_owner_url"))
    yield from values.database("BAILEE_SEQUENCER_URL", settings.sequencer_url)
    if bool(settings.database_url) != bool(settings.sequencer_url):
        yield "with BAILEE_DATABASE_URL goes BAILEE_SEQUENCER_URL: the same server for the sequencer's role"
    yield from _mail_problems(settings)
    yield from _backup_problems(settings)


def _backup_problems(settings: Settings) -> Iterator[str]:
    """Backups go to a folder in the EU, sealed to somebody; how often, how long and how far they are proven."""
    yield from values.absolute("BAILEE_BACKUPS", settings.backups)
    yield from values.age_recipients("BAILEE_BACKUP_RECIPIENTS", settings.backup_recipients)
    yield from values.country("BAILEE_BACKUP_COUNTRY", settings.backup_country, "backups must stay in")
    if settings.backups and not settings.backup_recipients:
        yield "with BAILEE_BACKUPS goes BAILEE_BACKUP_RECIPIENTS: nothing is written there unsealed"
    if settings.backups and Path(settings.backups).is_relative_to(settings.data):
        yield "BAILEE_BACKUPS lies in the data directory: name a folder on another disk or host"
    yield from values.number("BAILEE_BACKUP_HOURS", settings.backup_hours, least=1, most=24 * 31, of="the hours")
    yield from values.number("BAILEE_BACKUP_KEPT_DAYS", settings.backup_kept_days, least=1, most=LONGEST, of="the days")
    yield from values.number("BAILEE_DRILL_DAYS", settings.drill_days, least=1, most=366, of="the days")
    yield from values.absolute("BAILEE_DRILL_IDENTITY", settings.drill_identity)


def _key_service_problems(settings: Settings) -> Iterator[str]:
    """A key service is reached safely, stays in the EU, and whoever runs it says how long a destroyed key is in its
    snapshots: an erasure is not final before."""
    yield from values.key_service("BAILEE_KEY_SERVICE", settings.key_service)
    yield from values.country("BAILEE_KEY_SERVICE_COUNTRY", settings.key_service_country, "keys must stay in")
    yield from values.file("BAILEE_KEY_SERVICE_AUTHORITIES", settings.key_service_authorities)
    if settings.keys_elsewhere:
        yield from values.file("BAILEE_KEY_SERVICE_TOKEN", settings.key_service_token or "none")
        yield from values.number(
            "BAILEE_KEY_SERVICE_KEPT", settings.key_service_kept, least=0, most=LONGEST, of="the days"
        )


def _mail_problems(settings: Settings) -> Iterator[str]:
    """What goes out, comes in and is stored is named without a secret, and stays in the EU (residency.eu)."""
    yield from values.country("BAILEE_SMTP_COUNTRY", settings.smtp_country, "mail must leave through")
    yield from values.mail_address("BAILEE_MAIL_FROM", settings.mail_from)
    yield from values.one_of("BAILEE_MAIL_RETURNS", settings.mail_returns, "tagged", "")
    yield from values.mail_server("BAILEE_SMTP_URL", settings.smtp_url, "BAILEE_SMTP_CREDENTIALS")
    yield from values.country("BAILEE_BLOBS_COUNTRY", settings.blobs_country, "files must stay in")
    yield from values.blob_store("BAILEE_BLOBS", settings.blobs, "BAILEE_BLOBS_CREDENTIALS")
    yield from values.mail_address("BAILEE_INTAKE_ADDRESS", settings.intake_address, tagged=False)
    if (settings.intake_smtp or settings.intake_maildir) and not settings.intake_address:
        yield "with BAILEE_INTAKE_SMTP or BAILEE_INTAKE_MAILDIR goes BAILEE_INTAKE_ADDRESS"
    yield from values.listener("BAILEE_INTAKE_SMTP", settings.intake_smtp)
    yield from values.file("BAILEE_INTAKE_CERTIFICATE", settings.intake_certificate)
    yield from values.folder("BAILEE_INTAKE_MAILDIR", settings.intake_maildir)
