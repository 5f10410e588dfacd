"""Changing: a write is ruled, then the change and its entry are one transaction.

The row of the person is locked and must be living; the gate's version inside the transaction must be the
one that was ruled on, else the ruling is made again. Unknown, foreign and erased answer alike.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import UniqueViolationError

from bailee.contract.ruling import AccessRequest, Permit, Refusal, extend, narrow
from bailee.gate import queries
from bailee.gate.archive import Dossier
from bailee.gate.credentials import BITES_AFTER_SECONDS
from bailee.gate.idempotency import Once, Repeat, known, remember
from bailee.gate.narrowing import UNKNOWN, facts_of
from bailee.gate.passage import Passage
from bailee.ledger.appending import Appending
from bailee.ledger.committing import Appended, Committing, Transaction
from bailee.ledger.entries import Withheld
from bailee.vault import queries as vault_queries
from bailee.vault.holding import Row
from bailee.vault.sealing import Altered

# A write that waited longer than this for a lock is held to the gate once more: revocations answer after a second.
WAITED_SECONDS = BITES_AFTER_SECONDS / 2


class Written(msgspec.Struct, frozen=True):
    """What a write did: ids, the version now, the name of its entry; never the data."""

    persons: tuple[UUID, ...]
    records: tuple[UUID, ...]
    version: int
    entry: str = ""
    status: int = 200


class Unknown(Exception):
    """There is no such person or record for this controller (or it is erased: no difference is shown)."""


class Gone(Exception):
    """A repeated request whose person has been erased since (410)."""


class Outdated(Exception):
    """If-Match named another version than the record's."""

    def __init__(self, version: int) -> None:
        super().__init__(str(version))
        self.version = version


class Held(Exception):
    """A hold stops destruction of exactly this."""


class _Stale(Exception):
    def __init__(self, version: int) -> None:
        self.version = version


class Narrowed(Exception):
    """What the row says narrows the permit to a refusal."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


Done = tuple[Written, Appended[Any]]
Work = Callable[[Dossier, Permit, Transaction], Awaitable[Done]]


class Changing:
    """The frame every write goes through; what is written is told by the work it is given."""

    def __init__(self, *, passage: Passage, appending: Appending, committing: Committing) -> None:
        self._passage = passage
        self._appending = appending
        self._committing = committing

    async def change(self, request: AccessRequest, work: Work, once: Once | None = None) -> Written | Refusal:
        """Rule, then let `work` write inside one transaction with its entry."""
        dossier, repeats = await self._passage.dossier(request.controller), once is not None
        while True:
            permit = self._passage.rule(dossier, request)
            if isinstance(permit, Refusal):
                return await self._passage.refuse(permit)
            try:
                return await self._attempt(dossier, permit, work, once)
            except UniqueViolationError:
                if not repeats:
                    raise
                # the same request came twice at the same time: the other one is done, this one answers as its replay
                repeats = False  # once: what is still in the way then is no repeat of it
            except _Stale as stale:
                dossier = await self._passage.dossier(request.controller, stale.version)
            except Narrowed as narrowed:
                return await self._passage.refuse(narrowed.refusal)
            except Altered as found:
                raise await self._passage.altered(permit, found) from None
            except Unknown:
                await self._appending.append_one(Withheld(permit, UNKNOWN))
                raise

    async def _attempt(self, dossier: Dossier, permit: Permit, work: Work, once: Once | None) -> Written | Refusal:
        async with self._committing.transaction(dossier.controller) as change:
            await _under(change, dossier.version)
            repeat = await known(change.connection, dossier.controller, once) if once else None
            if repeat is not None:
                written, appended = await self._again(permit, change, repeat)
            else:
                written, appended = await work(dossier, permit, change)
                if once:
                    done = Repeat(written.status, written.persons, written.records, written.version)
                    await remember(change.connection, dossier.controller, once, done)
            if change.seconds > WAITED_SECONDS:  # for somebody's lock: what was revoked meanwhile has been answered
                await _under(change, dossier.version)
        return msgspec.structs.replace(written, entry=change.recorded(appended).name)

    async def _again(self, permit: Permit, change: Transaction, repeat: Repeat) -> tuple[Written, Appended[Permit]]:
        """A replay answers through the gate with an entry of its own, and never revives the erased."""
        for person in repeat.persons:
            row = await change.connection.fetchrow(vault_queries.PERSON, change.controller, person)
            if row is None or row["state"] != "living":
                raise Gone
        [appended] = await change.append([extend(permit, (), persons=repeat.persons)])
        return Written(repeat.persons, repeat.records, repeat.version, "", repeat.status), appended


async def _under(change: Transaction, version: int) -> None:
    """Raise unless the gate is as it was ruled under."""
    gate = await change.connection.fetchrow(queries.GATE, change.controller)
    if gate is None or gate["gate_version"] != version + change.moved:
        raise _Stale(gate["gate_version"] - change.moved if gate else 0)


async def living(change: Transaction, person: UUID) -> Row:
    """Lock the person's row for a change; only the living can be written to."""
    row = await change.connection.fetchrow(vault_queries.LOCK_PERSON, change.controller, person)
    if row is None or row["state"] != "living":
        raise Unknown
    return row


def allow(permit: Permit, row: Row, purposes: frozenset[str] | None) -> Permit:
    """Narrow a permit by a person's row; the categories asked for by name must all remain.

    `purposes` are those of the record's class; None where the change is about the person itself.
    """
    own = purposes if purposes is not None else frozenset({str(permit.request.purpose)})
    narrowed = narrow(permit, facts_of(row, own, permit.at))
    if isinstance(narrowed, Refusal):
        if narrowed.reason == UNKNOWN:
            raise Unknown
        raise Narrowed(narrowed)
    hold_to(permit, narrowed.categories)
    return narrowed


def hold_to(permit: Permit, kept: frozenset[str]) -> None:
    """Refuse what was asked for by name where the categories kept no longer cover it."""
    if permit.request.named and not permit.request.categories <= kept:
        raise Narrowed(
            Refusal(
                request=permit.request,
                clause="purposes.limited",
                reason="category-not-covered-for-group",
                remedy="The instruction does not cover these data for this person's groups.",
                instruction=permit.instruction,
            )
        )
