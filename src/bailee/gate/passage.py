"""The passage: the whole story of a read, in one order. Rule, record, open.

Plaintext leaves only after its entry is durable, and not later than a second after it was read. A
refusal is a value (recorded before it is answered); an outage is an exception, and nobody reads.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.contract.ruling import AccessRequest, Permit, PersonFacts, Refusal, extend, narrow, rule
from bailee.gate.archive import Archive, Dossier
from bailee.gate.refusing import Refusing
from bailee.infra.clock import Clock
from bailee.ledger.appending import Appending, Recorded
from bailee.ledger.entries import Withheld
from bailee.vault.holding import Fetched, Holding, Row, sealed_row
from bailee.vault.opening import Opened, Opening, Selected
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import Address

FRESH_SECONDS = 1.0
UNKNOWN = "unknown"


class Released(msgspec.Struct, frozen=True):
    """What an access gave: the records opened, those withheld and why, and the name of its entry.

    A record withheld for None is unknown: not there, of another controller, or erased.
    """

    records: tuple[Opened, ...]
    withheld: tuple[tuple[Address, Refusal | None], ...]
    instruction: str
    clause: str
    entry: str


class TooLate(Exception):
    """An answer was ready later than a second after its read: it is discarded (503)."""


class Revoked(Exception):
    """The caller's credential was revoked after this process had last looked at it (401, like any bad one)."""


class Destroyed(Exception):
    """The controller's data are being destroyed or gone."""


class Passage:
    """Lets one access through, or refuses it."""

    def __init__(
        self,
        *,
        archive: Archive,
        appending: Appending,
        refusing: Refusing,
        holding: Holding,
        opening: Opening,
        clock: Clock,
    ) -> None:
        self._archive = archive
        self._appending = appending
        self._refusing = refusing
        self._holding = holding
        self._opening = opening
        self._clock = clock

    async def read(self, request: AccessRequest) -> Released | Refusal:
        """Read addressed records: ruled, then recorded while the ciphertext is fetched, then opened."""
        dossier = await self.dossier(request.controller)
        while True:
            permit = self.rule(dossier, request)
            if isinstance(permit, Refusal):
                return await self._refusing.record(permit)
            started = self._clock.monotonic()
            recorded, fetched = await asyncio.gather(
                self._appending.append_one(permit), self._holding.fetch(request.controller, request.addresses)
            )
            if fetched.gate_version == dossier.version:
                return await self.release(dossier, recorded, list(_rows(request.addresses, fetched)), started)
            dossier = await self.dossier(request.controller, fetched.gate_version)

    async def dossier(self, controller: UUID, at_least: int = 0) -> Dossier:
        """The controller's dossier, open for business."""
        dossier = await self._archive.dossier(controller, at_least)
        if dossier is None or dossier.state != "open":
            raise Destroyed(str(controller))
        return dossier

    def rule(self, dossier: Dossier, request: AccessRequest) -> Permit | Refusal:
        """The ruling on a request now; a credential revoked in this dossier is none."""
        if request.actor.credential in dossier.revoked:
            raise Revoked
        now = self._clock.now()
        return rule(dossier.in_force(now), dossier.standing(request.actor.id), request, now)

    async def refuse(self, refusal: Refusal) -> Refusal:
        """Record a refusal, and give it back as the answer."""
        return await self._refusing.record(refusal)

    async def release(
        self,
        dossier: Dossier,
        recorded: Recorded[Permit],
        rows: Sequence[tuple[Address, Row | None]],
        started: float,
    ) -> Released:
        """Narrow by what the rows say, open what remains, and record what is withheld before answering."""
        permit, selected = recorded.fact, list[Selected]()
        withheld: list[tuple[Address, Refusal | None]] = []
        for address, row in rows:
            chosen = select(dossier, permit, address, row, self._clock.now())
            if isinstance(chosen, Selected):
                selected.append(chosen)
            else:
                withheld.append((address, chosen))
        opened = await self._open(recorded, selected)
        shown = {one.address for one in opened}
        withheld += [(s.sealed.address, None) for s in selected if s.sealed.address not in shown]
        if withheld:
            await self._appending.append(permit.request.controller, [_withheld(permit, *one) for one in withheld])
        if self._clock.monotonic() - started > FRESH_SECONDS:
            raise TooLate
        return Released(
            records=tuple(opened),
            withheld=tuple(withheld),
            instruction=permit.instruction,
            clause=permit.clause,
            entry=recorded.name,
        )

    async def _open(self, recorded: Recorded[Permit], selected: list[Selected]) -> list[Opened]:
        try:
            return await self._opening.open(recorded, selected)
        except Altered as found:
            fact = Withheld(extend(recorded.fact, (found.address,)), "altered")
            await self._appending.append_one(fact)
            raise


def select(
    dossier: Dossier, permit: Permit, address: Address, row: Row | None, at: datetime
) -> Selected | Refusal | None:
    """The row as it may be opened, the refusal it narrows to, or None when it is as good as unknown."""
    if row is None or row["type"] not in dossier.types or (row["expires_at"] and row["expires_at"] <= at):
        return None
    policy = dossier.classes.get(row["class_id"])
    facts = facts_of(row, frozenset(policy.purposes) if policy else frozenset())
    narrowed = narrow(permit, facts)
    if isinstance(narrowed, Refusal):
        return None if narrowed.reason == UNKNOWN else narrowed
    return Selected(
        sealed=sealed_row(address.controller, row),
        record_type=dossier.types[row["type"]],
        permit=narrowed,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def facts_of(row: Row, class_purposes: frozenset[str]) -> PersonFacts:
    """What a person's row says, for the ruling to narrow by."""
    return PersonFacts(
        state=row["state"],
        groups=frozenset(row["groups"]),
        restricted=row["restricted"],
        objections=frozenset(row["objections"]),
        class_purposes=class_purposes,
    )


def _withheld(permit: Permit, address: Address, refusal: Refusal | None) -> Withheld:
    return Withheld(extend(permit, (address,)), refusal.reason if refusal else UNKNOWN)


def _rows(addresses: Sequence[Address], fetched: Fetched) -> list[tuple[Address, Row | None]]:
    return [(address, fetched.rows.get(address.record)) for address in addresses]
