"""What can be done about an audit, as data: each step with what it needs, and whose it is. Pure."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bailee.clauses.audits.events import (
    By,
    Cents,
    Ground,
    Minutes,
    Number,
    Reference,
    Scope,
    Severity,
    Short,
    State,
    Text,
)

Party = Literal["controller", "processor"]
Clauses = Annotated[tuple[str, ...], Meta(min_length=1, max_length=100)]


class Named(msgspec.Struct, frozen=True):
    """An auditor as proposed: name, company, qualification."""

    name: Short
    company: Short
    qualification: Short


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request for an audit. `taken_in` says how it came in writing, where staff of the processor took it in."""

    by: By
    scope: Scope
    first: date
    last: date
    auditor: Named | None = None
    questions: Annotated[tuple[Text, ...], Meta(max_length=200)] = ()
    taken_in: Annotated[str, Meta(max_length=4_000)] = ""


class Step(msgspec.Struct, frozen=True, kw_only=True, tag_field="step", forbid_unknown_fields=True):
    """A step of an audit that is under way."""


class Redate(Step, frozen=True, kw_only=True, tag="redate"):
    """The controller names other days."""

    first: date
    last: date


class Waive(Step, frozen=True, kw_only=True, tag="waive"):
    """The processor lets it begin sooner than the notice says, in somebody's name."""

    name: Short


class Accept(Step, frozen=True, kw_only=True, tag="accept"):
    """The processor accepts dates and auditor."""


class Refuse(Step, frozen=True, kw_only=True, tag="refuse"):
    """The processor refuses the auditor, never the audit: on a ground, in words, in somebody's name."""

    ground: Ground
    reason: Text
    name: Short


class Propose(Step, frozen=True, kw_only=True, tag="propose"):
    """The controller proposes an auditor."""

    auditor: Named


class Announce(Step, frozen=True, kw_only=True, tag="announce"):
    """The processor says how it will be: where, with whom, what to bring."""

    arrangements: Text


class Begin(Step, frozen=True, kw_only=True, tag="begin"):
    """The audit has begun."""


class Ask(Step, frozen=True, kw_only=True, tag="ask"):
    """The controller hands in another question."""

    text: Text


class Answer(Step, frozen=True, kw_only=True, tag="answer"):
    """The processor answers a question, and says where that is shown."""

    n: Number
    text: Text
    references: Annotated[tuple[Reference, ...], Meta(max_length=50)] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as it is handed over."""

    clause: Short
    severity: Severity
    text: Text


class Report(Step, frozen=True, kw_only=True, tag="report"):
    """The controller hands over what was found, and what is concluded from it."""

    findings: Annotated[tuple[Found, ...], Meta(max_length=200)]
    conclusion: Text


class Plan(Step, frozen=True, kw_only=True, tag="plan"):
    """The processor says what it does about a finding, who, and until when."""

    finding: Number
    text: Text
    owner: Short
    due: date


class Done(Step, frozen=True, kw_only=True, tag="done"):
    """An action is done; what shows it."""

    n: Number
    evidence: Text


class Spend(Step, frozen=True, kw_only=True, tag="spend"):
    """The processor's staff log time, at a rate by the hour, or what was spent, in cents."""

    day: date
    who: Short
    what: Short
    minutes: Minutes = 0
    rate: Cents = 0
    spent: Cents = 0


class Close(Step, frozen=True, kw_only=True, tag="close"):
    """The controller closes the file."""


class Withdraw(Step, frozen=True, kw_only=True, tag="withdraw"):
    """The controller does not audit."""


AnyStep = (
    Redate | Waive | Accept | Refuse | Propose | Announce | Begin | Ask | Answer | Report | Plan | Done | Spend | Close
    | Withdraw
)  # fmt: skip

WHOSE: dict[type[Step], Party] = {
    Redate: "controller", Waive: "processor", Accept: "processor", Refuse: "processor", Propose: "controller",
    Announce: "processor", Begin: "processor", Ask: "controller", Answer: "processor", Report: "controller",
    Plan: "processor", Done: "processor", Spend: "processor", Close: "controller", Withdraw: "controller",
}  # fmt: skip
BEFORE: frozenset[State] = frozenset({"asked", "flagged", "accepted", "refused", "announced"})
LIVE: frozenset[State] = BEFORE | {"under-way", "reported"}
FROM: dict[type[Step], frozenset[State]] = {
    Redate: BEFORE,
    Waive: frozenset({"flagged"}),
    Accept: frozenset({"asked"}),
    Refuse: frozenset({"asked", "flagged", "accepted", "announced"}),
    Propose: frozenset({"asked", "flagged", "refused"}),
    Announce: frozenset({"accepted", "announced"}),
    Begin: frozenset({"announced"}),
    Ask: BEFORE | {"under-way"},
    Answer: LIVE,
    Report: frozenset({"under-way"}),
    Plan: frozenset({"reported"}),
    Done: frozenset({"reported"}),
    Spend: LIVE,
    Close: frozenset({"reported"}),
    Withdraw: BEFORE | {"under-way"},
}


def open_to(state: State, party: Party) -> frozenset[str]:
    """The steps that a party may take from a state, by their tags."""
    return frozenset(
        str(one.__struct_config__.tag) for one, states in FROM.items() if state in states and WHOSE[one] == party
    )
