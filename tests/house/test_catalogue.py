"""The catalogue of both servers holds the rules that keep one machine and many the same."""

import asyncpg
import pytest

# Not tables of controllers, by name and why: the directory lists companies, ticks are the worker's pulse, and setbacks
# what keeps it from its work; backups are of the platform as a whole.
LOCAL = {"directory", "tick", "setback", "setback_count", "look", "backup", "backup_check"}
SEQUENCERS = {"ledger_batch", "ledger_head", "ledger_closed", "ledger_tile", "ledger_person"}

TABLES = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) AS owner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'bailee' AND c.relkind = 'r'
"""
KEYS = """
SELECT c.relname, i.indexrelid::regclass::text AS name, i.indisprimary, i.indisunique,
       (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0]) AS first
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'bailee'
"""
POLICIES = "SELECT tablename, policyname, roles::text[] FROM pg_policies WHERE schemaname = 'bailee'"
FOREIGN = """
SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'bailee'::regnamespace
"""
FORBIDDEN = """
SELECT 'trigger ' || tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'bailee' AND NOT t.tgisinternal
UNION ALL SELECT 'view ' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'bailee' AND c.relkind IN ('v', 'm', 'S')
UNION ALL SELECT 'security definer ' || proname FROM pg_proc WHERE pronamespace = 'bailee'::regnamespace AND prosecdef
UNION ALL SELECT 'public default ' || defaclobjtype::text FROM pg_default_acl
"""
ROLES = """
SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, pg_has_role(rolname, 'bailee_owner', 'MEMBER') AS owns
FROM pg_roles WHERE rolname IN ('bailee_app', 'bailee_sequencer')
"""
BODIES = "SELECT has_column_privilege('bailee_sequencer', 'bailee.ledger_batch', $1, 'SELECT')"


COUNTED = """
SELECT c.relname, coalesce(a.attstattarget, -1) AS target FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'bailee'::regnamespace AND c.relkind = 'r' AND a.attname = 'controller_id'
"""

ENTERING = "SELECT prosrc FROM pg_proc WHERE pronamespace = 'bailee'::regnamespace AND proname = 'enter'"


@pytest.fixture(params=[0, 1], ids=["data server", "key store"])
async def owner(premises, request):
    connection = await asyncpg.connect(premises.clusters[request.param].address())
    yield connection
    await connection.close()


async def test_every_controllers_table_is_under_row_level_security_enabled_and_never_forced(owner):
    for table in await owner.fetch(TABLES):
        if table["relname"] not in LOCAL:
            assert table["relrowsecurity"], table["relname"]
        assert not table["relforcerowsecurity"], table["relname"]
        assert table["owner"] == "bailee_owner"


async def test_every_table_has_a_policy_of_its_own_for_the_application_and_the_sequencer_only_on_its_five(owner):
    tables = {row["relname"] for row in await owner.fetch(TABLES)} - LOCAL
    policies = await owner.fetch(POLICIES)
    assert {p["tablename"] for p in policies if p["policyname"] == "own" and p["roles"] == ["bailee_app"]} == tables
    others = {(p["tablename"], p["policyname"]) for p in policies if p["policyname"] != "own"}
    assert {name for name, _ in others} <= SEQUENCERS
    assert {policy for _, policy in others} <= {"sequencer"}


async def test_the_controller_comes_first_in_every_key_and_nothing_is_unique_across_controllers(owner):
    for key in await owner.fetch(KEYS):
        if key["relname"] not in LOCAL:
            assert key["first"] == "controller_id", key["name"]


async def test_nothing_is_counted_by_controller(owner):
    tables = {row["relname"]: row["target"] for row in await owner.fetch(COUNTED) if row["relname"] not in LOCAL}
    assert tables == dict.fromkeys(tables, 0), (
        "ALTER COLUMN controller_id SET STATISTICS 0: see 0046 of the data server"
    )
    assert tables


async def test_no_foreign_key_crosses_controllers(owner):
    for key in await owner.fetch(FOREIGN):
        assert key["definition"].count("(controller_id,") == 2, key["definition"]
        assert "CASCADE" not in key["definition"]
        assert "SET NULL" not in key["definition"]


async def test_there_are_no_triggers_views_sequences_or_functions_that_run_as_their_owner(owner):
    assert [row[0] for row in await owner.fetch(FORBIDDEN)] == []


async def test_no_role_of_the_application_passes_the_policies_by(owner):
    rows = await owner.fetch(ROLES)
    assert len(rows) == 2
    for role in rows:
        assert not any((role["rolsuper"], role["rolbypassrls"], role["rolcreaterole"], role["owns"])), role["rolname"]


async def test_the_sequencers_grants_leave_out_the_bodies(premises):
    connection = await asyncpg.connect(premises.clusters[0].address())
    try:
        assert not await connection.fetchval(BODIES, "body")
        assert await connection.fetchval(BODIES, "commitments")
    finally:
        await connection.close()


async def test_a_context_is_entered_without_parsing_a_statement_whichever_stream_was_applied_last(owner):
    source = await owner.fetchval(ENTERING)
    assert "set_config" in source
    assert "EXECUTE" not in source
