"""Every SQL statement, parsed: each carries its controller, and none does what a distributed engine refuses."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from bailee.infra.migrating import statements, stream

SOURCE = Path(__file__).parents[2] / "src" / "bailee"
CONTROLLERS = {
    "ledger_batch", "ledger_head", "ledger_closed", "ledger_tile", "ledger_person", "person", "record", "blind_index",
    "policy_class", "record_type", "idempotency", "erasure", "file", "gate", "document", "credential", "standing",
    "contract_end", "suspension", "compelled", "instruction_draft", "instruction_original", "challenge", "compulsion",
    "webhook", "webhook_delivery", "webhook_attempt", "person_key", "controller_key", "key_epoch",
    "import_job", "import_part", "import_line", "import_tag", "merge", "merge_record", "dismissed_pair", "obligation",
    "notice", "notice_delivery", "notice_attempt", "mail_route", "contact", "mailbox_act", "mailbox_reply",
    "renewal", "relation_part", "breach", "breach_case", "breach_reach",
    "engagement", "sub_processor_proposal", "sub_processor_decision",
    "staff_member", "staff_record", "staff_paper",
    "staff_due",
}  # fmt: skip
# By name and why: the sequencer alone looks over all controllers, for what is pending and for what to publish.
ACROSS = {"ledger.PENDING_CONTROLLERS", "ledger.UNPUBLISHED", "ledger.PUBLISHED"}
TIMES = re.compile(r"\b(now|clock_timestamp|current_timestamp|gen_random_uuid|uuidv7)\b", re.IGNORECASE)


def named() -> Iterator[tuple[str, str]]:
    for file in sorted(SOURCE.rglob("queries.py")):
        module = "bailee." + ".".join(file.relative_to(SOURCE).with_suffix("").parts)
        for name, value in vars(importlib.import_module(module)).items():
            if name.isupper() and isinstance(value, str):
                yield f"{module.split('.')[-2]}.{name}", value


CONTROL = re.compile(r"^(BEGIN|DECLARE .*?|FOR .*? LOOP|IF .*? THEN|ELSE|EXCEPTION WHEN .*? THEN)\s+", re.DOTALL)
NO_SQL = re.compile(
    r"^(END|RETURN NEXT|RETURN$|NULL$|CONTINUE|PERFORM bailee\.enter|PERFORM set_config|\w+ :=|EXECUTE format|RAISE|RETURN [^Q])"
)


def in_functions() -> Iterator[tuple[str, str]]:
    """The SQL of every plpgsql function, without the control flow around it."""
    for name in ("data", "keys", "control"):
        for migration in stream(name):
            for statement in statements(migration.sql):
                body = re.search(r"LANGUAGE plpgsql.*?\$\$(.*)\$\$", statement, re.DOTALL)
                for number, one in enumerate(statements(body[1]) if body else ()):
                    text, before = one.strip(), ""
                    while before != text:
                        before, text = text, CONTROL.sub("", text, count=1).strip()
                    if text and not NO_SQL.match(text):
                        text = re.sub(
                            r"^(RETURN QUERY|PERFORM (?=[^;]*FROM))\s*",
                            lambda m: "SELECT " if m[1].startswith("PERFORM") else "",
                            text,
                        )
                        yield f"{migration.name}#{number}", _without_slices(text)


def _without_slices(text: str) -> str:
    """Array slices are parameters to the parser: innermost first, until none is left."""
    before = ""
    while before != text:
        before, text = text, re.sub(r"\w+\[[^\[\]]*\]", "$9", text)
    return text


EVERY = [*named(), *in_functions()]


@pytest.mark.parametrize(("name", "sql"), EVERY, ids=[name for name, _ in EVERY])
def test_a_statement_carries_its_controller_and_keeps_the_rules(name, sql):
    tree = sqlglot.parse_one(sql, dialect="postgres")
    assert tree is not None
    touched = {table.name for table in tree.find_all(exp.Table)} & CONTROLLERS
    if touched and name not in ACROSS:
        assert _carries(tree), "controller_id is neither compared with a parameter nor inserted"
    for join in tree.find_all(exp.Join):
        if isinstance(join.this, exp.Lateral):
            assert _carries(join.this), "a lateral join that does not carry its controller"
        elif join.this.find(exp.Table) and join.args.get("on"):
            assert "controller_id" in join.args["on"].sql(), "a join off controller_id"
    if isinstance(tree, exp.Insert):
        assert not isinstance(tree.expression, exp.Select), "INSERT ... SELECT"
    if isinstance(tree, exp.Insert | exp.Update):
        assert not TIMES.search(sql), "time and ids come as parameters"
    assert not isinstance(tree, exp.Merge | exp.Copy)
    for cte in tree.find_all(exp.CTE):
        assert isinstance(cte.this, exp.Select), "a writing CTE"


def _carries(tree: exp.Expression) -> bool:
    if isinstance(tree, exp.Insert):
        columns = tree.this.expressions if isinstance(tree.this, exp.Schema) else []
        return bool(columns) and columns[0].name == "controller_id"
    return any(
        "controller_id" in side.sql() for comparison in tree.find_all(exp.EQ) for side in (comparison.left, comparison.right)
        if isinstance(comparison.right, exp.Parameter | exp.Placeholder | exp.Column) or isinstance(comparison.left, exp.Parameter)
    )  # fmt: skip


def test_there_are_statements_to_look_at():
    assert len(EVERY) > 100


def test_a_statement_without_its_controller_is_found():
    with pytest.raises(AssertionError):
        test_a_statement_carries_its_controller_and_keeps_the_rules(
            "x", "SELECT sealed FROM bailee.record WHERE record_id = $1"
        )
    with pytest.raises(AssertionError):
        test_a_statement_carries_its_controller_and_keeps_the_rules(
            "x", "UPDATE bailee.person SET updated_at = now() WHERE controller_id = $1"
        )


async def test_what_the_rooms_really_issue_is_what_is_named(settings, premises, hold, profile, rooms, monkeypatch):
    """A person taken in, read, changed, searched and erased: every statement heard is one of those looked at."""
    from bailee.infra.database import Database

    heard: list[str] = []
    monkeypatch.setattr(Database, "observe", staticmethod(heard.append))
    for database in (rooms.data, rooms.key_store, rooms.control):
        await database.close()
    client = await (await hold()).client()
    person, record = await client.person(profile)
    await client("GET", f"/api/v1/persons/{person}/profile/{record}")
    await client("PATCH", f"/api/v1/persons/{person}/profile/{record}", {"language": "en"})
    await client("POST", "/api/v1/search", {"type": "profile", "field": "email", "value": profile["email"]})
    await client("DELETE", f"/api/v1/persons/{person}")
    known = {" ".join(sql.split()) for _, sql in named()} | {"SELECT bailee.enter($1)"}
    frame = re.compile(
        r"^(BEGIN|COMMIT|ROLLBACK|SELECT pg_advisory|RESET|CLOSE|UNLISTEN|--|SET|SELECT t\.oid|SELECT .*'jit'|WITH RECURSIVE typeinfo)",
        re.I,
    )
    unknown = {one for sql in heard if (one := " ".join(sql.split()).rstrip(";")) not in known and not frame.match(one)}
    assert len(heard) > 30
    assert unknown == set()
