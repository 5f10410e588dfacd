"""Rows 7 and 14: leaves per second, durable and integrated; an inclusion proof's bytes and time."""

import asyncio
import hashlib
import os
import statistics
import sys
import time

from bailee.infra.processes import spawn, stop
from bailee.ledger.entries import Act
from bailee.proof.merkle import leaf_hash, verify_inclusion
from bailee.proof.tree import Node, assemble, inclusion_nodes
from bench.measuring import Row
from bench.standing import World, controller

BATCH = 250


async def rows(world: World) -> list[Row]:
    """Both."""
    return [*await _appending(world), *_proving(world.long)]


async def _appending(world: World) -> list[Row]:
    """Batches of facts from 8 writers while the sequencer, a process of its own, gives them their places."""
    of = await controller(world.rooms)
    environ = {**os.environ, "BAILEE_SERVED": str(world.settings.data)}
    sequencer = spawn([sys.executable, "-m", "bailee", "--work", "sequencer"], environ)
    try:
        rates: list[tuple[float, float]] = []
        for _ in range(max(3, world.rounds // 2)):
            rates.append(await _one_round(world, of, world.operations * 10))
    finally:
        stop(sequencer)
    durable, placed = (round(statistics.median(column)) for column in zip(*rates, strict=True))
    return [
        Row(row="7 ledger: leaves durable and integrated", value=placed, unit="/s", floor=25_000, goal=50_000),
        Row(row="7 ledger: leaves durable", value=durable, unit="/s"),
    ]


async def _one_round(world: World, of: object, leaves: int) -> tuple[float, float]:
    facts = [Act("measured", of, "bench", {"n": n}) for n in range(BATCH)]  # type: ignore[arg-type] -- an id
    await world.rooms.reading.integrated(of)  # type: ignore[arg-type] -- an id
    ahead = iter(range(leaves // BATCH))

    async def write() -> None:
        for _ in ahead:
            await world.rooms.appending.append(of, facts)  # type: ignore[arg-type] -- an id

    began = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(8)))
    durable = time.perf_counter() - began
    await world.rooms.reading.integrated(of)  # type: ignore[arg-type] -- an id
    return leaves / durable, leaves / (time.perf_counter() - began)


def _proving(long: bool) -> list[Row]:
    found = []
    for exponent in (3, 4, 5, 6, 8) if long else (3, 5, 8):
        size = 10**exponent
        index = size * 2 // 3
        needed = inclusion_nodes(index, size)
        hashes: dict[Node, bytes] = {
            node: hashlib.sha256(repr(node).encode()).digest() for group in needed for node in group
        }
        proof, leaf = assemble(needed, hashes), leaf_hash(b"entry")
        root = _root(leaf, index, size, proof)
        began = time.perf_counter()
        for _ in range(200):
            verify_inclusion(leaf, index, size, proof, root)
        took = (time.perf_counter() - began) / 200
        bound = 32 * (size - 1).bit_length() + 200
        settings = {"entries": size}
        found += [
            Row(
                row="14 inclusion proof",
                settings=settings,
                value=32 * len(proof),
                unit="bytes",
                floor=bound,
                goal=bound,
            ),
            Row(
                row="14 inclusion proof verified",
                settings=settings,
                value=round(took * 1e3, 4),
                unit="ms",
                floor=1,
                goal=1,
            ),
        ]
    return found


def _root(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root that a proof leads to, by the rule of RFC 9162, 2.1.3.2."""
    f, s, r = index, size - 1, leaf
    for one in proof:
        if f & 1 or f == s:
            r = hashlib.sha256(b"\x01" + one + r).digest()
            while not f & 1 and f:
                f, s = f >> 1, s >> 1
        else:
            r = hashlib.sha256(b"\x01" + r + one).digest()
        f, s = f >> 1, s >> 1
    return r
