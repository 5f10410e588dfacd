"""Accounts: opened, invited, given roles, suspended, closed (accounts.lifecycle, services.access).

Every step is one transaction with its entry in the ledger. The last administrator can neither be suspended nor
stripped: someone must be left who can let others in.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra import tokens
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.ledger.telling import Told, nobody
from bailee.processing.accounts import queries, roles
from bailee.processing.accounts.lifecycle import NotFromHere, State, Step, following, may_sign_in
from bailee.processing.accounts.means import Means
from bailee.processing.accounts.signing_in.methods import Methods
from bailee.vault import queries as vault_queries
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.ids import new_id

INVITED_FOR = timedelta(days=7)
CLOSES_AFTER = timedelta(days=7)
EVENTS = {
    Step.accept: "account.activated", Step.suspend: "account.suspended", Step.resume: "account.resumed",
    Step.keep: "account.resumed", Step.ask_closing: "account.closing",
}  # fmt: skip


class NoAccount(Exception):
    """This controller has no such person, or the person has no account."""


class HasAccount(Exception):
    """The person has an account already."""


class LastAdministrator(Exception):
    """Nobody would be left who can let others in: make another administrator first."""


class Account(msgspec.Struct, frozen=True):
    """An account as it stands; the groups are the person's."""

    person: UUID
    state: State
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    key_id: UUID
    version: int
    created_at: datetime
    changed_at: datetime
    closes_at: datetime | None
    closing_own: bool
    signed_in_at: datetime | None
    reviewed_at: datetime | None

    @property
    def may_sign_in(self) -> bool:
        """Whether its person may open a session: the active, and who asked for the closing and may think better."""
        return may_sign_in(self.state, own=self.closing_own)


class Link(msgspec.Struct, frozen=True):
    """A link to be sent: its text is known to its reader alone."""

    controller: UUID
    person: UUID
    text: str
    expires_at: datetime


class Accounts:
    """Keeps the accounts of every controller, and of the processor's own staff under the platform's dossier."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, means: Means, clock: Clock,
        told: Told = nobody,
    ) -> None:  # fmt: skip
        self._database = database
        self._committing = committing
        self._keys = keys
        self._means = means
        self._clock = clock
        self._told = told

    async def enrol(
        self, controller: UUID, address: str, given: Sequence[str], *, by: str, group: PersonGroup = PersonGroup.employee
    ) -> Link:  # fmt: skip
        """Take in someone with an account and nothing else: the processor's own staff, an auditor."""
        person = new_id()
        key = (await self._keys.create_person_keys(controller, [person]))[person]
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(vault_queries.INSERT_PERSON, controller, person, [group], key.key_id, now)
            return await self._open(change, person, key.key_id, address, given=given, by=by)

    async def invite(self, controller: UUID, person: UUID, address: str, given: Sequence[str], *, by: str) -> Link:
        """Open an account for a person who is held, and make the link that lets them in."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(vault_queries.LOCK_PERSON, controller, person)
            if row is None or row["state"] != "living":
                raise NoAccount
            if await change.connection.fetchrow(queries.LOCK_ACCOUNT, controller, person) is not None:
                raise HasAccount
            return await self._open(change, person, row["key_id"], address, given=given, by=by)

    async def link(self, controller: UUID, person: UUID, kind: str, *, by: str, lasts: timedelta) -> Link:
        """A new link for an account; those of its kind that were sent before open nothing any more."""
        async with self._committing.transaction(controller) as change:
            await locked(change, person)
            made = await self._link(change, person, kind, lasts)
            await change.append([Act(f"{kind}-sent", controller, by, {}, (person,))])
        return made

    async def find(self, controller: UUID, person: UUID) -> Account | None:
        """An account, if the person lives and has one."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.ACCOUNT, controller, person)
        return None if row is None or row["person_state"] != "living" else _account(row)

    async def of(self, controller: UUID, persons: Iterable[UUID]) -> dict[UUID, Account]:
        """The accounts of these persons, of those who have one."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.ACCOUNTS, controller, list(persons))
        return {row["person_id"]: _account(row) for row in rows if row["person_state"] == "living"}

    async def with_roles(self, controller: UUID, limit: int = 1_000) -> list[Account]:
        """Everyone who may do more than see their own data: the access matrix's rows."""
        async with self._database.transaction(controller) as tx:
            return [_account(row) for row in await tx.fetch(queries.ACCOUNTS_WITH_ROLES, controller, limit)]

    async def step(self, controller: UUID, person: UUID, step: Step, *, by: str) -> State:
        """Move an account to its next state; open sessions end where it may not sign in any more."""
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            row, standing = await locked(change, person)
            state = following(State(row["state"]), step)
            if state is not State.active:
                someone_is_left(standing, person, ())
            closes = now + CLOSES_AFTER if state is State.closing else None
            if step is Step.keep:
                state = _kept(row, person, by)
            own = state is State.closing and by == str(person)
            before = row["state"] if state is State.closing else None
            await change.connection.execute(
                queries.CHANGE_ACCOUNT, controller, person, state, row["roles"], closes, now, before, own
            )
            if state is State.suspended or (state is State.closing and not own):
                await change.connection.execute(queries.END_SESSIONS, controller, person, now, UUID(int=0))
            act = Act(f"account-{step}", controller, by, {"state": state}, (person,))
            await self._say(change, act, EVENTS[step])
        return state

    async def give(self, controller: UUID, person: UUID, given: Sequence[str], *, side: str, by: str) -> None:
        """Give an account these roles in place of those it has."""
        given = sorted(set(given))
        async with self._committing.transaction(controller) as change:
            row, standing = await locked(change, person)
            only_known(given, roles.offered(side, await made_roles(change)))
            someone_is_left(standing, person, given)
            await put_roles(change, row, given, self._clock.now())
            await change.append([Act("roles-given", controller, by, {"roles": given}, (person,))])

    async def made_roles(self, controller: UUID) -> dict[str, frozenset[str]]:
        """The controller's own roles."""
        async with self._database.transaction(controller) as tx:
            return _roles(await tx.fetch(queries.ROLES, controller))

    async def make_role(self, controller: UUID, name: str, asked: Iterable[str], *, by: str) -> None:
        """Make or change a role of the controller's own."""
        wanted = roles.check(name, asked)
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(queries.PUT_ROLE, controller, name, sorted(wanted), self._clock.now())
            await change.append([Act("role-made", controller, by, {"role": name, "permissions": sorted(wanted)})])

    async def closing_due(self, controller: UUID) -> list[UUID]:
        """Whose term for thinking better has passed."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.CLOSING_DUE, controller, self._clock.now())
        return [row["person_id"] for row in rows]

    async def step_down(self, controller: UUID, person: UUID, *, by: str) -> tuple[str, ...]:
        """Take the roles of an administrator who is to be erased, so that two cannot erase each other; the roles as
        they were. Whoever is no administrator keeps theirs."""
        async with self._committing.transaction(controller) as change:
            row, standing = await locked(change, person)
            held = tuple(row["roles"])
            if roles.ADMINISTRATORS & set(held):
                someone_is_left(standing, person, ())
                await put_roles(change, row, [], self._clock.now())
                await change.append([Act("roles-given", controller, by, {"roles": []}, (person,))])
        return held

    async def _open(
        self, change: Transaction, person: UUID, key_id: UUID, address: str, *, given: Sequence[str], by: str
    ) -> Link:
        controller, given = change.controller, sorted(set(given))
        only_known(given, roles.BUILT_IN.keys() | (await made_roles(change)).keys())
        now = self._clock.now()
        await change.connection.execute(queries.INSERT_ACCOUNT, controller, person, State.invited, given, now)
        await self._means.first(change.connection, controller, person, key_id, Methods(address=address))
        made = await self._link(change, person, "invitation", INVITED_FOR)
        await self._say(change, Act("account-invited", controller, by, {"roles": given}, (person,)), "account.invited")
        return made

    async def _say(self, change: Transaction, act: Act, event: str) -> None:
        """Write an act about one person, and let whoever listens hear of it."""
        [appended] = await change.append([act])
        await self._told(change, event, [(act.persons[0], appended)])

    async def _link(self, change: Transaction, person: UUID, kind: str, lasts: timedelta) -> Link:
        token, now = tokens.fresh(change.controller), self._clock.now()
        await change.connection.execute(queries.VOID_LINKS, change.controller, person, kind, now)
        await change.connection.execute(
            queries.INSERT_LINK, change.controller, token.id, person, kind, token.digest, now, now + lasts
        )
        return Link(change.controller, person, token.text, now + lasts)


async def locked(change: Transaction, person: UUID) -> tuple[Record, frozenset[UUID]]:
    """The account of someone living, and the administrators who stand. Persons are locked before accounts, and the
    administrators in their order, so that two who put each other out do not wait for each other for ever."""
    living = await change.connection.fetchrow(vault_queries.LOCK_PERSON, change.controller, person)
    names = sorted(roles.ADMINISTRATORS)
    rows = await change.connection.fetch(queries.LOCK_ADMINISTRATORS, change.controller, names)
    row = await change.connection.fetchrow(queries.LOCK_ACCOUNT, change.controller, person)
    if row is None or living is None or living["state"] != "living":
        raise NoAccount
    return row, frozenset(one["person_id"] for one in rows)


def someone_is_left(standing: frozenset[UUID], person: UUID, given: Sequence[str]) -> None:
    """An administrator beside this one, unless this one stays an administrator."""
    if standing == {person} and not roles.ADMINISTRATORS & set(given):
        raise LastAdministrator


async def put_roles(change: Transaction, row: Record, given: Sequence[str], now: datetime) -> None:
    """Put roles in place; where the account stands, and when it closes, stays as it is."""
    await change.connection.execute(
        queries.CHANGE_ACCOUNT, change.controller, row["person_id"], row["state"], list(given), row["closes_at"], now,
        row["closing_from"], row["closing_own"],
    )  # fmt: skip


async def made_roles(change: Transaction) -> dict[str, frozenset[str]]:
    return _roles(await change.connection.fetch(queries.ROLES, change.controller))


def _roles(rows: Sequence[Record]) -> dict[str, frozenset[str]]:
    return {row["role"]: frozenset(row["permissions"]) for row in rows}


def _kept(row: Record, person: UUID, by: str) -> State:
    """The state that a closing is taken back to: the one before. A person takes back what they asked for themselves."""
    if by == str(person) and not row["closing_own"]:
        raise NotFromHere(State.closing, Step.keep)
    return State(row["closing_from"] or State.active)


def only_known(given: Iterable[str], offered: Iterable[str]) -> None:
    unknown = sorted(set(given) - set(offered))
    if unknown:
        raise roles.UnknownRole(f"there is no role {', '.join(unknown)} here")


def _account(row: Record) -> Account:
    return Account(
        person=row["person_id"], state=State(row["state"]), roles=tuple(row["roles"]), groups=tuple(row["groups"]),
        key_id=row["key_id"], version=row["version"], created_at=row["created_at"], changed_at=row["changed_at"],
        closes_at=row["closes_at"], closing_own=row["closing_own"], signed_in_at=row["signed_in_at"], reviewed_at=row["reviewed_at"],
    )  # fmt: skip
