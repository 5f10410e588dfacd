"""The documents are true: links resolve, commands exist, paths exist, the table of clauses is today's."""

import re
from pathlib import Path

import pytest

from bailee.cli.main import cli
from bailee.contract.clauses import BY_ID, CLAUSES
from bailee.contract.triggers import TRIGGERS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    p for p in ROOT.rglob("*.md") if not {".venv", "node_modules", ".git"} & set(p.relative_to(ROOT).parts)
)
LINK = re.compile(r"\]\(([^)#\s]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path):
    broken = [
        link
        for link in LINK.findall(document.read_text())
        if "://" not in link and not (document.parent / link).exists()
    ]
    assert broken == []


def test_every_command_that_a_document_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    unknown = []
    for document in DOCUMENTS:
        text = document.read_text()
        unknown += [f"make {name}" for name in re.findall(r"[`\n]make ([a-z]+)", text) if name not in targets]
        for name, sub in re.findall(
            r"bailee ([a-z]+)(?: ([a-z]+))?[ `\n]",
            "\n".join(
                re.findall(r"`([^`\n]+)`|^(\.venv/bin/bailee .+)$", text, re.MULTILINE)
                and [a or b for a, b in re.findall(r"`(bailee [^`\n]+)`|^\.venv/bin/(bailee .+)$", text, re.MULTILINE)]
            )
            + "\n",
        ):
            command = cli.commands.get(name)
            if command is None or (sub and hasattr(command, "commands") and sub not in command.commands):
                unknown.append(f"{document.name}: bailee {name} {sub}")
    assert unknown == []


def test_every_path_that_a_document_names_in_code_exists():
    missing = []
    for document in (ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"):
        for path in re.findall(r"`((?:src|tests|docs|agreements)/[\w./-]+)`", document.read_text()):
            if not (ROOT / path).exists():
                missing.append(f"{document.name}: {path}")
    assert missing == []


def test_every_trigger_of_a_negotiated_duty_is_documented():
    text = (ROOT / "docs/reference/obligations.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (?:`([\w.-]+)`)? ?\|$", text, re.MULTILINE)
    assert rows == [(one.name, one.words, one.clause) for one in TRIGGERS.values()]
    assert {one.clause for one in TRIGGERS.values()} - {""} <= set(BY_ID)


def test_the_readme_says_of_each_clause_what_the_register_says():
    row = next(line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `roles.ownership`"))
    columns = [re.findall(r"`([\w.-]+)`", cell) for cell in row.strip("| ").split(" | ")]
    assert columns == [[c.id for c in CLAUSES if c.state == state] for state in ("built", "partly", "next")]


def test_every_clause_id_that_a_document_names_exists():
    rooms = "|".join({clause.id.split(".")[0] for clause in CLAUSES})
    named = {
        (document.name, found)
        for document in DOCUMENTS
        for found in re.findall(rf"`((?:{rooms})\.[a-z0-9-]+)`", document.read_text())
    }
    assert [one for one in named if one[1] not in BY_ID and not one[1].endswith((".md", ".yaml"))] == []


def test_every_command_explains_itself():
    silent = [name for name, command in cli.commands.items() if not (command.help or "").strip()]
    assert silent == []


def test_the_schema_in_the_documents_is_the_one_that_is_served():
    from bailee.clauses.direct_requests.envelope import SCHEMA

    assert (ROOT / "docs/reference/envelope.schema.json").read_bytes() == SCHEMA.read_bytes()
