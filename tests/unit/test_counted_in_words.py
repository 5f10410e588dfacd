"""How an instant was counted is kept as the calendar wrote it, and read in the reader's language."""

import re
from datetime import UTC, datetime

import pytest

from bailee.obligations import wording
from bailee.obligations.calendar import Calendar
from bailee.vocabulary.periods import Period

CALENDAR = Calendar.of("Europe/Paris", "FR")
EVENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def test_a_period_that_was_counted_is_told_in_either_language() -> None:
    kept = CALENDAR.due(EVENT, Period.parse("10 working-days")).rule
    assert wording.rule("en", kept) == (
        "10 working days after 20 November 2026, 10:30: until 2 December 2026 (strict reading) or 4 December 2026 "
        "(generous reading), counted in Europe/Paris with the holidays of FR"
    )
    assert wording.rule("fr", kept) == (
        "10 jours ouvrés après le 20 novembre 2026, 10:30 : jusqu'au 2 décembre 2026 (lecture stricte) ou au 4 décembre "
        "2026 (lecture large), compté à l'heure de Europe/Paris avec les jours fériés de FR"
    )


@pytest.mark.parametrize("period", ["1 hour", "24 hours", "1 day", "2 days", "1 working-day", "15 working-days", "1 month", "3 months", "1 year"])  # fmt: skip
@pytest.mark.parametrize("event", [EVENT, datetime(2040, 5, 2, tzinfo=UTC)])
def test_whatever_the_calendar_writes_is_read(period: str, event: datetime) -> None:
    for due in (CALENDAR.due(event, Period.parse(period)), CALENDAR.latest(event, Period.parse(period))):
        for language, holidays in (("en", "holidays of FR"), ("fr", "jours fériés de FR")):
            told = wording.rule(language, due.rule)
            assert holidays in told
            assert not re.search(r"\d{4}-\d\d-\d\d|working-day|counted-|[{}]", told)
            assert ("computed" in due.rule) == ("computed" in told or "calculés" in told)


def test_what_follows_upon_another_period_or_is_our_own_is_read_too() -> None:
    kept = CALENDAR.due(EVENT, Period.parse("1 month")).rule
    told = wording.rule("fr", f"ours, Art. 19 names no period: {kept}, then {kept}")
    assert told.startswith("le nôtre, l'article 19 ne fixe aucun délai : 1 mois après le 20 novembre 2026")
    assert told.count("1 mois après") == 2
    assert wording.rule("fr", "as the parties wrote it") == "as the parties wrote it"
