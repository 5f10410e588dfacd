"""Crossing: many permitted reads cross together. Recorded and fetched in one call, then opened.

One call writes the entries of all of them and reads their ciphertext, in one transaction; keys that are not
remembered are unwrapped together; and only when the call has returned, which is after its commit, is anything
opened. A read whose dossier has changed meanwhile comes back `Stale`, and is ruled again.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.contract.ruling import Permit, Refusal
from bailee.gate.archive import Dossier
from bailee.gate.narrowing import select
from bailee.infra.batching import Batcher, Groups
from bailee.infra.clock import Clock
from bailee.infra.keys.key import Key
from bailee.ledger.appending import Appending, Recorded
from bailee.vault import queries
from bailee.vault.holding import Row, in_place, places
from bailee.vault.opening import Opened, Opening, Selected
from bailee.vault.sealing import Altered
from bailee.vocabulary.ids import Address

# A permitted read: the dossier it was ruled under, and the permit.
Asked = tuple[Dossier, Permit]


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

    def __init__(self, *, appending: Appending, opening: Opening, clock: Clock) -> None:
        self._appending = appending
        self._opening = opening
        self._clock = clock
        self._batcher: Batcher[Asked, Outcome] = Batcher(self._together)

    def cross(self, dossier: Dossier, permit: Permit) -> "asyncio.Future[Outcome]":
        """Have a permitted read cross with the next batch. Raises `Altered` where a record does not open."""
        return self._batcher.submit(dossier.controller, (dossier, permit))

    async def release(
        self, dossier: Dossier, recorded: Recorded[Permit], rows: Sequence[tuple[Address, Row | None]], read_at: float
    ) -> Released:
        """What a recorded set of rows gives."""
        addresses, found = [address for address, _ in rows], [row for _, row in rows]
        chosen = _choose(dossier, recorded.fact, addresses, found, self._clock.now())
        return self._open(recorded, chosen, await self._opening.keys_of(chosen[0]), read_at)

    async def _together(self, groups: Groups[Asked]) -> list[Outcome | Exception]:
        read_at = self._clock.monotonic()
        asked = places([(controller, _addresses(asked)) for controller, asked in groups])
        recorded, rows = await self._appending.append_with(
            [(controller, [permit for _, permit in asked]) for controller, asked in groups],
            queries.APPEND_AND_READ,
            *asked,
        )
        chosen = _chosen(groups, in_place(rows, len(asked[1])), self._clock.now())
        keys = await self._opening.keys_of([one for found in chosen if isinstance(found, tuple) for one in found[0]])
        return [self._opened(one, found, keys, read_at) for one, found in zip(recorded, chosen, strict=True)]

    def _opened(
        self, recorded: Recorded[Permit], chosen: Chosen | Stale, keys: dict[UUID, Key], read_at: float
    ) -> Outcome | Exception:
        if not isinstance(chosen, tuple):
            return chosen
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
        withholding = tuple(withheld) if withheld else ()
        return Released(records, withholding, permit.instruction, permit.clause, recorded.name, read_at)


def _chosen(groups: Groups[Asked], rows: Sequence[Row | None], now: datetime) -> list[Chosen | Stale]:
    """For each read of a batch, its rows as they may be opened; or `Stale`."""
    chosen, place = list[Chosen | Stale](), 0
    for _, asked in groups:
        for dossier, permit in asked:
            addresses = permit.request.addresses
            first = rows[place] if addresses else None
            version = 0 if first is None else first["gate_version"]
            if addresses and version != dossier.version:
                chosen.append(Stale(version))
            elif len(addresses) == 1:
                one = select(dossier, permit, addresses[0], first, now)
                chosen.append(([one], []) if isinstance(one, Selected) else ([], [(addresses[0], one)]))
            else:  # of nothing asked nothing is released: it is never stale
                chosen.append(_choose(dossier, permit, addresses, rows[place : place + len(addresses)], now))
            place += len(addresses)
    return chosen


def _choose(
    dossier: Dossier, permit: Permit, addresses: Sequence[Address], rows: Sequence[Row | None], now: datetime
) -> Chosen:
    """Which rows may be opened, and which are withheld and why."""
    selected: list[Selected] = []
    withheld: list[tuple[Address, Refusal | None]] = []
    for address, row in zip(addresses, rows, strict=True):
        one = select(dossier, permit, address, row, now)
        if isinstance(one, Selected):
            selected.append(one)
        else:
            withheld.append((address, one))
    return selected, withheld


def _addresses(asked: Sequence[Asked]) -> list[Address]:
    return [address for _, permit in asked for address in permit.request.addresses]
