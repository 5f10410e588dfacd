"""Our proofs against the published vectors and against an independent implementation (tlog-scales)."""

import base64
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tlog_scales import signing, tlog
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.writer import TilesWriter

from bailee.proof import receipt, tree
from bailee.proof.checkpoint import Checkpoint, open_checkpoint
from bailee.proof.note import Verifier, open_note
from bailee.proof.signing import Signer

# The note of golang.org/x/mod/sumdb/note, with its published private key.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_PRIVATE = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
PETER_NOTE = f"{PETER_TEXT}\n— PeterNeumann {PETER_SIGNATURE}\n"
# The example of C2SP signed-note.
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# The reference leaves and roots of Certificate Transparency.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEFT_OF_2 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
RIGHT_OF_4 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NODES_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
NODES_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"


def hashes(*values: str) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def nodes_of(leaves: list[bytes]) -> dict[tree.Node, bytes]:
    nodes, level, row = dict[tree.Node, bytes](), 0, leaves
    while row:
        nodes |= {(level, index): value for index, value in enumerate(row)}
        row = [tree.node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=False)]
        level += 1
    return nodes


def leaf_hashes(size: int) -> list[bytes]:
    return [tree.leaf_hash(b"entry %d" % index) for index in range(size)]


@pytest.mark.parametrize(("vkey", "note"), [(PETER, PETER_NOTE), (FOO, FOO_NOTE)], ids=["go", "c2sp"])
def test_the_published_notes_open_with_their_published_keys(vkey: str, note: str) -> None:
    verifier = Verifier.parse(vkey)
    assert verifier.vkey == vkey
    assert open_note(note, [verifier]) == note.rpartition("\n— ")[0]


def test_signing_gives_the_published_bytes() -> None:
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(PETER_PRIVATE)[1:])
    signer = Signer("PeterNeumann", private)
    assert signer.vkey == PETER
    assert signer.sign(PETER_TEXT) == PETER_NOTE


@pytest.mark.parametrize(
    "vkey",
    [
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
        "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
    ],
)
def test_verifier_keys_of_others_print_back(vkey: str) -> None:
    assert Verifier.parse(vkey).vkey == vkey


def test_a_cosignature_key_is_not_taken_for_a_log_key() -> None:
    with pytest.raises(tree.Invalid):
        Verifier.parse("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2")


def test_the_example_checkpoint_of_the_specification_prints_back() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == text


@pytest.mark.parametrize("size", range(9))
def test_the_reference_roots_of_certificate_transparency_come_out(size: int) -> None:
    leaves = [tree.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    assert tree.root_of(leaves).hex() == ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (0, 8, [LEAF_1, LEFT_OF_2, RIGHT_OF_4]),
        (5, 8, [LEAF_4, NODES_6_7, ROOTS[4]]),
        (2, 3, [ROOTS[2]]),
        (1, 5, [ROOTS[1], LEFT_OF_2, LEAF_4]),
    ],
)
def test_the_reference_inclusion_proofs_are_ours(index: int, size: int, proof: list[str]) -> None:
    leaves = [tree.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    assert tree.assemble(tree.inclusion_nodes(index, size), nodes_of(leaves)) == hashes(*proof)
    tree.verify_inclusion(leaves[index], index, size, hashes(*proof), bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(
    ("older", "newer", "proof"),
    [
        (1, 1, []),
        (1, 8, [LEAF_1, LEFT_OF_2, RIGHT_OF_4]),
        (6, 8, [NODES_4_5, NODES_6_7, ROOTS[4]]),
        (2, 5, [LEFT_OF_2, LEAF_4]),
    ],
)
def test_the_reference_consistency_proofs_are_ours(older: int, newer: int, proof: list[str]) -> None:
    leaves = [tree.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:newer]]
    assert tree.assemble(tree.consistency_nodes(older, newer), nodes_of(leaves)) == hashes(*proof)
    roots = hashes(ROOTS[older], ROOTS[newer])
    tree.verify_consistency(older, newer, hashes(*proof), *roots)


def test_tiles_are_those_of_the_specification_s_example() -> None:
    widths: dict[int, list[int]] = {}
    for level, _, packed in tree.changed_tiles(0, {}, [b"\x07" * 32] * 70_000):
        widths.setdefault(level, []).append(len(packed) // 32)
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    full = tree.changed_tiles(0, {}, [b"\x07" * 32] * 256)
    assert [(level, index, len(packed) // 32) for level, index, packed in full] == [(0, 0, 256), (1, 0, 1)]


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ((0, 1234067), "tile/0/x001/x234/067"),
        ((1, 0, 17), "tile/1/000.p/17"),
        ((0, 999), "tile/0/999"),
        ((2, 1000, 1), "tile/2/x001/000.p/1"),
    ],
)
def test_tile_paths_are_those_of_the_specification(place: tuple[int, ...], path: str) -> None:
    assert tree.tile_path(*place) == path


@pytest.mark.parametrize("batches", [[1], [255, 1], [256, 1], [300, 700, 5], [600, 1, 1, 255]])
def test_our_tiles_are_those_an_independent_log_writes(tmp_path: Path, batches: list[int]) -> None:
    key = Ed25519PrivateKey.generate()
    writer = TilesWriter.create(tmp_path / "log", "example.com/log")
    ours: dict[tuple[int, int], bytes] = {}
    size = 0
    for batch in batches:
        data = [b"entry %d" % index for index in range(size, size + batch)]
        for entry in data:
            writer.add_leaf(entry)
        writer.commit([signing.PlainEd25519Signer("example.com/log", key)])
        changed = tree.changed_tiles(size, ours, [tree.leaf_hash(entry) for entry in data])
        ours |= {(level, index): packed for level, index, packed in changed}
        size += batch
    for (level, index), packed in ours.items():
        assert (tmp_path / "log" / tree.tile_path(level, index, len(packed) // 32)).read_bytes() == packed
    theirs = Signer("example.com/log", key)
    checkpoint = open_checkpoint((tmp_path / "log/checkpoint").read_text(), [Verifier.parse(theirs.vkey)])
    assert checkpoint == Checkpoint("example.com/log", size, tree.root_of(leaf_hashes(size)))


def test_an_independent_reader_accepts_our_checkpoint_and_our_proofs() -> None:
    signer = Signer("example.com/log", Ed25519PrivateKey.generate())
    seed = random.Random(6962)
    for size in [1, 2, 3, 7, 64, 65, 257, 1000]:
        leaves = leaf_hashes(size)
        nodes, root = nodes_of(leaves), tree.root_of(leaves)
        theirs = tlog.Checkpoint.from_text(signer.sign(Checkpoint("example.com/log", size, root).text()))
        theirs.verify(signing.Vkey.from_string(signer.vkey))
        assert (theirs.size, theirs.root_hash) == (size, root)
        for index in {0, size - 1, seed.randrange(size)}:
            proof = tree.assemble(tree.inclusion_nodes(index, size), nodes)
            tlog.InclusionProof(index, size, proof).check(leaves[index], root)
        for older in {1, size, seed.randrange(1, size + 1)}:
            proof = tree.assemble(tree.consistency_nodes(older, size), nodes)
            tlog.ConsistencyProof(older, size, proof).check(tree.root_of(leaves[:older]), root)


def test_a_receipt_made_from_an_independent_log_verifies(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    writer = TilesWriter.create(tmp_path / "log", "example.com/log")
    for index in range(700):
        writer.add_leaf(b"entry %d" % index)
    writer.commit([signing.PlainEd25519Signer("example.com/log", key)])
    reader = TilesReader(LocalBackend(tmp_path / "log"))
    checkpoint = reader.get_checkpoint()
    proof = reader.get_inclusion_proof(421, 700)
    # As tlog-scales prints it (its command gen-proof): a C2SP tlog-proof without extra data.
    lines = ["c2sp.org/tlog-proof@v1", "index 421", *(base64.b64encode(n).decode() for n in proof.node_hashes)]
    text = "\n".join([*lines, "", checkpoint.serialize()])
    parsed = receipt.parse(text)
    assert receipt.make(parsed.index, parsed.proof, parsed.checkpoint) == text
    pins = [Verifier.parse(Signer("example.com/log", key).vkey)]
    assert receipt.verify(parsed, b"entry 421", pins).size == 700
    with pytest.raises(tree.Invalid):
        receipt.verify(parsed, b"entry 422", pins)
