"""Where an outgoing request may go: the address as written, and the network addresses behind it. Pure.

An address is read strictly: what two readers could understand differently is refused, not repaired. A host is
a name in ASCII (an international one in its `xn--` form) or a canonical IP address; numbers in other spellings (decimal, hexadecimal, octal, shortened) are not
names. Behind a name only public unicast addresses count, however they are wrapped.
"""

import ipaddress
import re
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

import msgspec

LONGEST = 2_000
PORTS = {"https": 443, "http": 80}
VISIBLE = re.compile(r"[\x21-\x5b\x5d-\x7e]+")  # printable ASCII without the space and the backslash
NAME = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
IP = ipaddress.IPv4Address | ipaddress.IPv6Address
REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # a cloud's metadata, at a public address
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


class Reason(StrEnum):
    """Why a request did not go out, or brought no answer. Stable: stored and shown."""

    url_malformed = "url-malformed"
    scheme_refused = "scheme-refused"
    userinfo_refused = "userinfo-refused"
    host_malformed = "host-malformed"
    host_not_listed = "host-not-listed"
    header_malformed = "header-malformed"
    address_refused = "address-refused"
    unresolved = "unresolved"
    unreachable = "unreachable"
    certificate_refused = "certificate-refused"
    timed_out = "timed-out"
    redirect_refused = "redirect-refused"
    answer_malformed = "answer-malformed"
    answer_too_large = "answer-too-large"


class Target(msgspec.Struct, frozen=True):
    """An address in its parts. `host` is lower-case ASCII, an IPv6 address without its brackets."""

    scheme: Literal["https", "http"]
    host: str
    port: int
    path: str

    @property
    def listed_as(self) -> str:
        """How the host stands on an allow-list: with its port where that is not the usual one."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"


def read(url: str) -> Target | Reason:
    """The parts of an absolute http or https address without user and fragment, or why it is refused."""
    if len(url) > LONGEST or not VISIBLE.fullmatch(url):
        return Reason.url_malformed
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return Reason.url_malformed
    if parts.scheme not in PORTS:
        return Reason.scheme_refused
    if "@" in parts.netloc:
        return Reason.userinfo_refused
    if not parts.netloc or parts.fragment or port == 0 or parts.netloc.endswith(":"):
        return Reason.url_malformed
    host = read_host(parts.hostname or "")
    if isinstance(host, Reason):
        return host
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target("https" if parts.scheme == "https" else "http", host, port or PORTS[parts.scheme], path)


def host_of(url: str) -> str:
    """The host of an address as an allow-list has it; empty where the address is none."""
    place = read(url)
    return place.listed_as if isinstance(place, Target) else ""


def read_host(text: str) -> str | Reason:
    """A host in its one spelling, or `host-malformed`."""
    text = text.lower()
    if ":" in text or NUMBER.fullmatch(text.rstrip(".").rpartition(".")[2]):
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return Reason.host_malformed
        return str(address) if "%" not in text else Reason.host_malformed
    return text if NAME.fullmatch(text) else Reason.host_malformed


def is_public(address: str) -> bool:
    """Whether an IP address is a public unicast one. What wraps an IPv4 address is never."""
    found = ipaddress.ip_address(address)
    return found.is_global and not any(found in network for network in REFUSED if network.version == found.version)


def is_loopback(address: str) -> bool:
    """Whether an IP address is this machine itself, in its plain spelling."""
    return ipaddress.ip_address(address).is_loopback
