"""How long before an audit it is announced, and when what follows falls due. Pure.

The notice is the agreement's, in working days where it says so; both readings are computed and kept, and the generous
one serves the controller: nothing is held against it for the difference. A supervisory authority owes no notice. For
answering a request and for planning actions neither law nor agreement names a period: those days are our own.
"""

from datetime import date, datetime, timedelta

import msgspec

from bailee.clauses.audits.events import Audit, By, Noticed, Standing
from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import DAY, Calendar, Due
from bailee.vocabulary.periods import Period

ANSWER_WITHIN, PLAN_WITHIN = timedelta(days=5), timedelta(days=15)
REMIND_BEFORE = (timedelta(days=7), timedelta(days=1))
OURS_ANSWER = "no period in law or agreement: our own, 5 days after the request and before the audit begins"
OURS_PLAN = "no period in law or agreement: our own, 15 days after the findings were handed over"
AGREED = "the day that the action plan names"
NO_NOTICE = "a supervisory authority owes no notice"
WAIVED = "the processor waived the notice: until the audit begins"


class Terms(msgspec.Struct, frozen=True):
    """What the agreement says of an audit's clock: its calendar, and how long before one is announced."""

    calendar: Calendar
    period: Period

    @classmethod
    def of(cls, agreement: Agreement) -> "Terms":
        """The terms of an agreement."""
        calendar = Calendar.of(agreement.time_zone, agreement.holidays)
        return cls(calendar, Period.parse(agreement.terms.audits.notice.value))

    def latest(self, first: date) -> Due:
        """Up to when an audit that begins on a day is announced, in both readings."""
        return self.calendar.latest(self.calendar.first(first), self.period)

    def judged(self, first: date, told_at: datetime, by: By) -> Noticed:
        """How the notice of an audit stands that was told of at an instant."""
        surely, earliest = self._from(told_at, strict=True), self._from(told_at, strict=False)
        standing: Standing = "too-early"
        due = self.latest(first)
        if by == "authority":
            standing, earliest, surely = "exempt", self.calendar.day(told_at), self.calendar.day(told_at)
        elif told_at <= due.strict:
            standing = "in-time"
        elif told_at <= due.generous:
            standing = "by-one-reading"
        return Noticed(due=due, standing=standing, earliest=earliest, surely=surely)

    def _from(self, told_at: datetime, *, strict: bool) -> date:
        """The first day on which an audit told of now may begin."""
        day = self.calendar.day(told_at) + DAY
        while told_at > (self.latest(day).strict if strict else self.latest(day).generous):
            day += DAY
        return day


def notice_due(audit: Audit, calendar: Calendar) -> Due:
    """By when the controller owes the notice: as computed, or until the audit begins where none is owed or it is waived."""
    begins = calendar.first(audit.first)
    if audit.notice.standing == "exempt":
        return Due(strict=begins, generous=begins, rule=NO_NOTICE)
    if audit.waiver is not None:
        return Due(strict=begins, generous=begins, rule=WAIVED)
    return audit.notice.due


def answer_due(audit: Audit, calendar: Calendar) -> Due:
    """By when we say whether dates and auditor are accepted: our own target, and never once the audit has begun."""
    at = max(min(audit.told_at + ANSWER_WITHIN, calendar.first(audit.first)), audit.told_at)
    return Due(strict=at, generous=at, rule=OURS_ANSWER)


def plan_due(reported_at: datetime) -> Due:
    """By when we answer findings with a plan: our own target."""
    at = reported_at + PLAN_WITHIN
    return Due(strict=at, generous=at, rule=OURS_PLAN)


def action_due(day: date, calendar: Calendar) -> Due:
    """The last instant of the day that was agreed for an action."""
    at = calendar.last(day)
    return Due(strict=at, generous=at, rule=AGREED)


def reminders(due: Due, now: datetime) -> tuple[datetime, ...]:
    """When we are reminded before something falls due."""
    return tuple(due.strict - one for one in REMIND_BEFORE if due.strict - one > now)


def access_until(audit: Audit, calendar: Calendar) -> datetime:
    """The last instant at which an auditor's account opens anything: the end of the audit's last day."""
    return calendar.last(audit.last)
