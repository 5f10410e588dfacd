"""Approvals: asked for, given by somebody else, used once, or run out after a day.

An act that waits is not done by whoever approves it. The asker does it then, with the very same request: so the
ledger says who did it, what is shown once (a credential, an export) is shown to who asked, and a request that was
changed meanwhile waits anew.
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act
from bailee.processing.accounts import roles
from bailee.processing.accounts.accounts import Accounts
from bailee.processing.accounts.approving import queries
from bailee.processing.accounts.approving.dangers import DEFAULT, PERMISSION, Asked, Danger, counts, known
from bailee.vault.sealing import Sealed, seal, unseal
from bailee.vocabulary.ids import Address, new_id

LASTS = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)
NOBODY = UUID(int=0)
SHOWN = 50


class SecondPerson(Exception):
    """Somebody else has to look at this first; the approval waits under this id."""

    def __init__(self, approval: UUID) -> None:
        super().__init__(str(approval))
        self.approval = approval


class NotWaiting(Exception):
    """There is no such approval, it is decided or over, or it is one's own."""


class OneOfOnesOwn(NotWaiting):
    """The same one stands behind who asked and who would approve, by the credentials they were issued: that is no second
    person."""


class Approval(msgspec.Struct, frozen=True):
    """An approval as it stands; `asked` is None once what was asked is kept no more."""

    id: UUID
    danger: Danger
    digest: str
    state: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    asked: Asked | None

    def open(self, now: datetime) -> bool:
        """Whether something can still come of it."""
        return self.state in ("pending", "approved") and self.expires_at > now


class Approvals:
    """Keeps what waits for a second person, of every controller."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, accounts: Accounts, clock: Clock
    ) -> None:
        self._database = database
        self._committing = committing
        self._keys = keys
        self._accounts = accounts
        self._clock = clock

    async def first(self, controller: UUID, asked: Asked, *, by: str) -> None:
        """Returns where the act may be done now, by who asks; else `SecondPerson`. An approval is used up by this."""
        key = await self._key(controller)
        digest, now = hmac.digest(key.secret, asked.canonical(by), "sha256"), self._clock.now()
        chosen = await self.chosen(controller)
        bound = asked.danger in chosen and await self.several(controller, asked.danger)
        async with self._committing.transaction(controller) as change:
            details = {"danger": str(asked.danger)}
            row = await change.connection.fetchrow(queries.USE_APPROVAL, controller, digest, now)
            if row is not None:
                details |= {"approval": str(row["approval_id"]), "approved_by": row["decided_by"]}
                await change.append([Act("approval-used", controller, by, details, digest=digest.hex())])
                return
            if not bound:
                if asked.danger in chosen:  # there is nobody else: said, so that it can be seen afterwards
                    await change.append([Act("acted-alone", controller, by, details, digest=digest.hex())])
                return
            approval = await change.connection.fetchval(queries.WAITING, controller, digest, now)
            if approval is None:
                approval = new_id()
                sealed = seal(key, _where(controller, approval), 1, msgspec.json.encode(asked.kept()))
                await change.connection.execute(
                    queries.INSERT_APPROVAL,
                    controller,
                    approval,
                    str(asked.danger),
                    digest,
                    by,
                    now,
                    now + LASTS,
                    sealed,
                )
                details |= {"approval": str(approval), "until": (now + LASTS).isoformat()}
                await change.append([Act("approval-asked", controller, by, details, digest=digest.hex())])
        raise SecondPerson(approval)

    async def decide(self, controller: UUID, approval: UUID, *, given: bool, by: str) -> None:
        """Approve or refuse what somebody else asked, or `NotWaiting`. Nobody approves who issued a credential to the
        system that asks, or was issued one by it, or shares with it whoever issued both."""
        now = self._clock.now()
        async with self._committing.transaction(controller) as change:
            state = "approved" if given else "refused"
            asker = await change.connection.fetchval(queries.ASKER, controller, approval)
            if given and asker and await self._behind(change, asker) & await self._behind(change, by):
                raise OneOfOnesOwn
            row = await change.connection.fetchrow(queries.DECIDE, controller, approval, state, by, now)
            await self._told(change, "approval-given" if given else "approval-refused", approval, row, by)

    async def withdraw(self, controller: UUID, approval: UUID, *, by: str) -> None:
        """Take back what one asked oneself, or `NotWaiting`."""
        async with self._committing.transaction(controller) as change:
            row = await change.connection.fetchrow(queries.WITHDRAW, controller, approval, by, self._clock.now())
            await self._told(change, "approval-withdrawn", approval, row, by)

    async def find(self, controller: UUID, approval: UUID) -> Approval:
        """One approval, or `NotWaiting`."""
        key = await self._key(controller)
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.APPROVAL, controller, approval)
        if row is None:
            raise NotWaiting
        return _approval(key, row)

    async def listed(self, controller: UUID) -> list[Approval]:
        """The latest approvals, newest first."""
        key = await self._key(controller)
        async with self._database.transaction(controller) as tx:
            return [_approval(key, row) for row in await tx.fetch(queries.APPROVALS, controller, SHOWN)]

    async def chosen(self, controller: UUID) -> frozenset[Danger]:
        """The acts that this controller wants a second person for."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.TWO_PERSON, controller)
        return DEFAULT if row is None else known(row["dangers"])

    async def choose(self, controller: UUID, dangers: frozenset[Danger], *, by: str) -> None:
        """Say which acts want a second person."""
        names = sorted(map(str, dangers))
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(queries.PUT_TWO_PERSON, controller, names, self._clock.now())
            await change.append([Act("two-person-chosen", controller, by, {"dangers": names})])

    async def several(self, controller: UUID, danger: Danger) -> bool:
        """Whether two people or more could do such an act: with one alone there is nobody to wait for."""
        made, now = await self._accounts.made_roles(controller), self._clock.now()
        able = [
            one for one in await self._accounts.with_roles(controller)
            if counts(one, now) and PERMISSION[danger] in roles.permissions(one.roles, made)
        ]  # fmt: skip
        return len(able) > 1

    async def forget(self, controller: UUID) -> int:
        """Forget what has been over for a month; the ledger keeps that it was. How many."""
        async with self._database.transaction(controller) as tx:
            done = await tx.execute(queries.FORGET_APPROVALS, controller, self._clock.now() - KEPT_FOR)
        return int(done.split()[-1])

    @staticmethod
    async def _behind(change: Transaction, actor: str) -> set[str]:
        """An actor, whoever issued it a credential, and a credential to that one."""
        found, new = {actor}, {actor}
        while new:
            rows = await change.connection.fetch(queries.ISSUERS, change.controller, sorted(new))
            new = {row["issued_by"] for row in rows} - found
            found |= new
        return found

    @staticmethod
    async def _told(change: Transaction, kind: str, approval: UUID, row: Record | None, by: str) -> None:
        if row is None:
            raise NotWaiting
        details = {"approval": str(approval), "danger": row["danger"]}
        await change.append([Act(kind, change.controller, by, details, digest=row["digest"].hex())])

    async def _key(self, controller: UUID) -> Key:
        return await self._keys.controller_key(controller, "approvals")


def _where(controller: UUID, approval: UUID) -> Address:
    return Address(controller=controller, person=NOBODY, type="approval", record=approval)


def _approval(key: Key, row: Record) -> Approval:
    asked = None
    if row["sealed"]:
        sealed = Sealed(_where(row["controller_id"], row["approval_id"]), 1, key.key_id, row["sealed"])
        asked = msgspec.json.decode(unseal(key, sealed), type=Asked)
    return Approval(
        id=row["approval_id"], danger=Danger(row["danger"]), digest=row["digest"].hex(), state=row["state"],
        asked_by=row["asked_by"], asked_at=row["asked_at"], expires_at=row["expires_at"],
        decided_by=row["decided_by"], decided_at=row["decided_at"], asked=asked,
    )  # fmt: skip
