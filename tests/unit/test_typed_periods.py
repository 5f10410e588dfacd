"""Periods as people read them, and as they type them into the form of an instruction, in either language."""

import pytest

from bailee.clauses.instructions.pages.writing import period
from bailee.infra.web.words import lasting
from bailee.vocabulary.periods import Period


@pytest.mark.parametrize(("typed", "kept"), [
    ("18 mois", "18 months"), ("1 mois", "1 month"), ("30  Jours", "30 days"), ("2 ans", "2 years"), ("1 an", "1 year"),
    ("15 jours ouvrés", "15 working-days"), ("72 heures", "72 hours"), ("18 months", "18 months"),
])  # fmt: skip
def test_a_period_is_kept_as_the_agreement_writes_it(typed: str, kept: str) -> None:
    assert str(Period.parse(period(typed))) == kept


@pytest.mark.parametrize("typed", ["", "mois", "deux mois", "18 lunes", "3.5 jours"])
def test_what_is_no_period_stays_as_it_was_typed_and_is_refused(typed: str) -> None:
    assert period(typed) == typed
    with pytest.raises(ValueError, match="is not a period"):
        Period.parse(period(typed))


@pytest.mark.parametrize(("period", "english", "french"), [
    ("30 days", "30 days", "30 jours"), ("1 month", "1 month", "1 mois"), ("15 working-days", "15 working days", "15 jours ouvrés"),
    ("72 hours", "72 hours", "72 heures"), ("2 years", "2 years", "2 ans"), ("as agreed", "as agreed", "as agreed"),
])  # fmt: skip
def test_how_long_is_said_in_words(period: str, english: str, french: str) -> None:
    assert (lasting("en", period), lasting("fr", period)) == (english, french)
