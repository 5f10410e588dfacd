"""Mutation testing: change what decides, seals and proves, one small thing at a time, and see that a test notices.

`make mutants` tries a sample (SEED chooses, SAMPLE says how many); LONG=1 tries every one. A mutant that no test kills is
printed with its place, and so is one of `EQUIVALENT` that a test does kill. Fails below 90 % killed.

A tester of its own process has loaded what the tests need, but nothing of bailee, and forks for every mutant: the child
puts the mutant in the module's place and runs the unit tests of that module. What was found is kept in .venv/.mutants by
the digest of the mutant, the sources and the tests, so that a run that was stopped goes on (FRESH=1 forgets).
"""

import ast
import contextlib
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import re
import resource
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "bailee"
KEPT = ROOT / ".venv" / ".mutants"
TREE, NOTE, VERIFY = (f"tests/unit/test_proof_{name}.py" for name in ("tree", "note", "verify"))
VECTORS, ADVERSARY = "tests/conformance/test_proof_vectors.py", "tests/conformance/test_adversary.py"
# what is changed -> the tests that must notice, the quickest first
AIMS = {
    "proof/merkle.py": [TREE, VERIFY, VECTORS],
    "proof/tree.py": [TREE, VECTORS],
    "proof/note.py": [NOTE, VECTORS],
    "proof/signing.py": [NOTE, VECTORS],
    "proof/statement.py": [NOTE, VERIFY],
    "proof/checkpoint.py": [NOTE, VERIFY, VECTORS],
    "proof/receipt.py": [NOTE, VERIFY, VECTORS],
    "proof/entries.py": [NOTE, VERIFY],
    "proof/verify.py": [VERIFY, ADVERSARY],
    "contract/ruling.py": ["tests/unit/test_ruling.py", "tests/unit/test_compulsion.py"],
    "vault/sealing.py": ["tests/unit/test_sealing.py"],
    "ledger/sealing.py": ["tests/unit/test_sealing.py"],
}
LEAST = 0.9
CODE = re.compile(r"[a-z]+([-.][a-z]+)*")  # a word that programs go by, not a sentence
# Of a processor for each file of tests, many times what it needs, and of memory: who wants more runs in circles.
SECONDS, LONGER, MEMORY = 3, {ADVERSARY: 40}, 4 << 30
# Mutants that no test can tell from the code, with the reason: they are counted apart, not as killed.
EQUIVALENT = {
    "proof/tree.py verify_consistency: strict=True -> strict=False": "the lengths have just been compared",
    "proof/tree.py changed_tiles: edges.get((level, index), b'') -> edges.get((level, index), b'x')": "one byte is as wrong "
    "as none: either is refused for its length",
    "proof/tree.py tile_path: level: int, index: int, width: int=256 -> level: int, index: int, width: int=257": "every "
    "width from 256 on is a whole tile",
    "vault/sealing.py bound: FIXED(b'bailee/record/1', address.controller.bytes, address.person.bytes, address.record.b -> "
    "FIXED(b'bailee/record/1x', address.controller.bytes, address.person.bytes, address.record.": "fifteen bytes are taken",
    "ledger/sealing.py _commitments: strict=True -> strict=False": "as many salts are made as there are bodies",
}
SWAPS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
    ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip


class Mutant(NamedTuple):
    """A module with one small thing changed."""

    file: str
    line: int
    name: str
    source: str


def mutants(file: str) -> Iterator[Mutant]:
    """Every mutant of a module, named by where it is and what became of it."""
    source = (SOURCE / file).read_text()
    seen: Counter[str] = Counter()
    for number in range(sum(1 for _ in _places(ast.parse(source)))):
        tree = ast.parse(source)
        where, node, parent, what = list(_places(tree))[number]
        around = node if isinstance(node, ast.stmt | ast.Compare | ast.BoolOp) else parent
        line, before = getattr(node, "lineno", 0), ast.unparse(around)
        _change(node, parent, what)
        after = "pass" if what == "left out" else ast.unparse(ast.fix_missing_locations(around))
        name = f"{file} {where}: {_short(before)} -> {_short(after)}"
        seen[name] += 1
        if seen[name] > 1:
            name += f" ({seen[name]})"
        yield Mutant(file, line, name, ast.unparse(ast.fix_missing_locations(tree)))


def _short(text: str) -> str:
    return text.partition("\n")[0][:90]


Place = tuple[str, ast.AST, ast.AST, str]


def _places(tree: ast.AST, where: str = "") -> Iterator[Place]:
    """Where something can be changed: (function, node, its parent, what). Annotations and `__all__` decide nothing."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns") or "__all__" in ast.unparse(getattr(tree, "targets", [])):
            continue
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST):
                named = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
                inside = f"{where}.{node.name}".lstrip(".") if named else where
                yield from ((inside, node, tree, what) for what in _changes(node))
                yield from _places(node, inside)


def _changes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Compare):
        yield from (f"comparison {n}" for n, op in enumerate(node.ops) if type(op) in SWAPS)
    elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign) and type(node.op) in SWAPS:
        yield "operator"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not"
    elif isinstance(node, ast.Constant) and (
        type(node.value) in (int, bytes, bool) or (isinstance(node.value, str) and CODE.fullmatch(node.value))
    ):
        yield "constant"
    elif isinstance(node, ast.Raise):
        yield from ("another error", "left out")
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "left out"
    if isinstance(getattr(node, "test", None), ast.Name | ast.Attribute | ast.Call | ast.NamedExpr):
        yield "condition"


def _change(node: ast.AST, parent: ast.AST, what: str) -> None:
    if isinstance(node, ast.Compare):
        place = int(what.split()[1])
        node.ops[place] = SWAPS[type(node.ops[place])]()  # type: ignore[operator] -- the operators that are swapped
    elif what == "operator":
        node.op = SWAPS[type(node.op)]()  # type: ignore[attr-defined] -- a node of an operator
    elif what == "not":
        node.op, node.operand = ast.UAdd(), ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])  # type: ignore[attr-defined]
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else _other(node.value)
    elif what == "another error":
        node.exc, node.cause = ast.Call(ast.Name("SystemExit", ast.Load()), [], []), None  # type: ignore[attr-defined]
    elif what == "condition":
        node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined]
    else:
        for _, value in ast.iter_fields(parent):
            if isinstance(value, list) and node in value:
                value[value.index(node)] = ast.copy_location(ast.Pass(), node)


def _other(value: object) -> object:
    return value + 1 if isinstance(value, int) else value + b"x" if isinstance(value, bytes) else f"{value}x"


class Instead(importlib.machinery.SourceFileLoader, importlib.abc.MetaPathFinder):
    """Finds one module, and loads the mutant for it."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__("bailee." + mutant.file.removesuffix(".py").replace("/", "."), str(SOURCE / mutant.file))
        self._mutant = mutant

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """The module's own place, for the module alone."""
        return (
            importlib.util.spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None
        )

    def get_code(self, fullname: str) -> CodeType:
        """The mutant's code."""
        return compile(self._mutant.source, self.path, "exec")


def run(tests: list[str], mutant: Mutant | None = None) -> int:
    """Run tests in this process; pytest's answer. The same examples each time, and none is shrunk."""
    import hypothesis
    import pytest

    os.environ.pop("LONG", None)
    os.environ["SEED"] = "1"
    if mutant:
        sys.meta_path.insert(0, Instead(mutant))
    kinds = [kind for kind in hypothesis.Phase if kind.name in ("explicit", "generate")]
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=kinds)
    hypothesis.settings.load_profile("mutants")
    apart = ["--noconftest", "-o", f"cache_dir={KEPT}-tests", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main(["-x", "-q", "--tb=no", "-k", "not command_alone", *apart, *tests]))


def forked(tests: list[str], mutant: Mutant | None = None) -> int:
    """A child that runs the tests and ends with pytest's answer, or is ended where they come to no end."""
    child = os.fork()
    if child == 0:
        seconds = sum(LONGER.get(test, SECONDS) for test in tests)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        answer = 70
        try:
            answer = run(tests, mutant)
        finally:
            os._exit(answer)
    return child


def loaded() -> list[Path]:
    """Load what tests need of other people's, once for all the children; be sure that all pass as it is. Our own files."""
    told, tell = os.pipe()
    tests, child = sorted({test for each in AIMS.values() for test in each}), os.fork()
    if child == 0:
        answer = run(tests)
        files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
        os.write(tell, "\n".join(f"{name} {file}" for name, file in files.items() if file).encode())
        os._exit(answer)
    os.close(tell)
    with os.fdopen(told) as lines:
        found = [(name, Path(file)) for name, _, file in (line.partition(" ") for line in lines.read().splitlines())]
    if os.waitpid(child, 0)[1]:
        sys.exit("the tests fail without any mutant: nothing can be told from them")
    own = [file for _, file in found if file.is_relative_to(ROOT) and not file.is_relative_to(ROOT / ".venv")]
    for name, file in found:
        if file not in own:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    return sorted(own)


def key(mutant: Mutant, own: Sequence[Path]) -> str:
    """What a mutant's fate hangs on: itself, its tests, and the sources beside it (proof imports nothing of the rest)."""
    alone = mutant.file.startswith("proof/")
    sources = [file for file in own if file.is_relative_to(SOURCE / "proof" if alone else SOURCE)]
    grounds = [file.read_bytes() for file in [*sources, *(ROOT / test for test in AIMS[mutant.file])]]
    return hashlib.sha256(b"".join([*grounds, mutant.file.encode(), mutant.source.encode()])).hexdigest()


def fates(chosen: Sequence[Mutant]) -> Iterator[tuple[Mutant, bool]]:
    """Which mutants a test noticed; as many are tried at a time as there are processors."""
    own = loaded()
    known = {} if os.environ.get("FRESH") or not KEPT.exists() else dict(map(str.split, KEPT.read_text().splitlines()))
    running: dict[int, tuple[Mutant, str]] = {}

    def ended() -> tuple[Mutant, bool]:
        child, status = os.wait()
        mutant, digest = running.pop(child)
        with KEPT.open("a") as kept:
            kept.write(f"{digest} {'alive' if status == 0 else 'killed'}\n")
        return mutant, status != 0

    for mutant in chosen:
        if (digest := key(mutant, own)) in known:
            yield mutant, known[digest] == "killed"
            continue
        running[forked(AIMS[mutant.file], mutant)] = mutant, digest
        if len(running) >= (os.cpu_count() or 1):
            yield ended()
    while running:
        yield ended()


def main() -> int:
    seed, sample = int(os.environ.get("SEED", "1")), int(os.environ.get("SAMPLE", "40"))
    every = [mutant for file in AIMS for mutant in mutants(file)]
    chosen = every if os.environ.get("LONG") == "1" else random.Random(seed).sample(every, min(sample, len(every)))
    killed: Counter[str] = Counter()
    of: Counter[str] = Counter()
    equal = wrong = 0
    for number, (mutant, dead) in enumerate(fates(chosen), 1):
        if sys.stderr.isatty():
            print(f"\r{number} of {len(chosen)}", end="", file=sys.stderr)
        if mutant.name in EQUIVALENT:
            equal, wrong = equal + 1, wrong + dead
            if dead:
                print(f"not equivalent, a test kills it: {mutant.name}", flush=True)
            continue
        of[mutant.file] += 1
        killed[mutant.file] += dead
        if not dead:
            print(f"alive: line {mutant.line} of {mutant.name}", flush=True)
    for file in of:
        print(f"{file}: {killed[file]} of {of[file]}")
    share = killed.total() / max(1, of.total())
    print(
        f"{killed.total()} of {of.total()} mutants killed ({share:.1%}); {equal} that nothing could tell from the code left out; "
        f"{len(every)} there are; SEED={seed}"
    )
    return 0 if share >= LEAST and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
