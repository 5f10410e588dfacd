"""Notes, keys, checkpoints, receipts, statements, entries: exact parsing, and nothing else passes."""

import base64
import hmac
import json
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bailee.proof import entries, note, receipt, statement, tree
from bailee.proof.checkpoint import Checkpoint, open_checkpoint
from bailee.proof.note import Verifier, open_note, unbase64
from bailee.proof.signing import Signer, state
from bailee.proof.tree import Invalid

LOG = "log.example/logs"
CONTROLLER = "0190f3a1-7c2b-7d4e-9a10-1c2d3e4f5a6b"
ORIGIN = f"{LOG}/{CONTROLLER}/1"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
SIGNER = Signer(ORIGIN, KEY)
PIN = Verifier.parse(SIGNER.vkey)
SALT = b"s" * 32
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@given(st.binary(min_size=1, max_size=64))
def test_base64_prints_back(data: bytes) -> None:
    assert unbase64(note.base64(data)) == data


@pytest.mark.parametrize(
    "text", ["", "A", "AA", "AAA", "AB==", "AAB=", "AA=A", "A===", "====", "AA==\n", "-_==", "é==="]
)
def test_base64_of_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        unbase64(text)


@given(st.lists(TEXT, min_size=1, max_size=5))
@settings(max_examples=40)
def test_a_signed_text_opens_as_it_was(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    assert open_note(SIGNER.sign(text), [PIN]) == text


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_note_with_any_byte_changed_does_not_open(data: st.DataObject) -> None:
    signed = bytearray(SIGNER.sign("one\n\ntwo\n").encode())
    place = data.draw(st.integers(0, len(signed) - 1))
    signed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError):
        open_note(signed.decode(), [PIN])


@pytest.mark.parametrize("text", ["", "no newline", "a tab\there\n", "a\r\n", "\x1f\n", "one\n\n— x AAAAAAAA"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(Invalid):
        SIGNER.sign(text)


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    signed = SIGNER.sign("text\n") + "".join(f"— witness.example/{n} {note.base64(b'1234' * 600)}\n" for n in range(20))
    assert open_note(signed, [PIN, Verifier("witness.example/1", b"\x00" * 32)]) == "text\n"
    with pytest.raises(Invalid, match="not signed by a trusted key"):
        open_note(signed, [Verifier.parse(Signer("another", KEY).vkey)])
    with pytest.raises(Invalid, match="not signed by a trusted key"):
        open_note(signed, [])


def test_one_false_signature_spoils_a_note_that_another_key_signed() -> None:
    other = Signer("other", OTHER_KEY)
    false = re.sub("^.*\n\n", "", other.sign("another text\n"))
    with pytest.raises(Invalid, match="is false"):
        open_note(SIGNER.sign("text\n") + false, [PIN, Verifier.parse(other.vkey)])


@pytest.mark.parametrize(
    "tail",
    [
        "",
        "\n",
        "- a AAAAAAAA\n",
        "— a\n",
        "—  AAAAAAAA\n",
        "— a+b AAAAAAAA\n",
        "— a AAAAAAAA",
        "— a AAA\n",
        "— a A A\n",
    ],
)
def test_a_tail_that_is_no_signature_is_refused(tail: str) -> None:
    with pytest.raises(Invalid):
        open_note(SIGNER.sign("text\n") + tail if tail else "text\n\n", [PIN])


def test_a_note_has_a_limit() -> None:
    largest = "x" * ((1 << 18) - len(SIGNER.sign("\n"))) + "\n"
    assert len(SIGNER.sign(largest)) == 1 << 18
    with pytest.raises(Invalid, match="256 KiB"):
        SIGNER.sign(f"x{largest}")
    with pytest.raises(Invalid, match="256 KiB"):
        open_note(SIGNER.sign("\n" * (1 << 17)) + "— w AAAAAAAA\n" * 64, [PIN])
    with pytest.raises(Invalid):
        open_note(SIGNER.sign("x\n") + "\n" * (1 << 18), [PIN])
    with pytest.raises(Invalid):
        open_note(SIGNER.sign("x\n") + "— w AAAAAAAA\n" * 64, [PIN])


VKEY = SIGNER.vkey


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "None",
        VKEY + "\n",
        VKEY.replace("+", " ", 1),
        VKEY.upper(),
        VKEY.replace(ORIGIN, ""),
        VKEY.replace(ORIGIN, "two words"),
        VKEY.replace(ORIGIN, "another/name"),
        VKEY[:-4],
        f"{ORIGIN}+00000000+{VKEY.rpartition('+')[2]}",
        "a+b+c",
    ],
)
def test_a_key_that_is_not_exactly_a_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(Invalid):
        Verifier.parse(vkey)


def checkpoint_text(size: int = 7, root: bytes = b"r" * 32, origin: str = ORIGIN) -> str:
    return Checkpoint(origin, size, root).text()


@given(st.integers(1, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_prints_back(size: int, root: bytes) -> None:
    text = checkpoint_text(size, root)
    assert Checkpoint.parse(text) == Checkpoint(ORIGIN, size, root)


def test_an_empty_log_has_the_empty_root_and_no_other_log_has_it() -> None:
    assert Checkpoint.parse(checkpoint_text(0, tree.EMPTY)).size == 0
    for size, root in [(0, b"r" * 32), (1, tree.EMPTY)]:
        with pytest.raises(Invalid):
            Checkpoint.parse(checkpoint_text(size, root))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n7\nAAAA\n",
        checkpoint_text() + "extension\n",
        checkpoint_text()[:-1],
        checkpoint_text().replace("\n7\n", "\n07\n"),
        checkpoint_text().replace("\n7\n", "\n-7\n"),
        checkpoint_text().replace("\n7\n", "\n٧\n"),
        checkpoint_text().replace("\n7\n", "\n7 \n"),
        checkpoint_text(10**18),
        checkpoint_text(root=b"r" * 31),
        checkpoint_text().replace("nI=", "nJ="),
    ],
)
def test_a_text_that_is_not_exactly_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        Checkpoint.parse(text)


def test_a_pin_speaks_for_later_generations_and_other_logs_of_its_log_name() -> None:
    for origin in (f"{LOG}/{CONTROLLER}/2", f"{LOG}/00000000-0000-7000-8000-000000000000/1"):
        assert open_checkpoint(Signer(origin, KEY).sign(checkpoint_text(origin=origin)), [PIN]).origin == origin


@pytest.mark.parametrize(
    ("name", "origin", "key"),
    [
        (ORIGIN, ORIGIN, OTHER_KEY),
        (f"other.example/{CONTROLLER}/1", f"other.example/{CONTROLLER}/1", KEY),
        (f"{LOG}/{CONTROLLER}/2", ORIGIN, KEY),
    ],
    ids=["another key", "another log name", "another name than the origin"],
)
def test_a_pin_does_not_speak_for(name: str, origin: str, key: Ed25519PrivateKey) -> None:
    with pytest.raises(Invalid, match="not signed by a trusted key"):
        open_checkpoint(Signer(name, key).sign(checkpoint_text(origin=origin)), [PIN])


def made_receipt(extra: bytes | None = b"") -> str:
    data = [entries.leaf_data(SALT, f'{{"n":{n}}}') for n in range(5)]
    leaves = [tree.leaf_hash(entry) for entry in data]
    nodes = {(0, n): leaf for n, leaf in enumerate(leaves)}
    nodes |= {(1, 0): tree.node_hash(*leaves[:2]), (1, 1): tree.node_hash(*leaves[2:4])}
    nodes[2, 0] = tree.node_hash(nodes[1, 0], nodes[1, 1])
    proof = tree.assemble(tree.inclusion_nodes(2, 5), nodes)
    signed = SIGNER.sign(checkpoint_text(5, tree.root_of(leaves)))
    return receipt.make(2, proof, signed, entries.extra(SALT, '{"n":2}') if extra == b"" else extra)


def verified(text: str) -> Checkpoint:
    parsed = receipt.parse(text)
    return receipt.verify(parsed, entries.leaf_data(*entries.read_extra(parsed.extra)), [PIN])


def test_a_receipt_prints_back_and_verifies() -> None:
    parsed = receipt.parse(made_receipt())
    with pytest.raises(AttributeError):
        parsed.index = 3  # type: ignore[misc]  # what was read is never changed afterwards
    assert receipt.make(parsed.index, parsed.proof, parsed.checkpoint, parsed.extra) == made_receipt()
    salt, body = entries.read_extra(parsed.extra)
    assert body == '{"n":2}'
    assert receipt.verify(parsed, entries.leaf_data(salt, body), [PIN]).size == 5
    with pytest.raises(Invalid):
        receipt.verify(parsed, entries.leaf_data(salt, '{"n":3}'), [PIN])
    with pytest.raises(Invalid):
        receipt.verify(parsed, entries.leaf_data(b"t" * 32, body), [PIN])


def test_a_receipt_without_extra_has_none() -> None:
    assert receipt.parse(made_receipt(None)).extra == b""


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_receipt_with_any_byte_changed_does_not_verify(data: st.DataObject) -> None:
    text = bytearray(made_receipt().encode())
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError):
        verified(text.decode())


@pytest.mark.parametrize(
    ("found", "put"),
    [
        ("@v1", "@v2"),
        ("index 2", "index 02"),
        ("index 2", "index -1"),
        ("index 2", "index ٢"),
        ("index 2\n", ""),
        ("extra ", "extra  "),
        (r"extra \S+\n", "extra \n"),
        (r"index 2\n", "index 2\n\n"),
        (r"index 2\n", "index 2\nAAAA\n"),
        (r"index 2\n", "index 2\n" + "A" * 43 + "=\n" * 65),
        ("\n\n", "\n"),
    ],
)
def test_a_text_that_is_not_exactly_a_receipt_is_refused(found: str, put: str) -> None:
    with pytest.raises(Invalid):
        verified(re.sub(found, put, made_receipt(), count=1))


@pytest.mark.parametrize(
    "extra",
    [
        b"",
        b"{}",
        b"[]",
        b"{",
        json.dumps({"salt": "AA=", "body": ""}).encode(),
        json.dumps({"salt": base64.b64encode(SALT).decode(), "body": 3}).encode(),
        entries.extra(SALT, "body") + b" ",
        entries.extra(SALT, "body").replace(b"{", b'{"more": 1, '),
        b"\xff",
    ],
)
def test_an_extra_that_is_not_exactly_a_salt_and_a_body_is_refused(extra: bytes) -> None:
    with pytest.raises(ValueError):
        entries.read_extra(extra)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_salt_of_another_length_makes_no_leaf(length: int) -> None:
    with pytest.raises(Invalid):
        entries.leaf_data(b"s" * length, "body")


def test_a_statement_is_about_one_kind_one_name_and_one_content() -> None:
    signer = Signer(f"{LOG}/statements", KEY)
    signed = state(signer, "bundle", "manifest.json", b"content")
    statement.verify(signed, statement.text_of("bundle", "manifest.json", b"content"), [PIN])
    for other in [
        ("certificate", "manifest.json", b"content"),
        ("bundle", "other.json", b"content"),
        ("bundle", "manifest.json", b"other"),
    ]:
        with pytest.raises(Invalid, match="about another file"):
            statement.verify(signed, statement.text_of(*other), [PIN])


def test_a_statement_counts_only_under_the_name_of_statements() -> None:
    text = statement.text_of("bundle", "manifest.json", b"content")
    with pytest.raises(Invalid, match="not signed"):
        statement.verify(SIGNER.sign(text), text, [PIN])


@pytest.mark.parametrize("body", ['{"a":1}', "", '"quoted" \\ \u2028 é \x7f'])
def test_an_entry_s_line_reads_back(body: str) -> None:
    leaf = tree.leaf_hash(entries.leaf_data(SALT, body))
    lines = [entries.line(0, leaf, SALT, body), entries.line(1, leaf)]
    assert list(entries.read_lines(lines)) == [(leaf, body), (leaf, None)]


LINE = entries.line(0, tree.leaf_hash(entries.leaf_data(SALT, "body")), SALT, "body").decode()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "[]\n",
        LINE[:-1],
        LINE.replace('"index":0', '"index":1'),
        LINE.replace('"index":0', '"index":false'),
        LINE.replace('"index":0', '"index":0,"index":0'),
        LINE.replace(",", ", ", 1),
        LINE.replace('"body":"body"', '"body":"Body"'),
        LINE.replace('"body":"body"', '"body":null'),
        LINE.replace('"body":"body"', '"body":"bod\\u0079"'),
        LINE.replace('"body":"body"', '"body":"\\ud800"'),
        re.sub('"leaf":"..', '"leaf":"00', LINE),
        re.sub('"leaf":"[^"]*"', '"leaf":"0g"', LINE),
        re.sub('"salt":"[^"]*"', '"salt":null', LINE),
        re.sub('"salt":"[^"]*"', '"salt":"AAAA"', LINE),
        LINE.replace("}", ',"more":1}'),
        "[" * 100_000,
    ],
)
def test_a_line_that_is_not_exactly_an_entry_is_refused(line: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        list(entries.read_lines([line.encode()]))


def test_a_line_of_an_export_with_neither_body_nor_leaf_is_refused():
    from bailee.proof.entries import read_lines
    from bailee.proof.merkle import Invalid

    for leaf in ("zz", "", "78"):
        with pytest.raises(Invalid, match="line 1 is not entry 0"):
            list(read_lines([f'{{"index":0,"leaf":"{leaf}","salt":null,"body":null}}\n'.encode()]))


def test_a_leaf_is_a_format_byte_and_the_code_of_its_body() -> None:
    assert entries.leaf_data(SALT, "é") == b"\x01" + hmac.digest(SALT, "é".encode(), "sha256")


def test_a_line_is_written_in_utf_8() -> None:
    assert "é".encode() in entries.line(0, bytes(32), SALT, "é")


def test_a_receipt_whose_proof_is_not_made_of_hashes_is_refused() -> None:
    text = receipt.make(0, [bytes(31)], SIGNER.sign(Checkpoint(SIGNER.name, 2, bytes(32)).text()))
    with pytest.raises(Invalid, match="made of hashes"):
        receipt.parse(text)
