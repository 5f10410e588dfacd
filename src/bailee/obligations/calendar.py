"""The legal calendar: on which instant a period ends. Pure: instants and terms in, instants out.

After Regulation (EEC, Euratom) 1182/71: the event's own day (or hour) is not counted, a day lasts until its
midnight in the agreement's time zone, months end on the same day of the month or on its last, hours run in UTC.
Every period is read twice and both are kept. The strict reading is the earliest that the words allow and never
runs on: it binds us. The generous one is the latest: working days as the other side may count them, an end on a
Saturday, Sunday or holiday runs on to the next working day (Art. 3(4)), and two days or more hold two working
days (Art. 3(5)). A period that is counted backwards never runs on.

An instant that ends a day is its last one (23:59:59.999999): kept in time means `at <= due`.
"""

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from bailee.obligations import holidays
from bailee.vocabulary.periods import Period

Working = Literal["eu-1182", "fr-ouvre", "fr-ouvrable"]
WEEKDAYS: dict[Working, int] = {"eu-1182": 5, "fr-ouvre": 5, "fr-ouvrable": 6}
DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


class Due(msgspec.Struct, frozen=True):
    """When something is due, read twice: `strict` binds us, `generous` serves the other side. Both in UTC."""

    strict: datetime
    generous: datetime
    rule: str


class Calendar(msgspec.Struct, frozen=True, dict=True):
    """Where days are counted (`Europe/Paris`), whose holidays (`FR`), and how a working day may be read."""

    time_zone: str
    holidays: str
    working: tuple[Working, ...] = ("eu-1182",)

    @classmethod
    def of(cls, time_zone: str, code: str) -> "Calendar":
        """An agreement's calendar: French law knows two kinds of working days, so both are read there."""
        return cls(time_zone, code, ("fr-ouvre", "fr-ouvrable") if code.partition("-")[0] == "FR" else ("eu-1182",))

    def due(self, start: datetime, period: Period) -> Due:
        """When a period ends that an event at `start` opened."""
        if period.unit == "hours":
            length = timedelta(hours=period.amount)
            ends = start.astimezone(UTC) + length, _hour(start) + HOUR + length  # its own hour is not counted
            return Due(*ends, self._rule(period, start, *ends))
        day = self.day(start)
        days = [self._counted(day, period, kind) for kind in self._kinds(period)]
        strict, generous = min(days), max(self._runs_on(day, end, period) for end in days)
        return Due(self.last(strict), self.last(generous), self._rule(period, start, strict, generous))

    def latest(self, event: datetime, period: Period) -> Due:
        """Up to when notice may be given of an event, so that the whole period lies between; it never runs on."""
        if period.unit == "hours":
            length = timedelta(hours=period.amount)
            ends = _hour(event) - length - TICK, event.astimezone(UTC) - length
            return Due(*ends, self._rule(period, event, *ends, back=True))
        day = self.day(event)
        days = [self._counted_back(day, period, kind) for kind in self._kinds(period)]
        strict, generous = min(days), max(days)
        rule = self._rule(period, event, strict, generous, back=True)
        return Due(self.last(strict), self.last(generous), rule)

    def opens(self, start: datetime, period: Period) -> datetime:
        """The first instant of the strict reading's last day, from which what falls due by itself is done."""
        due = self.due(start, period).strict
        return due if period.unit == "hours" else self.first(self.day(due))

    def day(self, instant: datetime) -> date:
        """The day that an instant falls on, here."""
        return instant.astimezone(self._zone).date()

    def first(self, day: date) -> datetime:
        """The first instant of a day, in UTC."""
        return datetime.combine(day, time(), self._zone).astimezone(UTC)

    def last(self, day: date) -> datetime:
        """The last instant of a day, in UTC."""
        return self.first(day + DAY) - TICK

    def works(self, day: date, kind: Working = "eu-1182") -> bool:
        """Whether it is a working day: no Sunday, no holiday, and a Saturday only among the *ouvrables*."""
        return day.weekday() < WEEKDAYS[kind] and day not in holidays.of(self.holidays, day.year)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def _kinds(self, period: Period) -> tuple[Working, ...]:
        return self.working if period.unit == "working-days" else self.working[:1]

    def _counted(self, day: date, period: Period, kind: Working) -> date:
        """The last day of a period after a day that is not counted itself."""
        match period.unit:
            case "days":
                return day + period.amount * DAY
            case "working-days":
                return self._step(day, period.amount, kind, DAY)
            case _:
                return months_on(day, period.amount * (12 if period.unit == "years" else 1))

    def _counted_back(self, day: date, period: Period, kind: Working) -> date:
        """The latest day on which the period can begin so that it is over before `day`."""
        match period.unit:
            case "days":
                return day - (period.amount + 1) * DAY
            case "working-days":
                return self._step(day, period.amount, kind, -DAY) - DAY
            case _:
                amount = period.amount * (12 if period.unit == "years" else 1)
                begins = months_on(day - DAY, -amount)
                while months_on(begins + DAY, amount) < day:  # the days that clamp to the same end
                    begins += DAY
                return begins

    def _step(self, day: date, amount: int, kind: Working, step: timedelta) -> date:
        while amount:
            day += step
            amount -= self.works(day, kind)
        return day

    def _runs_on(self, day: date, end: date, period: Period) -> date:
        """Where the generous reading ends: on a working day, after two of them if the period has two days."""
        least = 1 if period.amount == 1 and period.unit in ("days", "working-days") else 2
        held = sum(1 for _ in islice((one for one in _between(day + DAY, end) if self.works(one)), 2))
        while not self.works(end) or held < least:
            end += DAY
            held += self.works(end)
        return end

    def _rule(self, period: Period, event: datetime, strict: date, generous: date, *, back: bool = False) -> str:
        """The rule in words, as it is kept beside the instants."""
        first, last = sorted((self._word(strict), self._word(generous)))
        ends = first if first == last else f"strict {first}, generous {last}"
        years = {event.year, strict.year, generous.year}
        guessed = "; holidays computed, not published" if any(map(self._computed, years)) else ""
        place = f"{self.time_zone}, holidays {self.holidays}"
        return f"{period} {'before' if back else 'after'} {self._word(event)}: {ends} ({place}{guessed})"

    def _word(self, moment: date) -> str:
        if isinstance(moment, datetime):
            return moment.astimezone(self._zone).isoformat(" ", "minutes")
        return moment.isoformat()

    def _computed(self, year: int) -> bool:
        return holidays.computed(self.holidays, year)


def months_on(day: date, amount: int) -> date:
    """So many months on (or back): the same day of the month, or its last where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + amount, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _between(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _hour(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
