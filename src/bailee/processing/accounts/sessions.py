"""Sessions: someone signed in, on one device, until they leave, are shown out, or time passes.

A cookie carries the session's token. Half an hour without a request ends a session, twelve hours end it anyway.
What is dangerous asks for a proof of presence that is not older than ten minutes (step-up).
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from bailee.infra import tokens
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing
from bailee.ledger.entries import Act
from bailee.processing.accounts import queries
from bailee.processing.accounts.accounts import Account
from bailee.processing.accounts.lifecycle import State, may_sign_in
from bailee.processing.accounts.technical import Technical
from bailee.vault.sealing import Sealed, seal, unseal
from bailee.vocabulary.ids import Address

IDLE = timedelta(minutes=30)
LASTS = timedelta(hours=12)
PROVEN_FOR = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)
TYPE = "session"


class Device(msgspec.Struct, frozen=True):
    """Where a session was opened from; sealed, for its person's eyes."""

    address: str
    agent: str


class Session(msgspec.Struct, frozen=True):
    """An open session, as of this request."""

    controller: UUID
    id: UUID
    person: UUID
    roles: tuple[str, ...]
    state: State
    methods: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    proven_at: datetime


class Listed(msgspec.Struct, frozen=True):
    """A session as its person sees it."""

    id: UUID
    device: Device
    methods: tuple[str, ...]
    created_at: datetime
    seen_at: datetime


class Sessions:
    """Opens, recognises and ends sessions."""

    def __init__(
        self, *, database: Database, committing: Committing, keys: KeyStore, clock: Clock, technical: Technical
    ) -> None:
        self._technical = technical
        self._database = database
        self._committing = committing
        self._keys = keys
        self._clock = clock

    async def open(self, controller: UUID, account: Account, methods: tuple[str, ...], device: Device) -> str:
        """Open a session; its token's text, for the cookie."""
        token, now = tokens.fresh(controller), self._clock.now()
        keys = await self._keys.person_keys([(controller, account.person, account.key_id)])
        where = _where(controller, account.person, token.id)
        sealed = seal(keys[account.key_id], where, 1, msgspec.json.encode(device))
        async with self._committing.transaction(controller) as change:
            await change.connection.execute(
                queries.INSERT_SESSION, controller, token.id, account.person, token.digest, list(methods), now,
                now + LASTS, sealed,
            )  # fmt: skip
            await change.connection.execute(queries.SIGNED_IN, controller, account.person, now)
            details = {"methods": list(methods), "session": str(token.id)}
            await change.append([Act("signed-in", controller, str(account.person), details, (account.person,))])
        await self._technical.signed_in(controller, account.person, methods, address=device.address, agent=device.agent)
        return token.text

    async def find(self, text: str) -> Session | None:
        """The session that a cookie names, if it is open; every way of failing is alike."""
        token = tokens.parse(text)
        if token is None:
            return None
        now = self._clock.now()
        async with self._database.transaction(token.controller) as tx:
            row = await tx.fetchrow(queries.SESSION, token.controller, token.id)
            if row is None or not token.opens(row["secret_digest"]) or row["ended_at"] is not None:
                return None
            if now >= row["expires_at"] or now - row["seen_at"] > IDLE:
                return None
            if row["person_state"] != "living" or not may_sign_in(State(row["state"]), own=row["closing_own"]):
                return None
            if now - row["seen_at"] > SEEN_EVERY:
                await tx.execute(queries.SEEN, token.controller, token.id, now)
        return Session(
            controller=token.controller, id=token.id, person=row["person_id"], roles=tuple(row["roles"]),
            state=State(row["state"]), methods=tuple(row["methods"]), created_at=row["created_at"],
            expires_at=row["expires_at"], proven_at=row["proven_at"],
        )  # fmt: skip

    def is_proven(self, session: Session) -> bool:
        """Whether presence was proven lately enough for a dangerous act."""
        return self._clock.now() - session.proven_at <= PROVEN_FOR

    async def prove(self, session: Session) -> None:
        """Presence was proven anew, by password or passkey."""
        async with self._database.transaction(session.controller) as tx:
            await tx.execute(queries.PROVEN, session.controller, session.id, self._clock.now())

    async def listed(self, controller: UUID, account: Account) -> list[Listed]:
        """A person's open sessions, the latest first."""
        keys = await self._keys.person_keys([(controller, account.person, account.key_id)])
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.SESSIONS, controller, account.person, self._clock.now())
        found = []
        for row in rows:
            where = _where(controller, account.person, row["session_id"])
            plain = unseal(keys[account.key_id], Sealed(where, 1, account.key_id, row["sealed"]))
            device = msgspec.json.decode(plain, type=Device)
            methods = tuple(row["methods"])
            found.append(Listed(row["session_id"], device, methods, row["created_at"], row["seen_at"]))
        return found

    async def end(self, controller: UUID, person: UUID, session: UUID, *, by: str) -> bool:
        """End one session; False when it was not open or not this person's."""
        async with self._committing.transaction(controller) as change:
            now = self._clock.now()
            ended = await change.connection.fetchval(queries.END_SESSION, controller, person, session, now)
            if ended is not None:
                await change.append([Act("signed-out", controller, by, {"session": str(session)}, (person,))])
        return ended is not None

    async def end_others(self, session: Session) -> None:
        """End every session of a person but this one."""
        async with self._committing.transaction(session.controller) as change:
            await change.connection.execute(
                queries.END_SESSIONS, session.controller, session.person, self._clock.now(), session.id
            )
            act = Act("signed-out", session.controller, str(session.person), {"others": True}, (session.person,))
            await change.append([act])

    async def forget(self, controller: UUID) -> int:
        """Forget what is over: sessions and links past their time, failed attempts of yesterday. How many."""
        day_ago = self._clock.now() - timedelta(days=1)
        async with self._database.transaction(controller) as tx:
            every = queries.FORGET_SESSIONS, queries.FORGET_LINKS, queries.FORGET_ATTEMPTS
            done = [await tx.execute(one, controller, day_ago) for one in every]
        return sum(int(one.split()[-1]) for one in done)


def _where(controller: UUID, person: UUID, session: UUID) -> Address:
    return Address(controller=controller, person=person, type=TYPE, record=session)
