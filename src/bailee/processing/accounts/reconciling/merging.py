"""Merging: two people become one, field by field, in one transaction with its entries.

The survivor keeps its id, its account and its own values, but for the fields that were chosen from the other; the
other's records and files are sealed anew under the survivor's key. The absorbed becomes an alias: its records stay as
they were under its own key, and the gate answers of it as of anyone unknown, until the term ends or the merge is
undone. Objections and groups of both stand. Whoever is restricted or under a hold is not merged.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend
from bailee.gate.archive import Dossier
from bailee.gate.changing import Changing, Done, Narrowed, Outdated, Unknown, Work, Written
from bailee.gate.credentials import BITES_AFTER_SECONDS
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act, Change, Fact
from bailee.ledger.telling import Told, nobody
from bailee.processing.accounts.reconciling import parts, queries, standing
from bailee.processing.accounts.reconciling.carrying import MOST as FILES
from bailee.processing.accounts.reconciling.carrying import Carried, Carrying, hold
from bailee.processing.accounts.reconciling.conflicts import CannotMerge
from bailee.processing.accounts.reconciling.merges import MERGED, TERM
from bailee.vault import holding, moving
from bailee.vault.amending import Amended
from bailee.vault.files import PHOTO
from bailee.vault.holding import Row
from bailee.vault.profile import PROFILE
from bailee.vault.record_types import RecordType
from bailee.vault.scim_attributes import SCIM
from bailee.vault.sealing import Sealed
from bailee.vocabulary.ids import Address, new_id

RECORDS = 500  # records of one person that a merge moves
FIELDS = (
    "title", "given_name", "family_name", "company", "email", "phone", "postal_address", "language", "user_name",
    "external_id", "ip_address",
)  # fmt: skip
COMBINE = "Combining does not cover data of these categories: {}."


class Plan(msgspec.Struct, frozen=True):
    """What is to be merged into what: fields whose value is taken from the absorbed, and the versions of both
    profiles (survivor's first) that this was decided on."""

    survivor: UUID
    absorbed: UUID
    taken: frozenset[str]
    versions: tuple[int, int]


class Origin(msgspec.Struct, frozen=True):
    """Whence something was written: the absorbed's record and its version, or (no record) the survivor's own version
    before, with its ciphertext of then."""

    record: UUID | None
    version: int
    sealed: bytes | None
    part: parts.Part = parts.Part()


@dataclass(frozen=True)
class Under:
    """What one merge or undoing works under: its transaction, the narrowed permit, keys, and the time."""

    dossier: Dossier
    permit: Permit
    change: Transaction
    keys: dict[UUID, Key]
    index: Key
    now: datetime

    def sealed(self, person: UUID, row: Row) -> tuple[Key, Sealed]:
        """A record's row with what opens it."""
        address = Address(controller=self.change.controller, person=person, type=row["type"], record=row["record_id"])
        key = self.keys[person]
        return key, Sealed(address, row["version"], key.key_id, row["sealed"])

    def type(self, name: str) -> RecordType:
        """The record type of that name."""
        if name not in self.dossier.types:
            raise Unknown
        return self.dossier.types[name]

    def uncovered(self, found: moving.NotCovered) -> Narrowed:
        """The refusal where the agreement does not let these data be combined."""
        words = COMBINE.format(", ".join(sorted(found.categories)))
        return Narrowed(
            Refusal(
                self.permit.request, "purposes.limited", "category-not-covered", words, self.permit.instruction
            )
        )  # fmt: skip

    def fact(self, address: Address, version: int, sealed: bytes | None) -> Change:
        """That a record was written at an address, or deleted there."""
        return Change(extend(self.permit, (address,)), address, version, holding.digest(sealed))


class Merging:
    """Merges people."""

    def __init__(
        self, *, changing: Changing, carrying: Carrying, keys: KeyStore, clock: Clock, told: Told = nobody
    ) -> None:
        self._changing = changing
        self._carrying = carrying
        self._keys = keys
        self._clock = clock
        self._told = told

    async def merge(self, request: AccessRequest, plan: Plan) -> UUID | Refusal:
        """Merge as planned; the merge's id. `request` asks to combine these two.

        Raises `CannotMerge`, `Outdated` where a profile changed since it was looked at, `Unknown`, `Held`.
        """
        if plan.survivor == plan.absorbed:
            raise CannotMerge("same-person")
        if not plan.taken <= frozenset(FIELDS):
            raise ValueError("these fields cannot be chosen")
        carried = list[Carried]()
        merge = new_id()
        written: Written | Refusal | None = None
        try:
            refused = await self._carrying.copy(request, plan.absorbed, plan.survivor, carried)
            if refused is not None:
                return refused
            written = await self._changing.change(request, self._work(plan, merge, carried))
        finally:
            if not isinstance(written, Written):
                await self._carrying.drop(carried)
        if isinstance(written, Refusal):
            return written
        await asyncio.sleep(BITES_AFTER_SECONDS)
        return merge

    def _work(self, plan: Plan, merge: UUID, carried: list[Carried]) -> Work:
        async def work(dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            rows = await standing.both_living(change, plan.survivor, plan.absorbed)
            permit = standing.allow_both(permit, rows.values())
            now = self._clock.now()
            under = Under(dossier, permit, change, *(await keys_of(self._keys, change, rows)), now)
            files = await _same_files(under, plan, carried)
            try:
                facts = await _records(under, plan, merge, rows, carried)
            except moving.NotCovered as found:
                raise under.uncovered(found) from None
            held = await hold(change, permit, under.keys[plan.survivor], carried)
            for one, fact in zip(carried, held, strict=True):
                await _remember(under, merge, fact, files[one.origin], Origin(one.origin, 1, None))
            facts += held
            account = await standing.rest_account(change, plan.survivor, plan.absorbed, now)
            await _stand(under, plan, merge, rows, account)
            details = {
                "merge": str(merge), "records": len(facts),
                "categories": sorted(under.type(PROFILE).categories(dict.fromkeys(plan.taken))),
            }  # fmt: skip
            both = (plan.survivor, plan.absorbed)
            act = Act("merged", change.controller, permit.request.actor.id, details, both)
            said: list[Fact] = [extend(permit, (), both), *facts, act]
            appended = await change.append(said)
            if dossier.listening:
                await self._told(change, "person.changed", [(person, appended[-1]) for person in both])
            records = tuple(fact.address.record for fact in facts)
            return Written(both, records, 1, "", 201), appended[-1]

        return work


async def keys_of(keys: KeyStore, change: Transaction, rows: dict[UUID, Row]) -> tuple[dict[UUID, Key], Key]:
    """The keys of these people, and the controller's index key."""
    found = await keys.person_keys([(change.controller, person, row["key_id"]) for person, row in rows.items()])
    if any(row["key_id"] not in found for row in rows.values()):
        raise Unknown
    index = await keys.controller_key(change.controller, "index")
    return {person: found[row["key_id"]] for person, row in rows.items()}, index


async def insert(under: Under, address: Address, row: Row, after: Amended) -> None:
    """Write a record that came from elsewhere: its class, its age and its last day come along."""
    a = address
    await under.change.connection.execute(
        queries.INSERT_RECORD, a.controller, a.person, a.record, a.type, row["class_id"], row["created_at"], under.now,
        row["expires_at"], after.sealed,
    )  # fmt: skip
    await under.change.connection.executemany(
        queries.INSERT_TAG, [(a.controller, tag, a.person, a.record) for tag in after.tags or ()]
    )


async def _records(
    under: Under, plan: Plan, merge: UUID, rows: dict[UUID, Row], carried: list[Carried]
) -> list[Change]:
    """Put the survivor's profile together and move what else the absorbed has; the facts that say so."""
    change = under.change
    own = await change.connection.fetch(queries.OWN_RECORDS, change.controller, plan.survivor, under.now)
    theirs = await change.connection.fetch(queries.RECORDS, change.controller, plan.absorbed, under.now, RECORDS + 1)
    if len(theirs) > RECORDS:
        raise CannotMerge("too-much")
    profiles = own_profile, their_profile = _first_profile(own), _first_profile(theirs)
    for row, version in zip(profiles, plan.versions, strict=True):
        if row["version"] != version:
            raise Outdated(row["version"])
    for row in (own_profile, *theirs):
        _allow(under, rows, row)
    single = {row["type"] for row in own if row["type"] == SCIM}
    facts = [await _profile(under, plan, merge, profiles, carried)]
    for row in theirs:
        if row["record_id"] != their_profile["record_id"] and row["type"] not in single:
            facts.append(await _move(under, plan, merge, row))
    return facts


def _first_profile(rows: Sequence[Row]) -> Row:
    found = next((row for row in rows if row["type"] == PROFILE), None)
    if found is None:
        raise CannotMerge("no-profile")
    return found


async def _profile(under: Under, plan: Plan, merge: UUID, both: tuple[Row, Row], carried: list[Carried]) -> Change:
    """The survivor's profile with the chosen fields; what it was before is kept, sealed as it was."""
    own = under.sealed(plan.survivor, both[0])
    photo = [str(one.place.address.record) for one in carried if one.place.address.type == PHOTO]
    choice = moving.Choice(plan.taken, {"photo": photo[0]} if photo else {})
    after = moving.merged(
        own, under.sealed(plan.absorbed, both[1]), under.type(PROFILE), choice, index=under.index,
        covered=under.permit.categories,
    )  # fmt: skip
    before = own[1]
    held = holding.Held(before.address, both[0]["class_id"], after.sealed, after.tags)
    if not await holding.replace(under.change.connection, held, before.version, under.now):
        raise Outdated(before.version)
    fact = under.fact(before.address, before.version + 1, after.sealed)
    await _remember(under, merge, fact, both[0], Origin(None, before.version, before.ciphertext))
    return fact


async def _move(under: Under, plan: Plan, merge: UUID, row: Row) -> Change:
    """Seal one of the absorbed's records anew under the survivor, at an address of its own."""
    key, record = under.sealed(plan.absorbed, row)
    address = msgspec.structs.replace(record.address, person=plan.survivor, record=new_id())
    own = under.keys[plan.survivor]
    place = moving.Place(own, Sealed(address, 1, own.key_id, b""))
    moved = moving.carried(
        key, record, place, under.type(row["type"]), index=under.index, covered=under.permit.categories
    )
    await insert(under, address, row, moved)
    part = await parts.move(under.change, record.address, address)
    fact = under.fact(address, 1, moved.sealed)
    await _remember(under, merge, fact, row, Origin(row["record_id"], row["version"], None, part))
    return fact


async def _remember(under: Under, merge: UUID, fact: Change, row: Row, origin: Origin) -> None:
    """Note what was written where, and whence it came."""
    at = fact.address
    await under.change.connection.execute(
        queries.INSERT_MERGE_RECORD, at.controller, merge, at.person, at.record, at.type, row["class_id"],
        row["created_at"], row["expires_at"], fact.version, origin.record, origin.version, origin.sealed,
        origin.part.relation, origin.part.number,
    )  # fmt: skip


async def _same_files(under: Under, plan: Plan, carried: list[Carried]) -> dict[UUID, Row]:
    """The absorbed's files, if they are still those that were copied (a photograph may stay behind)."""
    rows = await under.change.connection.fetch(queries.HELD_FILES, under.change.controller, plan.absorbed, FILES + 1)
    copied = {one.origin for one in carried}
    here = {row["file_id"]: row for row in rows}
    if copied - here.keys() or {row["file_id"] for row in rows if row["type"] != PHOTO} - copied:
        raise Outdated(0)
    return here


async def _stand(under: Under, plan: Plan, merge: UUID, rows: dict[UUID, Row], account: str | None) -> None:
    """Let what stands about both stand about the survivor, make the absorbed its alias, and note it all."""
    change, now = under.change, under.now
    own, other = rows[plan.survivor], rows[plan.absorbed]
    groups = sorted({*own["groups"], *other["groups"]})
    objections = sorted({*own["objections"], *other["objections"]})
    await standing.change_standing(change, plan.survivor, own, (groups, objections), now)
    await change.connection.execute(queries.CHANGE_STATE, change.controller, plan.absorbed, MERGED, now)
    await change.connection.execute(
        queries.INSERT_MERGE, change.controller, merge, plan.survivor, plan.absorbed, under.permit.request.actor.id,
        now, now + TERM, own["groups"], groups, own["objections"], objections, account,
    )  # fmt: skip


def _allow(under: Under, rows: dict[UUID, Row], row: Row) -> None:
    """Every record that is touched must be held for the purpose asked."""
    policy = under.dossier.classes.get(row["class_id"])
    standing.allow_both(under.permit, rows.values(), frozenset(policy.purposes) if policy else frozenset())
