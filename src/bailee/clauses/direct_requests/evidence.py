"""What an auditor is shown of a forwarded message: its clocks, and how many seconds each took. Pure."""

from datetime import datetime
from uuid import UUID

import msgspec

from bailee.obligations.promises import Obligation


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One clock of a message: of which clause, from receipt to the mail server's answer, and whether in time.

    `seconds` counts to now while it runs. `proof` names the notice or entry that ended it.
    """

    obligation: UUID
    clause: str
    due_at: datetime
    ended_at: datetime | None
    seconds: float
    late: bool
    state: str
    proof: str


def clock(obligation: Obligation, received_at: datetime, now: datetime) -> Clock:
    """The clock of an obligation that a message opened."""
    ended, due = obligation.ended_at, obligation.promise.binding
    return Clock(
        obligation=obligation.id, clause=obligation.promise.clause, due_at=due, ended_at=ended,
        seconds=((ended or now) - received_at).total_seconds(), late=(ended or now) > due, state=obligation.state,
        proof=obligation.proof,
    )  # fmt: skip
