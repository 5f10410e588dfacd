"""How much one source may bring: a bucket for each, in memory and bounded, so that nobody's haste locks others out.

A source is an IPv4 address or an IPv6 network of 64 bits. When more sources come than are remembered, the oldest
bucket is forgotten: that frees one who waited, and never stops anyone else. Pure.
"""

import ipaddress
from collections import OrderedDict

import msgspec

REMEMBERED = 20_000


class Rate(msgspec.Struct, frozen=True):
    """So many at once, and one more every so many seconds."""

    burst: int
    seconds: float


class Buckets:
    """What each source has left."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, source: str, now: float) -> bool:
        """Take one; false where nothing is left. `now` in seconds that never run back."""
        left, since = self._left.pop(source, (float(self._rate.burst), now))
        left = min(float(self._rate.burst), left + (now - since) / self._rate.seconds)
        fine = left >= 1.0
        self._left[source] = (left - 1.0 if fine else left, now)
        while len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return fine


def source_of(address: str) -> str:
    """The source that a network address belongs to; the text itself where it is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:60]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)
