"""`python -m bench --profile`: where the microseconds of a read and of an update go, stage by stage.

Stages are timed alone, each the least CPU of several rounds in this one process: what else the machine does may only
add to a round, so the least is nearest to the truth. Run together they are slower than their sum, since each finds the
caches as another left them; the last rows say by how much.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg

from bailee.contract.ruling import Permit
from bailee.gate.narrowing import select
from bailee.infra.batching import Batcher, Groups
from bailee.ledger import queries as ledger_queries
from bailee.ledger.appending import Writing
from bailee.ledger.entries import Bodies
from bailee.ledger.sealing import month_key, person_tags, seal
from bailee.vault import queries
from bailee.vault.holding import places
from bailee.vault.opening import Opening, Selected
from bailee.vault.sealing import unseal
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bench.measuring import Contender, Row, slice_of
from bench.peers import PLAIN_MANY, plain
from bench.rows.reads import reading, updating
from bench.standing import World, controller, fill, request

ROUNDS = 9
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE usename = 'bailee_app'"
PEOPLE = 1920
# How many are in one batch where so many are in flight: all of them, until two full batches can be under way.
BATCHES = {32: 32, 128: 64}


async def rows(world: World) -> list[Row]:
    """Every stage, for batches as they are with 32 and with 128 in flight."""
    of = await controller(world.rooms)
    held = await fill(world.rooms, of, PEOPLE)
    [owner] = await world.owner(1)
    await plain(owner, held)
    await owner.close()
    for one in held[:1]:
        await world.rooms.passage.read(request(Operation.consult, one))
    found: list[Row] = []
    for in_flight, size in BATCHES.items():
        batches = [held[start : start + size] for start in range(0, len(held), size)]
        found += await _stages(world, batches) + await _servers(world, batches)
        found += await _whole(world, held, in_flight, size)
    return found


async def _stages(world: World, batches: Sequence[list[Address]]) -> list[Row]:
    """What this process does for a read, without the server and without the loop."""
    rooms, of, now = world.rooms, batches[0][0].controller, world.rooms.clock.now()
    dossier = await rooms.passage.dossier(of)
    asked = [[request(Operation.consult, one) for one in batch] for batch in batches]
    ruled = [[rooms.passage.rule(dossier, one) for one in batch] for batch in asked]
    permits = [[one for one in batch if isinstance(one, Permit)] for batch in ruled]
    body_key = await rooms.keys.controller_key(of, month_key(now))
    tag_key = await rooms.keys.controller_key(of, "person-tag")
    bodies = [_bodies(now, batch) for batch in permits]
    found = [await rooms.data.fetch(queries.READ, [of], *places([(of, batch)])) for batch in batches]
    shown = [
        [select(dossier, *one, now) for one in zip(*batch, strict=True)]
        for batch in zip(permits, batches, found, strict=True)
    ]
    selected = [[one for one in batch if isinstance(one, Selected)] for batch in shown]
    keys = await Opening(rooms.keys).keys_of([one for batch in selected for one in batch])
    stages: dict[str, Callable[[], object]] = {
        "ask": lambda: [[request(Operation.consult, one) for one in batch] for batch in batches],
        "rule": lambda: [[rooms.passage.rule(dossier, one) for one in batch] for batch in asked],
        "entry: bodies": lambda: [_bodies(now, batch) for batch in permits],
        "entry: two hashes, sealing": lambda: [seal(body_key, "", of, batch) for batch in bodies],
        "entry: person tags": lambda: [
            person_tags(tag_key.secret, {one.person.bytes for one in batch}) for batch in batches
        ],
        "row: may it be opened": lambda: [
            [select(dossier, *one, now) for one in zip(*batch, strict=True)]
            for batch in zip(permits, batches, found, strict=True)
        ],
        "row: opened": lambda: [[unseal(keys[one.sealed.key_id], one.sealed) for one in batch] for batch in selected],
    }
    size = len(batches[0])
    return [_row(name, size, "this process", _least(stage) / PEOPLE) for name, stage in stages.items()]


async def _servers(world: World, batches: Sequence[list[Address]]) -> list[Row]:
    """What the calls cost, here (encode, send, wake, decode) and in the server."""
    of, size = batches[0][0].controller, len(batches[0])
    connection = await asyncpg.connect(world.address("bailee_app"))
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    writing: Writing = world.rooms.appending._writing
    facts = [
        [one for address in batch if isinstance(one := await _permit(world, address), Permit)] for batch in batches
    ]

    async def crossed() -> list[tuple[object, ...]]:
        return [
            (*writing.rows([(of, await writing.batch(of, these))]), *places([(of, batch)]))
            for these, batch in zip(facts, batches, strict=True)
        ]

    async def appended() -> list[tuple[object, ...]]:
        return [writing.rows([(of, await writing.batch(of, these))]) for these in facts]

    async def read() -> list[tuple[object, ...]]:
        return [([of], *places([(of, batch)])) for batch in batches]

    async def coalesced() -> list[tuple[object, ...]]:
        return [([one.record for one in batch],) for batch in batches]

    calls: dict[str, tuple[str, Callable[[], Awaitable[list[tuple[Any, ...]]]]]] = {
        "call: entries and rows": (queries.APPEND_AND_READ, crossed),
        "call: entries alone": (ledger_queries.APPEND, appended),
        "call: rows alone": (queries.READ, read),
        "call: unprotected, coalesced": (PLAIN_MANY, coalesced),
    }
    found: list[Row] = []
    for name, (sql, arguments) in calls.items():
        here, there = await _called(connection, backend, sql, arguments)
        found += [_row(name, size, "this process", here / PEOPLE), _row(name, size, "the server", there / PEOPLE)]
    await connection.close()
    return found


async def _called(
    connection: asyncpg.Connection, backend: int, sql: str, arguments: Callable[[], Awaitable[list[tuple[Any, ...]]]]
) -> tuple[float, float]:
    taken = []
    for _ in range(ROUNDS):
        ready = await arguments()
        here, there = time.process_time(), _cpu_of(backend)
        for one in ready:
            await connection.fetch(sql, *one)
        taken.append((time.process_time() - here, _cpu_of(backend) - there))
    return min(one for one, _ in taken), min(one for _, one in taken)


async def _whole(world: World, held: Sequence[Address], in_flight: int, size: int) -> list[Row]:
    """Everything together: reads and updates as they run, and a batcher that does nothing."""
    [owner] = await world.owner(1)
    nothing: Batcher[Address, int] = Batcher(_nothing)
    contenders = {
        "together: a batcher and its loop, empty": Contender(lambda one: nothing.submit(one.controller, one), held),
        "together: a read": Contender(reading(world), held),
        "together: an update": Contender(updating(world), held),
    }
    found = []
    for name, contender in contenders.items():
        await slice_of(contender, in_flight, PEOPLE)
        backends = [int(row["pid"]) for row in await owner.fetch(BACKENDS)]
        here, there = list[float](), list[float]()
        for _ in range(ROUNDS):
            before = sum(map(_cpu_of, backends))
            here.append((await slice_of(contender, in_flight, PEOPLE)).cpu / 1e6)
            there.append((sum(map(_cpu_of, backends)) - before) / PEOPLE)
        found += [_row(name, size, "this process", min(here)), _row(name, size, "the server", min(there))]
    await owner.close()
    return found


async def _nothing(groups: Groups[Address]) -> list[int | Exception]:
    return [0 for _, group in groups for _ in group]


async def _permit(world: World, address: Address) -> object:
    return world.rooms.passage.rule(
        await world.rooms.passage.dossier(address.controller), request(Operation.consult, address)
    )


def _bodies(now: Any, permits: Sequence[Permit]) -> list[tuple[bytes, bytes]]:
    bodies = Bodies(now, simulated=False)
    return [bodies.of(one) for one in permits]


def _least(stage: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        stage()
        taken.append(time.process_time() - began)
    return min(taken)


def _cpu_of(process: int) -> float:
    """Seconds of CPU a process has used, to the nanosecond."""
    with open(f"/proc/{process}/schedstat") as stat:
        return int(stat.read().split()[0]) / 1e9


def _row(name: str, size: int, where: str, seconds: float) -> Row:
    return Row(row=name, settings={"in a batch": size, "CPU of": where}, value=round(seconds * 1e6, 2), unit="us")
