"""Keeping: versions of what is declared, requests for the register, and copies that were given; each sealed."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from bailee.clauses.processing_register import queries
from bailee.clauses.processing_register.events import Ask, Asker, Declared, Given, Receiver, Register, Version
from bailee.contract.agreement import canonical
from bailee.infra.database import Database
from bailee.infra.keys.key import NotAsSealed
from bailee.infra.keys.rows import Rows
from bailee.infra.keys.store import KeyGone, KeyStore
from bailee.ledger.committing import Transaction
from bailee.vocabulary.ids import new_id

UNDER = "register"
MOST = 200


class AlteredRegister(NotAsSealed):
    """A version, request or copy does not open as itself: it was changed, moved or swapped."""


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request is sealed."""

    asker: Asker
    whom: str
    at: datetime | None


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """What of a given copy is sealed: the whole document, packed, and to whom it went."""

    register: bytes
    to: Receiver
    whom: str
    by: str
    language: str
    files: dict[str, str]
    request: UUID | None = None


DECLARED = Rows("register-version", Declared, AlteredRegister)
ASKINGS = Rows("register-request", Asking, AlteredRegister)
COPIES = Rows("register-given", Copy, AlteredRegister)


class Keeping:
    """Rows of one controller's register."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        self._database = database
        self._keys = keys

    async def versions(self, controller: UUID) -> list[Version]:
        """The versions, the newest first; the latest of them where there are very many."""
        async with self._database.transaction(controller) as tx:
            return [_version(row) for row in await tx.fetch(queries.VERSIONS, controller, MOST)]

    async def latest(self, controller: UUID) -> tuple[Version, Declared] | None:
        """The newest version and what it says; None where there is none."""
        async with self._database.transaction(controller) as tx:
            newest = await tx.fetchrow(queries.NEWEST, controller)
        return None if newest is None else await self.version(controller, newest["number"])

    async def stood(self, controller: UUID, at: datetime) -> Declared | None:
        """What the version said that stood at an instant; None where none was kept yet."""
        async with self._database.transaction(controller) as tx:
            number = await tx.fetchval(queries.NUMBER_AT, controller, at)
        found = None if number is None else await self.version(controller, number)
        return found[1] if found else None

    async def version(self, controller: UUID, number: int) -> tuple[Version, Declared] | None:
        """A version and what it says; None where there is none of that number, or it may be read no more."""
        async with self._database.transaction(controller) as tx:
            row = await tx.fetchrow(queries.VERSION, controller, number)
        try:
            key = await self._keys.controller_key(controller, UNDER, create=False)
        except KeyGone:
            return None
        return (
            None if row is None else (_version(row), DECLARED.unseal(key, controller, row["version_id"], row["sealed"]))
        )

    async def numbered(self, controller: UUID, digest: str, at: datetime) -> int:
        """The number of the version with these words that was kept last before an instant; 0 where none was kept."""
        async with self._database.transaction(controller) as tx:
            number: int | None = await tx.fetchval(queries.NUMBERED, controller, digest, at)
        return number or 0

    async def keep(self, change: Transaction, declared: Declared, digest: str, at: datetime) -> Version | None:
        """Keep the next version, where the newest says otherwise; None where nothing has changed, or somebody was faster."""
        controller = change.controller
        newest = await change.connection.fetchrow(queries.NEWEST, controller)
        if newest is not None and newest["digest"] == digest:
            return None
        key, id = await self._keys.controller_key(controller, UNDER), new_id()
        number = newest["number"] + 1 if newest is not None else 1
        sealed = DECLARED.seal(key, controller, id, declared)
        kept = await change.connection.fetchval(queries.KEEP, controller, number, id, digest, at, sealed)
        return None if kept is None else Version(number, digest, at)

    async def asked(self, change: Transaction, ask: Ask) -> None:
        """Keep a request."""
        key = await self._keys.controller_key(change.controller, UNDER)
        sealed = ASKINGS.seal(key, change.controller, ask.id, Asking(asker=ask.asker, whom=ask.whom, at=ask.at))
        await change.connection.execute(
            queries.ASK, change.controller, ask.id, ask.asked_at, ask.obligation, sealed
        )  # fmt: skip

    async def asks(self, controller: UUID) -> list[Ask]:
        """The requests, the newest first."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.ASKED, controller, MOST)
        return await self._asks(controller, rows)

    async def open_asks(self, change: Transaction) -> list[Ask]:
        """The requests that wait, locked."""
        return await self._asks(change.controller, await change.connection.fetch(queries.OPEN_ASKED, change.controller))

    async def give(self, change: Transaction, given: Given, register: Register) -> None:
        """Keep a copy that is given."""
        key = await self._keys.controller_key(change.controller, UNDER)
        copy = Copy(
            register=zlib.compress(canonical(register)), to=given.to, whom=given.whom, by=given.by, language=given.language, files=given.files,
            request=given.request,
        )  # fmt: skip
        await change.connection.execute(
            queries.GIVE, change.controller, given.id, given.given_at, given.digest,
            COPIES.seal(key, change.controller, given.id, copy),
        )  # fmt: skip

    async def given(self, controller: UUID) -> list[Given]:
        """The copies that were given, the newest first."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.GIVEN, controller, MOST)
        return [one for one, _ in await self._copies(controller, rows)]

    async def copy(self, controller: UUID, id: UUID) -> tuple[Given, Register] | None:
        """A copy as it was given."""
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.GIVEN_ONE, controller, id)
        return next(iter(await self._copies(controller, rows)), None)

    async def _copies(self, controller: UUID, rows: Sequence[Record]) -> list[tuple[Given, Register]]:
        if not rows:
            return []
        key = await self._keys.controller_key(controller, UNDER, create=False)
        return [_given(row, COPIES.unseal(key, controller, row["given_id"], row["sealed"])) for row in rows]

    async def _asks(self, controller: UUID, rows: Sequence[Record]) -> list[Ask]:
        if not rows:
            return []
        key = await self._keys.controller_key(controller, UNDER, create=False)
        return [_ask(row, ASKINGS.unseal(key, controller, row["request_id"], row["sealed"])) for row in rows]


def _version(row: Record) -> Version:
    return Version(row["number"], row["digest"], row["made_at"])


def _ask(row: Record, asking: Asking) -> Ask:
    return Ask(
        id=row["request_id"], asked_at=row["asked_at"], asker=asking.asker, whom=asking.whom, at=asking.at,
        obligation=row["obligation_id"], open=row["state"] == "open",
    )  # fmt: skip


def _given(row: Record, copy: Copy) -> tuple[Given, Register]:
    register = msgspec.json.decode(zlib.decompress(copy.register), type=Register)
    made = Given(
        id=row["given_id"], given_at=row["given_at"], digest=row["digest"], to=copy.to, whom=copy.whom, by=copy.by,
        at=register.at, number=register.number, language=copy.language, files=copy.files,
        request=copy.request,
    )  # fmt: skip
    return made, register
