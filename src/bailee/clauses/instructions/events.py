"""What happens to instructions beyond their signature: facts, frozen."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bailee.contract.compulsion import Order


class Challenged(msgspec.Struct, frozen=True, kw_only=True):
    """The processor's staff hold an instruction to break the law, with reasons; how the controller answered."""

    id: UUID
    instruction: str
    raised_at: datetime
    raised_by: str
    suspends: bool
    state: Literal["open", "confirmed", "withdrawn", "over"]
    answered_at: datetime | None
    proof: str
    reason: str


class Approval(msgspec.Struct, frozen=True):
    """One of the two who let an order through: in which role, who, when."""

    role: str
    by: str
    at: datetime


class Compelled(msgspec.Struct, frozen=True, kw_only=True):
    """An order with what was decided on it.

    `told_at` is when a server took the notice over. Where telling was forbidden: `ban_ended` says why it no longer is,
    `disclosed_by` names the notice, and `settled` that the obligation to disclose was discharged by it. While `owing`,
    that obligation is not written down yet.
    """

    order: Order
    drafted_by: str
    approvals: tuple[Approval, ...] = ()
    telling: UUID | None = None
    told_at: datetime | None = None
    ban_ended: str = ""
    disclosed_by: UUID | None = None
    settled: bool = False
    owing: bool = False


OrderState = Literal["drafted", "telling", "in-force", "over", "dropped"]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands."""

    what: Compelled
    version: int
    state: OrderState
    changed_at: datetime
    told: bool
