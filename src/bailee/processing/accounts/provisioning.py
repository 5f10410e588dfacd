"""Provisioning: accounts that a controller's directory opens and closes, without an invitation (accounts.lifecycle).

The directory says whether someone is active; who may do what besides is given by the groups that the controller
has mapped to roles. Each change is one transaction with its entry; the last administrator stays.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.processing.accounts import queries, roles
from bailee.processing.accounts.lifecycle import State, Step, following
from bailee.vault import queries as vault_queries

ENABLED = frozenset({State.invited, State.active})
Roles = frozenset[str]


class NobodyLeft(Exception):
    """Nobody would be left who can let others in: make another administrator first."""


class NotHeld(Exception):
    """This controller holds no such person."""


def is_active(state: str | None) -> bool | None:
    """What a directory is told of an account's state; None without an account."""
    return None if state is None else State(state) in ENABLED


class Provisioning:
    """Keeps the accounts of people whom a directory manages."""

    def __init__(self, committing: Committing, clock: Clock) -> None:
        self._committing = committing
        self._clock = clock

    async def put(self, controller: UUID, person: UUID, *, active: bool, by: str) -> None:
        """Have an account that is active or suspended; it is opened where there was none."""
        async with self._committing.transaction(controller) as change:
            living = await change.connection.fetchrow(vault_queries.LOCK_PERSON, controller, person)
            if living is None or living["state"] != "living":
                raise NotHeld(str(person))
            if not active:  # administrators are locked before accounts, here as everywhere
                await change.connection.fetch(queries.LOCK_ADMINISTRATORS, controller, sorted(roles.ADMINISTRATORS))
            row = await change.connection.fetchrow(queries.LOCK_ACCOUNT, controller, person)
            if row is None:
                await self._open(change, person, State.active if active else State.suspended, by)
            elif (step := _step(State(row["state"]), active=active)) is not None:
                await self._move(change, row, step, by)

    async def check_leaving(self, controller: UUID, person: UUID) -> None:
        """`NobodyLeft` where this person is the last administrator."""
        async with self._committing.transaction(controller) as change:
            await _someone_is_left(change, {person})

    async def regive(
        self, change: Transaction, gained: Mapping[UUID, Roles], lost: Mapping[UUID, Roles], by: str
    ) -> None:
        """Give and take what membership gives, inside the change of a group. A role that a person has through a
        group goes with the group, also where it had been given by hand before."""
        taken = {person for person, names in lost.items() if names & roles.ADMINISTRATORS}
        if taken:
            await _someone_is_left(change, taken)
        now = self._clock.now()
        for person in sorted(gained.keys() | lost.keys()):
            row = await change.connection.fetchrow(queries.LOCK_ACCOUNT, change.controller, person)
            if row is None:
                continue
            had = frozenset(row["roles"])
            given = sorted((had - lost.get(person, frozenset())) | gained.get(person, frozenset()))
            if given != sorted(had):
                await self._change(change, row, State(row["state"]), given, now)
                await change.append([Act("roles-given", change.controller, by, {"roles": given}, (person,))])

    async def _open(self, change: Transaction, person: UUID, state: State, by: str) -> None:
        now = self._clock.now()
        none: list[str] = []
        await change.connection.execute(queries.INSERT_ACCOUNT, change.controller, person, state, none, now)
        await change.append([Act("account-provisioned", change.controller, by, {"state": state}, (person,))])

    async def _move(self, change: Transaction, row: Record, step: Step, by: str) -> None:
        person, now = row["person_id"], self._clock.now()
        state = following(State(row["state"]), step)
        if state is State.suspended:
            await _someone_is_left(change, {person})
            await change.connection.execute(queries.END_SESSIONS, change.controller, person, now, UUID(int=0))
        await self._change(change, row, state, row["roles"], now)
        await change.append([Act(f"account-{step}", change.controller, by, {"state": state}, (person,))])

    @staticmethod
    async def _change(change: Transaction, row: Record, state: State, given: Iterable[str], now: datetime) -> None:
        await change.connection.execute(
            queries.CHANGE_ACCOUNT,
            change.controller,
            row["person_id"],
            state,
            list(given),
            row["closes_at"],
            now,
            row["closing_from"],
            row["closing_own"],
        )


def _step(state: State, *, active: bool) -> Step | None:
    """The step that makes an account as the directory says, or None where it is so already."""
    if active:
        return {State.suspended: Step.resume}.get(state)  # a closing is taken back by who asked for it
    return Step.suspend if state in ENABLED else None


async def _someone_is_left(change: Transaction, leaving: set[UUID]) -> None:
    """An active administrator beside those who leave; where there was none before, nobody is missed."""
    names = sorted(roles.ADMINISTRATORS)
    rows = await change.connection.fetch(queries.LOCK_ADMINISTRATORS, change.controller, names)
    standing = {row["person_id"] for row in rows}
    if standing and standing <= leaving:
        raise NobodyLeft
