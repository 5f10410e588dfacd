"""An audit after a step: from the file as it stands to the file as it is then, or why the step does not go. Pure."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from bailee.clauses.audits.deadlines import Terms
from bailee.clauses.audits.events import Action, Audit, Auditor, Cost, Finding, Question, Refusal, State, Waiver
from bailee.clauses.audits.mistakes import Faulty, NotNow, NotTheirs
from bailee.clauses.audits.steps import (
    FROM,
    WHOSE,
    Accept,
    Announce,
    Answer,
    AnyStep,
    Ask,
    Asked,
    Begin,
    Close,
    Done,
    Named,
    Party,
    Plan,
    Propose,
    Redate,
    Refuse,
    Report,
    Spend,
    Step,
    Waive,
    Withdraw,
)
from bailee.contract.clauses import BY_ID

T = TypeVar("T", bound=msgspec.Struct)
MOST = 500
LONGEST = 366  # days


class Now(msgspec.Struct, frozen=True):
    """When a step is taken, by whom, and under which terms."""

    at: datetime
    by: str
    terms: Terms

    @property
    def today(self) -> date:
        """The day, where the agreement counts days."""
        return self.terms.calendar.day(self.at)


def opened(id: UUID, asked: Asked, now: Now, bears: str) -> Audit:
    """The file of a new request: flagged where it would begin too soon, never refused."""
    _possible(asked.first, asked.last, now)
    if not asked.scope.clauses:
        raise Faulty("no-clause")
    if any(one not in BY_ID for one in asked.scope.clauses):
        raise Faulty("unknown-clause")
    notice = now.terms.judged(asked.first, now.at, asked.by)
    early = notice.standing == "too-early"
    return Audit(
        id=id, state="flagged" if early else "asked", by=asked.by, scope=asked.scope, round=0 if early else 1,
        first=asked.first, last=asked.last, asked_at=now.at, asked_by=now.by, told_at=now.at, notice=notice,
        taken_in=asked.taken_in, auditors=_proposed(asked.auditor, now), bears=bears,
        questions=tuple(Question(n=n, text=text, asked_at=now.at) for n, text in enumerate(asked.questions, 1)),
    )  # fmt: skip


def after(audit: Audit, step: AnyStep, now: Now, party: Party) -> Audit:
    """The file after a step of one party."""
    if WHOSE[type(step)] != party:
        raise NotTheirs
    if audit.state not in FROM[type(step)]:
        raise NotNow(audit.state)
    taken = TAKEN[type(step)](audit, step, now)
    return _with(taken, round=audit.round + 1) if taken.state == "asked" != audit.state else taken


def _redate(audit: Audit, step: Redate, now: Now) -> Audit:
    """Other days. A later one was announced with the first; an earlier one is announced by this."""
    _possible(step.first, step.last, now)
    told = now.at if step.first < audit.first else audit.told_at
    notice = now.terms.judged(step.first, told, audit.by)
    state: State = "flagged" if notice.standing == "too-early" else "asked"
    return _with(
        audit, first=step.first, last=step.last, told_at=told, notice=notice, waiver=None, arrangements="",
        state="refused" if audit.state == "refused" else state,
    )  # fmt: skip


def _waive(audit: Audit, step: Waive, now: Now) -> Audit:
    return _with(audit, waiver=Waiver(step.name, now.by, now.at), state="asked")


def _accept(audit: Audit, _step: Accept, _now: Now) -> Audit:
    return _with(audit, state="accepted")


def _refuse(audit: Audit, step: Refuse, now: Now) -> Audit:
    """The auditor is refused, and the audit lives on. Whom an authority sends is not ours to refuse."""
    if audit.by == "authority":
        raise NotNow("authority")
    if audit.auditor is None:
        raise NotNow("no-auditor")
    refused = _with(audit.auditor, refusal=Refusal(step.ground, step.reason, step.name, now.at))
    return _with(audit, auditors=(*audit.auditors[:-1], refused), state="refused")


def _propose(audit: Audit, step: Propose, now: Now) -> Audit:
    early = audit.notice.standing == "too-early" and audit.waiver is None
    return _with(
        audit, auditors=(*audit.auditors, *_proposed(step.auditor, now)), state="flagged" if early else "asked"
    )


def _announce(audit: Audit, step: Announce, _now: Now) -> Audit:
    return _with(audit, arrangements=step.arrangements, state="announced")


def _begin(audit: Audit, _step: Begin, now: Now) -> Audit:
    if now.today < audit.first:
        raise NotNow("not-yet")
    return _with(audit, state="under-way")


def _ask(audit: Audit, step: Ask, now: Now) -> Audit:
    question = Question(n=_next(audit.questions), text=step.text, asked_at=now.at)
    return _with(audit, questions=(*audit.questions, question))


def _answer(audit: Audit, step: Answer, now: Now) -> Audit:
    if any(one.kind == "clause" and one.id not in BY_ID for one in step.references):
        raise Faulty("unknown-clause")
    return _with(
        audit, questions=_changed(
            audit.questions, step.n, answer=step.text, references=step.references, answered_by=now.by, answered_at=now.at
        ),
    )  # fmt: skip


def _report(audit: Audit, step: Report, now: Now) -> Audit:
    if any(one.clause not in BY_ID for one in step.findings):
        raise Faulty("unknown-clause")
    found = tuple(
        Finding(n=n, clause=one.clause, severity=one.severity, text=one.text) for n, one in enumerate(step.findings, 1)
    )
    return _with(audit, findings=found, conclusion=step.conclusion, reported_at=now.at, state="reported")


def _plan(audit: Audit, step: Plan, now: Now) -> Audit:
    if step.finding not in {one.n for one in audit.findings}:
        raise Faulty("no-such-finding")
    if step.due < now.today:
        raise Faulty("past")
    action = Action(n=_next(audit.actions), finding=step.finding, text=step.text, owner=step.owner, due=step.due)
    return _with(audit, actions=(*audit.actions, action))


def _done(audit: Audit, step: Done, now: Now) -> Audit:
    if any(one.n == step.n and one.done_at is not None for one in audit.actions):
        raise NotNow("done")
    return _with(audit, actions=_changed(audit.actions, step.n, done_at=now.at, evidence=step.evidence))


def _spend(audit: Audit, step: Spend, now: Now) -> Audit:
    if step.day > now.today:
        raise Faulty("future")
    if not (step.minutes or step.spent):
        raise Faulty("nothing-spent")
    cost = Cost(
        n=_next(audit.costs), day=step.day, who=step.who, what=step.what, minutes=step.minutes, rate=step.rate,
        spent=step.spent, logged_by=now.by,
    )  # fmt: skip
    return _with(audit, costs=(*audit.costs, cost))


def _close(audit: Audit, _step: Close, now: Now) -> Audit:
    """Nothing may be left: every finding has its action, and every action is done. An observation needs none."""
    if unplanned(audit):
        raise NotNow("unplanned")
    if any(one.done_at is None for one in audit.actions):
        raise NotNow("undone")
    return _with(audit, state="closed", ended_at=now.at)


def _withdraw(audit: Audit, _step: Withdraw, now: Now) -> Audit:
    return _with(audit, state="withdrawn", ended_at=now.at)


TAKEN: dict[type[Step], Callable[[Audit, Any, Now], Audit]] = {
    Redate: _redate, Waive: _waive, Accept: _accept, Refuse: _refuse, Propose: _propose, Announce: _announce,
    Begin: _begin, Ask: _ask, Answer: _answer, Report: _report, Plan: _plan, Done: _done, Spend: _spend, Close: _close,
    Withdraw: _withdraw,
}  # fmt: skip


def unplanned(audit: Audit) -> tuple[Finding, ...]:
    """The findings that need an action and have none."""
    planned = {one.finding for one in audit.actions}
    return tuple(one for one in audit.findings if one.severity != "observation" and one.n not in planned)


def _possible(first: date, last: date, now: Now) -> None:
    if first < now.today:
        raise Faulty("past")
    if not 0 <= (last - first).days < LONGEST:
        raise Faulty("last-before-first")


def _proposed(named: Named | None, now: Now) -> tuple[Auditor, ...]:
    if named is None:
        return ()
    return (
        Auditor(name=named.name, company=named.company, qualification=named.qualification, proposed_at=now.at),
    )  # fmt: skip


def _next(listed: tuple[Any, ...]) -> int:
    if len(listed) >= MOST:
        raise Faulty("too-many")
    return len(listed) + 1


def _changed(listed: tuple[Any, ...], n: int, **changes: Any) -> tuple[Any, ...]:
    if n not in {one.n for one in listed}:
        raise Faulty("no-such-number")
    return tuple(_with(one, **changes) if one.n == n else one for one in listed)


def _with(one: T, **changes: Any) -> T:
    return msgspec.structs.replace(one, **changes)
