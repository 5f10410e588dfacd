"""Row 16: exact search among very many people, beside a plain table with a plain index on the address.

Some hundreds of people are taken in through the gate: they are the ones sought. The rest are put there below it, with
rows, tags and ciphertext of the size they would have, so that tables and trees are as large as they would be.
LONG=1 searches among a million, which takes about MINUTES minutes, nearly all of them to put the million there.

Two peers: the plain query alone, and the plain query followed by the smallest durable row, which is the least that
anyone pays who records every search. With one in flight the second tells what the search costs beyond the disk.
"""

import secrets
import statistics
from uuid import UUID

import asyncpg
import msgspec

from bailee.contract.ruling import Refusal
from bailee.gate.sets import START, Sought
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bench import peers
from bench.measuring import Contender, Row, compare, ratio
from bench.standing import World, controller, fill, request

SOUGHT, CHUNK, TAGS, SEALED = 500, 20_000, 5, 420
LOG = "INSERT INTO peer.searched VALUES ($1)"
EMAIL = "SELECT id, body FROM peer.people WHERE email = $1 ORDER BY id LIMIT 50"
PEOPLE = ["controller_id", "person_id", "state", "groups", "key_id", "version", "created_at", "updated_at"]
RECORDS = [
    "controller_id", "person_id", "record_id", "type", "class_id", "version", "created_at", "updated_at", "sealed",
]  # fmt: skip
INDEX = ["controller_id", "tag", "person_id", "record_id"]


async def rows(world: World) -> list[Row]:
    """One search in flight, and thirty-two."""
    count = 1_000_000 if world.long else 50_000
    of = await controller(world.rooms)
    held = await fill(world.rooms, of, SOUGHT)
    [owner] = await world.owner(1)
    emails = await _emails(world, held)
    await _others(world, owner, of, count - SOUGHT)
    await _plain(owner, emails, count)
    pool = peers.Pinned(await world.owner(32))

    asked = msgspec.structs.replace(request(Operation.consult, held[0]), addresses=())

    async def plain(email: str) -> None:
        async with pool.one() as connection:
            assert await connection.fetch(EMAIL, email)

    async def logged(email: str) -> None:
        async with pool.one() as connection:
            assert await connection.fetch(EMAIL, email)
            await connection.execute(LOG, 1)

    async def ours(email: str) -> None:
        found = await world.rooms.sets.search(asked, Sought("profile", "email", email), START, 50)
        assert not isinstance(found, Refusal)
        assert len(found.released.records) == 1

    found: list[Row] = []
    contenders = {
        "plain": Contender(plain, emails),
        "plain, logged": Contender(logged, emails),
        "ours": Contender(ours, emails),
    }
    for in_flight in (1, 32):
        taken = await compare(contenders, in_flight, world.rounds, min(world.operations, 1200))
        settings = {"in_flight": in_flight, "people": count}
        found.append(ratio("16 exact search vs plain index", taken, "plain", "ours", settings, floor=0.333, goal=0.5))
        row = "16 exact search vs plain index and one commit"
        found.append(ratio(row, taken, "plain, logged", "ours", settings, floor=0.5, goal=1.0))
        for name in contenders:
            p50 = statistics.median(one.p50 for one in taken[name])
            found.append(Row(row=f"16 {name} p50", settings=settings, value=round(p50, 1), unit="us"))
    await pool.close()
    await owner.close()
    return found


async def _emails(world: World, held: list[Address]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(held), 100):
        released = await world.rooms.passage.read(request(Operation.consult, *held[start : start + 100]))
        assert not isinstance(released, Refusal)
        found += [msgspec.json.decode(one.data)["email"] for one in released.records]
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


async def _plain(owner: asyncpg.Connection, emails: list[str], count: int) -> None:
    await owner.execute("CREATE SCHEMA IF NOT EXISTS peer")
    await owner.execute("CREATE TABLE peer.people (id uuid PRIMARY KEY, email text NOT NULL, body text NOT NULL)")
    await owner.execute("CREATE INDEX ON peer.people (email)")
    await owner.execute("CREATE TABLE peer.searched (n integer)")
    body = "x" * SEALED
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        some = (emails if start == 0 else []) + [f"{secrets.token_hex(8)}@bench.example" for _ in range(size)]
        records = [(new_id(), email, body) for email in some[:size]]
        await owner.copy_records_to_table(
            "people", schema_name="peer", columns=["id", "email", "body"], records=records
        )
    await owner.execute("ANALYZE peer.people")
