"""Relations: a record about several people, such as a contract between two of them.

Each person's part is a record like any other, at that person's address and under that person's key, of a type that is
declared. A random id joins them. Written together they are ruled together and stand or fall together; read together,
every address is ruled and named in one entry. Erase one person, and their part goes with their key; the others keep
theirs, and the relation says that a part is gone, no more whose.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend
from bailee.gate.archive import Dossier
from bailee.gate.changing import Changing, Done, Unknown, Work, Written, allow, living
from bailee.gate.crossing import Released
from bailee.gate.idempotency import Once
from bailee.gate.narrowing import UNKNOWN, over, view
from bailee.gate.passage import Passage
from bailee.gate.records import Draft, prepare
from bailee.gate.relating import queries
from bailee.gate.sets import CHUNK, Refused
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act, Change, Fact, Withheld
from bailee.vault import holding
from bailee.vault import queries as vault_queries
from bailee.vault.opening import Opened, View
from bailee.vocabulary.ids import Address, new_id

MOST = 8
FIRST = UUID(int=0)

New = Sequence[tuple[Address, Draft]]


class Part(msgspec.Struct, frozen=True):
    """One part: what was released of it, or that it is withheld (a refusal), unknown (neither), or gone since then."""

    type: str
    opened: Opened | None = None
    refusal: Refusal | None = None
    gone_at: datetime | None = None


class Related(msgspec.Struct, frozen=True):
    """A relation as read: every part in the order in which they were given, and the read that released them."""

    id: UUID
    parts: tuple[Part, ...]
    released: Released


class Joined(msgspec.Struct, frozen=True):
    """That a record of someone is part of a relation."""

    relation: UUID
    type: str
    record: UUID


class JoinedPage(msgspec.Struct, frozen=True):
    """A page of the relations of someone, as far as their row lets them be shown; where the next begins, if any."""

    joined: tuple[Joined, ...]
    after: UUID | None


class Relations:
    """Makes and reads relations."""

    def __init__(
        self, *, passage: Passage, changing: Changing, appending: Appending, database: Database, keys: KeyStore,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._passage = passage
        self._changing = changing
        self._appending = appending
        self._database = database
        self._keys = keys
        self._clock = clock

    async def create(self, request: AccessRequest, parts: New, once: Once | None = None) -> Written | Refusal:
        """Write every part and what joins them, all or none; of the records answered the first is the relation's id."""
        if not 2 <= len({address.person for address, _ in parts}) == len(parts) <= MOST:
            raise ValueError(f"a relation has 2 to {MOST} parts, each of another person")
        return await self._changing.change(request, self._work(parts), once)

    def _work(self, parts: New) -> Work:
        async def work(dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            relation, held = new_id(), dict[Address, holding.Held]()
            for address, draft in sorted(parts, key=lambda part: part[0].person):
                row = await living(change, address.person)
                allow(permit, row, frozenset(draft.policy.purposes))
                found = await self._keys.person_keys([(address.controller, address.person, row["key_id"])])
                if row["key_id"] not in found or address.type not in dossier.types:
                    raise Unknown
                keys = found[row["key_id"]], await self._keys.controller_key(address.controller, "index")
                held[address] = await prepare(change, keys, dossier.types[address.type], address, draft)
            now = self._clock.now()
            await holding.insert(change.connection, list(held.values()), now)
            await change.connection.executemany(
                queries.INSERT_PART,
                [(a.controller, relation, n, a.person, a.type, a.record) for n, (a, _) in enumerate(parts)],
            )
            persons = tuple(address.person for address, _ in parts)
            facts: list[Fact] = [
                Change(extend(permit, (a,), (a.person,)), a, 1, holding.digest(held[a].sealed)) for a, _ in parts
            ]
            act = Act("related", change.controller, permit.request.actor.id, {"relation": str(relation)}, persons)
            appended = await change.append([*facts, act])
            records = (relation, *(address.record for address, _ in parts))
            return Written(persons, records, 1, "", 201), appended[-1]

        return work

    async def read(self, request: AccessRequest, relation: UUID) -> Related | Refusal | None:
        """A relation with every part that is still there, in one read; None when unknown, and when all are gone."""
        ruled = await self._ruled(request)
        if isinstance(ruled, Refusal):
            return ruled
        controller = request.controller
        async with self._database.transaction(controller) as tx:
            rows = await tx.fetch(queries.PARTS, controller, relation)
        addresses = {
            row["part"]: Address(
                controller=controller, person=row["person_id"], type=row["type"], record=row["record_id"]
            )
            for row in rows
            if row["gone_at"] is None
        }
        if not addresses:
            await self._appending.append_one(Withheld(ruled, UNKNOWN))
            return None
        released = await self._passage.read(msgspec.structs.replace(request, addresses=tuple(addresses.values())))
        if isinstance(released, Refusal):
            return released
        opened, refused = {one.address: one for one in released.records}, dict(released.withheld)
        if not opened and not any(refused.values()):
            return None
        at = {part: (opened.get(address), refused.get(address)) for part, address in addresses.items()}
        parts = [Part(row["type"], *at.get(row["part"], (None, None)), row["gone_at"]) for row in rows]
        return Related(relation, tuple(parts), released)

    async def of_person(
        self, request: AccessRequest, person: UUID, after: UUID, limit: int
    ) -> JoinedPage | Refusal:  # fmt: skip
        """The relations that someone is part of, by their own records; who else is in them is read there."""
        ruled = await self._ruled(request)
        if isinstance(ruled, Refusal):
            return ruled
        now = self._clock.now()
        async with self._database.transaction(request.controller) as tx:
            version = await tx.fetchval(vault_queries.GATE, request.controller)
            rows = await tx.fetch(queries.OF_PERSON, request.controller, person, after, limit)
        dossier = await self._passage.dossier(request.controller, version or 0)
        ruled = await self._under(dossier, request)
        if isinstance(ruled, Refusal):
            return ruled
        shown = [
            row
            for row in rows
            if not over(row, now) and isinstance(view(dossier, ruled, row["type"], row["facts"], row["class_id"]), View)
        ]
        await self._appending.append_one(ruled)
        joined = tuple(Joined(row["relation_id"], row["type"], row["record_id"]) for row in shown)
        return JoinedPage(joined, rows[-1]["relation_id"] if len(rows) == limit else None)

    async def every(self, request: AccessRequest) -> AsyncIterator[list[dict[str, object]]]:
        """What joins what, at a controller, some parts at a time: for the return. Raises `Refused`."""
        after: tuple[UUID, int] = (FIRST, 0)
        while True:
            async with self._database.transaction(request.controller) as tx:
                version = await tx.fetchval(vault_queries.GATE, request.controller)
                rows = await tx.fetch(queries.EVERY_PART, request.controller, *after, CHUNK)
            ruled = await self._ruled(request, version or 0)
            if isinstance(ruled, Refusal):
                raise Refused(ruled)
            if not rows:
                return
            await self._appending.append_one(ruled)
            yield [dict(row) for row in rows]
            after = rows[-1]["relation"], rows[-1]["part"]

    async def _ruled(self, request: AccessRequest, at_least: int = 0) -> Permit | Refusal:
        """The ruling under the gate's version that was read with the rows, or a later one."""
        return await self._under(await self._passage.dossier(request.controller, at_least), request)

    async def _under(self, dossier: Dossier, request: AccessRequest) -> Permit | Refusal:
        ruled = self._passage.rule(dossier, request)
        return await self._passage.refuse(ruled) if isinstance(ruled, Refusal) else ruled
