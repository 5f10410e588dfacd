"""Rows 10 and 13: what erasing costs with one record and with ten thousand; stored bytes beside plain ones."""

import secrets
import statistics
import time
from uuid import UUID

import msgspec

from bailee.contract.ruling import Refusal
from bailee.gate.people import NewPerson
from bailee.gate.records import Draft
from bailee.infra.ids import parse
from bailee.vocabulary.ids import Address, new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose
from bench.measuring import Row
from bench.standing import POLICY, World, controller, request

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
    for _ in range(world.rounds):  # each is a handful of syncs: fewer rounds would compare the disk with itself
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
    first = Address(of, person, "profile", new_id())
    new = NewPerson(person, frozenset({"user"}), [(first, Draft(data=data, policy=POLICY))])
    assert not isinstance(await world.rooms.people.create(request(Operation.store, first), [new]), Refusal)
    [owner] = await world.owner(1)
    # The rest is copied below the gate: what counts here is that the rows are there.
    others = [new_id() for _ in range(records - 1)]
    for copy in (COPY_RECORD, COPY_TAGS):
        await owner.execute(copy, of, person, first.record, others)
    await owner.close()
    return person


COPY_RECORD = """
INSERT INTO bailee.record
    (controller_id, person_id, record_id, type, class_id, version, created_at, updated_at, expires_at, sealed)
SELECT controller_id, person_id, fresh, type, class_id, version, created_at, updated_at, expires_at, sealed
FROM bailee.record, unnest($4::uuid[]) fresh WHERE controller_id = $1 AND person_id = $2 AND record_id = $3
"""
COPY_TAGS = """
INSERT INTO bailee.blind_index (controller_id, tag, person_id, record_id)
SELECT controller_id, tag, person_id, fresh
FROM bailee.blind_index, unnest($4::uuid[]) fresh WHERE controller_id = $1 AND person_id = $2 AND record_id = $3
"""


async def _storing(world: World) -> list[Row]:
    """Records of 1 kB with the entries of their insertion, ten a person, beside the same JSON in a plain table."""
    of = await controller(world.rooms)
    await world.rooms.filing.declare_type(of, "note", NOTE, by="bench")
    [owner] = await world.owner(1)
    await owner.execute(COMPACT)
    before = await owner.fetchval(SIZES, OURS)
    texts = [{"text": secrets.token_hex(480)} for _ in range(2000)]
    for start in range(0, len(texts), 200):
        people = [NewPerson(person, frozenset({"user"}), _notes(of, person, texts[start + n : start + n + 10]))
                  for n in range(0, 200, 10) for person in [new_id()]]  # fmt: skip
        asked = request(Operation.store, *(address for one in people for address, _ in one.records))
        assert not isinstance(await world.rooms.people.create(asked, people), Refusal)
    await owner.execute(COMPACT)
    ours = await owner.fetchval(SIZES, OURS) - before
    await owner.execute("CREATE SCHEMA IF NOT EXISTS peer")
    await owner.execute("CREATE TABLE peer.stored (id uuid PRIMARY KEY, person uuid NOT NULL, body text NOT NULL)")
    plain = [msgspec.json.encode(text).decode() for text in texts]
    await owner.executemany(
        "INSERT INTO peer.stored VALUES ($1, $2, $3)", [(new_id(), new_id(), text) for text in plain]
    )
    await owner.execute("VACUUM FULL peer.stored")
    theirs = await owner.fetchval("SELECT pg_total_relation_size('peer.stored')")
    await owner.close()
    settings = {"records": len(plain), "bytes each": len(plain[0])}
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


def _notes(of: UUID, person: UUID, texts: list[dict[str, str]]) -> list[tuple[Address, Draft]]:
    policy = msgspec.structs.replace(POLICY, type="note")
    return [(Address(of, person, "note", new_id()), Draft(data=text, policy=policy)) for text in texts]


NOTE = {
    "type": "object", "x-erasure": "with-person", "additionalProperties": False,
    "properties": {
        "text": {
            "type": "string", "maxLength": 2000, "x-category": "title", "x-purposes": [str(one) for one in Purpose],
        }
    },
}  # fmt: skip
