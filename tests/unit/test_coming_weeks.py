"""The coming weeks: drawn where there is room, and told week by week on a phone. Both say the same."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from bailee.obligations.calendar import Due
from bailee.obligations.inbox import MOST, inbox
from bailee.obligations.promises import Obligation, Promise

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHOSE = UUID(int=1)


def owed(number: int, days: float, *, by: str = "processor") -> Obligation:
    at = NOW + timedelta(days=days)
    due = Due(strict=at, generous=at, rule="")
    promise = Promise(
        clause="rights.forward", subject=f"s/{number}", owed_by=by, owed_to="person", due=due, evidence="e"
    )
    return Obligation(id=UUID(int=number + 10), controller=WHOSE, promise=promise, opened_at=NOW - timedelta(days=9))


def weeks(*found: Obligation) -> list[tuple[int, int, int]]:
    shown = inbox(found, show="all", side="processor", now=NOW, names={WHOSE: "Alpages"})
    assert shown.timeline is not None
    drawn = len(shown.timeline.marks) + sum(number for _, number in shown.timeline.more)
    told = [(week.late, week.ours, week.theirs) for week in shown.timeline.weeks]
    assert sum(map(sum, told)) == drawn
    return told


def test_what_is_late_stands_in_the_first_week_and_whose_it_is_is_told_apart() -> None:
    told = weeks(owed(1, -20), owed(2, 1), owed(3, 2, by="controller"), owed(4, 8))
    assert told == [(1, 1, 1), (0, 1, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0)]


def test_the_last_day_of_a_week_and_the_first_of_the_next_and_what_lies_beyond() -> None:
    assert weeks(owed(1, 6.6), owed(2, 7.0), owed(3, 41), owed(4, 42))[0::5] == [(0, 1, 0), (0, 1, 0)]


def test_more_on_a_day_than_can_be_drawn_are_counted_all_the_same() -> None:
    assert weeks(*(owed(number, 3) for number in range(MOST + 5)))[0] == (0, MOST + 5, 0)
