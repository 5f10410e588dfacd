"""Audits, announced in time: both readings, holidays, authorities, waivers; and how the days are drawn."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bailee.clauses.audits import deadlines
from bailee.clauses.audits.counting import drawn
from bailee.clauses.audits.deadlines import Terms
from bailee.clauses.audits.events import Audit, Scope
from bailee.clauses.audits.following import Now, after, opened
from bailee.clauses.audits.mistakes import Faulty, NotNow, NotTheirs
from bailee.clauses.audits.steps import (
    FROM,
    WHOSE,
    Accept,
    Announce,
    Asked,
    Begin,
    Named,
    Propose,
    Redate,
    Refuse,
    Waive,
    Withdraw,
    open_to,
)
from bailee.obligations.calendar import Calendar
from bailee.vocabulary.periods import Period

PARIS = ZoneInfo("Europe/Paris")
TERMS = Terms(Calendar.of("Europe/Paris", "FR"), Period.parse("15 working-days"))
FIRST = date(2027, 1, 11)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def now(text: str) -> Now:
    return Now(at(text), "someone", TERMS)


def an_audit(told: str, first: date = FIRST, **given) -> Audit:
    asked = request(first, **given)
    return opened(UUID(int=1), asked, now(told), "controller")


def request(first: date, **given):
    clauses = given.pop("clauses", ("security.confidentiality",))
    return msgspec.structs.replace(
        Asked(by="third-party", scope=Scope(clauses), first=first, last=first + timedelta(days=1),
              auditor=Named("A. Auditor", "Audit SA", "ISO 27001 lead auditor")), **given,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "strict", "generous"),
    [
        (date(2027, 1, 11), "2026-12-16", "2026-12-21"),
        (date(2026, 6, 15), "2026-05-21", "2026-05-27"),  # Whit Monday, 25 May, is counted by neither
        (date(2027, 5, 18), "2027-04-22", "2027-04-25"),  # 1, 6, 8 and 17 May are holidays, two of them Saturdays
    ],
)
def test_the_last_day_for_the_notice_and_the_day_after(first, strict, generous):
    due = TERMS.latest(first)
    assert [TERMS.calendar.day(one).isoformat() for one in (due.strict, due.generous)] == [strict, generous]

    def standing(moment: datetime) -> str:
        return TERMS.judged(first, moment, "controller").standing

    tick = timedelta(microseconds=1)
    assert standing(due.strict) == "in-time"
    assert standing(due.strict + tick) == "by-one-reading", "never held against the controller"
    assert standing(due.generous) == "by-one-reading"
    assert standing(due.generous + tick) == "too-early"


def test_the_earliest_day_that_is_offered_is_in_time_and_the_day_before_it_is_not():
    told = at("2026-12-22 00:00")
    judged = TERMS.judged(FIRST, told, "third-party")
    assert judged.standing == "too-early"
    assert judged.earliest == date(2027, 1, 12)
    assert judged.surely == date(2027, 1, 15)
    assert TERMS.judged(judged.earliest, told, "third-party").standing == "by-one-reading"
    assert TERMS.judged(judged.earliest - timedelta(days=1), told, "third-party").standing == "too-early"
    assert TERMS.judged(judged.surely, told, "third-party").standing == "in-time"
    assert TERMS.judged(judged.surely - timedelta(days=1), told, "third-party").standing == "by-one-reading"


def test_a_supervisory_authority_owes_no_notice():
    audit = an_audit("2027-01-10 23:00", by="authority")
    assert (audit.state, audit.notice.standing) == ("asked", "exempt")
    due = deadlines.notice_due(audit, TERMS.calendar)
    assert due.rule == deadlines.NO_NOTICE
    assert due.generous == TERMS.calendar.first(FIRST)


def test_a_date_too_early_is_flagged_and_waived_in_somebodys_name():
    audit = an_audit("2026-12-22 00:00")
    assert audit.state == "flagged"
    with pytest.raises(NotNow):
        after(audit, Accept(), now("2026-12-22 09:00"), "processor")
    with pytest.raises(NotTheirs):
        after(audit, Waive(name="C. Ontroller"), now("2026-12-22 09:00"), "controller")
    waived = after(audit, Waive(name="P. Rocessor"), now("2026-12-22 09:00"), "processor")
    assert waived.state == "asked"
    assert (waived.waiver.name, waived.notice.standing) == ("P. Rocessor", "too-early"), "both are kept"
    assert deadlines.notice_due(waived, TERMS.calendar).rule == deadlines.WAIVED
    assert deadlines.notice_due(audit, TERMS.calendar) == audit.notice.due


def test_other_days_count_from_the_first_notice_when_later_and_from_now_when_earlier():
    audit = an_audit("2026-12-22 00:00")
    earliest = audit.notice.earliest
    later = after(audit, Redate(first=earliest, last=earliest), now("2027-01-04 12:00"), "controller")
    assert (later.state, later.told_at) == ("asked", audit.told_at)
    sooner = after(later, Redate(first=FIRST, last=FIRST), now("2027-01-04 12:01"), "controller")
    assert (sooner.state, sooner.told_at) == ("flagged", at("2027-01-04 12:01"))
    waived = after(sooner, Waive(name="P. Rocessor"), now("2027-01-04 13:00"), "processor")
    again = after(waived, Redate(first=FIRST, last=earliest), now("2027-01-04 14:00"), "controller")
    assert (again.waiver, again.state) == (None, "flagged"), "what was waived were other days"


def test_an_auditor_is_refused_another_proposed_and_the_audit_lives_on():
    audit = after(an_audit("2026-12-01 09:00"), Accept(), now("2026-12-01 10:00"), "processor")
    refuse = Refuse(ground="competitor", reason="sells what we sell", name="P. Rocessor")
    refused = after(audit, refuse, now("2026-12-02 10:00"), "processor")
    assert refused.state == "refused"
    assert not refused.is_over
    assert refused.auditor.refusal.ground == "competitor"
    with pytest.raises(NotNow):
        after(refused, Accept(), now("2026-12-02 11:00"), "processor")
    moved = after(refused, Redate(first=FIRST, last=FIRST), now("2026-12-02 12:00"), "controller")
    assert moved.state == "refused", "other days are no other auditor"
    again = after(
        refused, Propose(auditor=Named("B. Other", "Other SARL", "CISA")), now("2027-01-05 10:00"), "controller"
    )
    assert (again.state, again.first) == ("asked", FIRST), "the notice was given when the audit was asked for"
    assert [one.name for one in again.auditors] == ["A. Auditor", "B. Other"]
    assert again.auditor.refusal is None
    assert again.auditors[0].refusal is not None


def test_a_second_auditor_of_an_audit_too_early_is_flagged_still():
    flagged = an_audit("2026-12-22 00:00")
    refuse = Refuse(ground="other", reason="none", name="P. Rocessor")
    propose = Propose(auditor=Named("B. Other", "Other SARL", "CISA"))
    refused = after(flagged, refuse, now("2026-12-22 10:00"), "processor")
    assert after(refused, propose, now("2026-12-22 11:00"), "controller").state == "flagged"
    waived = after(flagged, Waive(name="P. Rocessor"), now("2026-12-22 09:00"), "processor")
    refused = after(waived, refuse, now("2026-12-22 10:00"), "processor")
    assert after(refused, propose, now("2026-12-22 11:00"), "controller").state == "asked"


def test_whom_an_authority_sends_and_nobody_cannot_be_refused():
    refuse = Refuse(ground="competitor", reason="no", name="P. Rocessor")
    with pytest.raises(NotNow, match="authority"):
        after(an_audit("2026-12-01 09:00", by="authority"), refuse, now("2026-12-02 09:00"), "processor")
    with pytest.raises(NotNow, match="no-auditor"):
        after(an_audit("2026-12-01 09:00", auditor=None), refuse, now("2026-12-02 09:00"), "processor")


def test_the_audit_itself_cannot_be_refused_by_the_processor():
    for state in ("asked", "flagged", "accepted", "refused", "announced", "under-way"):
        assert "withdraw" in open_to(state, "controller")
        assert "withdraw" not in open_to(state, "processor")
    assert set(WHOSE) == set(FROM)
    assert not open_to("closed", "controller") | open_to("withdrawn", "processor")


def test_it_begins_on_its_day_and_not_the_day_before():
    audit = after(an_audit("2026-12-01 09:00"), Accept(), now("2026-12-01 10:00"), "processor")
    audit = after(audit, Announce(arrangements="room 4"), now("2026-12-03 10:00"), "processor")
    with pytest.raises(NotNow, match="not-yet"):
        after(audit, Begin(), now("2027-01-10 23:59"), "processor")
    assert after(audit, Begin(), now("2027-01-11 00:00"), "processor").state == "under-way"
    assert after(audit, Withdraw(), now("2027-01-11 00:00"), "controller").is_over


@pytest.mark.parametrize(
    ("first", "given", "code"),
    [
        (date(2026, 11, 30), {}, "past"),
        (FIRST, {"last": date(2027, 1, 10)}, "last-before-first"),
        (FIRST, {"last": date(2028, 2, 1)}, "last-before-first"),
        (FIRST, {"clauses": ()}, "no-clause"),
        (FIRST, {"clauses": ("no.such",)}, "unknown-clause"),
    ],
)
def test_what_makes_no_sense_is_not_taken_in(first, given, code):
    with pytest.raises(Faulty, match=code):
        an_audit("2026-12-01 09:00", first, **given)


def test_our_own_days_end_before_the_audit_begins_and_agreed_ones_at_midnight():
    audit = an_audit("2026-12-01 09:00")
    assert deadlines.answer_due(audit, TERMS.calendar).strict == audit.told_at + timedelta(days=5)
    near = an_audit("2027-01-10 09:00", by="authority")
    due = deadlines.answer_due(near, TERMS.calendar)
    assert due.strict == at("2027-01-11 00:00")
    assert deadlines.reminders(due, near.told_at) == ()
    assert deadlines.reminders(deadlines.plan_due(near.told_at), near.told_at) == (
        near.told_at + timedelta(days=8), near.told_at + timedelta(days=14),
    )  # fmt: skip
    until = deadlines.access_until(audit, TERMS.calendar)
    assert until == at("2027-01-13 00:00") - timedelta(microseconds=1)
    assert deadlines.action_due(date(2027, 2, 1), TERMS.calendar).strict < at("2027-02-02 00:00")


def test_every_day_of_the_notice_is_drawn_with_why_it_was_not_counted():
    picture = drawn(TERMS, FIRST, date(2026, 12, 18))
    cells = {one.day: one for week in picture.weeks for one in week}
    assert picture.numbers == {"fr-ouvre": 15, "fr-ouvrable": 15}
    assert (min(cells), max(cells)) == (date(2026, 12, 14), date(2027, 1, 17))
    assert all(len(week) == 7 and week[0].day.weekday() == 0 for week in picture.weeks)
    assert [day.day for day, one in cells.items() if one.mark == "holiday"] == [25, 1]
    assert cells[date(2026, 12, 17)].mark == "by-one-reading", "the other reading begins on the 22nd"
    assert cells[date(2026, 12, 19)].mark == "weekend"
    assert cells[date(2026, 12, 26)].mark == "by-one-reading", "a Saturday"
    assert cells[date(2026, 12, 27)].mark == "weekend"
    assert cells[date(2026, 12, 22)].mark == "counted"
    assert cells[date(2026, 12, 16)].strict
    assert cells[date(2026, 12, 21)].generous
    assert cells[date(2026, 12, 18)].told
    assert cells[FIRST].begins
    assert cells[FIRST].mark == cells[date(2026, 12, 16)].mark == "outside"
    assert not picture.cut


def test_other_periods_and_calendars_are_drawn_as_well():
    days = drawn(Terms(Calendar.of("Europe/Paris", "FR"), Period.parse("10 days")), FIRST, date(2026, 12, 1))
    assert {one.mark for week in days.weeks for one in week} == {"counted", "outside"}
    union = drawn(
        Terms(Calendar.of("Europe/Berlin", "DE-BE"), Period.parse("15 working-days")), FIRST, date(2026, 12, 1)
    )
    assert union.numbers == {"eu-1182": 15}
    long = drawn(Terms(Calendar.of("Europe/Paris", "FR"), Period.parse("2 years")), FIRST, date(2026, 12, 1))
    assert (len(long.weeks), long.cut) == (30, True)
