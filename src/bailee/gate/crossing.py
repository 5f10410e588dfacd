"""Crossing: many permitted reads cross together. Recorded and fetched side by side, then opened.

One call appends the entries of all of them, one call fetches their ciphertext, both at once; keys that are
not remembered are unwrapped together; and only when the commit of the entries has returned is anything
opened. A read whose dossier has changed meanwhile comes back `Stale`, and is ruled again.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec

from bailee.contract.ruling import Permit, Refusal
from bailee.gate.archive import Dossier
from bailee.gate.narrowing import select
from bailee.infra.batching import Batcher, Groups
from bailee.infra.clock import Clock
from bailee.infra.keys.store import Key
from bailee.ledger.appending import Appending, Recorded
from bailee.vault.holding import Holding, Row
from bailee.vault.opening import Opened, Opening, Selected
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import Address


class Asked(msgspec.Struct, frozen=True):
    """A permitted read: the dossier it was ruled under, and the permit."""

    dossier: Dossier
    permit: Permit


class Stale(msgspec.Struct, frozen=True):
    """The gate's version is another one now: nothing is released, rule again."""

    version: int


class Released(msgspec.Struct, frozen=True):
    """What an access gave: the records opened, those withheld and why, and its entry.

    A record withheld for None is unknown: not there, of another controller, or erased. `read_at` is the
    monotonic instant before which nothing was read: an answer more than a second older is thrown away.
    """

    records: tuple[Opened, ...]
    withheld: tuple[tuple[Address, Refusal | None], ...]
    instruction: str
    clause: str
    entry: str
    read_at: float


Outcome = Released | Stale
Chosen = tuple[list[Selected], list[tuple[Address, Refusal | None]]]


class Crossing:
    """Lets permitted reads across in batches."""

    def __init__(self, *, appending: Appending, holding: Holding, opening: Opening, clock: Clock) -> None:
        self._appending = appending
        self._holding = holding
        self._opening = opening
        self._clock = clock
        self._batcher: Batcher[Asked, Outcome] = Batcher(self._together)

    def cross(self, dossier: Dossier, permit: Permit) -> "asyncio.Future[Outcome]":
        """Have a permitted read cross with the next batch. Raises `Altered` where a record does not open."""
        return self._batcher.submit(dossier.controller, Asked(dossier, permit))

    async def release(
        self, dossier: Dossier, recorded: Recorded[Permit], rows: Sequence[tuple[Address, Row | None]], read_at: float
    ) -> Released:
        """What a recorded set of rows gives."""
        chosen = self._choose(dossier, recorded.fact, rows)
        return self._open(recorded, chosen, await self._opening.keys_of(chosen[0]), read_at)

    async def _together(self, groups: Groups[Asked]) -> list[Outcome | Exception]:
        read_at = self._clock.monotonic()
        recorded, rows = await asyncio.gather(
            self._appending.append_all([(controller, [one.permit for one in asked]) for controller, asked in groups]),
            self._holding.fetch([(controller, _addresses(asked)) for controller, asked in groups]),
        )
        chosen: list[Chosen | Stale] = []
        place = 0
        for _, asked in groups:
            for one in asked:
                addresses = one.permit.request.addresses
                mine = rows[place : place + len(addresses)]
                place += len(addresses)
                version = _version(mine)
                if version != one.dossier.version:
                    chosen.append(Stale(version))
                else:
                    chosen.append(self._choose(one.dossier, one.permit, list(zip(addresses, mine, strict=True))))
        keys = await self._opening.keys_of(
            [one for found in chosen if not isinstance(found, Stale) for one in found[0]]
        )
        return [
            found if isinstance(found, Stale) else self._opened(permit, found, keys, read_at)
            for permit, found in zip(recorded, chosen, strict=True)
        ]

    def _choose(self, dossier: Dossier, permit: Permit, rows: Sequence[tuple[Address, Row | None]]) -> Chosen:
        now = self._clock.now()
        selected: list[Selected] = []
        withheld: list[tuple[Address, Refusal | None]] = []
        for address, row in rows:
            one = select(dossier, permit, address, row, now)
            if isinstance(one, Selected):
                selected.append(one)
            else:
                withheld.append((address, one))
        return selected, withheld

    def _opened(
        self, recorded: Recorded[Permit], chosen: Chosen, keys: dict[UUID, Key], read_at: float
    ) -> Released | Exception:
        try:
            return self._open(recorded, chosen, keys, read_at)
        except Altered as found:
            return found

    def _open(self, recorded: Recorded[Permit], chosen: Chosen, keys: dict[UUID, Key], read_at: float) -> Released:
        selected, withheld = chosen
        records = self._opening.open(recorded, selected, keys)
        if len(records) != len(selected):
            shown = {one.address for one in records}
            withheld = withheld + [(s.sealed.address, None) for s in selected if s.sealed.address not in shown]
        permit = recorded.fact
        return Released(records, tuple(withheld), permit.instruction, permit.clause, recorded.name, read_at)


def _addresses(asked: Sequence[Asked]) -> list[Address]:
    return [address for one in asked for address in one.permit.request.addresses]


def _version(rows: Sequence[Row | None]) -> int:
    """The gate's version that came with the rows; 0 where the controller is gone."""
    first = rows[0] if rows else None
    return first["gate_version"] if first is not None else 0
