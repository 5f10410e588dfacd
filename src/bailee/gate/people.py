"""People: who is held, in which groups, restricted or objecting, and their erasure."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, PersonFacts, Refusal, extend, narrow
from bailee.gate.archive import Dossier
from bailee.gate.changing import Changing, Done, Held, Narrowed, Outdated, Written, allow, living
from bailee.gate.credentials import BITES_AFTER_SECONDS
from bailee.gate.idempotency import Once
from bailee.gate.looking import queries as looking
from bailee.gate.looking.filters import Filter
from bailee.gate.passage import Passage
from bailee.gate.records import Draft, prepare
from bailee.infra.clock import Clock
from bailee.infra.database import Database
from bailee.infra.keys.store import KeyStore
from bailee.ledger.appending import Appending
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act, Change, Fact
from bailee.ledger.telling import Told, nobody
from bailee.vault import holding, queries
from bailee.vault.erasing import Erasing, Erasure
from bailee.vault.holding import Row
from bailee.vocabulary.ids import Address

CHUNK = 500


class NewPerson(msgspec.Struct, frozen=True):
    """A person to be held from now on, with the records that come along."""

    person: UUID
    groups: frozenset[str]
    records: Sequence[tuple[Address, Draft]] = ()


class Person(msgspec.Struct, frozen=True):
    """What stands about a person besides records."""

    id: UUID
    groups: tuple[str, ...]
    restricted: bool
    objections: tuple[str, ...]
    version: int
    exceptions: tuple[str, ...] = ()
    held: bool = False


class Standing(msgspec.Struct, frozen=True):
    """A change of what stands about a person; None leaves a part as it is.

    `exceptions` are what may be done while restricted (`narrowing.excepted`); they go with the restriction.
    """

    groups: frozenset[str] | None = None
    restricted: bool | None = None
    objections: frozenset[str] | None = None
    exceptions: frozenset[str] | None = None


class People:
    """Takes people in, keeps their standing, and lets them go."""

    def __init__(
        self, *, passage: Passage, changing: Changing, appending: Appending, erasing: Erasing,
        keys: KeyStore, database: Database, clock: Clock, told: Told = nobody,
    ) -> None:  # fmt: skip
        self._told = told
        self._passage = passage
        self._changing = changing
        self._appending = appending
        self._erasing = erasing
        self._keys = keys
        self._database = database
        self._clock = clock

    async def create(
        self, request: AccessRequest, people: Sequence[NewPerson], once: Once | None = None
    ) -> Written | Refusal:
        """Take people in with their records, 500 at most in one transaction. Keys are committed first."""
        if len(people) > CHUNK:
            raise ValueError(f"at most {CHUNK} people at once")
        refused = await self._unwelcome(request, people)
        if refused is not None:
            return refused
        keys = await self._keys.create_person_keys(request.controller, [one.person for one in people])
        index = await self._keys.controller_key(request.controller, "index")

        async def work(dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            held, facts, firsts = list[holding.Held](), list[Fact](), list[int]()
            now = self._clock.now()
            for one in people:
                key = keys[one.person]
                await change.connection.execute(
                    queries.INSERT_PERSON, change.controller, one.person, sorted(one.groups), key.key_id, now
                )
                allow_new(permit, one)
                firsts.append(len(facts))
                for address, draft in one.records:
                    ready = await prepare(change, (key, index), dossier.types[address.type], address, draft)
                    held.append(ready)
                    own = extend(permit, (address,), (one.person,))
                    facts.append(Change(own, address, 1, holding.digest(ready.sealed)))
                if not one.records:
                    facts.append(extend(permit, (), (one.person,)))
            await holding.insert(change.connection, held, now)
            appended = await change.append(facts)
            persons = tuple(one.person for one in people)
            if dossier.listening:
                await self._told(
                    change, "person.created", [(p, appended[n]) for p, n in zip(persons, firsts, strict=True)]
                )
            records = tuple(address.record for one in people for address, _ in one.records)
            return Written(persons, records, 1, "", 201), appended[0]

        return await self._changing.change(request, work, once)

    async def get(self, request: AccessRequest, person: UUID) -> Person | Refusal | None:
        """What stands about one person; None when unknown."""
        found = await self._people(request, queries.PERSON, (person,))
        return found if isinstance(found, Refusal) else next(iter(found), None)

    async def page(
        self, request: AccessRequest, after: UUID, limit: int, chosen: Filter | None = None
    ) -> list[Person] | Refusal:
        """Living people in id order, narrowed to what was chosen."""
        if chosen is None:
            return await self._people(request, queries.PERSONS_AFTER, (after, limit))
        return await self._people(request, looking.FILTERED_PERSONS, (after, limit, *chosen.of_person()))

    async def change(
        self,
        request: AccessRequest,
        person: UUID,
        standing: Standing,
        version: int | None,
        once: Once | None = None,
    ) -> Written | Refusal:
        """Change groups, restriction or objections. Answers once every worker is bound by it."""

        async def work(dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            row = await living(change, person)
            allow(permit, row, None)
            if version is not None and row["version"] != version:
                raise Outdated(row["version"])
            groups = row["groups"] if standing.groups is None else sorted(standing.groups)
            restricted = row["restricted"] if standing.restricted is None else standing.restricted
            objections = row["objections"] if standing.objections is None else sorted(standing.objections)
            exceptions = row["exceptions"] if standing.exceptions is None else sorted(standing.exceptions)
            exceptions = list(exceptions) if restricted else []
            following = await change.connection.fetchval(
                queries.CHANGE_PERSON, change.controller, person, groups, restricted, objections,
                self._clock.now(), row["version"], exceptions,
            )  # fmt: skip
            details = {"groups": list(groups), "restricted": restricted, "objections": list(objections)}
            details |= {"exceptions": exceptions} if exceptions else {}
            act = Act("person-changed", change.controller, permit.request.actor.id, details, (person,))
            both: list[Fact] = [permit, act]
            _, appended = await change.append(both)
            if dossier.listening:
                await self._told(change, "person.changed", [(person, appended)])
            return Written((person,), (), following), appended

        written = await self._changing.change(request, work, once)
        await asyncio.sleep(BITES_AFTER_SECONDS)
        return written

    async def close(self, change: Transaction, person: UUID, kept: frozenset[str]) -> None:
        """Leave of a person's exceptions only those kept. It can only narrow: done whatever is in force, even nothing."""
        row = await change.connection.fetchrow(queries.LOCK_PERSON, change.controller, person)
        if row is None or kept >= set(row["exceptions"]):
            return
        left = [one for one in row["exceptions"] if one in kept]
        await change.connection.execute(
            queries.CHANGE_PERSON, change.controller, person, row["groups"], row["restricted"], row["objections"],
            self._clock.now(), row["version"], left,
        )  # fmt: skip
        details = {"groups": row["groups"], "restricted": row["restricted"], "objections": row["objections"]}
        details |= {"exceptions": left} if left else {}
        [appended] = await change.append([Act("person-changed", change.controller, "platform", details, (person,))])
        await self._told(change, "person.changed", [(person, appended)])

    async def erase(self, request: AccessRequest, person: UUID, once: Once | None = None) -> Erasure | Refusal:
        """Mark, write the intent outside both servers, and carry the erasure out; the answer comes no
        sooner than a second after the mark, when nothing read before it can still be on its way."""

        async def work(_dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            row = await living(change, person)
            allow(permit, row, None)
            if row["held"]:
                raise Held
            await self._erasing.mark(change, person, row["key_id"])
            act = Act("erasure-asked", change.controller, permit.request.actor.id, {}, (person,))
            both: list[Fact] = [permit, act]
            _, appended = await change.append(both)
            return Written((person,), (), row["version"], "", 202), appended

        written = await self._changing.change(request, work, once)
        if isinstance(written, Refusal):
            return written
        bites = asyncio.create_task(asyncio.sleep(BITES_AFTER_SECONDS))
        erasure = await self._erasing.proceed(request.controller, person)
        await bites
        assert erasure is not None
        return erasure

    async def erasure(self, request: AccessRequest, person: UUID) -> Erasure | Refusal | None:
        """How far an erasure is."""
        async with self._database.transaction(request.controller) as tx:
            version = await tx.fetchval(queries.GATE, request.controller)
        dossier = await self._passage.dossier(request.controller, version or 0)
        permit = self._passage.rule(dossier, request)
        if isinstance(permit, Refusal):
            return await self._passage.refuse(permit)
        await self._appending.append_one(permit)
        return await self._erasing.state(request.controller, person)

    async def owed(self, controller: UUID, _before: str = "") -> str:
        """What of a controller's people stands against forgetting old entries; nothing is said when nothing does."""
        async with self._database.transaction(controller) as tx:
            count = await tx.fetchval(queries.HELD_OR_ERASING, controller)
        return f"{count} persons are held or being erased" if count else ""

    async def _unwelcome(self, request: AccessRequest, people: Sequence[NewPerson]) -> Refusal | None:
        """Rule before keys are made, so that a refused request leaves none behind."""
        dossier = await self._passage.dossier(request.controller)
        permit = self._passage.rule(dossier, request)
        if isinstance(permit, Refusal):
            return await self._passage.refuse(permit)
        for one in people:
            narrowed = _new_person(permit, one)
            if isinstance(narrowed, Refusal):
                return await self._passage.refuse(narrowed)
        return None

    async def _people(
        self, request: AccessRequest, query: str, arguments: tuple[object, ...]
    ) -> list[Person] | Refusal:
        dossier = await self._passage.dossier(request.controller)
        permit = self._passage.rule(dossier, request)
        if isinstance(permit, Refusal):
            return await self._passage.refuse(permit)
        async with self._database.transaction(request.controller) as tx:
            version = await tx.fetchval(queries.GATE, request.controller)
            if query is looking.FILTERED_PERSONS:
                await tx.execute(looking.PLANNED_ANEW)
            rows = await tx.fetch(query, request.controller, *arguments)
        dossier = await self._passage.dossier(request.controller, version or 0)
        rows = [row for row in rows if row["state"] == "living"]
        persons = tuple(row["person_id"] for row in rows)
        named = msgspec.structs.replace(request, persons=persons)
        ruled = self._passage.rule(dossier, named)
        if isinstance(ruled, Refusal):
            return await self._passage.refuse(ruled)
        await self._appending.append_one(ruled)
        return [_person(row) for row in rows]


def allow_new(permit: Permit, one: NewPerson) -> None:
    """A new person's groups must be covered, like those of anyone held already."""
    narrowed = _new_person(permit, one)
    if isinstance(narrowed, Refusal):
        raise Narrowed(narrowed)


def _new_person(permit: Permit, one: NewPerson) -> Permit | Refusal:
    purposes = frozenset(p for _, draft in one.records for p in draft.policy.purposes)
    return narrow(
        permit,
        PersonFacts(
            state="living",
            groups=one.groups,
            restricted=False,
            objections=frozenset(),
            class_purposes=purposes or frozenset({str(permit.request.purpose)}),
        ),
    )


def _person(row: Row) -> Person:
    return Person(
        id=row["person_id"],
        groups=tuple(row["groups"]),
        restricted=row["restricted"],
        objections=tuple(row["objections"]),
        version=row["version"],
        exceptions=tuple(row["exceptions"]),
        held=row["held"],
    )
