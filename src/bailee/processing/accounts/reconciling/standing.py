"""Standing: what must be so about two people, and about their accounts, for a merge to begin or to be undone."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.contract.ruling import Permit, Refusal, narrow
from bailee.gate.changing import Held, Narrowed, Unknown, allow, living
from bailee.gate.narrowing import UNKNOWN, facts_of
from bailee.ledger.committing import Transaction
from bailee.processing.accounts import queries as account_queries
from bailee.processing.accounts.lifecycle import State
from bailee.processing.accounts.reconciling import queries
from bailee.processing.accounts.reconciling.conflicts import CannotMerge
from bailee.processing.accounts.reconciling.merges import LIVING, MERGED, Merge
from bailee.vault import queries as vault_queries
from bailee.vault.holding import Row


async def both_living(change: Transaction, survivor: UUID, absorbed: UUID) -> dict[UUID, Row]:
    """Lock both, in id order; both must live, and no hold stand on either."""
    rows = {person: await living(change, person) for person in sorted((survivor, absorbed))}
    if any(row["held"] for row in rows.values()):
        raise Held
    return rows


async def parted(change: Transaction, merge: Merge) -> dict[UUID, Row]:
    """Lock the two of a merge, in id order; the absorbed must still be its alias."""
    rows = dict[UUID, Row]()
    for person in sorted((merge.survivor, merge.absorbed)):
        row = await change.connection.fetchrow(vault_queries.LOCK_PERSON, change.controller, person)
        if row is None or (person == merge.absorbed and row["state"] != MERGED):
            raise Unknown
        if row["held"]:
            raise Held
        rows[person] = row
    return rows


def allow_both(permit: Permit, rows: Iterable[Row], purposes: frozenset[str] | None = None) -> Permit:
    """The permit as far as every one of these rows leaves it."""
    for row in rows:
        permit = allow(permit, row, purposes)
    return permit


def allow_alias(permit: Permit, row: Row) -> Permit:
    """The permit as far as an alias's row leaves it: narrowed like that of the living."""
    own = frozenset({str(permit.request.purpose)})
    narrowed = narrow(permit, msgspec.structs.replace(facts_of(row, own, permit.at), state=LIVING))
    if isinstance(narrowed, Refusal):
        if narrowed.reason == UNKNOWN:
            raise Unknown
        raise Narrowed(narrowed)
    return narrowed


async def rest_account(change: Transaction, survivor: UUID, absorbed: UUID, now: datetime) -> str | None:
    """Suspend the absorbed's account and end its sessions; the state it had, or None where there is none.

    An account with roles is nobody's to merge away: whoever may take its roles does so first.
    """
    rows = {}
    for person in sorted((survivor, absorbed)):
        rows[person] = await change.connection.fetchrow(account_queries.LOCK_ACCOUNT, change.controller, person)
    own, other = rows[survivor], rows[absorbed]
    if any(row is not None and row["state"] == State.closing for row in rows.values()):
        raise CannotMerge("account-closing")
    if other is None:
        return None
    if own is None:
        raise CannotMerge("account-is-absorbed")
    if other["roles"]:
        raise CannotMerge("account-has-roles")
    none: list[str] = []
    tx, state = change.connection, str(other["state"])
    await tx.execute(
        account_queries.CHANGE_ACCOUNT, change.controller, absorbed, State.suspended, none, None, now, None, False
    )
    await tx.execute(queries.END_MERGED_SESSIONS, change.controller, absorbed, now)
    return state


async def wake_account(change: Transaction, merge: Merge, now: datetime) -> None:
    """Give the absorbed's account the state back that it had."""
    if merge.account_state is not None:
        none: list[str] = []
        await change.connection.execute(
            account_queries.CHANGE_ACCOUNT,
            change.controller,
            merge.absorbed,
            merge.account_state,
            none,
            None,
            now,
            None,
            False,
        )


async def change_standing(
    change: Transaction, person: UUID, row: Row, stand: tuple[Iterable[str], Iterable[str]], now: datetime
) -> bool:
    """Give a locked person these groups and objections; whether that is a change."""
    groups, objections = sorted(stand[0]), sorted(stand[1])
    if groups == sorted(row["groups"]) and objections == sorted(row["objections"]):
        return False
    await change.connection.fetchval(
        vault_queries.CHANGE_PERSON, change.controller, person, groups, row["restricted"], objections, now,
        row["version"], row["exceptions"],
    )  # fmt: skip
    return True


def put_back(before: Iterable[str], after: Iterable[str], now: Iterable[str]) -> frozenset[str]:
    """What stood before a merge, without what was taken away since, with what was added since."""
    was, made, stands = frozenset(before), frozenset(after), frozenset(now)
    return (was & stands) | (stands - made)
