"""The floors hold, and the contracts that hold them can fail: each one finds the violation planted for it."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract

ROOT = Path(__file__).parents[2]
CONFIGURATION = read_configuration(str(ROOT / ".importlinter"))
SESSION = {**CONFIGURATION["session_options"], "root_packages": ["bailee"]}
CONTRACTS = {one["id"]: one for one in CONFIGURATION["contracts_options"]}
KINDS: dict[str, Any] = {
    "layers": LayersContract,
    "independence": IndependenceContract,
    "forbidden": ForbiddenContract,
    "protected": ProtectedContract,
    "acyclic_siblings": AcyclicSiblingsContract,
}
END = "bailee.clauses.return_and_destruction"
RIGHTS = "bailee.clauses.data_subject_requests"
GIVEN = "bailee.clauses.instructions"
# What each contract must find, one case a line: imports (importer, imported). Who is not there yet is built first.
PLANTED = [
    ("floors", [("bailee.annex.rooms", "uuid")]),
    ("floors", [("bailee.ledger.entries", "bailee.gate.passage")]),
    ("floors", [("bailee.gate.passage", f"{END}.commands")]),
    ("floors", [("bailee.cli.verifying", "bailee.api.wire")]),
    ("floors", [("bailee.proof.tree", "bailee.vocabulary.ids")]),
    ("floors", [("bailee.obligations.calendar", "bailee.gate.archive")]),
    ("clauses", [("bailee.clauses.audits.commands", f"{END}.events")]),
    ("processing", [("bailee.processing.hosting.placing", "bailee.processing.backup.copying")]),
    ("clause", [("bailee.clauses.audits.events", "bailee.clauses.audits.deadlines")]),
    ("clause", [("bailee.clauses.audits.deadlines", "bailee.clauses.audits.evidence")]),
    ("clause", [("bailee.clauses.audits.commands", "bailee.clauses.audits.pages")]),
    ("return_and_destruction", [(f"{END}.bundle", f"{END}.returning")]),
    ("data_subject_requests", [(f"{RIGHTS}.packing", f"{RIGHTS}.working")]),
    ("instructions", [(f"{GIVEN}.deadlines", f"{GIVEN}.challenging")]),
    ("direct_requests", [("bailee.clauses.direct_requests.reading", "bailee.clauses.direct_requests.keeping")]),
    ("privacy_notice", [("bailee.clauses.privacy_notice.composing", "bailee.clauses.privacy_notice.commands")]),
    ("retention", [("bailee.clauses.retention.keeping", "bailee.clauses.retention.working")]),
    ("opening", [("bailee.cli.inspecting", "bailee.vault.opening")]),
    ("opening", [("bailee.vault.erasing", "bailee.vault.opening")]),
    ("pure", [("bailee.contract.ruling", "asyncio")]),
    ("pure", [("bailee.proof.note", "bailee.infra.clock")]),
    ("pure", [("bailee.vocabulary.ids", "asyncpg")]),
    ("circles", [("bailee.gate.credentials", "bailee.gate.people"), ("bailee.gate.people", "bailee.gate.credentials")]),
]  # fmt: skip


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("bailee", include_external_packages=True, cache_dir=None)


def kept(contract: str, graph: grimp.ImportGraph) -> bool:
    options = CONTRACTS[contract]
    made = KINDS[options["type"]](options["name"], SESSION, options)
    return bool(made.check(graph, verbose=False).kept)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_house_as_it_stands_keeps_every_contract(contract: str, graph: grimp.ImportGraph) -> None:
    assert kept(contract, deepcopy(graph)), f"`lint-imports` shows where {CONTRACTS[contract]['name']!r} is broken"


@pytest.mark.parametrize(("contract", "imports"), PLANTED)
def test_a_contract_finds_the_violation_planted_for_it(
    contract: str, imports: list[tuple[str, str]], graph: grimp.ImportGraph
) -> None:
    planted = deepcopy(graph)
    for importer, imported in imports:
        for module in (importer, imported):
            steps = module.split(".")
            for end in range(1, len(steps) + 1):
                name = ".".join(steps[:end])
                if name not in planted.modules:
                    planted.add_module(name, is_squashed=end == 1)
        planted.add_import(importer=importer, imported=imported)
    assert not kept(contract, planted)


def test_every_contract_has_a_violation_planted_for_it() -> None:
    assert {contract for contract, _ in PLANTED} == set(CONTRACTS)


def test_a_clauses_own_helpers_know_neither_its_commands_nor_its_doors(graph: grimp.ImportGraph) -> None:
    doors = ("pages", "endpoints", "commands")
    found = []
    for clause in graph.find_children("bailee.clauses"):
        above = {f"{clause}.{door}" for door in doors}
        inside = {module for one in above & graph.modules for module in graph.find_descendants(one)}
        for helper in graph.find_descendants(clause) - above - inside:
            found += [f"{helper} -> {one}" for one in graph.find_modules_directly_imported_by(helper) & above]
    assert found == []


def test_the_architecture_draws_the_floors_that_are_held() -> None:
    held = [set(re.findall(r"\w+", floor)) for floor in CONTRACTS["floors"]["layers"]]
    where = {room: number for number, floor in enumerate(held) for room in floor}
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    drawing = re.search(r"## Floors\n.*?```\n(.*?)```", text, re.DOTALL)
    assert drawing, "ARCHITECTURE.md draws the floors in a block under `## Floors`"
    drawn = [re.findall(r"[a-z_]+", re.split(r"\s{3,}", line)[0]) for line in drawing[1].splitlines()]
    assert [room for floor in drawn for room in floor if room not in where] == []
    floors = [where[room] for floor in drawn for room in floor]
    assert floors == sorted(floors)
    standing = {folder.parent.name for folder in (ROOT / "src" / "bailee").glob("*/__init__.py")}
    assert standing - {room for floor in drawn for room in floor} == set()
