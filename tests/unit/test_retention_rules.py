"""Rules of retention: which may be, from when they hold, and when what goes; the day before and the day after."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from tests.agreed import agreement

from bailee.clauses.retention import deadlines
from bailee.clauses.retention.deadlines import Judge, check, earliest, effective_at, exceeds, goes_at, last_day
from bailee.clauses.retention.events import (
    NO_DAY,
    OWN,
    WHOLE,
    Count,
    Going,
    Gone,
    Ground,
    Kept,
    Origin,
    Person,
    Record,
    Rule,
)
from bailee.clauses.retention.evidence import DUE, LATER, by_rule, kept_back, outlook
from bailee.clauses.retention.mistakes import RuleRefused
from bailee.obligations.calendar import Calendar
from bailee.vocabulary.periods import Period

PARIS = Calendar.of("Europe/Paris", "FR")
TODAY = date(2026, 11, 26)
RULE = Rule(name="Contracts", type="contract", origin=Origin.creation, period="3 years")
BEYOND = {"origin": Origin.end, "ground": Ground.limitation, "reference": "Code civil, art. 2224"}
TICK = timedelta(microseconds=1)


def refusal(**changes) -> tuple[str, str]:
    with pytest.raises(RuleRefused) as found:
        check(msgspec.structs.replace(RULE, **changes), agreement(), types=["contract"], today=TODAY)
    assert found.value.remedy == deadlines.REMEDIES[found.value.reason]
    return found.value.clause, found.value.reason


def allowed(**changes) -> None:
    check(msgspec.structs.replace(RULE, **changes), agreement(), types=["contract"], today=TODAY)


def test_a_rule_names_what_is_held_for_groups_that_are_agreed_and_a_period_of_whole_days():
    allowed()
    allowed(type=WHOLE, group="partner", origin=Origin.activity)
    allowed(purpose="account-management")
    necessary = "retention.necessary"
    assert refusal(name="") == refusal(name="x" * 121) == (necessary, "name")
    assert refusal(type="profile") == (necessary, "type")
    assert refusal(group="everyone") == (necessary, "group")
    assert refusal(purpose="fun") == (necessary, "purpose")
    assert refusal(type=WHOLE, purpose="support") == (necessary, "whole-person-purpose")
    for period in ("soon", "72 hours", "15 working-days", "0 days"):
        assert refusal(period=period) == (necessary, "period")


def test_a_group_that_was_not_agreed_is_refused():
    few = msgspec.structs.replace(agreement(), groups=agreement().groups[:1])
    [left] = [str(one.group) for one in few.groups]
    other = next(group for group in ("user", "administrator", "employee", "partner") if group != left)
    with pytest.raises(RuleRefused, match="group"):
        check(msgspec.structs.replace(RULE, group=other), few, types=["contract"], today=TODAY)


def test_no_rule_is_longer_than_what_was_agreed_to_the_day():
    assert agreement().terms.retention.controller_most.value == "10 years"
    for period in ("10 years", "120 months", "3652 days"):
        allowed(period=period)
        allowed(period=period, **BEYOND)
    for period in ("11 years", "121 months", "3653 days", "99999 years"):
        assert refusal(period=period) == ("retention.controller-max", "too-long")
        assert refusal(period=period, **BEYOND) == ("retention.controller-max", "too-long")


def test_the_most_is_a_term_and_stands_nowhere_in_code():
    kept = agreement().terms.retention
    most = msgspec.structs.replace(kept.controller_most, value="18 months")
    terms = msgspec.structs.replace(agreement().terms, retention=msgspec.structs.replace(kept, controller_most=most))
    short = msgspec.structs.replace(agreement(), terms=terms)
    check(msgspec.structs.replace(RULE, period="18 months"), short, types=["contract"], today=TODAY)
    with pytest.raises(RuleRefused, match="too-long"):
        check(msgspec.structs.replace(RULE, period="19 months"), short, types=["contract"], today=TODAY)


def test_a_period_in_days_is_measured_against_months_by_the_days_on_which_it_may_begin():
    assert not exceeds(Period(28, "days"), Period(1, "months"), TODAY)
    assert exceeds(Period(29, "days"), Period(1, "months"), TODAY), "a February that has no 29th"


def test_beyond_the_end_of_the_relationship_a_rule_names_the_law_that_keeps():
    allowed(**BEYOND)
    assert refusal(origin=Origin.end) == ("retention.controller-max", "no-ground")
    assert refusal(**(BEYOND | {"reference": ""})) == ("retention.controller-max", "no-reference")
    assert refusal(ground=Ground.tax, reference="x" * 301) == ("retention.controller-max", "no-reference")


def test_what_is_over_goes_with_its_last_day_as_the_legal_calendar_counts_it():
    since = datetime(2026, 1, 31, 22, 59, tzinfo=UTC)  # the 31st in Paris; a minute later it is February there
    for period in (Period(1, "days"), Period(30, "days"), Period(1, "months"), Period(3, "years")):
        assert goes_at(PARIS, since, period) == PARIS.opens(since, period)
    assert goes_at(PARIS, since, Period(1, "months")) == datetime(2026, 2, 27, 23, tzinfo=UTC)
    assert goes_at(PARIS, since + timedelta(minutes=2), Period(1, "months")) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert last_day(date(9990, 1, 1), Period(99, "years")) == last_day(TODAY, Period(9999999, "days"))


def test_a_rule_holds_after_the_whole_of_its_grace():
    confirmed = datetime(2026, 11, 26, 10, tzinfo=UTC)
    assert Period(7, "days") == deadlines.GRACE
    assert effective_at(PARIS, confirmed) == datetime(2026, 12, 3, 23, tzinfo=UTC), "seven whole days lie between"
    assert deadlines.next_look(PARIS, confirmed) == datetime(2026, 11, 26, 23, tzinfo=UTC)


# ------------------------------------------------------------------------------------------------- judging

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
ADA = Person(
    id=UUID(int=9), groups=frozenset({"user"}), created_at=NOON, changed_at=NOON + timedelta(days=20),
    active_at=NOON + timedelta(days=40),
)  # fmt: skip
PAPER = Record(
    id=UUID(int=1), person=ADA.id, type="contract", version=1, purposes=frozenset({"support"}),
    created_at=NOON + timedelta(days=5), changed_at=NOON + timedelta(days=7), expires_at=None,
)  # fmt: skip


def kept(number: int = 1, effective_at: datetime | None = None, **changes) -> Kept:
    rule = msgspec.structs.replace(RULE, **({"period": "30 days"} | changes))
    return Kept(id=UUID(int=number), version=1, state="confirmed", rule=rule, made_at=NOON, effective_at=effective_at)


def when(*rules: Kept, record: Record = PAPER, person: Person = ADA, ended_at: datetime | None = None) -> Going | None:
    return Judge(PARIS, rules, ended_at).alone(record, person)


def days(number: int) -> datetime:
    return PARIS.first(PARIS.day(NOON) + timedelta(days=number))


def test_each_origin_counts_from_its_own_day():
    assert when(kept()).at == days(35)
    assert when(kept(origin=Origin.change)).at == days(37)
    assert when(kept(origin=Origin.activity)).at == days(70)
    assert when(kept(origin=Origin.end)) == Going(None, str(UUID(int=1))), "the contract runs: there is no day yet"
    assert when(kept(origin=Origin.end), ended_at=NOON).at == days(30)


def test_of_a_person_the_same_origins_are_the_persons_own():
    judge = Judge(PARIS, [kept(type=WHOLE)], None)
    assert (judge.person(ADA).at, judge.about_persons, judge.about_records) == (days(30), True, False)
    assert Judge(PARIS, [kept(type=WHOLE, origin=Origin.change)], None).person(ADA).at == days(50)
    assert Judge(PARIS, [kept(type=WHOLE, origin=Origin.activity)], None).person(ADA).at == days(70)
    assert Judge(PARIS, [kept(type=WHOLE, group="partner")], None).person(ADA) is None
    assert Judge(PARIS, [kept()], None).person(ADA) is None


def test_a_rule_is_about_its_type_its_group_and_its_purpose_alone():
    assert when(kept(type="invoice")) is None
    assert when(kept(group="partner")) is None
    assert when(kept(group="user")).at == days(35)
    assert when(kept(purpose="security")) is None
    assert when(kept(purpose="support")).at == days(35)


def test_the_earliest_binds_whether_it_is_a_rule_or_an_end_of_its_own():
    later = kept(2, period="60 days")
    assert when(later, kept()) == when(kept(), later) == Going(days(35), str(UUID(int=1)))
    for before, by in ((TICK, OWN), (timedelta(), OWN), (-TICK, str(UUID(int=1)))):
        ended = msgspec.structs.replace(PAPER, expires_at=days(35) - before)
        assert when(kept(), later, record=ended).by == by
    assert when(record=PAPER) is None
    assert earliest([]) is None
    assert earliest([Going(None, "a"), Going(days(1), "b")]).by == "b", "what has no day gives way"


def test_a_record_goes_with_its_person_where_they_go_first():
    whole = kept(2, type=WHOLE, period="35 days")
    assert when(kept(), whole) is None, "on the same day all goes at once"
    assert when(kept(), kept(2, type=WHOLE, period="36 days")).by == str(UUID(int=1))
    assert when(kept(origin=Origin.end), whole).at is None
    assert when(kept(), kept(2, type=WHOLE, origin=Origin.end)).at == days(35)


def test_nothing_goes_before_its_rule_holds():
    assert when(kept(effective_at=days(90))).at == days(90)
    assert when(kept(effective_at=days(20))).at == days(35)


def test_what_a_rule_lacks_is_owed_by_the_controller_and_the_day_is_said_to_be_ours():
    owed = deadlines.refused(kept(), agreement(), "look", NOON)
    assert (owed.clause, owed.owed_by, owed.owed_to) == ("retention.necessary", "controller", "person")
    assert owed.subject == f"retention/{UUID(int=1)}/look"
    assert owed.due.strict == PARIS.last(PARIS.day(NOON) + timedelta(days=30))
    assert "ours" in owed.due.rule


# ------------------------------------------------------------------------------------------------- drawing


def count(month: str, number: int = 1, standing: str = "free", rule: int = 1) -> Count:
    return Count(rule=UUID(int=rule), type="contract", groups="user", month=month, standing=standing, number=number)


def test_the_calendar_draws_a_year_by_month_and_what_comes_later_together():
    drawn = outlook(
        [count("2026-11", 4), count("2026-11", 2, "held"), count("2027-10", 3), count("2027-11", 1), count("2031-01", 1),
         count(NO_DAY, 7), count(DUE, 5, "refused"), count(DUE, 1, "held"), count("2026-10", 1)],
        TODAY,
    )  # fmt: skip
    assert [bar.month for bar in drawn.bars] == [
        "2026-11", "2026-12", *(f"2027-{n:02}" for n in range(1, 11)), LATER
    ]  # fmt: skip
    first, last = drawn.bars[0], drawn.bars[-1]
    assert (first.number, first.kept, first.wide, first.kept_wide) == (7, 2, 100.0, 28.6)
    assert (drawn.bars[-2].number, last.number) == (3, 2)
    assert (drawn.overdue, drawn.no_day, drawn.total) == ({"refused": 5, "held": 1}, 7, 25)
    assert LATER not in [bar.month for bar in outlook([], TODAY).bars]


def test_what_keeps_things_back_is_told_apart_and_what_went_is_summed_by_rule():
    assert kept_back([count("2026-11", 2), count("2026-11", 3, "held"), count("2026-12", 1, "held")]) == {"held": 4}
    gone = [Gone(rule=UUID(int=1), type="contract", day=TODAY, number=n) for n in (2, 3)]
    assert by_rule(gone) == {UUID(int=1): 5}
