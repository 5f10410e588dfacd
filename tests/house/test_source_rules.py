"""House rules that types do not hold: who makes permits, where SQL and time are, sizes and words."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "bailee"
FILES = sorted(SOURCE.rglob("*.py"))
LINES, BODY, POSITIONAL = 300, 40, 5
CATCH_ALL = {"api/data_plane.py", "worker/jobs.py", "worker/rounds.py"}  # the ASGI edge, and the worker's loops
CLOCKS = {"infra/clock.py", "vocabulary/ids.py", "infra/pdf_signature.py", "cli/demo/command.py", "cli/demo/acts.py"}
FOLDERS = {"utils", "common", "core", "models", "services", "schemas", "helpers"}
CLASSES = re.compile(r"(Manager|Service|Helper|Util|Handler|Info|Base)$")
ALLOWED_CLASSES = {"Service"}  # the agreement's own word for what the platform does
# One way to seal; what the path of every read and write needs otherwise (in batches, in chunks, by root keys) by name.
SEALS = {"infra/keys/key.py", "infra/root_keys.py", "ledger/sealing.py", "vault/chunks.py", "vault/sealing.py",
         "processing/accounts/signing_in/challenges.py"}  # fmt: skip
SQL = re.compile(r"\s*(SELECT .*(FROM|bailee)|INSERT INTO|UPDATE \w+\.|DELETE FROM|CREATE )", re.DOTALL)
SQL_HOMES = {"infra/database.py", "infra/migrating.py", "infra/doctor.py", "api/control/health.py"}


def name(file: Path) -> str:
    return str(file.relative_to(SOURCE))


def walk() -> Iterator[tuple[str, ast.AST]]:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            yield name(file), node


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return (
        node.func.id
        if isinstance(node.func, ast.Name)
        else node.func.attr
        if isinstance(node.func, ast.Attribute)
        else ""
    )


def test_permits_are_made_by_the_ruling_alone():
    assert {file for file, node in walk() if called(node) == "Permit"} == {"contract/ruling.py"}


def test_recorded_is_made_where_a_commit_has_returned_and_nowhere_else():
    assert {file for file, node in walk() if called(node) == "Recorded"} == {
        "ledger/appending.py",
        "ledger/committing.py",
    }


def test_sealing_is_written_once_and_where_it_must_be_quick():
    assert {file for file, node in walk() if called(node) == "encrypt"} == SEALS


def test_only_the_gate_and_the_house_import_the_opening():
    importers = {
        file for file, node in walk() if isinstance(node, ast.ImportFrom) and node.module == "bailee.vault.opening"
    }
    assert all(file.startswith("gate/") or file == "house.py" for file in importers), importers


def test_modules_are_small():
    assert [(name(f), n) for f in FILES if (n := len(f.read_text().splitlines())) > LINES] == []


def test_functions_are_short_and_take_few_arguments():
    long, wide = [], []
    for file, node in walk():
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        if body and (body[-1].end_lineno or 0) - body[0].lineno + 1 > BODY:
            long.append(f"{file}:{node.name}")
        given = [a.arg for a in node.args.posonlyargs + node.args.args if a.arg not in ("self", "cls")]
        # endpoints are handed what they need by name; commands of the command line take their options
        framework = file.startswith(("api/control/", "cli/"))
        if len(given) > POSITIONAL and not framework:
            wide.append(f"{file}:{node.name}({len(given)})")
    assert long == []
    assert wide == []


def test_everything_is_caught_only_at_the_edges():
    found = {
        file
        for file, node in walk()
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    }
    assert found == CATCH_ALL


def test_no_class_and_no_folder_has_a_name_that_says_nothing():
    classes = {n.name for _, n in walk() if isinstance(n, ast.ClassDef) and CLASSES.search(n.name)}
    assert classes <= ALLOWED_CLASSES
    assert FOLDERS & {part for file in FILES for part in file.relative_to(SOURCE).with_suffix("").parts} == set()


def test_sql_is_named_and_lives_in_queries():
    found = {
        file
        for file, node in walk()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
        and not file.endswith("queries.py") and file not in SQL_HOMES
    }  # fmt: skip
    assert found == set()


def test_time_is_read_from_the_one_clock():
    found = {
        file
        for file, node in walk()
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "time", "time_ns", "today")
        and isinstance(node.value, ast.Name) and node.value.id in ("datetime", "time", "date")
    }  # fmt: skip
    assert found <= CLOCKS, found - CLOCKS


def test_an_ignore_says_which_and_why():
    bare = [
        f"{name(f)}:{n}"
        for f in FILES
        for n, line in enumerate(f.read_text().splitlines(), 1)
        if "type: ignore" in line and not re.search(r"type: ignore\[[\w-]+(?:, ?[\w-]+)*\]\s+# \S", line)
    ]
    assert bare == []


def test_the_repository_speaks_of_the_product_alone():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    forbidden = re.compile(
        r"://(?:files|pypi|registry|deb)[.]|/(?:work|farm)/[a-z.]+/|/root/|TODO|FIXME", re.IGNORECASE
    )
    found = []
    for path in tracked:
        file = ROOT / path
        if not file.is_file() or path == "tests/house/test_source_rules.py":
            continue
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path}:{n}" for n, line in enumerate(text.splitlines(), 1) if forbidden.search(line)]
    assert found == []
