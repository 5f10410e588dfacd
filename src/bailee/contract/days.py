"""Days on which periods end. Pure.

A period in days ends on a day, counted in the agreement's time zone; the event's own day is not counted
(Regulation 1182/71, Art. 3(1)). What binds the processor never rolls forward over a holiday.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bailee.vocabulary.periods import Period


def day_after(start: datetime, period: Period, zone: str) -> datetime:
    """The first instant, in UTC, of the last day of a period that an event at `start` opened."""
    place = ZoneInfo(zone)
    day = start.astimezone(place).date()
    if period.unit == "hours":
        return start + timedelta(hours=period.amount)
    if period.unit == "days":
        day += timedelta(days=period.amount)
    elif period.unit == "working-days":
        day = _working(day, period.amount)
    else:
        day = _months(day, period.amount * (12 if period.unit == "years" else 1))
    return datetime.combine(day, time(), place).astimezone(UTC)


def _months(day: date, amount: int) -> date:
    """So many months on: the same day of the month, or its last where there is none."""
    months = day.year * 12 + day.month - 1 + amount
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _working(day: date, amount: int) -> date:
    """So many days from Monday to Friday on: the strict reading takes no holiday off."""
    while amount:
        day += timedelta(days=1)
        amount -= day.weekday() < 5
    return day
