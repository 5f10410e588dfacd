"""Row 16: exact search among very many people, over HTTP and in process, beside a plain table with a plain index.

Some hundreds of people are taken in through the gate: they are the ones sought. The rest are put there below it, with
rows, tags and ciphertext of the size they would have, so that tables and trees are as large as they would be.
LONG=1 searches among a million, which takes about seven minutes on two cores, nearly all of them to put the million there.

Over HTTP, as whoever searches does it, beside the same unprotected server as row 5 with the plain query behind it, alone
and followed by the smallest durable row, which is the least that anyone pays who records every search. In
process beside the bare query: through asyncpg's pool, as it is written; on pinned connections, the strongest there is;
and on those with the durable row. With one in flight the durable row tells what the search costs beyond the disk, whose
sync alone takes longer than three bare queries.
"""

import secrets
import statistics
from collections.abc import Mapping
from urllib.parse import quote
from uuid import UUID

import asyncpg
import msgspec

from bailee.contract.ruling import Refusal
from bailee.gate.sets import START, Sought
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bench import peers
from bench.measuring import Contender, Row, compare, ratio
from bench.serving import served
from bench.standing import World, controller, fill, request
from bench.unprotected import PEOPLE_BY_EMAIL, SEARCHED

SOUGHT, CHUNK, TAGS, SEALED = 500, 20_000, 5, 420
PEOPLE = ["controller_id", "person_id", "state", "groups", "key_id", "version", "created_at", "updated_at"]
RECORDS = [
    "controller_id", "person_id", "record_id", "type", "class_id", "version", "created_at", "updated_at", "sealed",
]  # fmt: skip
INDEX = ["controller_id", "tag", "person_id", "record_id"]
OVER_HTTP, IN_PROCESS = "16 exact search over HTTP vs unprotected", "16 exact search vs plain index"


async def rows(world: World) -> list[Row]:
    """Over HTTP with 1, 8, 32 and 128 in flight; in process one, and thirty-two."""
    count = 1_000_000 if world.long else 50_000
    of = await controller(world.rooms)
    held = await fill(world.rooms, of, SOUGHT)
    [owner] = await world.owner(1)
    bodies = await _bodies(world, held)
    await _others(world, owner, of, count - SOUGHT)
    await _plain(owner, bodies, count)
    emails = list(bodies)
    found = await _over_http(world, of, emails, count) + await _in_process(world, held[0], emails, count)
    await owner.close()
    return found


async def _over_http(world: World, of: UUID, emails: list[str], count: int) -> list[Row]:
    async with served(world, of) as (ours, theirs):

        def ask_ours(email: str) -> bytes:
            body = msgspec.json.encode({"type": "profile", "field": "email", "value": email})
            return ours.post("/api/v1/search", body)

        def ask_theirs(email: str) -> bytes:
            return theirs.get(f"/people?email={quote(email)}")

        def ask_logged(email: str) -> bytes:
            return theirs.get(f"/people/logged?email={quote(email)}")

        contenders = {
            "unprotected": theirs.contender(ask_theirs, emails, holds=b'"email":'),
            "logged": theirs.contender(ask_logged, emails, holds=b'"email":'),
            "ours": ours.contender(ask_ours, emails, holds=b'"email":'),
        }
        found: list[Row] = []
        for in_flight in (1, 8, 32, 128):
            taken = await compare(contenders, in_flight, world.rounds, min(world.operations, 1200))
            settings = {"in_flight": in_flight, "people": count}
            found.append(ratio(OVER_HTTP, taken, "unprotected", "ours", settings, floor=0.333, goal=0.5))
            found.append(ratio(OVER_HTTP + " and one commit", taken, "logged", "ours", settings, floor=0.5, goal=1.0))
        return found


async def _in_process(world: World, one: Address, emails: list[str], count: int) -> list[Row]:
    pinned = peers.Pinned(await world.owner(32))
    pool = await asyncpg.create_pool(world.address("bailee_owner"), min_size=10, max_size=32)
    asked = msgspec.structs.replace(request(Operation.consult, one), addresses=())

    async def pooled(email: str) -> None:
        assert await pool.fetch(PEOPLE_BY_EMAIL, email)

    async def plain(email: str) -> None:
        async with pinned.one() as connection:
            assert await connection.fetch(PEOPLE_BY_EMAIL, email)

    async def logged(email: str) -> None:
        async with pinned.one() as connection:
            assert await connection.fetch(PEOPLE_BY_EMAIL, email)
            await connection.execute(SEARCHED)

    async def ours(email: str) -> None:
        found = await world.rooms.sets.search(asked, Sought("profile", "email", email), START, 50)
        assert not isinstance(found, Refusal)
        assert len(found.released.records) == 1

    found: list[Row] = []
    contenders = {
        "plain, pool": Contender(pooled, emails),
        "plain": Contender(plain, emails),
        "plain, logged": Contender(logged, emails),
        "ours": Contender(ours, emails),
    }
    for in_flight in (1, 32):
        taken = await compare(contenders, in_flight, world.rounds, min(world.operations, 1200))
        settings = {"in_flight": in_flight, "people": count}
        found.append(ratio(IN_PROCESS + ", pool", taken, "plain, pool", "ours", settings))
        found.append(ratio(IN_PROCESS, taken, "plain", "ours", settings, floor=0.333, goal=0.5))
        row = IN_PROCESS + " and one commit"
        found.append(ratio(row, taken, "plain, logged", "ours", settings, floor=0.5, goal=1.0))
        for name in contenders:
            p50 = statistics.median(one.p50 for one in taken[name])
            found.append(Row(row=f"16 {name} p50", settings=settings, value=round(p50, 1), unit="us"))
    await pool.close()
    await pinned.close()
    return found


async def _bodies(world: World, held: list[Address]) -> dict[str, str]:
    """What is held about those who are sought, by their address."""
    found: dict[str, str] = {}
    for start in range(0, len(held), 100):
        released = await world.rooms.passage.read(request(Operation.consult, *held[start : start + 100]))
        assert not isinstance(released, Refusal)
        found |= {msgspec.json.decode(one.data)["email"]: one.data.decode() for one in released.records}
    return found


async def _others(world: World, owner: asyncpg.Connection, of: UUID, count: int) -> None:
    now = world.rooms.clock.now()
    for start in range(0, count, CHUNK):
        ids = [(new_id(), new_id()) for _ in range(min(CHUNK, count - start))]
        for table, columns, some in (
            ("person", PEOPLE, [(of, p, "living", ["user"], new_id(), 1, now, now) for p, _ in ids]),
            ("record", RECORDS, [(of, p, r, "profile", 1, 1, now, now, secrets.token_bytes(SEALED)) for p, r in ids]),
            ("blind_index", INDEX, [(of, secrets.token_bytes(16), p, r) for p, r in ids for _ in range(TAGS)]),
        ):
            await owner.copy_records_to_table(table, schema_name="bailee", columns=columns, records=some)
    await owner.execute("ANALYZE bailee.person, bailee.record, bailee.blind_index")


async def _plain(owner: asyncpg.Connection, bodies: Mapping[str, str], count: int) -> None:
    for statement in peers.FOUND_BY_EMAIL:
        await owner.execute(statement)
    first = iter(bodies.items())
    filler = msgspec.json.encode({"filler": "x" * SEALED}).decode()
    for start in range(0, count, CHUNK):
        records = []
        for _ in range(min(CHUNK, count - start)):
            email, body = next(first, None) or (f"{secrets.token_hex(8)}@bench.example", filler)
            records.append((new_id(), email, body))
        columns = ["id", "email", "body"]
        await owner.copy_records_to_table("people", schema_name="peer", columns=columns, records=records)
    await owner.execute("ANALYZE peer.people")
