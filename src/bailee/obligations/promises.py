"""A promise fallen due: what is owed, by whom, to whom, by when, and what proves that it was kept. Pure."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bailee.obligations.calendar import Due

Side = Literal["processor", "controller"]
Creditor = Literal["controller", "processor", "person", "authority"]
State = Literal["open", "discharged", "withdrawn"]


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What an event makes someone owe.

    `subject` says what it is about, as `request/<id>`: with the clause it is the promise's identity, so that the same
    event opened twice is one obligation. `evidence` names the kind of proof that discharges it. No personal data.
    """

    clause: str
    subject: str
    owed_by: Side
    owed_to: Creditor
    due: Due
    evidence: str
    reminders: tuple[datetime, ...] = ()

    @property
    def binding(self) -> datetime:
        """The instant that counts: the strict reading for what we owe, the generous one for what is owed to us."""
        return self.due.strict if self.owed_by == "processor" else self.due.generous


class Obligation(msgspec.Struct, frozen=True, kw_only=True):
    """An obligation as it stands: a promise with its id, and how far it is. `proof` names an entry or a notice."""

    id: UUID
    controller: UUID
    promise: Promise
    opened_at: datetime
    state: State = "open"
    infringed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    proof: str = ""
