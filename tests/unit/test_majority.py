"""Majority: off without an instruction, an answer and its day with one, and never the date of birth."""

from datetime import UTC, date, datetime
from uuid import uuid4

import msgspec
import pytest

from bailee.contract.ruling import AccessRequest, Permit
from bailee.processing.accounts.majority import NotChecked, NotInstructed, ages, check, read_date
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

TODAY = date(2026, 3, 1)


def permit(*categories: str) -> Permit:
    actor = Actor(id="system:crm", kind=ActorKind.controller_system, credential=uuid4())
    request = AccessRequest(
        actor=actor, controller=uuid4(), operation=Operation.use, purpose=Purpose.account_management
    )
    return Permit(request, "i", "data.majority", frozenset(categories), {}, frozenset(), "a", datetime.now(UTC))


ON = permit("birth-date")


def test_without_an_instruction_for_dates_of_birth_nothing_is_checked():
    with pytest.raises(NotInstructed):
        check(date(1990, 1, 1), "FR", TODAY, permit=permit("name"))


@pytest.mark.parametrize(
    ("born", "adult"),
    [(date(2008, 3, 1), True), (date(2008, 3, 2), False), (date(2008, 2, 29), True), (date(1950, 1, 1), True)],
)
def test_the_birthday_itself_counts(born, adult):
    assert check(born, "FR", TODAY, permit=ON).adult is adult


def test_a_leap_day_comes_of_age_on_the_first_of_march():
    assert not check(date(2008, 2, 29), "FR", date(2026, 2, 28), permit=ON).adult


def test_countries_differ_and_the_strictest_of_a_country_counts():
    assert not check(date(2006, 3, 1), "SG", TODAY, permit=ON).adult
    assert check(date(2006, 3, 1), "US", TODAY, permit=ON).age == 21


def test_the_date_of_birth_is_in_nothing_that_comes_out():
    kept = msgspec.json.encode(check(date(1987, 11, 23), "FR", TODAY, permit=ON)).decode()
    assert "1987" not in kept
    for born, country, code in ((date(2027, 1, 1), "FR", "in-the-future"), (date(1850, 6, 6), "FR", "too-old"),
                                (date(1987, 1, 1), "ZZ", "unknown-country")):  # fmt: skip
        with pytest.raises(NotChecked) as refused:
            check(born, country, TODAY, permit=ON)
        assert str(refused.value) == code
    with pytest.raises(NotChecked) as refused:
        read_date("31/02/1987")
    assert str(refused.value) == "not-a-date"
    assert refused.value.__cause__ is None
    assert read_date("23/11/1987") == read_date("1987-11-23")


def test_the_table_is_dated_and_says_whence_it_is():
    assert ages().as_of <= date(2026, 11, 30)
    assert ages().source
    assert all(len(code) == 2 and 15 <= age <= 21 for code, age in ages().ages.items())
