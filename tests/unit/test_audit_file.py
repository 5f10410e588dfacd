"""The file of an audit: questions, findings, actions, costs that add up, and what keeps it from being closed."""

from datetime import date, timedelta

import pytest
from tests.unit.test_audit_notice import an_audit, now

from bailee.clauses.audits.costing import statement
from bailee.clauses.audits.events import Reference
from bailee.clauses.audits.following import MOST, after, unplanned
from bailee.clauses.audits.mistakes import Faulty, NotNow
from bailee.clauses.audits.steps import (
    Accept,
    Announce,
    Answer,
    Ask,
    Begin,
    Close,
    Done,
    Found,
    Plan,
    Report,
    Spend,
)

BEGUN = "2027-01-11 09:00"


def under_way():
    audit = an_audit("2026-12-01 09:00", questions=("Who holds the keys?",))
    for step in (Accept(), Announce(arrangements="room 4"), Begin()):
        audit = after(audit, step, now(BEGUN), "processor")
    return audit


def reported():
    findings = (
        Found(clause="security.confidentiality", severity="major", text="one key too many"),
        Found(clause="audits.evidence", severity="observation", text="well kept"),
    )
    return after(under_way(), Report(findings=findings, conclusion="good"), now("2027-01-12 18:00"), "controller")


def test_questions_are_answered_with_references_and_may_be_more():
    audit = after(under_way(), Ask(text="And at night?"), now(BEGUN), "controller")
    assert [one.n for one in audit.questions] == [1, 2]
    shown = (Reference("clause", "services.storage"), Reference("entry", "12"))
    audit = after(audit, Answer(n=2, text="nobody", references=shown), now(BEGUN), "processor")
    assert [one.answer for one in audit.questions] == ["", "nobody"]
    assert audit.questions[1].references == shown
    assert audit.questions[1].answered_by == "someone"
    with pytest.raises(Faulty, match="no-such-number"):
        after(audit, Answer(n=3, text="?"), now(BEGUN), "processor")
    with pytest.raises(Faulty, match="unknown-clause"):
        after(audit, Answer(n=1, text="?", references=(Reference("clause", "no.such"),)), now(BEGUN), "processor")


def test_a_file_does_not_grow_without_end():
    audit = under_way()
    for _ in range(MOST - 1):
        audit = after(audit, Ask(text="again?"), now(BEGUN), "controller")
    with pytest.raises(Faulty, match="too-many"):
        after(audit, Ask(text="again?"), now(BEGUN), "controller")


def test_it_is_closed_when_every_finding_is_planned_and_every_action_done():
    audit = reported()
    assert [one.n for one in unplanned(audit)] == [1], "an observation needs no action"
    with pytest.raises(NotNow, match="unplanned"):
        after(audit, Close(), now("2027-01-13 09:00"), "controller")
    plan = Plan(finding=1, text="take it back", owner="O. Wner", due=date(2027, 2, 1))
    audit = after(audit, plan, now("2027-01-13 09:00"), "processor")
    with pytest.raises(NotNow, match="undone"):
        after(audit, Close(), now("2027-01-13 09:00"), "controller")
    audit = after(audit, Done(n=1, evidence="entry 40"), now("2027-02-01 09:00"), "processor")
    with pytest.raises(NotNow, match="done"):
        after(audit, Done(n=1, evidence="entry 41"), now("2027-02-01 09:00"), "processor")
    closed = after(audit, Close(), now("2027-02-02 09:00"), "controller")
    assert (closed.state, closed.is_over) == ("closed", True)


@pytest.mark.parametrize(
    ("step", "party", "code"),
    [
        (Plan(finding=3, text="x", owner="o", due=date(2027, 2, 1)), "processor", "no-such-finding"),
        (Plan(finding=1, text="x", owner="o", due=date(2027, 1, 12)), "processor", "past"),
        (Done(n=1, evidence="x"), "processor", "no-such-number"),
        (Spend(day=date(2027, 1, 14), who="w", what="x", minutes=1), "processor", "future"),
        (Spend(day=date(2027, 1, 13), who="w", what="x", rate=100), "processor", "nothing-spent"),
    ],
)
def test_what_makes_no_sense_is_not_written(step, party, code):
    with pytest.raises(Faulty, match=code):
        after(reported(), step, now("2027-01-13 09:00"), party)


def test_a_finding_under_no_clause_is_not_taken():
    report = Report(findings=(Found(clause="no.such", severity="minor", text="x"),), conclusion="x")
    with pytest.raises(Faulty, match="unknown-clause"):
        after(under_way(), report, now("2027-01-12 18:00"), "controller")


def test_costs_add_up_to_the_cent_by_line_by_person_and_whole():
    audit = under_way()
    for n, (who, minutes, rate, spent) in enumerate(
        [("Ann", 50, 9_999, 0), ("Bob", 1, 30, 0), ("Ann", 90, 10_000, 1_234), ("Bob", 0, 0, 5_000), ("Bob", 1, 29, 1)]
    ):
        step = Spend(
            day=date(2027, 1, 11) - timedelta(days=n), who=who, what="x", minutes=minutes, rate=rate, spent=spent
        )
        audit = after(audit, step, now(BEGUN), "processor")
    made = statement(audit)
    assert [one.n for one in made.lines] == [5, 4, 3, 2, 1], "by day"
    assert {one.n: one.time for one in made.lines} == {1: 8_333, 2: 1, 3: 15_000, 4: 0, 5: 0}, (
        "half a cent is a whole one"
    )
    assert made.total.minutes == 142
    assert made.total.amount == made.total.time + made.total.spent == 8_333 + 1 + 15_000 + 1_234 + 5_000 + 1
    assert sum(one.amount for one in made.lines) == made.total.amount == sum(one.total.amount for one in made.shares)
    assert {one.who: one.total.amount for one in made.shares} == {"Ann": 24_567, "Bob": 5_002}
    assert made.bears == "controller"
