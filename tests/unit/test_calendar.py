"""The legal calendar: the worked cases, the articles one by one, and a second, plodding implementation."""

import os
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bailee.obligations import holidays
from bailee.obligations.calendar import Calendar, Due
from bailee.vocabulary.periods import Period

PARIS = Calendar.of("Europe/Paris", "FR")
TICK, DAY = timedelta(microseconds=1), timedelta(days=1)
CASES = 1_000_000 if os.environ.get("LONG") == "1" else 20_000


def at(text: str, calendar: Calendar = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(calendar.time_zone))


def ends(due: Due, calendar: Calendar = PARIS) -> tuple[str, str]:
    """The days that both readings end on; each must be that day's very last instant."""
    for instant in (due.strict, due.generous):
        assert calendar.day(instant + TICK) == calendar.day(instant) + DAY
    return calendar.day(due.strict).isoformat(), calendar.day(due.generous).isoformat()


def local(instant: datetime) -> str:
    return instant.astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "period", "strict", "generous"),
    [
        ("2026-11-21", "7 days", "2026-11-28", "2026-11-30"),
        ("2026-12-02", "30 days", "2027-01-01", "2027-01-04"),
        ("2026-12-15", "15 working-days", "2027-01-04", "2027-01-07"),
        ("2027-01-31", "1 month", "2027-02-28", "2027-03-01"),
        # months end on the date of the event, or on the last day where there is none (Art. 3(2)(c))
        ("2026-10-15", "1 month", "2026-11-15", "2026-11-16"),
        ("2026-12-31", "2 months", "2027-02-28", "2027-03-01"),
        ("2028-02-29", "1 year", "2029-02-28", "2029-02-28"),
        ("2026-03-31", "18 months", "2027-09-30", "2027-09-30"),
        # two days or more hold two working days (Art. 3(5)): Christmas, a weekend, then Monday and Tuesday
        ("2026-12-24", "2 days", "2026-12-26", "2026-12-29"),
        ("2026-12-24", "1 day", "2026-12-25", "2026-12-28"),
        # a holiday inside counts like any day (Art. 3(3)), one at the end does not (Art. 3(4))
        ("2027-04-28", "5 days", "2027-05-03", "2027-05-03"),
        ("2027-05-04", "2 days", "2027-05-06", "2027-05-07"),
        # a year that ends, the event just before midnight and just after it
        ("2026-12-31T23:59", "1 day", "2027-01-01", "2027-01-04"),
        ("2027-01-01T00:01", "1 day", "2027-01-02", "2027-01-04"),
    ],
)
def test_a_period_ends_on_the_day_that_each_reading_gives(start, period, strict, generous):
    assert ends(PARIS.due(at(start), Period.parse(period))) == (strict, generous)


@pytest.mark.parametrize(
    ("start", "hours", "strict", "generous"),
    [
        ("2026-12-24T16:20", "72 hours", "2026-12-27 16:20", "2026-12-27 17:00"),
        ("2027-03-27T10:00", "72 hours", "2027-03-30 11:00", "2027-03-30 12:00"),  # the clocks go forward
        ("2026-10-24T10:00", "72 hours", "2026-10-27 09:00", "2026-10-27 10:00"),  # and back
        ("2026-11-20T23:59", "1 hour", "2026-11-21 00:59", "2026-11-21 01:00"),
    ],
)
def test_hours_run_through_nights_holidays_and_changes_of_the_clock(start, hours, strict, generous):
    due = PARIS.due(at(start), Period.parse(hours))
    assert (local(due.strict), local(due.generous)) == (strict, generous)


def test_the_day_is_the_one_of_the_agreements_time_zone():
    just_before_midnight_in_utc = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    auckland = Calendar("Pacific/Auckland", "NZ")
    assert ends(PARIS.due(just_before_midnight_in_utc, Period(1, "days")))[0] == "2026-11-24"
    assert ends(Calendar("UTC", "FR").due(just_before_midnight_in_utc, Period(1, "days")), Calendar("UTC", "FR"))[
        0
    ] == ("2026-11-23")
    assert ends(auckland.due(just_before_midnight_in_utc, Period(1, "days")), auckland)[0] == "2026-11-24"


@pytest.mark.parametrize(
    ("event", "period", "strict", "generous"),
    [
        ("2027-01-11", "15 working-days", "2026-12-16", "2026-12-21"),
        ("2027-01-11", "7 days", "2027-01-03", "2027-01-03"),  # a Sunday: it never runs on
        ("2027-03-31", "1 month", "2027-02-28", "2027-02-28"),
        ("2027-03-01", "1 month", "2027-01-31", "2027-01-31"),  # four days clamp to the same end: the latest
        ("2028-02-29", "1 year", "2027-02-28", "2027-02-28"),
    ],
)
def test_notice_is_given_in_time_until_the_last_day_that_leaves_the_whole_period(event, period, strict, generous):
    assert ends(PARIS.latest(at(event), Period.parse(period))) == (strict, generous)


def test_notice_in_hours_leaves_whole_hours_to_the_strict_reading():
    due = PARIS.latest(at("2027-01-11T20:30"), Period(2, "hours"))
    assert (local(due.strict), local(due.generous)) == ("2027-01-11 17:59", "2027-01-11 18:30")


def test_only_french_law_reads_working_days_in_two_ways():
    assert PARIS.working == Calendar.of("Europe/Paris", "FR-57").working == ("fr-ouvre", "fr-ouvrable")
    berlin = Calendar.of("Europe/Berlin", "DE")
    assert ends(berlin.due(at("2026-12-15", berlin), Period(15, "working-days")), berlin) == (
        "2027-01-07",
        "2027-01-07",
    )
    saturdays = Calendar("Europe/Paris", "FR", ("fr-ouvrable",))
    assert ends(saturdays.due(at("2026-11-23"), Period(5, "working-days"))) == ("2026-11-28", "2026-11-30")


def test_a_part_of_a_country_has_holidays_of_its_own():
    moselle = Calendar.of("Europe/Paris", "FR-57")
    assert PARIS.works(date(2026, 4, 3))
    assert not moselle.works(date(2026, 4, 3))
    with pytest.raises(holidays.UnknownHolidays, match="no holiday calendar 'FR-00'"):
        holidays.of("FR-00", 2026)
    with pytest.raises(holidays.UnknownHolidays, match="no holiday calendar 'XX'"):
        Calendar("Europe/Paris", "XX").due(at("2026-11-23"), Period(1, "days"))


def test_the_rule_is_kept_in_words():
    assert PARIS.due(at("2026-12-02"), Period(30, "days")).rule == (
        "30 days after 2026-12-02 00:00+01:00: strict 2027-01-01, generous 2027-01-04 (Europe/Paris, holidays FR)"
    )
    assert PARIS.latest(at("2027-01-11"), Period(7, "days")).rule == (
        "7 days before 2027-01-11 00:00+01:00: 2027-01-03 (Europe/Paris, holidays FR)"
    )
    brussels = Calendar("Europe/Brussels", "EU")
    assert brussels.due(at("2027-01-11"), Period(7, "days")).rule.endswith(
        "holidays EU; holidays computed, not published)"
    )
    assert brussels.due(at("2023-01-11"), Period(7, "days")).rule.endswith("(Europe/Brussels, holidays EU)")


def test_what_happens_by_itself_happens_from_the_first_instant_of_the_last_day():
    assert local(PARIS.opens(at("2026-12-02T15:00"), Period(30, "days"))) == "2027-01-01 00:00"
    assert local(PARIS.opens(at("2026-12-02T15:00"), Period(3, "hours"))) == "2026-12-02 18:00"


def test_the_holidays_of_the_institutions_are_the_published_ones_and_the_pattern_agrees_with_them():
    listed = {year: holidays.of("EU", year) for year in (2014, 2023)}
    assert date(2023, 1, 1) not in listed[2023]
    assert date(2023, 12, 24) not in listed[2023]
    assert date(2014, 12, 31) in listed[2014]
    assert len(listed[2014]) == 20
    for year, days in listed.items():
        assert not holidays.computed("EU", year)
        assert {day for day in holidays.by_pattern(year) if day.weekday() < 5} == {
            day for day in days if day.weekday() < 5
        }
    assert holidays.computed("EU", 2031)
    assert date(2031, 4, 14) in holidays.of("EU", 2031)
    assert not holidays.computed("FR", 2031)


def test_easter_is_where_the_churches_put_it():
    for year in range(1990, 2100):
        monday = holidays.easter(year) + DAY
        assert monday in holidays.of("FR", year), year
    assert [holidays.easter(year).isoformat() for year in (1981, 2008, 2038)] == [
        "1981-04-19",
        "2008-03-23",
        "2038-04-25",
    ]


# ------------------------------------------------------------------------- the second implementation, day by day


def plodding(calendar: Calendar, start: datetime, period: Period) -> tuple[date, date]:
    """The same law, walked: one day after another, each asked whether the period is over on it."""
    first = start.astimezone(ZoneInfo(calendar.time_zone)).date()
    kinds = calendar.working if period.unit == "working-days" else ("eu-1182",)
    found = [_walk(calendar, first, period, kind) for kind in kinds]
    return min(strict for strict, _ in found), max(generous for _, generous in found)


def _walk(calendar: Calendar, first: date, period: Period, kind: str) -> tuple[date, date]:
    """The first day on which the period is over, and the first on which it is over generously."""
    counted, worked, strict, day = 0, 0, None, first
    many = period.amount > 1 or period.unit not in ("days", "working-days")
    while True:
        day += DAY
        free = day.weekday() == 6 or day in holidays.of(calendar.holidays, day.year)
        works = not free and day.weekday() != 5
        worked += works
        counted += (not free and (kind == "fr-ouvrable" or works)) if period.unit == "working-days" else 1
        if strict is None and _over(first, day, counted, period):
            strict = day
        if strict is not None and works and worked >= (2 if many else 1):
            return strict, day


def _over(first: date, day: date, counted: int, period: Period) -> bool:
    if period.unit in ("days", "working-days"):
        return counted == period.amount
    months = (day.year - first.year) * 12 + day.month - first.month
    wanted = period.amount * (12 if period.unit == "years" else 1)
    last_of_month = (day + DAY).month != day.month
    return months == wanted and (day.day == first.day or (last_of_month and day.day < first.day))


CALENDARS = (
    PARIS, Calendar.of("Europe/Paris", "FR-57"), Calendar.of("Europe/Berlin", "DE"), Calendar("Europe/Brussels", "EU"),
    Calendar.of("Pacific/Auckland", "NZ"), Calendar("Europe/Paris", "FR", ("fr-ouvrable",)),
)  # fmt: skip
LONGEST = {"days": 60, "working-days": 25, "months": 4, "years": 1}


def random_case(chance: random.Random) -> tuple[Calendar, datetime, Period]:
    calendar = CALENDARS[int(chance.random() * len(CALENDARS))]
    start = datetime(2012, 1, 1, tzinfo=UTC) + timedelta(seconds=int(chance.random() * 40 * 365.25 * 86400))
    unit = ("days", "days", "working-days", "working-days", "months", "years")[int(chance.random() ** 1.3 * 6)]
    return calendar, start, Period(1 + int(chance.random() * LONGEST[unit]), unit)


def test_a_second_implementation_that_walks_from_day_to_day_finds_the_same_ends():
    chance = random.Random(1182)
    for number in range(CASES):
        calendar, start, period = random_case(chance)
        due = calendar.due(start, period)
        mine = calendar.day(due.strict), calendar.day(due.generous)
        assert mine == plodding(calendar, start, period), (number, calendar, start, period)


def test_the_latest_day_for_a_notice_is_the_last_from_which_the_period_is_over_before_the_event():
    chance = random.Random(71)
    for _ in range(CASES // 40):
        calendar, event, period = random_case(chance)
        if period.unit == "years":
            period = Period(period.amount, "months")  # walking back through years takes too long
        due, day = calendar.latest(event, period), calendar.day(event)
        kinds = calendar.working if period.unit == "working-days" else ("eu-1182",)
        lasts = []
        for kind in kinds:
            given = day
            while _walk(calendar, given, period, kind)[0] >= day:
                given -= DAY
            lasts.append(given)
        assert (calendar.day(due.strict), calendar.day(due.generous)) == (min(lasts), max(lasts)), (
            calendar,
            event,
            period,
        )
