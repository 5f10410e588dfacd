"""What stands beside the signed documents: challenges that suspend an instruction, orders of the law in force,
and the sub-processors that may receive data.

A clause writes here, in the transaction of its event and with `Filing.bump`, so that every worker rules anew; the gate
reads it with the dossier. Orders name persons, so they are sealed as documents are.
"""

from datetime import datetime
from uuid import UUID

from asyncpg import Connection

from bailee.contract.challenges import Suspension
from bailee.contract.compulsion import Order
from bailee.contract.engagements import Engagement
from bailee.contract.force import Beside
from bailee.gate import queries
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.rows import Rows
from bailee.ledger.committing import Transaction


class AlteredOrder(NotAsSealed):
    """A stored order does not open as itself: it was changed, moved or swapped."""


ORDERS = Rows("order", Order, AlteredOrder)


async def suspend(change: Transaction, suspension: Suspension, at: datetime) -> None:
    """Have an instruction suspended from the gate's next version on."""
    await change.connection.execute(
        queries.SUSPEND, change.controller, suspension.challenge, suspension.instruction, at
    )


async def lift(change: Transaction, challenge: UUID) -> None:
    """End the suspension by a challenge."""
    await change.connection.execute(queries.LIFT, change.controller, challenge)


async def compel(change: Transaction, key: Key, order: Order, at: datetime) -> None:
    """Put an order in force for the days that it names."""
    sealed = ORDERS.seal(key, change.controller, order.id, order)
    await change.connection.execute(queries.COMPEL, change.controller, order.id, at, sealed)


async def release(change: Transaction, order: UUID) -> None:
    """Take an order away."""
    await change.connection.execute(queries.RELEASE, change.controller, order)


async def engage(change: Transaction, one: Engagement) -> None:
    """Let a sub-processor receive data for its days; told again, the later word counts."""
    await change.connection.execute(
        queries.ENGAGE, change.controller, one.id, one.label, sorted(one.categories), sorted(one.places), one.since,
        one.until,
    )  # fmt: skip


async def end_engagements(change: Transaction, label: str, at: datetime, *, but: UUID) -> int:
    """End whatever lets a sub-processor receive data, at an instant; `but` is the proposal that takes its place. How
    many."""
    return len(await change.connection.fetch(queries.END_ENGAGEMENTS, change.controller, label, at, but))


async def disengage(change: Transaction, proposal: UUID) -> None:
    """Take an engagement away: nothing flows any more."""
    await change.connection.execute(queries.DISENGAGE, change.controller, proposal)


async def load(tx: Connection, controller: UUID, key: Key) -> Beside:
    """All that stands beside a controller's documents."""
    suspended = await tx.fetch(queries.SUSPENSIONS, controller)
    orders = await tx.fetch(queries.ORDERS, controller)
    engagements = await tx.fetch(queries.ENGAGEMENTS, controller)
    return Beside(
        suspensions=tuple(Suspension(row["challenge_id"], row["instruction"]) for row in suspended),
        orders=tuple(ORDERS.unseal(key, controller, row["order_id"], row["sealed"]) for row in orders),
        engagements=tuple(
            Engagement(
                id=row["engagement_id"], label=row["label"], categories=frozenset(row["categories"]),
                places=frozenset(row["places"]), since=row["since"], until=row["until"],
            )
            for row in engagements
        ),
    )  # fmt: skip
