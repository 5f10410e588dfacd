"""The passage: the whole story of a read, in one order. Rule, record, open.

Plaintext leaves only after its entry is durable, and not later than a second after it was read. A
refusal is a value (recorded before it is answered); an outage is an exception, and nobody reads.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from bailee.contract.ruling import BY_LAW, AccessRequest, Permit, Refusal, extend, rule
from bailee.gate.archive import Archive, Dossier
from bailee.gate.crossing import Crossing, Released, Stale
from bailee.gate.narrowing import UNKNOWN
from bailee.gate.refusing import Refusing
from bailee.gate.seeking import Hits, Seek, Seeking
from bailee.infra.clock import Clock
from bailee.ledger.appending import Appending, Recorded
from bailee.ledger.entries import Withheld
from bailee.vault.holding import Row
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import Address

FRESH_SECONDS = 1.0
# Refusals that rest on what a clause has written about the actor.
STANDING = frozenset({"no-undertaking", "not-trained"})


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
        crossing: Crossing,
        seeking: Seeking,
        clock: Clock,
    ) -> None:
        self._archive = archive
        self._appending = appending
        self._refusing = refusing
        self._crossing = crossing
        self._seeking = seeking
        self._clock = clock

    async def read(self, request: AccessRequest) -> Released | Refusal:
        """Read addressed records: ruled, then recorded while the ciphertext is fetched, then opened."""
        dossier = self._archive.known(request.controller) or await self.dossier(request.controller)
        while True:
            permit = self.rule(dossier, request)
            if not isinstance(permit, Permit):
                newer = await self._newer(dossier, permit)
                if newer is None:
                    return await self._refusing.record(permit)
                dossier = newer
                continue
            try:
                released = await self._crossing.cross(dossier, permit)
            except Altered as found:
                raise await self.altered(permit, found) from None
            if isinstance(released, Released):
                if released.withheld:
                    await self._withhold(permit, released)
                return self._in_time(released)
            dossier = await self.dossier(request.controller, released.version)

    async def seek(self, one: Seek) -> Hits | Stale:
        """Have a permitted search look with all that came meanwhile; recorded, then opened. `Stale`: rule again."""
        try:
            found = await self._seeking.seek(one)
        except Altered as altered:
            raise await self.altered(one.permit, altered) from None
        if isinstance(found, Hits):
            await self._withhold(one.permit, found.released)
            self._in_time(found.released)
        return found

    async def _newer(self, dossier: Dossier, refusal: Refusal) -> Dossier | None:
        """The dossier as of now, where another process may have written meanwhile what the refused one stands on, and did:
        nobody is refused for a minute on what is only remembered here."""
        if refusal.reason not in STANDING:
            return None
        current = await self.current(refusal.request.controller)
        return current if current.version > dossier.version else None

    async def dossier(self, controller: UUID, at_least: int = 0) -> Dossier:
        """The controller's dossier, open for business."""
        return _open(await self._archive.dossier(controller, at_least), controller)

    async def current(self, controller: UUID) -> Dossier:
        """The controller's dossier as of now, open for business: a class of records that is new is in no older one."""
        return _open(await self._archive.current(controller), controller)

    def rule(self, dossier: Dossier, request: AccessRequest) -> Permit | Refusal:
        """The ruling on a request now; a credential revoked in this dossier is none."""
        if request.actor.credential in dossier.revoked:
            raise Revoked
        now = self._clock.now()
        return rule(dossier.in_force(now), dossier.standing(request.actor.id), request, now)

    def reaches(self, dossier: Dossier, permit: Permit, address: Address) -> bool:
        """Whether a permit for a set reaches one record that was found: an order of the law covers what it names."""
        if permit.clause not in BY_LAW:
            return True
        one = self.rule(dossier, msgspec.structs.replace(permit.request, addresses=(address,), persons=()))
        return isinstance(one, Permit) and one.instruction == permit.instruction

    async def refuse(self, refusal: Refusal) -> Refusal:
        """Record a refusal, and give it back as the answer."""
        return await self._refusing.record(refusal)

    async def release(
        self, dossier: Dossier, recorded: Recorded[Permit], rows: Sequence[tuple[Address, Row | None]], read_at: float
    ) -> Released:
        """What a recorded set of rows gives, once what is withheld of it is recorded too."""
        try:
            released = await self._crossing.release(dossier, recorded, rows, read_at)
        except Altered as found:
            raise await self.altered(recorded.fact, found) from None
        await self._withhold(recorded.fact, released)
        return self._in_time(released)

    async def _withhold(self, permit: Permit, released: Released) -> None:
        """Record what is withheld."""
        if released.withheld:
            facts = [_withheld(permit, *one) for one in released.withheld]
            await self._appending.append(permit.request.controller, facts)

    def _in_time(self, released: Released) -> Released:
        """Throw away what took too long."""
        if self._clock.monotonic() - released.read_at > FRESH_SECONDS:
            raise TooLate
        return released

    async def altered(self, permit: Permit, found: Altered) -> Altered:
        """Record that a stored record does not open, before anyone is told."""
        await self._appending.append_one(Withheld(extend(permit, (found.address,)), "altered"))
        return found


def _withheld(permit: Permit, address: Address, refusal: Refusal | None) -> Withheld:
    return Withheld(extend(permit, (address,)), refusal.reason if refusal else UNKNOWN)


def _open(dossier: Dossier | None, controller: UUID) -> Dossier:
    if dossier is None or dossier.state != "open":
        raise Destroyed(str(controller))
    return dossier
