"""Renewals: what was written before a decision goes over to it, some records at a time.

A type's next version, or names found by their words: every record of the type is gone through in id order, under the
locks of their persons, and is resealed where its data change and tagged anew where its tags do. A read applies the same
steps by itself, so nobody waits for this. Where it stands is written with each chunk: it may stop anywhere and go on.

What must stay is kept and counted: what a hold covers, and data of categories that no instruction lets the processor
store. Restricted data are stored, and so they are renewed.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Connection

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend, narrow
from bailee.gate.archive import Dossier, TokensState
from bailee.gate.narrowing import facts_of
from bailee.gate.passage import Destroyed, Passage
from bailee.gate.renewing import queries
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Committing, Transaction
from bailee.ledger.entries import Act, Change
from bailee.vault import queries as vault_queries
from bailee.vault import tokens
from bailee.vault.holding import Row, digest
from bailee.vault.renewed import Renewed, renewed
from bailee.vault.sealing import Altered, Sealed
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

CHUNK, BUCKETS = 200, 64
AT_ONCE = 25  # chunks of one renewal, before others have their turn
FIRST = UUID(int=0)
TOKENS = ""  # the renewal that deletes tokens
OFF: TokensState = "off"
BUILDING: TokensState = "building"
ON: TokensState = "on"
EVER = datetime.fromisoformat("0001-01-02T00:00:00Z")
ACTOR = Actor(id="platform", kind=ActorKind.processor_system, credential=UUID(int=0))
NOTHING: frozenset[str] = frozenset()

Place = tuple[UUID, UUID]


class Renewal(msgspec.Struct, frozen=True):
    """How far it is: records looked at (in both rounds), resealed, tagged anew, and kept as they were."""

    type: str
    since: datetime
    round: int
    looked: int
    rewritten: int
    retagged: int
    kept: int


class Renewing:
    """Carries renewals on."""

    def __init__(self, *, passage: Passage, committing: Committing, keys: KeyStore, clock: Clock) -> None:
        self._passage = passage
        self._committing = committing
        self._keys = keys
        self._clock = clock

    async def standing(self, controller: UUID) -> tuple[list[Renewal], dict[str, int]]:
        """The renewals of a controller that are under way, and how many records there are of each of their types."""
        async with self._committing.transaction(controller) as change:
            rows = await change.connection.fetch(queries.RENEWALS, controller)
            types = [row["type"] for row in rows if row["type"] != TOKENS]
            counts = await change.connection.fetch(queries.COUNT_OF_TYPES, controller, types) if types else []
        return [_renewal(row) for row in rows], {row["type"]: row["records"] for row in counts}

    async def go_on(self, controller: UUID) -> int:
        """Carry every renewal of a controller on by some chunks; how many there were."""
        count = 0
        for one in (await self.standing(controller))[0]:
            for _ in range(AT_ONCE):
                count += 1
                if not await self._chunk(controller, one.type):
                    break
        return count

    async def _chunk(self, controller: UUID, type_name: str) -> bool:
        """One chunk in one transaction; whether there is more to do."""
        try:
            dossier = await self._passage.dossier(controller)
        except Destroyed:
            return False
        async with self._committing.transaction(controller) as change:
            version = await change.connection.fetchval(queries.GATE_VERSION, controller)
            if version != dossier.version:
                await self._passage.dossier(controller, version)
                return True
            row = await change.connection.fetchrow(queries.LOCK_RENEWAL, controller, type_name)
            if row is None:
                return False
            if type_name == TOKENS:
                return await self._delete_tokens(change, row)
            return await self._records(dossier, change, row)

    async def _delete_tokens(self, change: Transaction, row: Row) -> bool:
        every = tokens.every_bucket()
        begins = row["looked"] % len(every)
        some = list(every[begins : begins + BUCKETS])
        await change.connection.execute(queries.DELETE_TOKENS, change.controller, some)
        looked = row["looked"] + len(some)
        if looked == 2 * len(every):
            await _end(change, row, "name-tokens-gone")
            return False
        now = msgspec.structs.replace(_renewal(row), looked=looked, round=1 if looked < len(every) else 2)
        await _move(change.connection, change.controller, now, (FIRST, FIRST))
        return True

    async def _records(self, dossier: Dossier, change: Transaction, row: Row) -> bool:
        permit = self._passage.rule(dossier, asking(change.controller))
        if isinstance(permit, Refusal):
            await self._passage.refuse(permit)
            await _end(change, row, "renewal-refused")
            return False
        since = row["since"] if row["round"] == 2 else EVER
        found = await change.connection.fetch(
            queries.TO_RENEW, change.controller, row["type"], row["after_person"], row["after_record"], since, CHUNK
        )
        done = await self._renew(dossier, change, permit, [(one["person_id"], one["record_id"]) for one in found])
        now = _renewal(row)
        now = msgspec.structs.replace(
            now, looked=now.looked + len(found), rewritten=now.rewritten + done[0], retagged=now.retagged + done[1],
            kept=now.kept + (done[2] if now.round == 1 else 0),
        )  # fmt: skip
        if len(found) == CHUNK:
            await _move(change.connection, change.controller, now, (found[-1]["person_id"], found[-1]["record_id"]))
        elif now.round == 1:
            await _move(change.connection, change.controller, msgspec.structs.replace(now, round=2), (FIRST, FIRST))
        else:
            await _end(change, row, "renewed", now)
            return False
        return True

    async def _renew(
        self, dossier: Dossier, change: Transaction, permit: Permit, places: list[Place]
    ) -> tuple[int, int, int]:
        """Look at some records under the locks of their persons; how many were resealed, tagged anew, kept."""
        persons, records = sorted({person for person, _ in places}), [record for _, record in places]
        tx, controller = change.connection, change.controller
        people = {row["person_id"]: row for row in await tx.fetch(queries.LOCK_PERSONS, controller, persons)}
        rows = await tx.fetch(queries.RECORDS_AT, controller, persons, records)
        tagged: dict[UUID, set[bytes]] = {}
        for row in await tx.fetch(queries.TAGS_AT, controller, persons, records):
            tagged.setdefault(row["record_id"], set()).add(row["tag"])
        keys = await self._keys.person_keys(
            [(controller, p, row["key_id"]) for p, row in people.items() if row["key_id"]]
        )
        index = await self._keys.controller_key(controller, "index")
        facts, resealed, retagged, kept = list[Change](), 0, 0, 0
        for row in rows:
            person = people[row["person_id"]]
            ready = await self._one(dossier, permit, (person, row), (keys.get(person["key_id"]), index))
            if ready is None:
                kept += 1
                continue
            address = _address(controller, row)
            if ready.sealed is not None:
                await tx.execute(queries.RESEAL_RECORD, *_place(address), row["version"], ready.sealed)
                facts.append(Change(extend(permit, (address,)), address, row["version"] + 1, digest(ready.sealed)))
                resealed += 1
            if set(ready.tags) != tagged.get(address.record, set()):
                await tx.execute(vault_queries.DELETE_TAGS, *_place(address))
                await tx.executemany(vault_queries.INSERT_TAG, _tags(address, ready.tags))
                retagged += 1
        if facts:
            await change.append(facts)
        return resealed, retagged, kept

    async def _one(
        self, dossier: Dossier, permit: Permit, rows: tuple[Row, Row], keys: tuple[Key | None, Key]
    ) -> Renewed | None:
        """A record renewed; None where it is to stay as it is."""
        (person, row), (key, index) = rows, keys
        narrowed = narrow(permit, facts_of(person, NOTHING, permit.at))
        if key is None or isinstance(narrowed, Refusal):
            return None
        address = _address(dossier.controller, row)
        sealed = Sealed(address, row["version"], person["key_id"], row["sealed"])
        try:
            return renewed(
                key, index, dossier.types[row["type"]], sealed, narrowed.categories, may_drop=not person["held"]
            )
        except Altered as found:
            await self._passage.altered(permit, found)
            return None


async def begin(change: Transaction, types: Iterable[str], at: datetime) -> None:
    """Begin the renewal of types, or begin it anew, in the transaction that decides it."""
    for name in sorted(types):
        await change.connection.execute(queries.BEGIN_RENEWAL, change.controller, name, at, FIRST)


async def _end(change: Transaction, row: Row, kind: str, now: Renewal | None = None) -> None:
    """A renewal is over. When the last one is that names wait for, names are found by their words."""
    tx, controller = change.connection, change.controller
    await tx.execute(queries.END_RENEWAL, controller, row["type"])
    counts = {} if now is None else {"rewritten": now.rewritten, "retagged": now.retagged, "kept": now.kept}
    acts = [Act(kind, controller, ACTOR.id, {"type": row["type"], **counts} if row["type"] else {})]
    state = await tx.fetchval(queries.TOKENS_STATE, controller)
    if state == BUILDING and not await tx.fetch(queries.RENEWALS, controller):
        await tx.execute(queries.SWITCH_TOKENS, controller, ON)
        acts.append(Act("name-tokens-ready", controller, ACTOR.id))
    await change.append(acts)


async def _move(tx: Connection, controller: UUID, now: Renewal, after: Place) -> None:
    await tx.execute(
        queries.MOVE_RENEWAL, controller, now.type, now.round, *after, now.looked, now.rewritten, now.retagged, now.kept
    )


def _renewal(row: Row) -> Renewal:
    return Renewal(
        row["type"], row["since"], row["round"], row["looked"], row["rewritten"], row["retagged"], row["kept"]
    )


def asking(controller: UUID) -> AccessRequest:
    """What the platform asks for when it renews: to store what it stores, in another form."""
    return AccessRequest(
        actor=ACTOR, controller=controller, operation=Operation.store, purpose=Purpose.storage_and_backup
    )


def _address(controller: UUID, row: Row) -> Address:
    return Address(controller=controller, person=row["person_id"], type=row["type"], record=row["record_id"])


def _place(address: Address) -> tuple[UUID, UUID, UUID]:
    return address.controller, address.person, address.record


def _tags(address: Address, tags: list[bytes]) -> list[tuple[UUID, bytes, UUID, UUID]]:
    return [(address.controller, tag, address.person, address.record) for tag in tags]
