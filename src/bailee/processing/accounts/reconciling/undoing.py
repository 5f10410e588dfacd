"""Undoing: two people who were merged are two again, each as they were, within the term.

The absorbed was never changed: it lives again as it was. The survivor's profile is sealed again as it was before, and
what had come from the absorbed is taken away. Where something was changed or deleted since the merge, nobody's work is
lost silently: the one who undoes says whether it is kept (and goes back with the record) or put back as it was before.
What was added to the survivor since stays with the survivor.
"""

from enum import StrEnum
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend
from bailee.gate.archive import Dossier
from bailee.gate.changing import Changing, Done, Outdated, Unknown, Work, Written
from bailee.infra.clock import Clock
from bailee.infra.keys.store import KeyStore
from bailee.ledger.committing import Transaction
from bailee.ledger.entries import Act, Change, Fact
from bailee.ledger.telling import Told, nobody
from bailee.processing.accounts.reconciling import parts, queries, standing
from bailee.processing.accounts.reconciling.carrying import Carrying
from bailee.processing.accounts.reconciling.conflicts import CannotUndo, ChangedSince, Since
from bailee.processing.accounts.reconciling.merges import LIVING, MERGED, OPEN, UNDONE, Merge, Merges, read
from bailee.processing.accounts.reconciling.merging import Under, insert, keys_of
from bailee.vault import holding, moving
from bailee.vault import queries as vault_queries
from bailee.vault.files import FILES, PHOTO
from bailee.vault.holding import Row
from bailee.vault.moving import Place
from bailee.vault.sealing import Sealed
from bailee.vocabulary.ids import Address, new_id

OF_FILES = (PHOTO, FILES)


class Later(StrEnum):
    """What becomes of changes made since the merge: `ask` surfaces them and changes nothing."""

    ask = "ask"
    keep = "keep"
    put_back = "put-back"


class Touched(msgspec.Struct, frozen=True):
    """One thing that the merge wrote, and how it stands now: `now` is its row, None where it was deleted."""

    wrote: Row
    now: Row | None

    @property
    def since(self) -> Since | None:
        """What was done to it since the merge; None where nothing was."""
        if self.now is None:
            return Since(self.wrote["type"], self.wrote["record_id"], "deleted")
        if self.now["version"] != self.wrote["version"]:
            return Since(self.wrote["type"], self.wrote["record_id"], "changed")
        return None

    @property
    def is_file(self) -> bool:
        """Whether it is a file or a photograph."""
        return self.wrote["type"] in OF_FILES


class Undoing:
    """Parts again who was merged."""

    def __init__(
        self, *, changing: Changing, merges: Merges, carrying: Carrying, keys: KeyStore, clock: Clock,
        told: Told = nobody,
    ) -> None:  # fmt: skip
        self._changing = changing
        self._merges = merges
        self._carrying = carrying
        self._keys = keys
        self._clock = clock
        self._told = told

    async def undo(self, request: AccessRequest, merge: UUID, later: Later = Later.ask) -> Merge | Refusal:
        """Undo a merge. `request` asks to combine; the persons are the merge's.

        Raises `Unknown`, `CannotUndo`, `ChangedSince` (only on `ask`), `Held`.
        """
        found = await self._merges.find(request.controller, merge)
        if found is None:
            raise Unknown
        named = msgspec.structs.replace(request, persons=(found.survivor, found.absorbed), addresses=())
        written = await self._changing.change(named, self._work(found, later))
        if isinstance(written, Refusal):
            return written
        await self._carrying.remove(request.controller, found.survivor)
        return found

    def _work(self, found: Merge, later: Later) -> Work:
        async def work(dossier: Dossier, permit: Permit, change: Transaction) -> Done:
            merge, rows, now = found, await self._locked(change, found), self._clock.now()
            permit = standing.allow_both(permit, [rows[merge.survivor]])
            permit = standing.allow_alias(permit, rows[merge.absorbed])
            under = Under(dossier, permit, change, *(await keys_of(self._keys, change, rows)), now)
            touched = await _touched(under, merge)
            since = tuple(one.since for one in touched if one.since is not None)
            if since and later is Later.ask:
                raise ChangedSince(since)
            try:
                facts = [fact for one in touched for fact in await _part(under, merge, one, later)]
            except moving.NotCovered as uncovered:
                raise under.uncovered(uncovered) from None
            await _stand(under, merge, rows[merge.survivor])
            await change.connection.execute(queries.CLOSE_MERGE, change.controller, merge.id, UNDONE, now)
            await change.connection.execute(queries.DELETE_MERGE_RECORDS, change.controller, merge.id)
            details = {"merge": str(merge.id), "records": len(facts), "since": len(since), "later": str(later)}
            both = (merge.survivor, merge.absorbed)
            act = Act("merge-undone", change.controller, permit.request.actor.id, details, both)
            said: list[Fact] = [extend(permit, (), both), *facts, act]
            appended = await change.append(said)
            if dossier.listening:
                await self._told(change, "person.changed", [(person, appended[-1]) for person in both])
            return Written(both, tuple(fact.address.record for fact in facts), 1), appended[-1]

        return work

    async def _locked(self, change: Transaction, found: Merge) -> dict[UUID, Row]:
        """Lock the two, then the merge; it must still be open, and both still be there."""
        try:
            rows = await standing.parted(change, found)
        except Unknown:
            raise CannotUndo("over") from None
        row = await change.connection.fetchrow(queries.LOCK_MERGE, change.controller, found.id)
        state = rows[found.survivor]["state"]
        if state == MERGED:
            raise CannotUndo("survivor-merged")
        if state != LIVING:
            raise CannotUndo("survivor-gone")
        if row is None or read(row).state != OPEN or row["due_at"] <= self._clock.now():
            raise CannotUndo("over")
        return rows


async def _touched(under: Under, merge: Merge) -> list[Touched]:
    """Everything the merge wrote, with how it stands now."""
    tx, controller = under.change.connection, under.change.controller
    found = []
    for wrote in await tx.fetch(queries.MERGE_RECORDS, controller, merge.id):
        if wrote["type"] in OF_FILES:
            now = await tx.fetchrow(queries.FILE_STANDS, controller, merge.survivor, wrote["record_id"])
        else:
            now = await tx.fetchrow(vault_queries.RECORD, controller, merge.survivor, wrote["record_id"])
        found.append(Touched(wrote, now))
    return found


async def _part(under: Under, merge: Merge, one: Touched, later: Later) -> list[Change]:
    """Part one thing; the facts that say what was written where."""
    keeps = one.since is not None and later is Later.keep
    if one.is_file:
        return await _part_file(under, merge, one, keeps)
    if one.wrote["origin_id"] is None:
        return [] if keeps else [await _as_before(under, merge, one)]
    facts = await _give_back(under, merge, one) if keeps else []
    if one.now is not None:
        at = _address(under, merge.survivor, one.wrote["type"], one.wrote["record_id"])
        await parts.move(under.change, at, _address(under, merge.absorbed, at.type, one.wrote["origin_id"]))
        await holding.delete(under.change.connection, at, under.now)
        facts.append(under.fact(at, one.now["version"], None))
    elif not keeps:
        await parts.revive(
            under.change, one.wrote, _address(under, merge.absorbed, one.wrote["type"], one.wrote["origin_id"])
        )
    return facts


async def _as_before(under: Under, merge: Merge, one: Touched) -> Change:
    """The survivor's profile as it was; a new record where it was deleted since."""
    wrote, key = one.wrote, under.keys[merge.survivor]
    address = _address(under, merge.survivor, wrote["type"], wrote["record_id"])
    before = Sealed(address, wrote["origin_version"], key.key_id, wrote["sealed"])
    version = 1 if one.now is None else one.now["version"] + 1
    to = address if one.now is not None else msgspec.structs.replace(address, record=new_id())
    after = moving.carried(
        key, before, Place(key, Sealed(to, version, key.key_id, b"")), under.type(wrote["type"]), index=under.index,
        covered=under.permit.categories,
    )  # fmt: skip
    if one.now is None:
        await insert(under, to, wrote, after)
    else:
        held = holding.Held(to, one.now["class_id"], after.sealed, after.tags)
        if not await holding.replace(under.change.connection, held, one.now["version"], under.now):
            raise Outdated(one.now["version"])
    return under.fact(to, version, after.sealed)


async def _give_back(under: Under, merge: Merge, one: Touched) -> list[Change]:
    """The absorbed's original as it was changed at the survivor since: resealed, or deleted with it."""
    tx, wrote = under.change.connection, one.wrote
    address = _address(under, merge.absorbed, wrote["type"], wrote["origin_id"])
    if one.now is None:
        await holding.delete(tx, address, under.now)
        return [under.fact(address, wrote["origin_version"], None)]
    key, record = under.sealed(merge.survivor, one.now)
    own, version = under.keys[merge.absorbed], wrote["origin_version"] + 1
    back = moving.carried(
        key, record, Place(own, Sealed(address, version, own.key_id, b"")), under.type(wrote["type"]),
        index=under.index, covered=under.permit.categories,
    )  # fmt: skip
    held = holding.Held(address, one.now["class_id"], back.sealed, back.tags)
    if not await holding.replace(tx, held, wrote["origin_version"], under.now):
        raise Outdated(wrote["origin_version"])
    return [under.fact(address, version, back.sealed)]


async def _part_file(under: Under, merge: Merge, one: Touched, keeps: bool) -> list[Change]:
    """Let the copy go; where it was deleted since and that is kept, the original goes as well."""
    tx, controller, wrote = under.change.connection, under.change.controller, one.wrote
    facts = []
    if one.now is not None:
        at = _address(under, merge.survivor, wrote["type"], wrote["record_id"])
        await tx.execute(vault_queries.LET_FILE_GO, controller, at.person, at.record)
        facts.append(under.fact(at, 1, None))
    elif keeps:
        at = _address(under, merge.absorbed, wrote["type"], wrote["origin_id"])
        await tx.execute(vault_queries.LET_FILE_GO, controller, at.person, at.record)
        facts.append(under.fact(at, 1, None))
    return facts


async def _stand(under: Under, merge: Merge, row: Row) -> None:
    """What stood about the survivor stands again, but for what was changed since; the absorbed lives again."""
    groups = standing.put_back(merge.groups_before, merge.groups_after, row["groups"]) or frozenset(row["groups"])
    objections = standing.put_back(merge.objections_before, merge.objections_after, row["objections"])
    await standing.change_standing(under.change, merge.survivor, row, (groups, objections), under.now)
    tx, controller = under.change.connection, under.change.controller
    await tx.execute(queries.CHANGE_STATE, controller, merge.absorbed, LIVING, under.now)
    await standing.wake_account(under.change, merge, under.now)


def _address(under: Under, person: UUID, type: str, record: UUID) -> Address:
    return Address(controller=under.change.controller, person=person, type=type, record=record)
