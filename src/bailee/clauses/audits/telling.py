"""Telling: what each step makes fall due, who hears of it by letter, and what its entry says. In the step's transaction."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from bailee.clauses.audits import deadlines
from bailee.clauses.audits.events import Action, Audit
from bailee.clauses.audits.following import Now, unplanned
from bailee.clauses.audits.steps import (
    Accept,
    Announce,
    Answer,
    AnyStep,
    Ask,
    Close,
    Done,
    Plan,
    Propose,
    Redate,
    Refuse,
    Report,
    Waive,
    Withdraw,
)
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act
from bailee.obligations.calendar import Due
from bailee.obligations.notices.notice import Attachment, Notice
from bailee.obligations.notices.queueing import Queueing
from bailee.obligations.obligations import NotOpen, Obligations
from bailee.obligations.promises import Promise, Side

RESPOND, NOTICE, REFUSE = "audits.respond", "audits.notice", "audits.refuse"
COSTS, EVIDENCE = "audits.costs", "audits.evidence"
# What the processor's own people hear of, and what the controller does, by the step.
HEARD = (Redate, Propose, Ask, Report, Close, Withdraw)
ANSWERED = (Accept, Waive, Announce)


class Telling:
    """Opens and discharges obligations, queues letters, and says what an entry says."""

    def __init__(self, *, obligations: Obligations, queueing: Queueing, console: str) -> None:
        self._obligations = obligations
        self._queueing = queueing
        self._console = console

    async def asked(self, change: Transaction, audit: Audit, now: Now) -> None:
        """A request: its notice is given where its days stand, and we owe an answer; both sides hear of it."""
        await self._stands(change, audit, now)
        await self._letter(change, audit, "asked", _dates(audit), now, clause=NOTICE)
        if not audit.taken_in:
            await self._heard(change, audit, "asked", now)
        await change.append([Act("audit-asked", change.controller, now.by, _details(audit))])

    async def stepped(self, change: Transaction, before: Audit, audit: Audit, step: AnyStep, now: Now) -> None:
        """What a step brings about."""
        await self._owed(change, before, audit, step, now)
        tag = str(step.__struct_config__.tag)
        if isinstance(step, HEARD):
            await self._heard(change, audit, tag, now)
        if isinstance(step, ANSWERED):
            values = _dates(audit) | {"what": tag, "arrangements": audit.arrangements}
            await self._letter(change, audit, "answered", values, now, clause=RESPOND)
        if isinstance(step, Redate) and audit.state == "flagged":
            await self._letter(change, audit, "asked", _dates(audit), now, clause=NOTICE)
        if isinstance(step, Refuse) and audit.auditor is not None:
            values = {"auditor": audit.auditor.name, "ground": step.ground, "reason": step.reason, "name": step.name}
            await self._letter(change, audit, "refused", values, now, clause=REFUSE)
        details = _details(audit) | {"step": tag} | _about(step)
        await change.append([Act("audit-stepped", change.controller, now.by, details)])

    async def costs(
        self, change: Transaction, audit: Audit, amount: str, files: tuple[Attachment, ...], now: Now
    ) -> None:
        """The statement goes to the controller."""
        values = {"amount": amount, "bears": audit.bears}
        await self._letter(change, audit, "costs", values, now, clause=COSTS, files=files)

    async def _owed(self, change: Transaction, before: Audit, audit: Audit, step: AnyStep, now: Now) -> None:
        if audit.state == "asked" and before.state != "asked":
            await self._stands(change, audit, now)
        elif before.state == "asked" and audit.state != "asked":
            dropped = audit.state in ("flagged", "withdrawn")
            await self._end(change, REFUSE, _answer(before), now, audit, reason="asked-otherwise" if dropped else "")
        match step:
            case Report():
                due = deadlines.plan_due(now.at)
                await self._open(change, _report(audit), due, now, evidence="action-plan")
            case Plan():
                action = audit.actions[-1]
                await self._open(
                    change, _action(audit, action), deadlines.action_due(action.due, now.terms.calendar), now,
                    evidence="action-done", clause=EVIDENCE,
                )  # fmt: skip
            case Done(n=n):
                [action] = [one for one in audit.actions if one.n == n]
                await self._end(change, EVIDENCE, _action(audit, action), now, audit)
            case _:
                pass
        if audit.state == "reported" and isinstance(step, Report | Plan) and not unplanned(audit):
            await self._end(change, RESPOND, _report(audit), now, audit)

    async def _stands(self, change: Transaction, audit: Audit, now: Now) -> None:
        """The days stand: the notice is given with them, once, and an answer is owed."""
        if audit.state != "asked":
            return
        calendar, subject = now.terms.calendar, f"audit/{audit.id}"
        if await self._obligations.find(change, NOTICE, subject) is None:
            due = deadlines.notice_due(audit, calendar)
            await self._open(change, subject, due, now, evidence="notice-given", clause=NOTICE, side="controller")
            await self._end(change, NOTICE, subject, now, audit)
        due = deadlines.answer_due(audit, calendar)
        await self._open(change, _answer(audit), due, now, evidence="auditor-accepted-or-refused", clause=REFUSE)

    async def _open(
        self, change: Transaction, subject: str, due: Due, now: Now, *, evidence: str, clause: str = RESPOND,
        side: Side = "processor",
    ) -> None:  # fmt: skip
        promise = Promise(
            clause=clause, subject=subject, owed_by=side, owed_to="processor" if side == "controller" else "controller",
            due=due, evidence=evidence, reminders=deadlines.reminders(due, now.at) if side == "processor" else (),
        )  # fmt: skip
        await self._obligations.open(change, promise, by=now.by)

    async def _end(
        self, change: Transaction, clause: str, subject: str, now: Now, audit: Audit, *, reason: str = ""
    ) -> None:
        known = await self._obligations.find(change, clause, subject)
        if known is None:
            return
        with suppress(NotOpen):
            if reason:
                await self._obligations.withdraw(change, known, by=now.by, reason=reason)
            else:
                await self._obligations.discharge(change, known, by=now.by, proof=f"audit/{audit.id}")

    async def _heard(self, change: Transaction, audit: Audit, what: str, now: Now) -> None:
        values = _dates(audit) | {
            "what": what,
            "link": f"{self._console}/controllers/{change.controller}/audits/{audit.id}",
        }
        notice = Notice(
            kind="instruction", clause=RESPOND, subject=f"audit/{audit.id}", letter="audits/heard", values=values,
            side="processor",
        )  # fmt: skip
        await self._queueing.queue(change, notice, by=now.by)

    async def _letter(
        self, change: Transaction, audit: Audit, letter: str, values: dict[str, Any], now: Now, *, clause: str,
        files: tuple[Attachment, ...] = (),
    ) -> UUID:  # fmt: skip
        notice = Notice(
            kind="instruction", clause=clause, subject=f"audit/{audit.id}", letter=f"audits/{letter}",
            values=values | {"link": f"{self._console}/audits/{audit.id}"}, attachments=files, formal=letter == "refused",
        )  # fmt: skip
        return await self._queueing.queue(change, notice, by=now.by)


def _answer(audit: Audit) -> str:
    return f"audit-answer/{audit.id}/{audit.round}"


def _report(audit: Audit) -> str:
    return f"audit-report/{audit.id}"


def _action(audit: Audit, action: Action) -> str:
    return f"audit-action/{audit.id}/{action.n}"


def _dates(audit: Audit) -> dict[str, Any]:
    return {
        "first": audit.first.isoformat(), "last": audit.last.isoformat(), "standing": audit.notice.standing,
        "earliest": audit.notice.earliest.isoformat(), "surely": audit.notice.surely.isoformat(),
    }  # fmt: skip


def _details(audit: Audit) -> dict[str, Any]:
    """What an entry says: ids, days and codes; no name and no text."""
    return {
        "audit": str(audit.id), "state": audit.state, "by": audit.by, "clauses": list(audit.scope.clauses),
        "first": audit.first.isoformat(), "last": audit.last.isoformat(), "notice": audit.notice.standing,
        "strict": audit.notice.due.strict.isoformat(), "generous": audit.notice.due.generous.isoformat(),
        "rule": audit.notice.due.rule,
    }  # fmt: skip


def _about(step: AnyStep) -> dict[str, Any]:
    match step:
        case Refuse(ground=ground):
            return {"ground": ground}
        case Answer(n=n, references=references):
            return {"question": n, "references": [f"{one.kind}/{one.id}" for one in references]}
        case Report(findings=findings):
            return {"findings": [[one.clause, one.severity] for one in findings]}
        case Plan(finding=finding, due=due):
            return {"finding": finding, "due": due.isoformat()}
        case Done(n=n):
            return {"action": n}
        case _:
            return {}
