"""Mutation testing: change what decides, seals and proves, one small thing at a time, and see that a test notices.

`make mutants` tries a sample (SEED chooses, SAMPLE says how many); LONG=1 tries every one. A mutant that no test kills is
printed with its place. Fails below 90 % killed.
"""

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
# what is changed -> the tests that must notice
AIMS = {
    "contract/ruling.py": ["tests/unit/test_ruling.py"],
    "proof/merkle.py": ["tests/unit/test_proof_tree.py", "tests/unit/test_proof_verify.py", "tests/conformance/test_proof_vectors.py"],
    "proof/note.py": ["tests/unit/test_proof_note.py", "tests/conformance/test_proof_vectors.py"],
    "proof/receipt.py": ["tests/unit/test_proof_verify.py", "tests/conformance/test_proof_vectors.py"],
    "proof/verify.py": ["tests/unit/test_proof_verify.py", "tests/conformance/test_adversary.py"],
    "vault/sealing.py": ["tests/unit/test_sealing.py"],
    "ledger/sealing.py": ["tests/unit/test_sealing.py"],
}  # fmt: skip
LEAST = 0.9
SWAPS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Every mutant of a module: (line, what was changed, its source)."""
    count = sum(1 for _ in _places(ast.parse(source)))
    for number in range(count):
        tree = ast.parse(source)
        node, what = list(_places(tree))[number]
        _change(node, what)
        yield getattr(node, "lineno", 0), what, ast.unparse(ast.fix_missing_locations(tree))


def _places(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from ((node, f"comparison {n}") for n, op in enumerate(node.ops) if type(op) in SWAPS)
        elif isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in SWAPS:
            yield node, "operator"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node, "not"
        elif isinstance(node, ast.Constant) and type(node.value) in (int, bytes) and node.value not in (b"",):
            yield node, "constant"
        elif isinstance(node, ast.Raise):
            yield node, "raise"


def _change(node: ast.AST, what: str) -> None:
    if isinstance(node, ast.Compare):
        place = int(what.split()[1])
        node.ops[place] = SWAPS[type(node.ops[place])]()  # type: ignore[operator] -- the operators that are swapped
    elif isinstance(node, ast.BoolOp | ast.BinOp):
        node.op = SWAPS[type(node.op)]()  # type: ignore[operator,assignment] -- as above
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
    elif isinstance(node, ast.Constant):
        node.value = node.value + 1 if isinstance(node.value, int) else node.value + b"x"
    elif isinstance(node, ast.Raise):
        node.exc, node.cause = ast.Call(ast.Name("SystemExit", ast.Load()), [], []), None


def killed(file: str, source: str) -> bool:
    """Whether a test notices the mutant, in a copy of the source of its own."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "bailee"
        shutil.copytree(ROOT / "src" / "bailee", copy, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / file).write_text(source)
        environ = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1", "SEED": "1"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *AIMS[file]]
        try:
            done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0


def main() -> int:
    seed, sample = int(os.environ.get("SEED", "1")), int(os.environ.get("SAMPLE", "40"))
    every = [(file, *one) for file in AIMS for one in mutants((ROOT / "src" / "bailee" / file).read_text())]
    chosen = every if os.environ.get("LONG") == "1" else random.Random(seed).sample(every, min(sample, len(every)))
    alive = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        outcomes = pool.map(lambda one: killed(one[0], one[3]), chosen)
        for number, (one, dead) in enumerate(zip(chosen, outcomes, strict=True), 1):
            if sys.stderr.isatty():
                print(f"\r{number} of {len(chosen)}", end="", file=sys.stderr)
            if not dead:
                alive.append(one)
                print(f"alive: {one[0]}:{one[1]} {one[2]}")
    share = 1 - len(alive) / len(chosen)
    print(
        f"{len(chosen) - len(alive)} of {len(chosen)} mutants killed ({share:.0%}), of {len(every)} there are; SEED={seed}"
    )
    return 0 if share >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
