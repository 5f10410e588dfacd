"""What the servers plan for a controller that came after the statistics: no page costs the square of its people."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.house.test_statements import named

from bailee.infra.database import SESSION
from bailee.vocabulary.ids import new_id

HELD = {"person", "record", "blind_index"}
FORMER, EACH, LATER = 8, 1000, 400
PERSONS = """
INSERT INTO bailee.person (controller_id, person_id, state, groups, version, created_at, updated_at)
SELECT $1, p, 'living', '{user}', 1, $3, $3 FROM unnest($2::uuid[]) p
"""
RECORDS = """
INSERT INTO bailee.record (controller_id, person_id, record_id, type, class_id, version, created_at, updated_at, sealed)
SELECT $1, p, p, 'profile', 1, 1, $3, $3, '\\x00' FROM unnest($2::uuid[]) p
"""
TAGS = """
INSERT INTO bailee.blind_index (controller_id, tag, person_id, record_id)
SELECT $1, decode(md5(p::text || n), 'hex'), p, p FROM unnest($2::uuid[]) p, generate_series(1, 3) n
"""
GIVEN = {
    "uuid": f"'{UUID(int=0)}'", "uuid[]": "'{" + ",".join(str(UUID(int=n)) for n in range(100)) + "}'",
    "text": "'profile'", "text[]": "'{profile}'", "bytea": "'\\x00'", "bytea[]": "'{\"\\\\x00\"}'", "integer": "2000",
    "bigint": "2000", "integer[]": "'{1}'", "timestamp with time zone": "'2026-01-01'", "boolean": "true",
}  # fmt: skip


def about_people() -> Iterator[tuple[str, str]]:
    """The statements that look at more than one row of the people held, and at nothing else."""
    for name, sql in named():
        tables = re.findall(r"(?:FROM|JOIN) bailee\.(\w+)(?!\w*\()", sql)
        pages = name.endswith("_AFTER") or " JOIN " in sql.replace("\n", " ")
        if tables and set(tables) <= HELD and pages:
            yield name, sql


# What looks at everyone beside what they have otherwise.
LOOKS = {"retention.PEOPLE_AFTER", "retention.PEOPLE_NAMED"}
EVERY = dict(about_people()) | {name: sql for name, sql in named() if name in LOOKS}


@pytest.fixture
async def later(premises: Any) -> Any:
    """A controller whose people came after the servers counted what others have."""
    owner = await asyncpg.connect(premises.clusters[0].address())
    controllers = [new_id() for _ in range(FORMER + 1)]
    at = await owner.fetchval("SELECT now()")
    for controller in controllers:
        if controller == controllers[-1]:
            await owner.execute("ANALYZE bailee.person, bailee.record, bailee.blind_index")
        people = [new_id() for _ in range(LATER if controller == controllers[-1] else EACH)]
        for sql in (PERSONS, RECORDS):
            await owner.execute(sql, controller, people, at)
        await owner.execute(TAGS, controller, people)
    yield controllers[-1]
    for table in ("blind_index", "record", "person"):
        await owner.execute(f"DELETE FROM bailee.{table} WHERE controller_id = ANY ($1)", controllers)
    await owner.close()


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_what_belongs_to_another_row_is_found_by_its_key_and_pages_are_not_sorted(later, mode, premises):
    dear = []
    settings = {**SESSION, "plan_cache_mode": mode}
    connection = await asyncpg.connect(premises.addresses().data, server_settings=settings, statement_cache_size=0)
    await connection.execute(f"SET bailee.controller = '{later}'")
    for number, (name, sql) in enumerate(EVERY.items()):
        for node in _nodes(await _planned(connection, f"asked_{number}", sql, later)):
            if node["Node Type"] == "Nested Loop" and "_id = " in node.get("Join Filter", ""):
                dear.append(f"{name}: everyone is compared with everyone: {node['Join Filter']}")
            if node["Node Type"] == "Sort" and name.endswith("_AFTER"):
                dear.append(f"{name}: all are gathered for each page")
    await connection.close()
    assert not dear, "\n".join(dear)


def test_there_are_statements_to_plan():
    assert {
        "vault.RECORDS_AFTER",
        "vault.RECORDS_OF_PEOPLE",
        "vault.PERSONS_AFTER",
        "retention.RECORDS_AFTER",
        *LOOKS,
    } <= set(EVERY)


async def _planned(connection: asyncpg.Connection, as_: str, sql: str, controller: UUID) -> dict[str, Any]:
    await connection.execute(f"PREPARE {as_} AS {sql}")
    types = await connection.fetchval("SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = $1", as_)
    given = ", ".join([f"'{controller}'", *(GIVEN[one] for one in types[1:])])
    [made] = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE {as_}({given})"))
    return made["Plan"]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", []):
        yield from _nodes(one)
