"""Whatever table knows a person is emptied with the person, and whatever knows a controller with the controller.

Compared with the catalogue of a real server, so that a table made tomorrow cannot be forgotten.
"""

import inspect

from bailee import leaving
from bailee.clauses.return_and_destruction import destroying
from bailee.gate import queries as gate
from bailee.ledger import queries as ledger
from bailee.vault import queries as vault

# What stays of a person, and why: the tombstone, the erasure's own record, the index of entries (keyed tags), files and
# results whose rows the sweep and the worker take, and that a breach reached them: an id without a name.
OF_PERSON = {"person", "erasure", "ledger_person", "file", "import_line", "webhook_delivery", "breach_reach"}
# What stays of a controller: the gate that says destroyed, tombstones, what was signed (with the writing it came from,
# the challenges to it and the orders beside it, sealed under the platform's own key), what ended, the log itself, and rows that the worker forgets once the gate is closed (its own setbacks among them).
OF_CONTROLLER = {
    "gate", "person", "document", "directory", "ledger_closed", "contract_end", "ledger_batch", "ledger_head", "ledger_tile", "ledger_generation",
    "ledger_person", "ledger_month", "instruction_original", "challenge", "compulsion", "import_job", "import_part", "import_line", "import_tag",
    "setback", "look",
}  # fmt: skip


async def tables(rooms, column: str) -> set[str]:
    async with rooms.data.transaction(rooms.platform) as tx:
        rows = await tx.fetch(
            "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'bailee' AND c.relkind IN ('r', 'p') AND a.attname = $1",
            column,
        )
    return {row["relname"] for row in rows}


def named(statements: str) -> set[str]:
    return {word.strip(";()\"'").removeprefix("bailee.") for word in statements.split() if word.startswith("bailee.")}


async def test_every_table_that_knows_a_person_is_emptied_with_the_person(rooms):
    found = await tables(rooms, "person_id")
    assert {"account", "sign_in", "session", "record", "blind_index"} <= found
    emptied = named(
        " ".join(
            (
                *leaving.WITH_PERSON,
                vault.DELETE_TAGS_OF_PERSON,
                vault.DELETE_RECORDS_OF_PERSON,
                vault.LET_PARTS_OF_PERSON_GO,
            )
        )
    )
    assert sorted(found - emptied - OF_PERSON) == []


async def test_every_table_that_knows_a_controller_is_emptied_with_the_controller(rooms):
    found = await tables(rooms, "controller_id")
    source = inspect.getsource(destroying)
    run = [
        value
        for room in (vault, gate, ledger)
        for name, value in vars(room).items()
        if isinstance(value, str) and name.isupper() and f".{name}" in source
    ]
    emptied = named(" ".join((*leaving.WITH_CONTROLLER, *run)))
    assert sorted(found - emptied - OF_CONTROLLER) == []
