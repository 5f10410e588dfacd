"""Settings: BAILEE_* variables or one TOML file, every one named here. Unknown keys are refused.

Secrets never stand in a setting: keys are files, passwords are in an address that comes from the
environment. The siblings of the data directory (root keys, destruction logs) are derived from it.
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Meta

from bailee.infra.clock import Clock, FileClock, SystemClock
from bailee.vocabulary.places import is_eu

PREFIX = "BAILEE_"
OTHERS = frozenset({"BAILEE_SERVED", "BAILEE_PG_BIN", "BAILEE_NO_SKIP", "BAILEE_AGREEMENT_SOURCE", "BAILEE_SANDBOX"})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


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
    key_service: Annotated[Text, _said("root key provider: file")] = "file"
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
    url: Annotated[Text, _said("where people reach the console: https://host; empty: on this machine only")] = ""
    port: Annotated[Text, _said("the port that links name while that is empty; `bailee up` tells its own")] = "8400"

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
            return Path(first), Path(second)
        return self._sibling("destruction-a"), self._sibling("destruction-b")

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
    def volumes(self) -> tuple[Path, ...]:
        """The folders of the embedded servers and of blobs: their volumes must not fill up."""
        embedded = (("data", self.database_url), ("keys", self.key_store_url), ("blobs", self.blobs))
        return tuple(self.data / name for name, address in embedded if not address)

    def make_clock(self) -> Clock:
        """The clock these settings ask for."""
        return FileClock(Path(self.clock.removeprefix("file:"))) if self.clock else SystemClock()

    def _sibling(self, name: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{name}")


def load(data: Path, environ: Mapping[str, str], *, sandbox: bool = False, file: Path | None = None) -> Settings:
    """The settings, or `RefusedSettings` with everything that is wrong."""
    given: dict[str, Any] = tomllib.loads(file.read_text()) if file else {}
    given |= {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name not in OTHERS
    }
    known = set(Settings.__struct_fields__) - {"data", "sandbox"}
    problems = [_unknown(name, known) for name in sorted(set(given) - known)]
    if problems:
        raise RefusedSettings(problems)
    try:
        settings = msgspec.convert(
            {**given, "data": str(data.absolute()), "sandbox": sandbox}, Settings, dec_hook=_path
        )
    except msgspec.ValidationError as error:
        raise RefusedSettings([str(error)]) from error
    problems = list(_problems(settings))
    if problems:
        raise RefusedSettings(problems)
    return settings


def describe() -> list[tuple[str, str, str]]:
    """Every setting: its variable, its default, what it is."""
    fields = msgspec.structs.fields(Settings)
    return [
        (PREFIX + field.name.upper(), str(field.default), _words(field.type))
        for field in fields
        if field.name not in ("data", "sandbox")
    ]


def _words(annotated: Any) -> str:
    for meta in getattr(annotated, "__metadata__", ()):
        return str(meta.description)
    return ""


def _path(kind: type, value: Any) -> Any:
    return Path(value) if kind is Path else value


def _unknown(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    hint = f": did you mean {PREFIX}{near[0].upper()}?" if near else ": see `bailee settings`"
    return f"there is no setting {PREFIX}{name.upper()}{hint}"


def _problems(settings: Settings) -> "list[str]":
    problems = []
    if settings.clock and not settings.sandbox:
        problems.append("BAILEE_CLOCK simulates time: it is accepted with --sandbox only")
    if settings.clock and not settings.clock.startswith("file:"):
        problems.append("BAILEE_CLOCK must be file:PATH")
    if not is_eu(settings.region):
        problems.append(f"BAILEE_REGION is {settings.region!r}: servers, keys and backups must be in an EU country")
    if settings.key_service != "file":
        problems.append("BAILEE_KEY_SERVICE: the one root key provider today is `file`")
    if not (settings.notice_text_days.isascii() and settings.notice_text_days.isdigit()):
        problems.append("BAILEE_NOTICE_TEXT_DAYS must be a whole number of days")
    if settings.destruction_logs.count(",") not in (0, 1) or settings.destruction_logs.count(",") != bool(
        settings.destruction_logs
    ):
        problems.append("BAILEE_DESTRUCTION_LOGS must name two folders with a comma between")
    if settings.url and not settings.url.startswith("https://"):
        problems.append("BAILEE_URL must begin with https://: cookies and passkeys do not travel in clear")
    for name in ("database_url", "control_url", "key_store_url", "sequencer_url"):
        problems += _address_problems(PREFIX + name.upper(), getattr(settings, name))
    problems += _mail_problems(settings)
    problems += _blob_problems(settings)
    problems += _intake_problems(settings)
    if bool(settings.database_url) != bool(settings.sequencer_url):
        problems.append("with BAILEE_DATABASE_URL goes BAILEE_SEQUENCER_URL: the same server for the sequencer's role")
    return problems


def _address_problems(name: str, address: str) -> list[str]:
    if not address:
        return []
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", [""])[0]
    if parts.scheme not in ("postgresql", "postgres"):
        return [f"{name} must be a postgresql:// address"]
    if host and not host.startswith("/") and host not in LOOPBACK and query.get("sslmode") != ["verify-full"]:
        return [f"{name} goes over the network: add sslmode=verify-full, so that the server is who it says it is"]
    return []


def _mail_problems(settings: Settings) -> list[str]:
    """A mail server is named without a secret, and is in the EU (residency.eu)."""
    problems = []
    if settings.smtp_country and not is_eu(settings.smtp_country):
        problems.append(f"BAILEE_SMTP_COUNTRY is {settings.smtp_country!r}: mail must leave through an EU country")
    name, at, domain = settings.mail_from.partition("@")
    if settings.mail_from and not (name and at and domain and settings.mail_from.isascii()):
        problems.append("BAILEE_MAIL_FROM must be an address in ASCII, without a name beside it")
    if settings.mail_returns not in ("", "tagged"):
        problems.append("BAILEE_MAIL_RETURNS must be tagged, or empty")
    if not settings.smtp_url:
        return problems
    try:
        parts = urlsplit(settings.smtp_url)
        named = parts.scheme in ("smtp", "smtps") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return [*problems, "BAILEE_SMTP_URL must be smtp://HOST[:PORT] or smtps://HOST[:PORT]"]
    if not named or parts.path.strip("/") or parts.query or parts.fragment:
        problems.append("BAILEE_SMTP_URL must be smtp://HOST[:PORT] or smtps://HOST[:PORT], and no more")
    if "@" in parts.netloc:
        problems.append("BAILEE_SMTP_URL holds a secret: put user:password into the file of BAILEE_SMTP_CREDENTIALS")
    return problems


def _intake_problems(settings: Settings) -> list[str]:
    """Mail is taken at a place, for an address, which is one."""
    problems = []
    name, at, domain = settings.intake_address.partition("@")
    if settings.intake_address and not (
        name and at and domain and settings.intake_address.isascii() and "+" not in name
    ):
        problems.append("BAILEE_INTAKE_ADDRESS must be an address in ASCII, without a name beside it and without a +")
    if (settings.intake_smtp or settings.intake_maildir) and not settings.intake_address:
        problems.append("with BAILEE_INTAKE_SMTP or BAILEE_INTAKE_MAILDIR goes BAILEE_INTAKE_ADDRESS")
    host, _, port = settings.intake_smtp.rpartition(":")
    if settings.intake_smtp and not (host and port.isdigit() and int(port) < 65536):
        problems.append("BAILEE_INTAKE_SMTP must be HOST:PORT")
    return problems


def _blob_problems(settings: Settings) -> list[str]:
    """A blob store is named without a secret, and is in the EU (residency.eu)."""
    problems = []
    if settings.blobs_country and not is_eu(settings.blobs_country):
        problems.append(f"BAILEE_BLOBS_COUNTRY is {settings.blobs_country!r}: files must stay in an EU country")
    if not settings.blobs:
        return problems
    try:
        parts = urlsplit(settings.blobs)
    except ValueError:
        return [*problems, "BAILEE_BLOBS must be s3://BUCKET[/PREFIX] or az://CONTAINER[/PREFIX]"]
    if parts.scheme not in ("s3", "az") or not parts.netloc:
        problems.append("BAILEE_BLOBS must be s3://BUCKET[/PREFIX] or az://CONTAINER[/PREFIX]")
    if "@" in parts.netloc or parts.query or parts.fragment:
        problems.append(
            "BAILEE_BLOBS holds more than a place: credentials go into the file of BAILEE_BLOBS_CREDENTIALS"
        )
    return problems
