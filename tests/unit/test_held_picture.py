"""The drawing of what is held about a person: where its bars stand."""

from datetime import UTC, datetime, timedelta

from bailee.processing.accounts.holdings.picture import BEFORE, WHOLE, drawn

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
HALF, WHOLE_TIME = BEGAN + timedelta(days=50), BEGAN + timedelta(days=100)


def test_what_has_an_end_goes_there_and_now_stands_between() -> None:
    picture = drawn([(BEGAN, WHOLE_TIME, WHOLE_TIME)], HALF)
    assert (picture.now, picture.since, picture.until) == (50.0, BEGAN, WHOLE_TIME)
    [bar] = picture.bars
    assert (bar.since, bar.first, bar.last, bar.open) == (0.0, WHOLE, WHOLE, False)


def test_what_goes_one_by_one_thins_out_from_its_first_end_to_its_last() -> None:
    [bar] = drawn([(BEGAN, HALF, WHOLE_TIME)], BEGAN).bars
    assert (bar.first, bar.last) == (50.0, WHOLE)


def test_what_has_no_end_runs_out_of_the_picture_beside_what_has() -> None:
    picture = drawn([(BEGAN, None, None), (HALF, WHOLE_TIME, WHOLE_TIME)], HALF)
    assert [(bar.since, bar.last, bar.open) for bar in picture.bars] == [
        (0.0, WHOLE, True),
        (BEFORE / 2, BEFORE, False),
    ]


def test_without_any_end_now_is_the_last_that_is_known() -> None:
    picture = drawn([(BEGAN, None, None)], HALF)
    assert (picture.now, picture.until) == (BEFORE, None)


def test_what_began_this_instant_and_nothing_at_all_are_drawn_too() -> None:
    assert drawn([(BEGAN, None, None)], BEGAN).now == 0.0
    assert drawn([], BEGAN).bars == ()
