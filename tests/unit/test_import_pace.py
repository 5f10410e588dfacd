"""How long an import still takes, by the pace at which it went while the page was looked at."""

from bailee.processing.accounts.pages.imports import A_WHILE, minutes_left


def test_the_minutes_left_follow_the_pace_and_are_never_told_too_few() -> None:
    assert minutes_left(6000, 1000, 10.0) == 1
    assert minutes_left(6001, 1000, 10.0) == 2
    assert minutes_left(0, 1000, 10.0) == 0


def test_nothing_is_said_before_a_pace_is_known() -> None:
    assert minutes_left(6000, 0, 10.0) is None
    assert minutes_left(6000, 1000, A_WHILE - 0.1) is None
    assert minutes_left(6000, 1000, A_WHILE) is not None
