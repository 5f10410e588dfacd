"""Rows 1, 2, 3, 4, 6 and 8: point reads and updates in process, against every peer in the same run."""

import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from bailee.contract.ruling import Permit, Refusal
from bailee.gate.changing import Written
from bailee.gate.crossing import Crossing, Released
from bailee.gate.passage import TooLate
from bailee.infra.batching import Groups
from bailee.infra.database import Database
from bailee.ledger.appending import Recorded
from bailee.ledger.sealing import Batch
from bailee.vault import queries
from bailee.vault.opening import Opening
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bench import peers
from bench.measuring import Contender, Row, Slice, compare, ratio, slice_of
from bench.standing import World, controller, fill, request

# Judged on the pool, which is what the sentence "raw asyncpg" means to those who write it (docs/decisions/0008); the
# same figures stand beside the pinned peer as a mark, since that is the strongest there is.
POOL, PINNED = "raw asyncpg, pool", "raw asyncpg, 32 pinned"
FLOORS: dict[tuple[str, int], tuple[float, float]] = {
    ("1 vs " + POOL, 32): (1.2, 2.0), ("1 vs " + POOL, 128): (2.0, 4.0),
    ("1 vs " + PINNED, 32): (1.2, 2.0), ("1 vs " + PINNED, 128): (2.0, 4.0),
    ("2 vs coalesced", 128): (0.35, 0.6),
    ("3 vs hand-made", 32): (8.0, 15.0), ("3 vs hand-made", 128): (12.0, 25.0),
    ("6 update vs " + POOL, 32): (1.3, 2.0), ("6 update vs " + POOL, 128): (3.0, 5.0),
    ("6 update vs " + PINNED, 32): (1.3, 2.0), ("6 update vs " + PINNED, 128): (3.0, 5.0),
    ("8 vs unaudited", 128): (0.4, 0.7),
}  # fmt: skip


class Unrecorded:
    """The same path without its ledger: what row 8 compares with. Never part of the product."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append_with(
        self, groups: Groups[Permit], _: str, *places: object
    ) -> tuple[list[Recorded[Permit]], list[asyncpg.Record]]:
        """As if each had been written; read alone."""
        batch = Batch(new_id(), "none", "", b"", b"", b"")
        rows = await self._database.fetch(queries.READ, [controller for controller, _ in groups], *places)
        return [Recorded(fact, batch, n) for _, facts in groups for n, fact in enumerate(facts)], rows


async def rows(world: World) -> list[Row]:
    """Every setting: controllers x in flight, keys warm and cold."""
    found: list[Row] = []
    people = 4000 if world.long else 2000
    held: dict[int, list[Address]] = {}
    for count in (1, 8, 64) if world.long else (1, 64):
        held[count] = [one for _ in range(count) for one in await _of_one(world, max(people // count, 40))]
    owners = await world.owner(36)
    owner, coalesced, raw = owners[0], owners[1:3], peers.Pinned(owners[4:36])
    every = [one for many in held.values() for one in many]
    await peers.plain(owner, every)
    made = await peers.hand_made(owner, every)
    hand = peers.Pinned([await asyncpg.connect(world.address("bailee_app")) for _ in range(32)])
    pool = await asyncpg.create_pool(world.address("bailee_owner"), min_size=10, max_size=32)
    pooled = peers.Pooled(pool)
    for count, mine in held.items():
        contenders = {
            "raw": Contender(raw.raw, mine),
            "pooled": Contender(pooled.raw, mine),
            "coalesced": Contender(peers.Coalesced(coalesced).read, mine),
            "ours": Contender(reading(world), mine),
            "unaudited": Contender(_unaudited(world), mine),
        }
        if made:
            contenders["hand-made"] = Contender(hand.hand_made, mine)
        whole = count == 1 or world.long
        if whole:
            contenders |= {
                "raw update": Contender(raw.update, mine),
                "pooled update": Contender(pooled.update, mine),
                "our update": Contender(updating(world), mine),
            }
        for in_flight in (1, 8, 32, 128) if world.long else (1, 32, 128):
            await _warm(world, mine)
            taken = await compare(contenders, in_flight, world.rounds, world.operations)
            found += _told(taken, in_flight, count)
            if whole:
                cold = Contender(reading(world), mine, before=world.rooms.keys.forget_persons)
                apart = {"raw": contenders["raw"], "pooled": contenders["pooled"], "cold": cold}
                found += _told(await compare(apart, in_flight, world.rounds, world.operations), in_flight, count)
    found += await _one_in_flight(owner)
    await pool.close()
    await hand.close()
    await raw.close()
    return found


async def _warm(world: World, mine: Sequence[Address]) -> None:
    """Have every key remembered. Cold keys are measured apart: whoever forgets them forgets them for all."""
    await slice_of(Contender(reading(world), mine), 64, len(mine))


def _told(taken: Mapping[str, list[Slice]], in_flight: int, controllers: int) -> list[Row]:
    settings = {"in_flight": in_flight, "controllers": controllers, "keys": "warm"}
    told = [
        ("1 vs " + POOL, "pooled", "ours", settings),
        ("1 vs " + PINNED, "raw", "ours", settings),
        ("1 vs " + POOL, "pooled", "cold", settings | {"keys": "cold"}),
        ("1 vs " + PINNED, "raw", "cold", settings | {"keys": "cold"}),
        ("2 vs coalesced", "coalesced", "ours", settings),
        ("3 vs hand-made", "hand-made", "ours", settings),
        ("6 update vs " + POOL, "pooled update", "our update", settings),
        ("6 update vs " + PINNED, "raw update", "our update", settings),
        ("8 vs unaudited", "unaudited", "ours", settings),
    ]
    rows = []
    for row, peer, ours, where in told:
        if peer in taken and ours in taken:
            judged = where["keys"] == "warm" and controllers == 1
            floor, goal = FLOORS.get((row, in_flight), (None, None)) if judged else (None, None)
            rows.append(ratio(row, taken, peer, ours, where, floor=floor, goal=goal))
    if in_flight == 1 and controllers == 1 and "ours" in taken:
        for name in ("raw", "ours"):
            p50 = statistics.median(one.p50 for one in taken[name])
            rows.append(Row(row=f"4 {name} p50", settings=settings, value=round(p50, 1), unit="us"))
    return rows


async def _one_in_flight(owner: asyncpg.Connection) -> list[Row]:
    """What a commit costs here: the smallest durable write, for row 4."""
    await owner.execute("CREATE TABLE peer.one (n integer)")
    waits = []
    for _ in range(300):
        began = time.perf_counter()
        await owner.execute("INSERT INTO peer.one VALUES (1)")
        waits.append(time.perf_counter() - began)
    return [
        Row(
            row="4 one commit p50", settings={"in_flight": 1}, value=round(statistics.median(waits) * 1e6, 1), unit="us"
        )
    ]


async def _of_one(world: World, count: int) -> list[Address]:
    return await fill(world.rooms, await controller(world.rooms), count)


def reading(world: World) -> Any:
    read = world.rooms.passage.read

    async def ours(address: Address) -> None:
        while True:
            try:
                released = await read(request(Operation.consult, address))
            except TooLate:  # thrown away, as it must be; asked again
                continue
            assert isinstance(released, Released)
            assert released.records
            return

    return ours


def _unaudited(world: World) -> Any:
    rooms = world.rooms
    crossing = Crossing(
        appending=Unrecorded(rooms.data),  # type: ignore[arg-type] -- it stands in for the ledger, in the bench alone
        opening=Opening(rooms.keys),
        clock=rooms.clock,
    )

    async def without(address: Address) -> None:
        version = 0
        while True:
            dossier = await rooms.passage.dossier(address.controller, version)
            permit = rooms.passage.rule(dossier, request(Operation.consult, address))
            assert isinstance(permit, Permit)
            released = await crossing.cross(dossier, permit)
            if isinstance(released, Released):
                assert released.records
                return
            version = released.version

    return without


def updating(world: World) -> Any:
    turn = iter(range(10**9))

    async def ours(address: Address) -> None:
        patch = {"title": f"Dr {next(turn)}"}
        asked = request(Operation.modify, address, categories=frozenset({"title"}))
        written = await world.rooms.records.patch(asked, patch, None)
        assert not isinstance(written, Refusal)
        assert isinstance(written, Written)

    return ours
