"""Rows 10 and 13: what erasing costs with one record and with ten thousand; stored bytes beside plain ones."""

import statistics
import time
from uuid import UUID

from bailee.contract.ruling import Refusal
from bailee.gate.people import NewPerson
from bailee.gate.records import Draft
from bailee.infra.ids import parse
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bench.measuring import Row
from bench.standing import POLICY, World, controller, fill, request

SIZES = """
SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'bailee' AND c.relkind = 'r' AND c.relname = ANY ($1)
"""
OURS = ["record", "person", "blind_index", "ledger_batch"]
COMPACT = "VACUUM FULL bailee.record, bailee.person, bailee.blind_index, bailee.ledger_batch"


async def rows(world: World) -> list[Row]:
    """Both."""
    return [*await _erasing(world), *await _storing(world)]


async def _erasing(world: World) -> list[Row]:
    """Until the person is unreadable (the key read back as gone) and until every row is gone too."""
    of = await controller(world.rooms)
    most = 10_000 if world.long else 1_000
    unreadable: dict[int, list[float]] = {1: [], most: []}
    whole: dict[int, list[float]] = {1: [], most: []}
    for _ in range(max(3, world.rounds // 2)):
        for records in (1, most):
            person = await _person(world, of, records)
            began = time.perf_counter()
            erasure = await world.rooms.people.erase(
                request(Operation.erase, Address(of, person, "profile", new_id())), person
            )
            whole[records].append(time.perf_counter() - began)
            assert not isinstance(erasure, Refusal)
            assert erasure.unreadable_at is not None
            unreadable[records].append((erasure.unreadable_at - erasure.asked_at).total_seconds())
    found = []
    for name, times in (("unreadable", unreadable), ("answered, rows gone", whole)):
        few, many = (statistics.median(times[count]) for count in (1, most))
        settings = {"records": f"1 vs {most}"}
        found += [
            Row(row=f"10 erase: until {name}", settings=settings, ratio=round(few / many, 3), floor=0.83, goal=1.0),
            Row(row=f"10 erase: until {name}", settings={"records": most}, value=round(many * 1e3, 1), unit="ms"),
        ]
    return found


async def _person(world: World, of: UUID, records: int) -> UUID:
    person = parse(str(new_id()))
    data = {"given_name": "Ada", "family_name": "Byron", "email": f"ada.{person}@bench.example"}
    chunk = 500
    first = [
        (Address(of, person, "profile", new_id()), Draft(data=data, policy=POLICY)) for _ in range(min(records, chunk))
    ]
    asked = request(Operation.store, *(address for address, _ in first))
    assert not isinstance(
        await world.rooms.people.create(asked, [NewPerson(person, frozenset({"user"}), first)]), Refusal
    )
    [owner] = await world.owner(1)
    while records > chunk:  # the rest is copied below the gate: what counts here is that the rows are there
        ids = [(of, person, new_id()) for _ in range(min(chunk, records - chunk))]
        await owner.executemany(COPY_RECORD, [(*one, first[0][0].record) for one in ids])
        records -= len(ids)
    await owner.close()
    return person


COPY_RECORD = """
INSERT INTO bailee.record
    (controller_id, person_id, record_id, type, class_id, version, created_at, updated_at, expires_at, sealed)
SELECT controller_id, person_id, $3, type, class_id, version, created_at, updated_at, expires_at, sealed
FROM bailee.record WHERE controller_id = $1 AND person_id = $2 AND record_id = $4
"""


async def _storing(world: World) -> list[Row]:
    """Records of 1 kB with their ledger entries, beside the same JSON in a plain table."""
    of = await controller(world.rooms)
    [owner] = await world.owner(1)
    await owner.execute(COMPACT)
    before = await owner.fetchval(SIZES, OURS)
    held = await fill(world.rooms, of, 2000, seed=13)
    await owner.execute(COMPACT)
    ours = await owner.fetchval(SIZES, OURS) - before
    released = [await world.rooms.passage.read(request(Operation.consult, one)) for one in held[:200]]
    plain = [one.records[0].data for one in released if not isinstance(one, Refusal)]
    await owner.execute("CREATE TABLE peer.stored (id uuid PRIMARY KEY, person uuid NOT NULL, body text NOT NULL)")
    texts = [plain[n % len(plain)].decode() for n in range(len(held))]
    rows = [(one.record, one.person, text) for one, text in zip(held, texts, strict=True)]
    await owner.executemany("INSERT INTO peer.stored VALUES ($1, $2, $3)", rows)
    await owner.execute("VACUUM FULL peer.stored")
    theirs = await owner.fetchval("SELECT pg_total_relation_size('peer.stored')")
    await owner.close()
    size = round(statistics.mean(len(one) for one in plain))
    settings = {"records": len(held), "bytes each": size, "indexed fields": "5, as profiles have"}
    return [
        Row(
            row="13 stored bytes vs plain",
            settings=settings,
            value=round(ours / theirs, 3),
            unit="x",
            floor=1.35,
            goal=1.2,
        )
    ]
