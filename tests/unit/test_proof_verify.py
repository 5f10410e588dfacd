"""Verification offline: what is whole passes, whatever was tampered with is found, and the words say why."""

import json
import runpy
import shutil
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bailee.proof import entries, receipt, signing, tree, verify
from bailee.proof.__main__ import main
from bailee.proof.checkpoint import Checkpoint
from bailee.proof.signing import Signer
from bailee.proof.verify import Finding, verify_paths

LOG = "log.example/logs"
CONTROLLER = "0190f3a1-7c2b-7d4e-9a10-1c2d3e4f5a6b"
OTHER = "0190f3a1-7c2b-7d4e-9a10-000000000000"
PLATFORM = "0190f3a1-0000-7000-8000-000000000001"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STATEMENTS = Signer(f"{LOG}/statements", KEY)


class Log:
    """A log as a processor keeps one: bodies under salts, signed checkpoints, receipts, exports."""

    def __init__(self, controller: str, key: Ed25519PrivateKey = KEY, generation: int = 1) -> None:
        self.signer = Signer(f"{LOG}/{controller}/{generation}", key)
        self.bodies: list[str] = []

    def add(self, **body: Any) -> int:
        self.bodies.append(json.dumps(body, separators=(",", ":")))
        return len(self.bodies) - 1

    def salt(self, index: int) -> bytes:
        return sha256(b"salt %d" % index).digest()

    def leaves(self, size: int | None = None) -> list[bytes]:
        return [tree.leaf_hash(entries.leaf_data(self.salt(n), body)) for n, body in enumerate(self.bodies[:size])]

    def checkpoint(self, size: int | None = None) -> str:
        leaves = self.leaves(size)
        return self.signer.sign(Checkpoint(self.signer.name, len(leaves), tree.root_of(leaves)).text())

    def receipt(self, index: int) -> str:
        leaves = self.leaves()
        tiles = {(level, n): packed for level, n, packed in tree.changed_tiles(0, {}, leaves)}
        groups = tree.inclusion_nodes(index, len(leaves))
        nodes = {n: tree.hash_in(tiles[tree.tile_of(*n)], *n) for group in groups for n in group}
        extra = entries.extra(self.salt(index), self.bodies[index])
        return receipt.make(index, tree.assemble(groups, nodes), self.checkpoint(), extra)

    def export(self, folder: Path, pruned: int = 0) -> Path:
        folder.mkdir()
        (folder / "checkpoint").write_text(self.checkpoint())
        lines = [
            entries.line(n, leaf, *((self.salt(n), self.bodies[n]) if n >= pruned else ()))
            for n, leaf in enumerate(self.leaves())
        ]
        (folder / "entries.ndjson").write_bytes(b"".join(lines))
        return folder


def controllers_log(size: int = 40, controller: str = CONTROLLER) -> Log:
    log = Log(controller)
    for number in range(size):
        log.add(kind="access", number=number)
    return log


def state(folder: Path, name: str, document: dict[str, Any]) -> Path:
    content = json.dumps(document, indent=2).encode()
    (folder / name).write_bytes(content)
    kind = "bundle" if name == "manifest.json" else "certificate"
    (folder / f"{name}.note").write_text(signing.state(STATEMENTS, kind, name, content))
    return folder


def make_bundle(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
    folder.mkdir()
    parts = []
    for number in (1, 2):
        plain, sealed = b"tar %d" % number * 50, b"age %d" % number * 50
        (folder / f"part-000{number}.age").write_bytes(sealed)
        parts.append(
            {
                "name": f"part-000{number}.age",
                "size": len(sealed),
                "sha256": sha256(sealed).hexdigest(),
                "plain_sha256": sha256(plain).hexdigest(),
                "members": [],
            }
        )
    document = {
        "format": "bailee.dev/bundle/v1",
        "controller": {"id": CONTROLLER, "name": "Controller"},
        "simulated": False,
        "parts": parts,
        "verifier_key": Log(CONTROLLER).signer.vkey,
    }
    change(document)
    return state(folder, "manifest.json", document)


def make_certificate(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
    folder.mkdir()
    log = Log(PLATFORM)
    for number in range(300):
        log.add(kind="other", number=number)
    acts = ["ended", "returned", "acknowledged", "destroyed"]
    places = {act: log.add(kind=act, controller=CONTROLLER) for act in acts}
    document = {
        "format": "bailee.dev/certificate/v1",
        "id": "certificate",
        "controller": {"id": CONTROLLER, "name": "Controller"},
        "simulated": False,
        "stores": [{"name": n, "state": s} for n, s in [("data", "proven"), ("mail", "attested"), ("x", "unknown")]],
        "proofs": {act: log.receipt(place) for act, place in places.items()},
        "verifier_key": log.signer.vkey,
    }
    change(document)
    state(folder, "certificate.json", document)
    digest = sha256((folder / "certificate.json").read_bytes()).hexdigest()
    place = log.add(kind="certificate", controller=CONTROLLER, digest=digest)
    (folder / "certificate.tlog-proof").write_text(log.receipt(place))
    return folder


PIN = Log(CONTROLLER).signer.vkey


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of everything, untouched."""
    folder = tmp_path_factory.mktemp("whole")
    make_bundle(folder / "bundle")
    make_certificate(folder / "certificate")
    log = controllers_log()
    log.export(folder / "ledger", pruned=5)
    (folder / "checkpoint").write_text(log.checkpoint())
    (folder / "older").write_text(log.checkpoint(17))
    (folder / "entry.tlog-proof").write_text(log.receipt(23))
    return folder


ARTEFACTS = {
    "bundle": ("bundle", ["manifest.json", "manifest.json.note", "part-0001.age", "part-0002.age"]),
    "certificate": ("certificate", ["certificate.json", "certificate.json.note", "certificate.tlog-proof"]),
    "ledger": ("ledger", ["checkpoint", "entries.ndjson"]),
    "checkpoint": ("checkpoint", [""]),
    "receipt": ("entry.tlog-proof", [""]),
}
FILES = [(kind, name) for kind, (_, names) in ARTEFACTS.items() for name in names]


def bad(findings: list[Finding]) -> str:
    """The words of the findings, and that there are some."""
    words = [finding.words for finding in findings if not finding.ok]
    assert words
    assert not any(finding.words.startswith("proves") for finding in findings)
    return "\n".join(words)


def good(findings: list[Finding]) -> str:
    assert [finding for finding in findings if not finding.ok] == []
    return "\n".join(finding.words for finding in findings)


@pytest.mark.parametrize("kind", ARTEFACTS)
def test_a_whole_artefact_holds_and_the_words_say_what_is_not_proven(whole: Path, kind: str) -> None:
    findings = verify_paths([whole / ARTEFACTS[kind][0]], [PIN])
    words = good(findings)
    assert {finding.kind for finding in findings} == {kind}
    assert "unpinned" not in words
    assert findings[-1].words.startswith("proves that ")
    assert "; not that" in words or "; not what" in words


@pytest.mark.parametrize(("kind", "name"), FILES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_byte_changed_is_found(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, kind: str, name: str, data: st.DataObject
) -> None:
    artefact = whole / ARTEFACTS[kind][0]
    content = bytearray((artefact / name).read_bytes() if name else artefact.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    with_change(artefact, name, tmp_path_factory, bytes(content))


@pytest.mark.parametrize(("kind", "name"), FILES)
def test_a_file_cut_off_emptied_lengthened_or_missing_is_found(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, kind: str, name: str
) -> None:
    artefact = whole / ARTEFACTS[kind][0]
    content = (artefact / name).read_bytes() if name else artefact.read_bytes()
    for other in (content[:-1], content[: len(content) // 2], b"", content + b"\n", content * 2, None):
        if name or other is not None:
            with_change(artefact, name, tmp_path_factory, other)


def with_change(artefact: Path, name: str, factory: pytest.TempPathFactory, content: bytes | None) -> None:
    copy = factory.mktemp("copy") / artefact.name
    if name:
        shutil.copytree(artefact, copy)
    changed = copy / name if name else copy
    changed.unlink() if content is None else changed.write_bytes(content)
    bad(verify_paths([copy], [PIN]))
    shutil.rmtree(copy.parent)


@pytest.mark.parametrize("kind", ARTEFACTS)
def test_without_a_pin_the_answer_says_so(whole: Path, tmp_path: Path, kind: str) -> None:
    artefact = whole / ARTEFACTS[kind][0]
    copy = shutil.copytree(artefact, tmp_path / "copy") if artefact.is_dir() else shutil.copy(artefact, tmp_path)
    if kind not in ("bundle", "certificate"):
        assert "there is no key to check it with" in bad(verify_paths([copy]))
    folder = copy if artefact.is_dir() else tmp_path
    (Path(folder) / "keys.json").write_text(json.dumps({"verifier_key": PIN}))
    assert "unpinned" in good(verify_paths([copy]))


def test_the_key_inside_goes_before_the_key_beside(whole: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(whole / "bundle", tmp_path / "copy")
    (copy / "keys.json").write_text(json.dumps({"verifier_key": Log(OTHER, Ed25519PrivateKey.generate()).signer.vkey}))
    good(verify_paths([copy]))


@pytest.mark.parametrize("kind", ARTEFACTS)
@pytest.mark.parametrize("keys", ['{"verifier_key": 3}', "{}", "[]", "{", '{"verifier_key": "a+b"}'])
def test_a_broken_key_beside_it_is_a_finding(whole: Path, tmp_path: Path, kind: str, keys: str) -> None:
    artefact = whole / ARTEFACTS[kind][0]
    if kind in ("bundle", "certificate"):
        return
    copy = shutil.copytree(artefact, tmp_path / "copy") if artefact.is_dir() else shutil.copy(artefact, tmp_path)
    (Path(copy if artefact.is_dir() else tmp_path) / "keys.json").write_text(keys)
    bad(verify_paths([copy]))


@pytest.mark.parametrize("kind", ARTEFACTS)
def test_another_processor_s_key_is_not_that_of_the_agreement(whole: Path, kind: str) -> None:
    pin = Log(CONTROLLER, Ed25519PrivateKey.generate()).signer.vkey
    assert "not signed by a trusted key" in bad(verify_paths([whole / ARTEFACTS[kind][0]], [pin]))


@pytest.mark.parametrize("kind", ["ledger", "checkpoint"])
def test_the_log_of_another_controller_is_not_the_pinned_one(whole: Path, kind: str) -> None:
    pin = Log(OTHER).signer.vkey
    assert "is the key's log" in bad(verify_paths([whole / ARTEFACTS[kind][0]], [pin]))
    good(verify_paths([whole / ARTEFACTS[kind][0]], [pin, PIN]))


def test_a_later_generation_is_vouched_for_by_the_pinned_key(tmp_path: Path) -> None:
    log = Log(CONTROLLER, generation=3)
    log.add(kind="first")
    good(verify_paths([log.export(tmp_path / "ledger")], [PIN]))


def test_statement_files_and_files_stand_for_their_artefact(whole: Path) -> None:
    for name in ("manifest.json", "manifest.json.note"):
        assert good(verify_paths([whole / "bundle" / name], [PIN])) == good(verify_paths([whole / "bundle"], [PIN]))
    assert "40 signed entries" in good(verify_paths([whole / "ledger/entries.ndjson"], [PIN]))


def test_a_folder_is_checked_for_all_it_holds(whole: Path, tmp_path: Path) -> None:
    for name in ("bundle", "certificate", "ledger"):
        shutil.copytree(whole / name, tmp_path / "all", dirs_exist_ok=True)
    findings = verify_paths([tmp_path / "all"], [PIN])
    good(findings)
    assert list(dict.fromkeys(finding.kind for finding in findings)) == ["bundle", "certificate", "ledger"]
    assert "is missing" in bad(verify_paths([tmp_path], [PIN]))


# The ledger


@pytest.mark.parametrize("older", [0, 1, 17, 40])
def test_an_older_checkpoint_that_the_ledger_continues_holds(tmp_path: Path, older: int) -> None:
    log = controllers_log()
    (tmp_path / "older").write_text(log.checkpoint(older))
    words = good(verify_paths([log.export(tmp_path / "ledger")], [PIN], tmp_path / "older"))
    assert f"no fewer than the {older} entries" in words


def test_a_ledger_shorter_than_the_checkpoint_held_is_found(tmp_path: Path) -> None:
    (tmp_path / "held").write_text(controllers_log(41).checkpoint())
    export = controllers_log(40).export(tmp_path / "ledger")
    assert "no fewer than the 41 entries" in bad(verify_paths([export], [PIN], tmp_path / "held"))
    assert "no fewer than the 41" in bad(verify_paths([export / "checkpoint"], [PIN], tmp_path / "held"))


@pytest.mark.parametrize("place", [0, 16])
def test_a_fork_signed_by_the_right_key_is_found_from_the_checkpoint_held(tmp_path: Path, place: int) -> None:
    log = controllers_log()
    (tmp_path / "held").write_text(log.checkpoint(17))
    log.bodies[place] = '{"kind":"something else"}'
    export = log.export(tmp_path / "ledger")
    good(verify_paths([export], [PIN]))
    assert "a fork" in bad(verify_paths([export], [PIN], tmp_path / "held"))


def test_two_checkpoints_of_one_size_and_two_roots_are_a_fork(tmp_path: Path) -> None:
    log, forked = controllers_log(), controllers_log()
    forked.bodies[0] = "{}"
    (tmp_path / "a").write_text(log.checkpoint())
    (tmp_path / "b").write_text(forked.checkpoint())
    (tmp_path / "c.tlog-proof").write_text(forked.receipt(3))
    assert "a fork" in "".join(f.words for f in verify_paths([tmp_path / "a", tmp_path / "b"], [PIN]) if not f.ok)
    findings = verify_paths([tmp_path / "a", tmp_path / "c.tlog-proof"], [PIN])
    assert [finding.kind for finding in findings if not finding.ok] == ["receipt"]
    assert "a fork" in bad(verify_paths([tmp_path / "b"], [PIN], tmp_path / "a"))


def test_the_checkpoint_held_must_be_of_the_same_log(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "held").write_text(controllers_log(3, OTHER).checkpoint())
    assert OTHER in bad(verify_paths([whole / "ledger"], [PIN], tmp_path / "held"))
    (tmp_path / "held").write_text("nothing signed")
    bad(verify_paths([whole / "ledger"], [PIN], tmp_path / "held"))
    assert "missing" in bad(verify_paths([whole / "ledger"], [PIN], tmp_path / "absent"))


def lines_of(export: Path) -> list[bytes]:
    return (export / "entries.ndjson").read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda lines: lines[:-1],
        lambda lines: lines[1:],
        lambda lines: [],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines[:10], lines[9], *lines[10:]],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:7], *lines[8:]],
        lambda lines: [*lines, lines[-1].replace(b'"index":39', b'"index":40')],
        lambda lines: [*lines[:20], lines[21].replace(b'"index":21', b'"index":20'), *lines[21:]],
    ],
    ids=[
        "end cut",
        "start cut",
        "emptied",
        "reordered",
        "repeated",
        "end repeated",
        "one taken out",
        "one put in",
        "replayed",
    ],
)
def test_an_export_with_entries_moved_is_found(
    whole: Path, tmp_path: Path, tamper: Callable[[list[bytes]], list[bytes]]
) -> None:
    copy = shutil.copytree(whole / "ledger", tmp_path / "ledger")
    (copy / "entries.ndjson").write_bytes(b"".join(tamper(lines_of(copy))))
    bad(verify_paths([copy], [PIN]))


def test_an_old_export_replayed_whole_is_found_from_the_checkpoint_held(tmp_path: Path) -> None:
    replayed = controllers_log(30).export(tmp_path / "ledger")
    good(verify_paths([replayed], [PIN]))
    (tmp_path / "held").write_text(controllers_log(40).checkpoint())
    bad(verify_paths([replayed], [PIN], tmp_path / "held"))


@pytest.mark.parametrize("name", ["bundle/manifest.json", "entry.tlog-proof", "certificate/certificate.json"])
def test_a_valid_file_of_another_kind_does_not_stand_in(whole: Path, tmp_path: Path, name: str) -> None:
    for kind, victim in [("ledger", "checkpoint"), ("bundle", "manifest.json"), ("certificate", "certificate.json")]:
        copy = shutil.copytree(whole / kind, tmp_path / name.replace("/", "-") / kind)
        if Path(name).name != victim:
            shutil.copy(whole / name, copy / victim)
            bad(verify_paths([copy], [PIN]))


@pytest.mark.parametrize("body", ['{"kind":"x","simulated":true}', '{"kind":"x", "simulated": true}'])
def test_entries_of_simulated_time_are_said_to_be(tmp_path: Path, body: str) -> None:
    log = controllers_log()
    assert "simulated" not in good(verify_paths([log.export(tmp_path / "real")], [PIN]))
    log.bodies[3] = body
    assert "made under simulated time" in good(verify_paths([log.export(tmp_path / "ledger")], [PIN]))
    (tmp_path / "x.tlog-proof").write_text(log.receipt(3))
    assert "made under simulated time" in good(verify_paths([tmp_path / "x.tlog-proof"], [PIN]))


def test_a_receipt_without_its_body_proves_nothing(tmp_path: Path) -> None:
    parsed = receipt.parse(controllers_log().receipt(3))
    (tmp_path / "x.tlog-proof").write_text(receipt.make(parsed.index, parsed.proof, parsed.checkpoint))
    assert "no salt and body" in bad(verify_paths([tmp_path / "x.tlog-proof"], [PIN]))


# The bundle


def test_an_opened_part_is_compared_with_what_was_sealed(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / "part-0001.tar").write_bytes(b"tar 1" * 50)
    good(verify_paths([folder], [PIN]))
    (folder / "part-0001.tar").write_bytes(b"tar 2" * 50)
    assert "part-0001.tar" in bad(verify_paths([folder], [PIN]))


def test_parts_added_missing_or_swapped_are_named(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / "part-0003.age").write_bytes(b"")
    assert "no part was added ['part-0003.age']" in bad(verify_paths([folder], [PIN]))
    (folder / "part-0003.age").unlink()
    (folder / "part-0002.age").rename(folder / "kept")
    assert "parts are here ['part-0002.age']" in bad(verify_paths([folder], [PIN]))
    (folder / "part-0001.age").rename(folder / "part-0002.age")
    (folder / "kept").rename(folder / "part-0001.age")
    assert "['part-0001.age', 'part-0002.age']" in bad(verify_paths([folder], [PIN]))


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("parts"),
        lambda document: document.update(parts={"a": 1}),
        lambda document: document["parts"].append("part-0003.age"),
        lambda document: document["parts"][0].pop("sha256"),
        lambda document: document["parts"][0].update(name="../secret.age"),
        lambda document: document["parts"][0].update(name="part-0001.age\n"),
        lambda document: document["parts"][0].update(size=3),
        lambda document: document["parts"][0].update(sha256=7),
        lambda document: document["parts"][0].update(sha256="A" * 64),
        lambda document: document.update(format="bailee.dev/bundle/v2"),
        lambda document: document.pop("format"),
    ],
)
def test_a_signed_manifest_of_another_shape_is_a_finding(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    bad(verify_paths([make_bundle(tmp_path / "bundle", change)], [PIN]))


def test_a_statement_signed_for_another_file_does_not_pass(whole: Path, tmp_path: Path) -> None:
    bundle = shutil.copytree(whole / "bundle", tmp_path / "bundle")
    shutil.copy(whole / "certificate/certificate.json.note", bundle / "manifest.json.note")
    assert "about another file" in bad(verify_paths([bundle], [PIN]))


def test_a_renamed_manifest_is_not_the_one_that_was_signed(whole: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(whole / "bundle", tmp_path / "bundle")
    for suffix in ("", ".note"):
        (copy / f"manifest.json{suffix}").rename(copy / f"renamed.json{suffix}")
    assert "renamed" in bad(verify_paths([copy / "renamed.json"], [PIN]))


@pytest.mark.parametrize("make", [make_bundle, make_certificate])
def test_a_document_of_simulated_time_is_said_to_be(tmp_path: Path, make: Callable[..., Path]) -> None:
    folder = make(tmp_path / "made", lambda document: document.update(simulated=True))
    assert "made under simulated time" in good(verify_paths([folder], [PIN]))


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"format": 1, "format": 2}', '{"a": ' + "[" * 100_000, "\x00", "{" + "é" * 9]
)
def test_json_that_is_no_document_is_a_finding(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    bad(verify_paths([tmp_path], [PIN]))


def test_a_file_larger_than_any_artefact_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "checkpoint").open("wb") as file:
        file.truncate(1 << 29)
    assert "too large" in bad(verify_paths([tmp_path / "checkpoint"], [PIN]))


def test_a_file_as_large_as_any_artefact_may_be_is_read(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "LARGEST", (whole / "checkpoint").stat().st_size)
    assert good(verify_paths([whole / "checkpoint"], [PIN]))


# The certificate


def move_proof(document: dict[str, Any]) -> None:
    document["proofs"]["ended"] = document["proofs"]["returned"]


def forked_proof(document: dict[str, Any]) -> None:
    forked = Log(PLATFORM)
    for number in range(303):
        forked.add(kind="forked", number=number)
    forked.add(kind="destroyed", controller=CONTROLLER)
    document["proofs"]["destroyed"] = forked.receipt(303)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda document: document["controller"].update(id=OTHER), "'ended' is entry 300"),
        (move_proof, "'ended' is entry 301"),
        (forked_proof, "a fork"),
        (lambda document: document["proofs"].pop("destroyed"), "the end and the destruction"),
        (lambda document: document["proofs"].pop("ended"), "the end and the destruction"),
        (lambda document: document["proofs"].update(ended=None), "not a receipt"),
        (lambda document: document["proofs"].update(ended="\ud800"), "not a receipt"),
        (lambda document: document.update(proofs=[]), "lacks"),
        (lambda document: document.pop("stores"), "lacks"),
        (lambda document: document.update(controller="name"), "lacks"),
        (lambda document: document.update(stores=[]), "every store is"),
        (lambda document: document["stores"].append("data"), "every store is"),
        (lambda document: document["stores"].append({"name": "x"}), "every store is"),
        (lambda document: document["stores"][0].update(state="gone"), "every store is"),
    ],
)
def test_a_signed_certificate_that_says_what_its_proofs_do_not_is_a_finding(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    assert words in bad(verify_paths([make_certificate(tmp_path / "certificate", change)], [PIN]))


def test_the_receipt_beside_a_certificate_must_be_its_own(tmp_path: Path) -> None:
    one = make_certificate(tmp_path / "one")
    two = make_certificate(tmp_path / "two", lambda document: document.update(id="two"))
    shutil.copy(two / "certificate.tlog-proof", one)
    assert "its digest is recorded" in bad(verify_paths([one], [PIN]))


def test_a_certificate_of_one_store_with_the_two_proofs_that_it_must_have_holds(tmp_path: Path) -> None:
    def least(document: dict[str, Any]) -> None:
        document["stores"] = document["stores"][:1]
        document["proofs"] = {name: document["proofs"][name] for name in ("ended", "destroyed")}

    assert "{'proven': 1}" in good(verify_paths([make_certificate(tmp_path / "certificate", least)], [PIN]))


def test_what_holds_is_said_as_it_is_and_what_does_not_is_said_not_to_be_so(whole: Path, tmp_path: Path) -> None:
    words = good(verify_paths([whole / "ledger"], [PIN]))
    assert "not so" not in words
    assert "\n5 of them are pruned to their hash" in words
    shutil.copytree(whole / "ledger", tmp_path / "shorter")
    lines = (tmp_path / "shorter" / "entries.ndjson").read_bytes().splitlines(keepends=True)
    (tmp_path / "shorter" / "entries.ndjson").write_bytes(b"".join(lines[:-1]))
    assert bad(verify_paths([tmp_path / "shorter"], [PIN])).startswith("not so: these are all 40 signed entries")


def test_an_empty_folder_lacks_a_ledger(tmp_path: Path) -> None:
    found = verify_paths([tmp_path], [PIN])
    assert "checkpoint is missing" in bad(found)
    assert len([one for one in found if not one.ok]) == 1


def test_stores_are_counted_by_what_is_known_of_them(whole: Path) -> None:
    assert "{'proven': 1, 'attested': 1, 'unknown': 1}" in good(verify_paths([whole / "certificate"], [PIN]))


# The command


def test_the_command_says_all_and_exits_zero(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(whole / "bundle"), str(whole / "ledger"), "--key", PIN, "--checkpoint", str(whole / "older")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok ") for line in lines)
    assert sum("proves that" in line for line in lines) == 2


def test_the_command_exits_one_on_a_finding_in_ascii(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "chéckpoint\x1b").write_text("nothing")
    assert main([str(tmp_path / "chéckpoint\x1b"), "--key", PIN]) == 1
    out = capsys.readouterr().out
    assert out.startswith("FINDING ")
    assert out.isascii()


def test_the_command_prints_json(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", str(whole / "checkpoint"), "--key", PIN]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert all(finding.keys() == {"file", "kind", "ok", "words"} and finding["ok"] for finding in findings)


@pytest.mark.parametrize("arguments", [[], ["absent"], [".", "--key", "no key"], [".", "--unknown"]])
def test_the_command_exits_two_on_misuse(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(arguments)
    assert exited.value.code == 2
    assert "usage: bailee-verify" in capsys.readouterr().err


def test_the_room_runs_as_a_program(
    whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bailee-verify", "--key", PIN, str(whole / "checkpoint")])
    monkeypatch.delitem(sys.modules, "bailee.proof.__main__")
    with pytest.raises(SystemExit) as exited:
        runpy.run_module("bailee.proof", run_name="__main__")
    assert exited.value.code == 0
    assert "is the key's log" in capsys.readouterr().out


REQUEST = "6f1f3c1e-2c0b-4a55-9f0e-0c8f3a1b2c3d"


def make_envelope(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
    """An envelope with its note, the message it came with, and the receipt of its entry."""
    folder.mkdir()
    log, message = controllers_log(), b"Subject: x\n\nDelete my data\n"
    place = log.add(kind="request-received", controller=CONTROLLER, details={"request": REQUEST})
    document = {
        "format": "bailee.dev/envelope/v1", "subject_request_id": REQUEST, "received_at": "2026-11-25T10:00:00Z",
        "not_answered": True, "original": {"name": "message.eml", "sha256": sha256(message).hexdigest()},
        "verifier_key": log.signer.vkey,
    }  # fmt: skip
    change(document)
    name = f"request-{REQUEST}.json"
    content = json.dumps(document).encode()
    (folder / name).write_bytes(content)
    (folder / f"{name}.note").write_text(signing.state(STATEMENTS, "envelope", name, content))
    (folder / "message.eml").write_bytes(message)
    (folder / name).with_suffix(".tlog-proof").write_text(log.receipt(place))
    return folder / name


def test_an_envelope_holds_with_its_message_and_its_receipt(tmp_path: Path) -> None:
    file = make_envelope(tmp_path / "whole")
    words = good(verify_paths([file], [PIN]))
    assert "received at '2026-11-25T10:00:00Z', unanswered\n" in words
    assert "'message.eml' is the message as it came" in words
    assert "it is recorded as entry 40" in words
    (file.parent / "message.eml").unlink()
    file.with_suffix(".tlog-proof").unlink()
    alone = good(verify_paths([file], [PIN]))
    assert "message as it came" not in alone
    assert "recorded" not in alone
    acknowledged = make_envelope(tmp_path / "told", lambda document: document.update(not_answered=False))
    assert ", answered\n" in good(verify_paths([acknowledged], [PIN]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda document: document.pop("original"), "lacks"),
        (lambda document: document.update(original=None), "lacks"),
        (lambda document: document.update(subject_request_id=7), "lacks"),
        (lambda document: document.update(subject_request_id="another"), "it is recorded as"),
        (lambda document: document["original"].update(sha256="0" * 64), "is the message as it came"),
    ],
)
def test_an_envelope_that_says_what_lies_beside_it_does_not_is_a_finding(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    assert words in bad(verify_paths([make_envelope(tmp_path / "envelope", change)], [PIN]))


def test_an_envelope_changed_or_renamed_is_found(tmp_path: Path) -> None:
    file = make_envelope(tmp_path / "envelope")
    file.write_bytes(file.read_bytes().replace(b"true", b"null"))
    assert "changed" in bad(verify_paths([file], [PIN]))
    other = make_envelope(tmp_path / "other")
    renamed = other.with_name("request-7.json")
    other.rename(renamed)
    other.with_name(f"{other.name}.note").rename(renamed.with_name(f"{renamed.name}.note"))
    assert "renamed" in bad(verify_paths([renamed], [PIN]))


def test_a_folder_of_receipts_is_verified_whole_and_an_archive_says_how(tmp_path):
    log = Log(CONTROLLER)
    (tmp_path / "receipts").mkdir()
    for n in range(3):
        (tmp_path / "receipts" / f"{n}.tlog-proof").write_text(log.receipt(log.add(v=1, kind="permit", actor=str(n))))
    found = verify_paths([tmp_path], [log.signer.vkey])
    assert sum(one.ok for one in found) == len(found) >= 3
    (tmp_path / "receipts" / "1.tlog-proof").write_text(Log(OTHER).signer.name)
    assert not all(one.ok for one in verify_paths([tmp_path], [log.signer.vkey]))
    packed = tmp_path / "request.zip"
    packed.write_bytes(b"PK")
    [said] = verify_paths([packed])
    assert not said.ok
    assert "unpack it" in said.words
