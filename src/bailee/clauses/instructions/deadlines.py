"""When what this clause opens falls due. Pure.

Neither law nor agreement gives a period for answering a challenge or for telling of an order: the days below are our
own reminders, and every rule says so. What does bind is the order of things: an order is told of before it is followed,
and one that may not be told is disclosed when the ban ends.
"""

from datetime import datetime, timedelta

from bailee.contract.compulsion import Ban, Order
from bailee.obligations.calendar import Due

ANSWER_WITHIN = timedelta(days=7)
REMIND_AFTER = timedelta(days=2)
NO_PERIOD = "no period in law or agreement: our own reminder, 7 days after the challenge"
BEFORE = "before the order is followed: nothing is opened under it until then"
BAN_ENDS = "when the ban on telling ends"
BAN_LOOKED_AT = "when the ban on telling ends: looked at again on this day"


def answer_due(raised_at: datetime) -> Due:
    """When we remind the controller for the last time that its answer to a challenge is awaited."""
    at = raised_at + ANSWER_WITHIN
    return Due(strict=at, generous=at, rule=NO_PERIOD)


def answer_reminders(raised_at: datetime) -> tuple[datetime, ...]:
    """When the controller is reminded before."""
    return (raised_at + REMIND_AFTER,)


def telling_due(order: Order, approved_at: datetime) -> Due:
    """The controller is told before the order's first day, or at once where that has come."""
    at = max(order.in_force_from, approved_at)
    return Due(strict=at, generous=at, rule=BEFORE)


def disclosure_due(ban: Ban) -> Due:
    """When the controller is told of an order that could not be told of before."""
    return Due(strict=ban.until, generous=ban.until, rule=BAN_LOOKED_AT if ban.event else BAN_ENDS)
