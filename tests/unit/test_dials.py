"""The dial that is drawn of an obligation: its places, its share, and where it stands still."""

from datetime import UTC, datetime, timedelta

import pytest

from bailee.obligations.calendar import Due
from bailee.obligations.dials import dial
from bailee.obligations.promises import Obligation, Promise, Side
from bailee.vocabulary.ids import new_id

OPENED = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


def owed(*, by: Side = "processor", strict: int = 4, generous: int = 8, **more: object) -> Obligation:
    due = Due(OPENED + strict * DAY, OPENED + generous * DAY, "4 days")
    promise = Promise(
        clause="rights.forward", subject="request/1", owed_by=by, owed_to="controller", due=due, evidence="notice",
        reminders=(OPENED + DAY, OPENED - DAY),
    )  # fmt: skip
    return Obligation(id=new_id(), controller=new_id(), promise=promise, opened_at=OPENED, **more)


def test_what_comes_when_stands_where_it_comes() -> None:
    drawn = dial(owed(), OPENED + 2 * DAY)
    assert (drawn.at, drawn.strict, drawn.generous, drawn.binding) == (25.0, 50.0, 100.0, 50.0)
    assert drawn.reminders == (12.5, 0.0)
    assert (drawn.passed, drawn.over) == (50, False)
    assert dial(owed(by="controller"), OPENED + 2 * DAY).binding == 100.0


@pytest.mark.parametrize(("at", "passed", "over"), [
    (OPENED - DAY, 0, False), (OPENED, 0, False), (OPENED + 4 * DAY - TICK, 99, False),
    (OPENED + 4 * DAY, 100, False), (OPENED + 4 * DAY + TICK, 100, True), (OPENED + 400 * DAY, 100, True),
])  # fmt: skip
def test_all_of_the_time_has_passed_only_when_it_has(at: datetime, passed: int, over: bool) -> None:
    drawn = dial(owed(), at)
    assert (drawn.passed, drawn.over) == (passed, over)
    assert 0 <= drawn.strict <= drawn.generous <= 100
    assert 0 <= drawn.at <= 100


def test_what_ended_stands_still() -> None:
    ended = owed(state="discharged", ended_at=OPENED + 3 * DAY)
    assert dial(ended, OPENED + 40 * DAY) == dial(ended, OPENED + 400 * DAY)
    assert dial(ended, OPENED + 40 * DAY).passed == 75
    assert not dial(ended, OPENED + 40 * DAY).over


def test_what_was_due_before_it_was_opened_is_over_and_can_be_drawn() -> None:
    drawn = dial(owed(strict=-2, generous=-1), OPENED)
    assert (drawn.passed, drawn.over, drawn.strict, drawn.at) == (100, True, 0.0, 100.0)
    at_once = dial(owed(strict=0, generous=0), OPENED)
    assert (at_once.passed, at_once.strict, at_once.generous) == (100, 0.0, 0.0)
