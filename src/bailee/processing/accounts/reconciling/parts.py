"""Parts of relations: they go along with the records that a merge moves, and come back with them."""

from uuid import UUID

import msgspec

from bailee.ledger.committing import Transaction
from bailee.processing.accounts.reconciling import queries
from bailee.vault.holding import Row
from bailee.vocabulary.ids import Address


class Part(msgspec.Struct, frozen=True):
    """A part of a relation."""

    relation: UUID | None = None
    number: int | None = None


async def move(change: Transaction, record: Address, to: Address) -> Part:
    """Have the part that a record is, if it is one, be another record from then on; which part that is."""
    row = await change.connection.fetchrow(
        queries.MOVE_PART, change.controller, record.person, record.record, to.person, to.record
    )
    return Part() if row is None else Part(row["relation_id"], row["part"])


async def revive(change: Transaction, wrote: Row, to: Address) -> None:
    """Where a moved record was deleted and comes back, the part that went with it comes back as well."""
    if wrote["relation_id"] is not None:
        await change.connection.execute(
            queries.REVIVE_PART, change.controller, wrote["relation_id"], wrote["relation_part"], to.person, to.record
        )
