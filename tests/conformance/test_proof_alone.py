"""`bailee-verify` stands alone: small, built from the room's own files, and nothing of the server comes with it."""

import ast
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import cryptography
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.proof import tree
from bailee.proof.checkpoint import Checkpoint
from bailee.proof.signing import Signer

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "src/bailee/proof"
PACKAGING = ROOT / "packaging/bailee-verify"
NOT_SHIPPED = {"tree.py", "signing.py"}
ALONE = """
import importlib.util, runpy, sys
sys.path[:0] = [{wheel!r}, {libraries!r}]
assert importlib.util.find_spec("bailee") is None
sys.argv = ["bailee-verify", *{arguments!r}]
try:
    runpy.run_module("bailee_verify", run_name="__main__")
finally:
    print(sorted(name for name in sys.modules if name.partition(".")[0] in ("bailee", "bailee_verify")))
"""


def shipped() -> dict[str, str]:
    project = tomllib.loads((PACKAGING / "pyproject.toml").read_text())
    included: dict[str, str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    return included


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=PACKAGING, check=True, capture_output=True)
    (built,) = folder.glob("bailee_verify-*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_every_file_of_the_room_is_shipped_but_the_log_s_side() -> None:
    names = {path.name for path in ROOM.glob("*.py")} - NOT_SHIPPED
    assert shipped() == {f"../../src/bailee/proof/{name}": f"bailee_verify/{name}" for name in names}


def test_what_is_shipped_can_be_read_in_one_sitting() -> None:
    assert sum(len((PACKAGING / path).read_text().splitlines()) for path in shipped()) <= 500


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.name)
def test_the_room_imports_only_the_standard_library_cryptography_and_itself(path: Path) -> None:
    allowed = sys.stdlib_module_names | {"cryptography"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert {name.name.partition(".")[0] for name in node.names} <= allowed
        elif isinstance(node, ast.ImportFrom) and node.level:
            names = [node.module] if node.module else [name.name for name in node.names]
            assert node.level == 1
            assert all((ROOM / f"{name}.py").is_file() for name in names)
            assert path.name in NOT_SHIPPED or not {f"{name}.py" for name in names} & NOT_SHIPPED
        elif isinstance(node, ast.ImportFrom):
            assert str(node.module).partition(".")[0] in allowed


def test_the_wheel_holds_the_room_s_files_and_the_command(wheel: Path) -> None:
    files = {path.name: path.read_bytes() for path in (wheel / "bailee_verify").iterdir()}
    assert files == {path.name: path.read_bytes() for path in ROOM.glob("*.py") if path.name not in NOT_SHIPPED}
    (points,) = wheel.glob("*.dist-info/entry_points.txt")
    assert "bailee-verify = bailee_verify.__main__:main" in points.read_text()
    (metadata,) = wheel.glob("*.dist-info/METADATA")
    assert [line for line in metadata.read_text().splitlines() if line.startswith("Requires-Dist")] == [
        "Requires-Dist: cryptography>=44"
    ]


@pytest.mark.parametrize(("tampered", "code"), [(False, 0), (True, 1)])
def test_the_wheel_verifies_where_no_bailee_is_installed(
    wheel: Path, tmp_path: Path, tampered: bool, code: int
) -> None:
    signer = Signer("log.example/0190f3a1-7c2b-7d4e-9a10-1c2d3e4f5a6b/1", Ed25519PrivateKey.generate())
    text = signer.sign(Checkpoint(signer.name, 1, tree.leaf_hash(b"entry")).text())
    (tmp_path / "checkpoint").write_text(text.replace("\n1\n", "\n2\n") if tampered else text)
    arguments = ["--key", signer.vkey, str(tmp_path / "checkpoint")]
    libraries = str(Path(cryptography.__file__).parents[1])
    program = ALONE.format(wheel=str(wheel), libraries=libraries, arguments=arguments)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTHON"))}
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", program],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == code, ran.stderr
    assert ("FINDING" in ran.stdout) is tampered
    modules = ast.literal_eval(ran.stdout.splitlines()[-1])
    assert "bailee_verify.verify" in modules
    assert not [name for name in modules if name.partition(".")[0] == "bailee"]
