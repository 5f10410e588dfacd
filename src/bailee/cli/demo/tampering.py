"""Tampered copies: ten ways to change what was handed over, each of which must be found."""

import io
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyrage


def open_ledger(bundle: Path, key: pyrage.x25519.Identity, folder: Path) -> None:
    """Open every part with the controller's key, and lay out the ledger it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in sorted(bundle.glob("part-*.age")):
        with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(part.read_bytes(), [key]))) as tar:
            for member in tar.getmembers():
                content = tar.extractfile(member)
                if member.name.startswith("ledger/") and content is not None:
                    (folder / Path(member.name).name).write_bytes(content.read())


def copies(bundle: Path, certificate: Path, ledger: Path, folder: Path) -> dict[str, Path]:
    """Ten copies, each changed in one way."""
    ways: dict[str, tuple[Path, Callable[[Path], None]]] = {
        "a part's byte": (bundle, lambda f: _flip(f / "part-0001.age")),
        "a part cut short": (bundle, lambda f: _cut(f / "part-0001.age")),
        "a part added": (bundle, lambda f: _add(f / "part-0999.age")),
        "the manifest's count": (bundle, lambda f: _swap(f / "manifest.json", b'"persons"', b'"person"')),
        "the certificate's words": (certificate, lambda f: _swap(f / "certificate.json", b'"opened"', b'"0pened"')),
        "the certificate's PDF": (certificate, lambda f: _flip(f / "certificate.pdf")),
        "the certificate's receipt": (
            certificate,
            lambda f: _swap(f / "certificate.tlog-proof", b"index ", b"index 1"),
        ),
        "a ledger entry dropped": (ledger, lambda f: _lines(f, lambda lines: lines[:5] + lines[6:])),
        "ledger entries swapped": (ledger, lambda f: _lines(f, lambda lines: [lines[1], lines[0], *lines[2:]])),
        "the ledger cut short": (ledger, lambda f: _lines(f, lambda lines: lines[:-1])),
    }
    made = {}
    for number, (name, (source, change)) in enumerate(ways.items(), 1):
        target = folder / f"{number:02d}"
        shutil.copytree(source, target)
        change(target)
        made[name] = target
    return made


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _add(file: Path) -> None:
    file.write_bytes(b"age-encryption.org/v1\n")


def _swap(file: Path, before: bytes, after: bytes) -> None:
    content = file.read_bytes()
    assert before in content
    file.write_bytes(content.replace(before, after, 1))


def _lines(folder: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    file = folder / "entries.ndjson"
    file.write_bytes(b"".join(change(file.read_bytes().splitlines(keepends=True))))
