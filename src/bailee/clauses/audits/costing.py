"""What an audit costs: time at a rate, and what was spent; whole cents, so that it adds up. Pure."""

from collections.abc import Sequence
from datetime import date

import msgspec

from bailee.clauses.audits.events import Audit, Cost

HOUR = 60


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the statement."""

    n: int
    day: date
    who: str
    what: str
    minutes: int
    rate: int
    time: int
    spent: int
    amount: int


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """What lines come to."""

    minutes: int
    time: int
    spent: int
    amount: int


class Share(msgspec.Struct, frozen=True):
    """What one member of staff comes to."""

    who: str
    total: Total


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The statement: every line, each member of staff, the whole, and who bears it."""

    lines: tuple[Line, ...]
    shares: tuple[Share, ...]
    total: Total
    bears: str
    currency: str


def line(one: Cost) -> Line:
    """A cost with its amounts: half a cent and more counts as a whole one."""
    time = (one.minutes * one.rate * 2 + HOUR) // (2 * HOUR)
    return Line(
        n=one.n, day=one.day, who=one.who, what=one.what, minutes=one.minutes, rate=one.rate, time=time, spent=one.spent,
        amount=time + one.spent,
    )  # fmt: skip


def total(lines: Sequence[Line]) -> Total:
    """The sum of lines."""
    time, spent = sum(one.time for one in lines), sum(one.spent for one in lines)
    return Total(minutes=sum(one.minutes for one in lines), time=time, spent=spent, amount=time + spent)


def statement(audit: Audit) -> Statement:
    """The statement of an audit's costs, by day."""
    lines = tuple(line(one) for one in sorted(audit.costs, key=lambda one: (one.day, one.n)))
    names = dict.fromkeys(one.who for one in lines)
    shares = tuple(Share(who, total([one for one in lines if one.who == who])) for who in names)
    return Statement(lines=lines, shares=shares, total=total(lines), bears=audit.bears, currency=audit.currency)
