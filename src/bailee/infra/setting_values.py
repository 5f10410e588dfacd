"""What a setting's value must look like, by its kind: a number, a country, an address, a server, a file. Pure, but for files.

Each question gives what is wrong, in a sentence that names the variable and says what to write; nothing where all is well.
A sentence never repeats a value that may hold a secret.
"""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from bailee.infra import age
from bailee.infra.clock import BadClock, FileClock
from bailee.vocabulary.places import is_eu

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
PORTS = 65_535
CLOCK_FILE = "file:"
KEYS_IN_FILE = "file"

Problems = list[str]


def number(name: str, value: str, *, least: int, most: int, of: str) -> Problems:
    """A whole number between two others; `of` says of what."""
    if value.isascii() and value.isdigit() and len(value) <= 9 and least <= int(value) <= most:
        return []
    return [f"{name} is {value!r}: write {of} as a whole number from {least} to {most}"]


def country(name: str, value: str, stays: str) -> Problems:
    """An EU country's ISO code, or nothing; `stays` says what has to be there."""
    if not value or is_eu(value):
        return []
    return [f"{name} is {value!r}: {stays} an EU country: write its ISO code, such as FR"]


def host_name(name: str, value: str) -> Problems:
    """The name of a host."""
    if HOST.fullmatch(value):
        return []
    return [f"{name} is {value!r}: write a host name of yours, such as bailee.company.example"]


def web_address(name: str, value: str) -> Problems:
    """Where people reach the console: https, a host, and no more; or nothing."""
    if not value:
        return []
    if not value.startswith("https://"):
        return [f"{name} must begin with https://: cookies and passkeys do not travel in clear"]
    if not _fits(value.rstrip("/"), lambda parts: not (_more_than_a_host(parts) or parts.path)):
        return [f"{name} must be https://HOST or https://HOST:PORT, and no more"]
    return []


def database(name: str, value: str) -> Problems:
    """A PostgreSQL server, which proves who it is where it is not on this machine; or nothing. Several hosts with commas
    between are one server and those that take over from it."""
    if not value:
        return []
    wrong = f"{name} must be a postgresql:// address: postgresql://ROLE@HOST:PORT/DATABASE"
    try:
        parts = urlsplit(value)
        query, netloc = parse_qs(parts.query), parts.netloc.rpartition("@")[2]
        served = [(one.hostname, one.port) for one in (urlsplit(f"//{host}") for host in netloc.split(","))]
    except ValueError:
        return [wrong]
    if parts.scheme not in ("postgresql", "postgres"):
        return [wrong]
    hosts = [host for host, _ in served if host] or query.get("host", [""])[0].split(",")
    away = any(host and not host.startswith("/") and host not in LOOPBACK for host in hosts)
    if away and query.get("sslmode") != ["verify-full"]:
        return [f"{name} goes over the network: add sslmode=verify-full, so that the server is who it says it is"]
    return []


def key_service(name: str, value: str) -> Problems:
    """The local file, or a transit engine: its server, over TLS or on this machine, and its path there."""
    if value == KEYS_IN_FILE:
        return []
    if not _fits(value, lambda parts: parts.scheme in ("https", "http") and bool(parts.path.strip("/"))):
        return [f"{name} must be `file` or https://HOST[:PORT]/ENGINE, a server and the path of its transit engine"]
    parts = urlsplit(value)
    if _more_than_a_host(parts):
        return [f"{name} holds more than a place: the token goes into the file of {name}_TOKEN"]
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        return [f"{name} goes over the network in clear: write https://"]
    return []


def mail_address(name: str, value: str, *, tagged: bool = True) -> Problems:
    """An address alone, or nothing; without `tagged` it must hold no +."""
    user, at, domain = value.partition("@")
    if not value or (user and at and domain and value.isascii() and (tagged or "+" not in user)):
        return []
    return [f"{name} must be an address in ASCII, without a name beside it{'' if tagged else ' and without a +'}"]


def mail_server(name: str, value: str, secrets: str) -> Problems:
    """A server that takes mail, named without a secret; or nothing. `secrets`: the variable of the file that holds it."""
    if not value:
        return []
    if not _fits(value, lambda parts: parts.scheme in ("smtp", "smtps") and not parts.path.strip("/")):
        return [f"{name} must be smtp://HOST[:PORT] or smtps://HOST[:PORT], and no more"]
    if _more_than_a_host(urlsplit(value)):
        return [f"{name} holds more than a server: put user:password into the file of {secrets}"]
    return []


def listener(name: str, value: str) -> Problems:
    """Where something is taken, as HOST:PORT; or nothing."""
    host, _, port = value.rpartition(":")
    if not value or (host and port.isascii() and port.isdigit() and 0 < int(port[:6]) <= PORTS):
        return []
    return [f"{name} must be HOST:PORT, such as 0.0.0.0:2525"]


def blob_store(name: str, value: str, secrets: str) -> Problems:
    """An object store, named without a secret; or nothing."""
    if not value:
        return []
    try:
        parts = urlsplit(value)
    except ValueError:
        return [f"{name} must be s3://BUCKET[/PREFIX] or az://CONTAINER[/PREFIX]"]
    problems = []
    if parts.scheme not in ("s3", "az") or not parts.netloc:
        problems.append(f"{name} must be s3://BUCKET[/PREFIX] or az://CONTAINER[/PREFIX]")
    if "@" in parts.netloc or parts.query or parts.fragment:
        problems.append(f"{name} holds more than a place: credentials go into the file of {secrets}")
    return problems


def two_folders(name: str, value: str) -> Problems:
    """Two different folders with a comma between; or nothing."""
    folders = [one.strip() for one in value.split(",")]
    if not value or (len(folders) == 2 and all(folders) and folders[0] != folders[1]):
        return []
    return [f"{name} must name two folders with a comma between, such as /a/destruction,/b/destruction"]


def file(name: str, value: str) -> Problems:
    """A file that is there; or nothing."""
    if not value or Path(value).is_file():
        return []
    return [f"{name} is {value!r}: no such file is there"]


def folder(name: str, value: str) -> Problems:
    """A folder, which may be made later; or nothing."""
    if not value or Path(value).is_dir() or not Path(value).exists():
        return []
    return [f"{name} is {value!r}: that is no folder"]


def absolute(name: str, value: str) -> Problems:
    """A path from the root, which may be away for now; or nothing."""
    if not value or Path(value).is_absolute():
        return []
    return [f"{name} is {value!r}: write the whole path, from / on"]


def age_recipients(name: str, value: str) -> Problems:
    """Public keys in the age format, with commas between; or nothing."""
    try:
        age.recipients(value)
    except age.NotARecipient as wrong:
        return [f"{name} is not as it must be: {wrong}"]
    return []


def clock(name: str, value: str) -> Problems:
    """A file that says the simulated time; or nothing."""
    if not value:
        return []
    if not value.startswith(CLOCK_FILE):
        return [f"{name} must be file:PATH"]
    try:
        FileClock(Path(value.removeprefix(CLOCK_FILE))).now()
    except (OSError, OverflowError, BadClock) as trouble:
        return [f"{name} cannot be read: {trouble}; write +0s into that file for the time as it is"]
    return []


def one_of(name: str, value: str, *known: str) -> Problems:
    """One of a few words."""
    return [] if value in known else [f"{name} must be {' or '.join(one or 'empty' for one in known)}"]


def _fits(value: str, fits: Callable[[SplitResult], bool]) -> bool:
    """Whether it is an address of a host, by a port that there can be."""
    try:
        parts = urlsplit(value)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0) and fits(parts)
    except ValueError:
        return False


def _more_than_a_host(parts: SplitResult) -> bool:
    return bool("@" in parts.netloc or parts.query or parts.fragment)
