"""How long a guess has to wait: pure arithmetic over counts that the caller keeps.

What is counted, and why so:

- The *pair* of account and source (an IPv4 address, an IPv6 /64) stops someone who guesses one password after another.
- The *account* over all unknown sources together stops the same guessing from a thousand addresses.
- The *source* over all accounts stops one password tried on a thousand accounts. It is wide, for an
  office is one source: fifty, then one a minute.
- A *device* known to the account (`devices`) counts alone and for itself. So nobody can lock an owner out: whoever
  does not hold that device's cookie can fill only the budgets of strangers, and its owner does not draw on those.
- *Codes* of six digits have a budget of their own, far tighter, for there are a million of them and three are right at
  a time. Only who has the password comes to it. After the free ones it is 24 guesses a day: 1 chance in 14,000 a day.

Every wait has an upper bound, so a stranger's guessing delays an owner on a *new* device, and no more than that; a
passkey, single sign-on and a link sent by mail offer nothing to guess and wait for none of this, and each of them
makes the new device a known one. What is asked while it has to wait is refused before the password is looked at and
is not counted: asking on does not lengthen the wait, and tells nothing about the password.

How to use it. Make `budgets` from what was *typed*, so that an account that does not exist waits like one that does.
In one transaction read and lock the tallies (`FOR UPDATE`, in the order of their names), refuse when `longest_wait`
is above zero, else write `failed` of each: a guess counts before it is tried, so that a hundred at once are a
hundred. After success write `succeeded` of each. `name` holds an address: keep a keyed tag of it, never itself.
A success clears the pair and the device. It only gives the one count back to account, source and codes: else an owner who
signs in every morning, or an attacker with an account of their own, would hand out a fresh budget each time.
"""

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

MOST = 1_000_000  # failures counted; beyond it nothing changes
DOUBLINGS = 32  # more would pass every longest wait


class Kind(StrEnum):
    """What failures are counted of. Stable: part of the names."""

    pair = "pair"
    account = "account"
    source = "source"
    device = "device"
    code = "code"
    device_code = "device-code"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`free` failures cost nothing; then `first` seconds, doubled by each failure up to `longest`.

    One failure is forgotten per `forget` seconds without another. `clears`: whether a success wipes the count.
    """

    free: int
    first: float
    longest: float
    forget: float
    clears: bool = False


RULES = {
    Kind.pair: Rule(free=5, first=2, longest=900, forget=900, clears=True),
    Kind.account: Rule(free=20, first=1, longest=300, forget=900),
    Kind.source: Rule(free=50, first=1, longest=300, forget=60),
    Kind.device: Rule(free=10, first=2, longest=900, forget=900, clears=True),
    Kind.code: Rule(free=5, first=30, longest=3600, forget=21_600),
    Kind.device_code: Rule(free=5, first=30, longest=3600, forget=21_600),
}


class Budget(msgspec.Struct, frozen=True):
    """One count: its kind, and the name that it is kept under once a keyed tag is made of it."""

    kind: Kind
    name: bytes

    @property
    def rule(self) -> Rule:
        """The rule of its kind."""
        return RULES[self.kind]


class Tally(msgspec.Struct, frozen=True):
    """A count as kept: failures, and when the last one was."""

    failures: int
    failed_at: datetime


def source_of(address: str) -> str:
    """The network that one household or host has to itself: an IPv4 address, the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.IPv6Network((found, 64), strict=False))
    return str(found)


def budgets(account: str, source: str, device: bytes | None = None) -> tuple[Budget, ...]:
    """What a guess at a password draws on. `account`: the address in its normal form; `device`: a known one's id."""
    if device is not None:
        return (_budget(Kind.device, account, device),)
    return (
        _budget(Kind.pair, account, source),
        _budget(Kind.account, account),
        _budget(Kind.source, source),
    )


def code_budgets(account: str, device: bytes | None = None) -> tuple[Budget, ...]:
    """What a guess at an authenticator's or a recovery code draws on; the password was right already."""
    if device is not None:
        return (_budget(Kind.device_code, account, device),)
    return (_budget(Kind.code, account),)


def name_budgets(source: str) -> tuple[Budget, ...]:
    """What a guess at an organisation's name draws on: its source alone, for a name is everybody's who works there."""
    return (_budget(Kind.source, "organisation", source),)


def wait(failures: int, failed_at: datetime, now: datetime, rule: Rule) -> float:
    """Seconds until a next guess is looked at; 0 for at once. A clock that ran back adds nothing to the wait."""
    over = failures - rule.free
    if over <= 0:
        return 0.0
    delay = min(rule.longest, rule.first * 2.0 ** min(over - 1, DOUBLINGS))
    gone = max(0.0, (now - failed_at).total_seconds())
    return max(0.0, delay - gone)


def longest_wait(drawn: Iterable[tuple[Budget, Tally | None]], now: datetime) -> float:
    """Seconds to wait for all budgets of a guess; the one figure that may be told (`Retry-After`)."""
    waits = (wait(tally.failures, tally.failed_at, now, budget.rule) for budget, tally in drawn if tally is not None)
    return max(waits, default=0.0)


def failed(tally: Tally | None, now: datetime, rule: Rule) -> Tally:
    """The tally with one failure more, after what time has forgotten."""
    if tally is None:
        return Tally(1, now)
    return Tally(min(MOST, left(tally, now, rule) + 1), max(now, tally.failed_at))


def succeeded(tally: Tally | None, rule: Rule) -> Tally | None:
    """The tally after a success whose guess was counted by `failed`; None to delete it."""
    if tally is None or rule.clears or tally.failures <= 1:
        return None
    return Tally(tally.failures - 1, tally.failed_at)


def left(tally: Tally, now: datetime, rule: Rule) -> int:
    """The failures not yet forgotten. `wait` goes by all of them: forgetting lets a steady guesser on at one guess per
    `forget` or `longest`, whichever is shorter, and an honest one start anew."""
    gone = max(0.0, (now - tally.failed_at).total_seconds())
    return max(0, tally.failures - int(gone // rule.forget))


def forgotten_after(tally: Tally, rule: Rule) -> timedelta:
    """How long after its last failure a tally says nothing any more and can be deleted."""
    return timedelta(seconds=rule.forget * tally.failures)


def _budget(kind: Kind, *parts: str | bytes) -> Budget:
    """A name whose parts cannot run into each other: each after its length."""
    encoded = (part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass") for part in parts)
    return Budget(kind, b"".join([kind.encode(), *(len(one).to_bytes(4, "big") + one for one in encoded)]))
