"""What the settings say of a measure, and how strong that is. Pure.

A rank is a number: higher is stronger, within one measure. None: the setting is not used, and there is nothing to compare.
"""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from bailee.clauses.security_measures.events import Figure, Found
from bailee.infra.setting_values import LOOPBACK
from bailee.infra.settings import Settings

COUNTED = frozenset({"places.in-the-union", "letters.forgotten"})  # by a number: fewer is stronger
NO_SETTINGS = Settings(data=Path())
UNDECIDABLE = frozenset({"platform.real"})  # nothing takes its place


class Declared(msgspec.Struct, frozen=True):
    """A declared measure: its rank, and what is found of it."""

    rank: int | None
    found: Found


def declared(settings: Settings) -> dict[str, Declared]:
    """Every declared measure, by these settings."""
    return {
        "keys.apart": _keys(settings),
        "transport.servers": _servers(settings),
        "transport.mail": _mail(settings),
        "transport.intake": _intake(settings),
        "places.in-the-union": _residency(settings),
        "letters.forgotten": _letters(settings),
        "platform.real": _real(settings),
    }


def lowered_to(measure: str, number: int) -> Declared | None:
    """A declared measure as it would be after a decision in the console, where no settings say so yet: `number` counts
    its countries or its days; of what is or is not, it says nothing. None where it is not declared."""
    if measure in COUNTED:
        return _of(-number, Found("proven", "decided-number", {"number": number}))
    return _of(0, Found("broken", "decided")) if measure in declared(NO_SETTINGS) else None


def _keys(settings: Settings) -> Declared:
    apart = not settings.key_store_url or _server(settings.key_store_url) != _server(settings.database_url)
    return _of(int(apart), Found("proven", "two-servers") if apart else Found("broken", "one-server"))


def _servers(settings: Settings) -> Declared:
    """A TLS connection proves who it is, or the settings are refused; what is left is the loopback, in clear."""
    addresses = [settings.database_url, settings.control_url, settings.key_store_url, settings.sequencer_url]
    clear = [one for one in addresses if one and _in_clear(one)]
    if clear:
        return _of(0, Found("broken", "loopback-in-clear", {"addresses": len(clear)}))
    return _of(1, Found("proven", "verified-tls" if any(addresses) else "sockets"))


def _mail(settings: Settings) -> Declared:
    if not settings.smtp_url:
        return _of(None, Found("idle", "no-mail"))
    parts = urlsplit(settings.smtp_url)
    if parts.scheme == "smtp" and parts.hostname in LOOPBACK:
        return _of(0, Found("broken", "mail-in-clear"))
    return _of(1, Found("proven", "mail-by-tls"))


def _intake(settings: Settings) -> Declared:
    if not settings.intake_smtp:
        return _of(None, Found("idle", "no-listener"))
    if not settings.intake_certificate:
        return _of(0, Found("broken", "no-certificate"))
    return _of(1, Found("proven", "starttls-offered"))


def _residency(settings: Settings) -> Declared:
    countries = {settings.region}
    if settings.blobs and settings.blobs_country:
        countries.add(settings.blobs_country)
    if settings.smtp_url and settings.smtp_country:
        countries.add(settings.smtp_country)
    figures: dict[str, Figure] = {"number": len(countries), "countries": ", ".join(sorted(countries))}
    return _of(-len(countries), Found("proven", "in-the-union", figures))


def _letters(settings: Settings) -> Declared:
    days = int(settings.notice_text_days)
    return _of(-days, Found("proven", "days", {"days": days}))


def _real(settings: Settings) -> Declared:
    return _of(int(not settings.sandbox), Found("broken", "sandbox") if settings.sandbox else Found("proven", "real"))


def _of(rank: int | None, found: Found) -> Declared:
    return Declared(rank, found)


def _server(address: str) -> tuple[str, list[str]]:
    """Which server an address leads to: its hosts, wherever they are named."""
    parts = urlsplit(address)
    return parts.netloc.rpartition("@")[2], parse_qs(parts.query).get("host", [])


def _in_clear(address: str) -> bool:
    """Whether it goes by TCP without TLS: on the loopback, since anything else was refused."""
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    hosts = [one.rpartition(":")[0] or one for one in parts.netloc.rpartition("@")[2].split(",") if one]
    hosts = hosts or query.get("host", [""])[0].split(",")
    by_socket = all(not host or host.startswith(("/", "%2F", "%2f")) for host in hosts)
    return not by_socket and query.get("sslmode", [""])[0] not in ("require", "verify-ca", "verify-full")
