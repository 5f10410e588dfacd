"""When what goes, and whether a rule may be: pure. Days are counted where the agreement counts them.

The first day is not counted, months end on the same day of the month or on its last, and what is over goes on the last
day of its period, from its first instant on: as whatever falls due by itself does (`Calendar.opens`).
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from bailee.clauses.retention.events import OWN, WHOLE, Going, Ground, Kept, Origin, Person, Record, Rule
from bailee.clauses.retention.mistakes import RuleRefused
from bailee.contract.agreement import Agreement
from bailee.obligations.calendar import DAY, Calendar, Due, months_on
from bailee.obligations.promises import Promise
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.periods import Period
from bailee.vocabulary.purposes import Purpose

NECESSARY, MOST = "retention.necessary", "retention.controller-max"
GRACE = Period(7, "days")  # ours: between the confirmation of a rule and the first thing that it takes
SHOWN_FOR = timedelta(days=1)  # how long what a rule would take counts as having been shown
ANSWERED_IN = Period(30, "days")  # ours: the text says no day for an instruction that a rule lacks
SUBJECT = "retention/"
UNITS = frozenset({"days", "months", "years"})
FOUR_YEARS = 1461  # days: every length that a period can have begins in them
LONGEST_NAME, LONGEST_REFERENCE = 120, 300

REMEDIES = {
    "name": "Give the rule a name of 120 characters at most.",
    "type": "Name the whole person, or a record type of your own.",
    "group": "Choose a group that the agreement lists, or everyone.",
    "purpose": "Choose a purpose that the agreement or an instruction names, or any.",
    "period": "Write a period in whole days, months or years, such as 3 years.",
    "whole-person-purpose": "A whole person is held for several purposes: leave the purpose open, or name a record type.",
    "too-long": "Choose a period that is no longer than what was agreed. What a law makes you keep longer goes into an archive of your own.",
    "no-ground": "Beyond the end of the relationship only a law keeps data: choose it, and name its text.",
    "no-reference": "Name the text of the law: its article, or its number.",
}  # fmt: skip


def check(rule: Rule, agreement: Agreement, *, types: Collection[str], today: date) -> None:
    """Raise `RuleRefused` unless a rule may be, under what is agreed."""
    if not 0 < len(rule.name) <= LONGEST_NAME:
        raise _refused(NECESSARY, "name")
    if rule.type != WHOLE and rule.type not in types:
        raise _refused(NECESSARY, "type")
    if rule.group and (
        rule.group not in set(PersonGroup) or rule.group not in {str(one.group) for one in agreement.groups}
    ):
        raise _refused(NECESSARY, "group")
    if rule.purpose and rule.purpose not in set(Purpose):
        raise _refused(NECESSARY, "purpose")
    if rule.purpose and rule.type == WHOLE:
        raise _refused(NECESSARY, "whole-person-purpose")
    if is_too_long(rule, agreement, today):
        raise _refused(MOST, "too-long")
    if rule.origin is Origin.end and rule.ground is Ground.purpose:
        raise _refused(MOST, "no-ground")
    if rule.ground is not Ground.purpose and not 0 < len(rule.reference) <= LONGEST_REFERENCE:
        raise _refused(MOST, "no-reference")


def period_of(rule: Rule) -> Period:
    """How long a rule lets things be kept."""
    try:
        period = Period.parse(rule.period)
    except ValueError:
        raise _refused(NECESSARY, "period") from None
    if period.unit not in UNITS:
        raise _refused(NECESSARY, "period")
    return period


def is_too_long(rule: Rule, agreement: Agreement, today: date) -> bool:
    """Whether a rule lets things be kept for longer than the agreement does: it may have been amended since."""
    return exceeds(period_of(rule), Period.parse(agreement.terms.retention.controller_most.value), today)


def exceeds(period: Period, most: Period, today: date) -> bool:
    """Whether a period, begun on whatever day from today on, can end later than the most that was agreed."""
    if period.unit == most.unit:
        return period.amount > most.amount
    days = (today + n * DAY for n in range(FOUR_YEARS))
    return any(last_day(day, period) > last_day(day, most) for day in days)


@lru_cache(maxsize=65536)
def last_day(day: date, period: Period) -> date:
    """The last day of a period after a day that is not counted itself; the year 9999 never ends."""
    try:
        if period.unit == "days":
            return day + period.amount * DAY
        return months_on(day, period.amount * (12 if period.unit == "years" else 1))
    except (OverflowError, ValueError):
        return date.max - DAY


def goes_at(calendar: Calendar, since: datetime, period: Period) -> datetime:
    """The instant from which something goes that is counted from `since`."""
    return calendar.first(last_day(calendar.day(since), period))


def effective_at(calendar: Calendar, confirmed_at: datetime) -> datetime:
    """The first instant at which a rule takes something: its whole grace lies between."""
    return calendar.first(last_day(calendar.day(confirmed_at), GRACE) + DAY)


def next_look(calendar: Calendar, now: datetime) -> datetime:
    """When everyone is looked at again: with the next day, for nothing falls due within one."""
    return calendar.first(calendar.day(now) + DAY)


class Judge:
    """Says what goes when, by some rules at once: the earliest binds, whether it is a rule or a record's own end.

    `ended_at` is the end of the contract; None while it runs.
    """

    def __init__(self, calendar: Calendar, rules: Iterable[Kept], ended_at: datetime | None) -> None:
        self._calendar = calendar
        self._ended_at = ended_at
        known = [(one, period_of(one.rule)) for one in sorted(rules, key=lambda one: one.id)]
        self._of_persons = [pair for pair in known if pair[0].rule.type == WHOLE]
        self._of_records = [pair for pair in known if pair[0].rule.type != WHOLE]

    @property
    def about_persons(self) -> bool:
        """Whether a rule takes whole persons."""
        return bool(self._of_persons)

    @property
    def about_records(self) -> bool:
        """Whether a rule takes records alone."""
        return bool(self._of_records)

    def person(self, person: Person) -> Going | None:
        """When a person goes whole, and by which rule."""
        return earliest(
            Going(self._when(one, period, person, person.created_at, person.changed_at), str(one.id))
            for one, period in self._of_persons
            if not one.rule.group or one.rule.group in person.groups
        )

    def record(self, record: Record, person: Person) -> Going | None:
        """When a record goes by itself, and by which rule or by its own end; not with its person."""
        return earliest(self.ends(record, person))

    def ends(self, record: Record, person: Person) -> list[Going]:
        """All that would end a record by itself: its own end first, then rule by rule. The earliest binds."""
        own = [Going(record.expires_at, OWN)] if record.expires_at is not None else []
        found = [
            Going(self._when(one, period, person, record.created_at, record.changed_at), str(one.id))
            for one, period in self._of_records
            if one.rule.type == record.type
            and (not one.rule.group or one.rule.group in person.groups)
            and (not one.rule.purpose or one.rule.purpose in record.purposes)
        ]
        return [*own, *found]

    def alone(self, record: Record, person: Person) -> Going | None:
        """When a record goes before its person does; None where it goes with them, or nothing takes it."""
        own, whole = self.record(record, person), self.person(person)
        if own is None or own.at is None or whole is None or whole.at is None:
            return own
        return own if own.at < whole.at else None

    def _when(
        self, one: Kept, period: Period, person: Person, created_at: datetime, changed_at: datetime
    ) -> datetime | None:
        match one.rule.origin:
            case Origin.creation:
                since: datetime | None = created_at
            case Origin.change:
                since = changed_at
            case Origin.activity:
                since = person.active_at
            case Origin.end:
                since = self._ended_at
        if since is None:
            return None
        at = goes_at(self._calendar, since, period)
        return at if one.effective_at is None else max(at, one.effective_at)


def earliest(found: Iterable[Going]) -> Going | None:
    """The one that binds: the earliest; of several the first that was named. What has no day yet gives way to any day."""
    return min(found, key=lambda one: (one.at is None, one.at.timestamp() if one.at else 0.0), default=None)


def month_of(calendar: Calendar, at: datetime | None) -> str:
    """The month in which something goes, as `2026-11`; empty where there is no day yet."""
    return f"{calendar.day(at):%Y-%m}" if at else ""


def refused(rule: Kept, agreement: Agreement, blocked: str, now: datetime) -> Promise:
    """What a controller owes whose rule the agreement does not let be carried out: the instruction that it lacks, or
    the end of the rule. `blocked` tells this time from others."""
    due = Calendar.of(agreement.time_zone, agreement.holidays).due(now, ANSWERED_IN)
    told = Due(due.strict, due.generous, f"{due.rule}; a reminder of ours: what is over should be gone by now")
    return Promise(
        clause=NECESSARY, subject=f"{SUBJECT}{rule.id}/{blocked}", owed_by="controller", owed_to="person", due=told,
        evidence="instruction",
    )  # fmt: skip


def _refused(clause: str, reason: str) -> RuleRefused:
    return RuleRefused(clause, reason, REMEDIES[reason])
