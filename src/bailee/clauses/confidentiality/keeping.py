"""Keeping: the register of the processor's staff, the platform's own, sealed: it holds names and papers."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from asyncpg import Record

from bailee.clauses.confidentiality import queries
from bailee.clauses.confidentiality.events import Entry, Member, Paper, Training, Undertaking
from bailee.clauses.confidentiality.mistakes import ChangedMeanwhile, NothingThere
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key, NotAsSealed
from bailee.infra.keys.rows import Rows
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.vocabulary.ids import new_id

UNDER = "staff"
KEPT_FOR = timedelta(days=1)


class AlteredStaff(NotAsSealed):
    """A row of the register does not open as itself."""


MEMBERS = Rows("staff-member", Member, AlteredStaff)
UNDERTAKINGS = Rows("staff-undertaking", Undertaking, AlteredStaff)
TRAININGS = Rows("staff-training", Training, AlteredStaff)
PAPERS = Rows("staff-paper", Paper, AlteredStaff)


class Keeping:
    """Reads and writes the register, in the platform's own dossier."""

    def __init__(self, *, committing: Committing, keys: KeyStore, clock: Clock, platform: UUID) -> None:
        self.committing = committing
        self.clock = clock
        self.platform = platform
        self._keys = keys

    async def register(self) -> list[Entry]:
        """Everyone with what is on record of them, those who have left too, by their labels."""
        key = await self._key()
        async with self.committing.transaction(self.platform) as own:
            members = await own.connection.fetch(queries.MEMBERS, self.platform)
            records = await own.connection.fetch(queries.RECORDS, self.platform)
        return self._entries(key, members, [self._record(key, row) for row in records])

    async def find(self, member: UUID) -> Entry:
        """One member, or `NothingThere`."""
        key = await self._key()
        async with self.committing.transaction(self.platform) as own:
            members = await own.connection.fetch(queries.ONE_MEMBER, self.platform, member)
            records = await own.connection.fetch(queries.RECORDS_OF, self.platform, member)
        if not members:
            raise NothingThere
        return self._entries(key, members, [self._record(key, row) for row in records])[0]

    async def note(self, own: Transaction, member: Member) -> bool:
        """Keep a new member; whether the label and the account were free."""
        sealed = MEMBERS.seal(await self._key(), self.platform, member.id, member)
        done = await own.connection.fetchval(
            queries.NOTE_MEMBER, self.platform, member.id, member.label, member.account, sealed
        )
        return done is not None

    async def change(self, own: Transaction, member: Member, version: int) -> None:
        """Write a member anew; `ChangedMeanwhile` where someone else did."""
        sealed = MEMBERS.seal(await self._key(), self.platform, member.id, member)
        done = await own.connection.fetchval(
            queries.CHANGE_MEMBER, self.platform, member.id, version, member.label, member.account,
            member.released_at is not None, sealed,
        )  # fmt: skip
        if done is None:
            raise ChangedMeanwhile

    async def record(self, record: UUID) -> tuple[Undertaking | Training, int]:
        """One undertaking or training with its version, or `NothingThere`."""
        key = await self._key()
        async with self.committing.transaction(self.platform) as own:
            row = await own.connection.fetchrow(queries.ONE_RECORD, self.platform, record)
        if row is None:
            raise NothingThere
        return self._record(key, row), row["version"]

    async def keep(self, own: Transaction, one: Undertaking | Training) -> None:
        """Keep an undertaking or a training."""
        sealed = self._sealed(await self._key(), one)
        kind = "undertaking" if isinstance(one, Undertaking) else "training"
        await own.connection.execute(queries.KEEP_RECORD, self.platform, one.id, one.member, kind, sealed)

    async def rewrite(self, own: Transaction, one: Undertaking | Training, version: int) -> None:
        """Write one anew; `ChangedMeanwhile` where someone else did."""
        sealed = self._sealed(await self._key(), one)
        if await own.connection.fetchval(queries.CHANGE_RECORD, self.platform, one.id, version, sealed) is None:
            raise ChangedMeanwhile

    async def keep_paper(self, own: Transaction, paper: Paper) -> UUID:
        """Keep a document, sealed, until a record is made of it."""
        id = new_id()
        sealed = PAPERS.seal(await self._key(), self.platform, id, paper)
        await own.connection.execute(queries.KEEP_PAPER, self.platform, id, self.clock.now(), sealed)
        return id

    async def belongs(self, own: Transaction, paper: UUID, record: UUID) -> None:
        """Have a kept document be the ground of a record; `NothingThere` where it is another's already."""
        if await own.connection.fetchval(queries.BELONGS, self.platform, paper, record) is None:
            raise NothingThere

    async def paper(self, paper: UUID) -> Paper:
        """A document, byte for byte, or `NothingThere`."""
        async with self.committing.transaction(self.platform) as own:
            row = await own.connection.fetchrow(queries.PAPER, self.platform, paper)
        if row is None:
            raise NothingThere
        return PAPERS.unseal(await self._key(), self.platform, paper, row["sealed"])

    def _entries(
        self, key: Key, members: Sequence[Record], records: Sequence[Undertaking | Training]
    ) -> list[Entry]:  # fmt: skip
        found = []
        for row in members:
            member = MEMBERS.unseal(key, self.platform, row["member_id"], row["sealed"])
            own = [one for one in records if one.member == member.id]
            found.append(Entry(
                member=member, version=row["version"],
                undertakings=tuple(one for one in own if isinstance(one, Undertaking)),
                trainings=tuple(one for one in own if isinstance(one, Training)),
            ))  # fmt: skip
        return found

    def _record(self, key: Key, row: Record) -> Undertaking | Training:
        rows = UNDERTAKINGS if row["kind"] == "undertaking" else TRAININGS
        one: Undertaking | Training = rows.unseal(key, self.platform, row["record_id"], row["sealed"])
        return one

    def _sealed(self, key: Key, one: Undertaking | Training) -> bytes:
        if isinstance(one, Undertaking):
            return UNDERTAKINGS.seal(key, self.platform, one.id, one)
        return TRAININGS.seal(key, self.platform, one.id, one)

    async def forget_papers(self, own: Transaction) -> None:
        """Forget documents of which no record was made in a day."""
        await own.connection.execute(queries.FORGET_PAPERS, self.platform, self.clock.now() - KEPT_FOR)

    async def _key(self) -> Key:
        return await self._keys.controller_key(self.platform, UNDER)
