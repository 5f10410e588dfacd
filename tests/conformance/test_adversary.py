"""An adversary who owns the log's key against a controller with a pin and one old checkpoint: 1,000 changes, all found.

Every case is drawn from its own seed, so one case can be made again alone. SEED=… repeats a run, LONG=1 makes ten times
as many. Changes that no one could find are not made, but said at the end: what lies after the held checkpoint, changed
by the key's owner and signed anew; and signature lines of strangers, which C2SP signed notes let anyone add.
"""

import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import cryptography
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.conformance.test_proof_alone import ALONE, PACKAGING

from bailee.proof import entries, receipt, tree
from bailee.proof.checkpoint import Checkpoint
from bailee.proof.note import Verifier
from bailee.proof.signing import Signer
from bailee.proof.verify import Finding, verify_paths

SEED = int(os.environ.get("SEED") or random.SystemRandom().getrandbits(32))
SCALE = 10 if os.environ.get("LONG") == "1" else 1
MUTATIONS, HONEST, COMMANDS, EACH = 1000 * SCALE, 1000 * SCALE, 20, 30
ORDER = 2**252 + 27742317777372353535851937790883648493  # of Ed25519's group
LETTERS = [*'abcdefgh ,.:"\\/{}[]', "é", "ß", "漢", "😀", "\n", "\t", "\x7f", "\u2028", "\x85", "—", "null"]


class Entry(NamedTuple):
    salt: bytes
    body: str

    def leaf(self) -> bytes:
        return tree.leaf_hash(entries.leaf_data(self.salt, self.body))


class Log:
    """A log under its origin and key; what is said of it is made by the product's own proof code."""

    def __init__(self, origin: str, key: Ed25519PrivateKey, entered: list[Entry]) -> None:
        self.origin, self.key, self.entries = origin, key, entered
        self.leaves = [entry.leaf() for entry in entered]

    def at(self, size: int) -> "Log":
        """The log as it was at an earlier size."""
        earlier = Log(self.origin, self.key, [])
        earlier.entries, earlier.leaves = self.entries[:size], self.leaves[:size]
        return earlier

    def text(self, size: int | None = None) -> str:
        leaves = self.leaves[:size]
        return Checkpoint(self.origin, len(leaves), tree.root_of(leaves)).text()

    def checkpoint(self, size: int | None = None) -> str:
        return Signer(self.origin, self.key).sign(self.text(size))

    def lines(self, pruned: frozenset[int] = frozenset()) -> list[bytes]:
        return [
            entries.line(n, leaf) if n in pruned else entries.line(n, leaf, *entry)
            for n, (leaf, entry) in enumerate(zip(self.leaves, self.entries, strict=True))
        ]

    def receipt(self, index: int, size: int | None = None) -> str:
        leaves = self.leaves[:size]
        tiles = {(level, n): packed for level, n, packed in tree.changed_tiles(0, {}, leaves)}
        groups = tree.inclusion_nodes(index, len(leaves))
        nodes = {n: tree.hash_in(tiles[tree.tile_of(*n)], *n) for group in groups for n in group}
        return receipt.make(index, tree.assemble(groups, nodes), self.checkpoint(size), self.extra(index))

    def extra(self, index: int) -> bytes:
        return entries.extra(*self.entries[index])


def made(rng: random.Random, number: int, at: datetime) -> Entry:
    body = {
        "id": str(UUID(bytes=rng.randbytes(16))),
        "at": (at + timedelta(seconds=number)).isoformat(),
        "kind": rng.choice(["access", "erased", "attested", "disclosed"]),
        "words": "".join(rng.choices(LETTERS, k=rng.randrange(12))),
    }
    return Entry(rng.randbytes(32), json.dumps(body, separators=(",", ":"), ensure_ascii=rng.random() < 0.5))


def some(rng: random.Random, count: int) -> list[Entry]:
    start = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(10**6))
    return [made(rng, number, start) for number in range(count)]


def some_size(rng: random.Random) -> int:
    """Small mostly, where trees have their corners; sometimes across a tile of 256."""
    return rng.choice(
        [rng.randint(1, 9), rng.randint(1, 9), rng.randint(1, 70), rng.randint(1, 70), rng.randint(1, 300)]
    )


def some_origin(rng: random.Random) -> str:
    return f"log.example/logs/{UUID(bytes=rng.randbytes(16))}/{rng.randint(1, 3)}"


def signed(log: Log, text: str, key: Ed25519PrivateKey | None = None, name: str = "", key_id: bytes = b"") -> str:
    """Whatever text as a note: unlike the product's signer, without a look at whether it is one."""
    key, name = key or log.key, name or log.origin
    own = Verifier(name, key.public_key().public_bytes_raw()).key_id
    return f"{text}\n— {name} {b64((key_id or own) + key.sign(text.encode()))}\n"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


Files = dict[str, bytes | None]


@dataclass(frozen=True)
class Handed:
    """What the controller has and was handed, and what it asks `bailee-verify` about."""

    pin: str
    files: Files
    paths: tuple[str, ...] = ("ledger",)
    held: bool = True

    def written(self, folder: Path) -> list[str]:
        """The command line's arguments, once the files are there."""
        (folder / "ledger").mkdir(parents=True, exist_ok=True)
        for name in ("ledger/checkpoint", "ledger/entries.ndjson", "held", "entry.tlog-proof", "other"):
            content = self.files.get(name)
            if content is None:
                (folder / name).unlink(missing_ok=True)
            else:
                (folder / name).write_bytes(content)
        held = ["--checkpoint", str(folder / "held")] if self.held else []
        return ["--key", self.pin, *held, *(str(folder / path) for path in self.paths)]

    def verified(self, folder: Path) -> list[Finding]:
        self.written(folder)
        paths = [folder / path for path in self.paths]
        return verify_paths(paths, [self.pin], folder / "held" if self.held else None)

    def but(
        self, paths: tuple[str, ...] = (), held: bool = True, **files: str | bytes | list[bytes] | None
    ) -> "Handed":
        """The same with some files changed: `checkpoint` and `lines` of the export, `receipt`, `other`."""
        names = {"checkpoint": "ledger/checkpoint", "lines": "ledger/entries.ndjson", "receipt": "entry.tlog-proof"}
        changed: Files = {}
        for name, content in files.items():
            raw = b"".join(content) if isinstance(content, list) else content
            changed[names.get(name, name)] = raw.encode() if isinstance(raw, str) else raw
        return replace(self, files=self.files | changed, paths=paths or self.paths, held=held)


class World:
    """An honest log, the checkpoint that its controller kept, and the export of today."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.size = rng, some_size(rng)
        self.log = Log(some_origin(rng), Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)), some(rng, self.size))
        self.held = rng.randint(1, self.size)
        self.index = rng.randrange(self.size)
        pruned = range(rng.randint(0, self.size)) if rng.random() < 0.1 else ()
        self.pruned = frozenset(pruned)
        self.lines = self.log.lines(self.pruned)
        self.newest = self.log.checkpoint()
        self.receipt = self.log.receipt(self.index)
        self.pin = Signer(self.log.origin, self.log.key).vkey
        self.honest = Handed(self.pin, {"held": self.log.checkpoint(self.held).encode()}).but(
            checkpoint=self.newest, lines=self.lines, receipt=self.receipt, other=self.newest
        )

    def under(self, origin: str, entered: list[Entry] | None = None) -> Log:
        return Log(origin, self.log.key, self.log.entries if entered is None else entered)

    def owned(self, entered: list[Entry]) -> Handed | None:
        """Another history, whole and rightly signed: None if the held checkpoint cannot know."""
        other = self.under(self.log.origin, entered)
        if len(other.leaves) >= self.held and other.leaves[: self.held] == self.log.leaves[: self.held]:
            return None
        return self.honest.but(checkpoint=other.checkpoint(), lines=other.lines())

    def rewritten(self, entered: list[Entry], clumsy: list[bytes]) -> Handed:
        """Entries changed: in the lines alone, with all leaves made anew, or by the key's owner as well."""
        careful = self.under(self.log.origin, entered).lines(self.rng.choice([frozenset[int](), self.pruned]))
        ways = [self.honest.but(lines=clumsy), self.honest.but(lines=careful), self.owned(entered), self.owned(entered)]
        return self.rng.choice([way for way in ways if way])

    def place(self) -> int:
        """Somewhere, rather below the held checkpoint."""
        return self.rng.randrange(self.rng.choice([self.size, self.held, self.held]))

    def with_checkpoint(self, checkpoint: str) -> Handed:
        """Another checkpoint with the export, alone, or as the one that the receipt leads to."""
        parsed = receipt.parse(self.receipt)
        return self.rng.choice([
            self.honest.but(checkpoint=checkpoint),
            self.honest.but(("ledger/checkpoint",), checkpoint=checkpoint),
            self.honest.but(("entry.tlog-proof",), receipt=packed(replace(parsed, checkpoint=checkpoint))),
        ])  # fmt: skip


def packed(parsed: receipt.Receipt) -> str:
    return receipt.make(parsed.index, parsed.proof, parsed.checkpoint, parsed.extra)


def flipped(rng: random.Random, data: bytes) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def other_body(rng: random.Random, body: str) -> str:
    place = rng.randrange(len(body))
    return rng.choice([
        body[:place] + chr(ord(body[place]) ^ 1) + body[place + 1 :] if body[place] < "\x7f" else body[:place],
        body[:place] + "x" + body[place:], body[:place], body + " ", body + "\x00", "", "{}", "null",
        body.replace('"kind":', '"kind" :'),
    ])  # fmt: skip


# The kinds: each makes one change, or None where this world has no room for it


def truncated_below_the_checkpoint_held(w: World) -> Handed | None:
    return w.owned(w.log.entries[: w.rng.randrange(w.held)])


def export_truncated_checkpoint_kept(w: World) -> Handed | None:
    kept = w.lines[: w.rng.randrange(w.size)]
    whole = b"".join(w.lines)
    cut = whole[: w.rng.randrange(len(whole))]
    return w.rng.choice([w.honest.but(lines=kept), w.honest.but(lines=cut), w.honest.but(lines=None)])


def body_edited(w: World) -> Handed | None:
    place, entered = w.place(), list(w.log.entries)
    entered[place] = Entry(entered[place].salt, other_body(w.rng, entered[place].body))
    stale = entries.line(place, w.log.leaves[place], *entered[place])
    return w.rewritten(entered, [*w.lines[:place], stale, *w.lines[place + 1 :]])


def salt_edited(w: World) -> Handed | None:
    place, entered = w.place(), list(w.log.entries)
    entered[place] = Entry(flipped(w.rng, entered[place].salt), entered[place].body)
    salt = w.rng.choice([entered[place].salt, entered[place].salt[:31], entered[place].salt + b"\0", b"\1", b"\0" * 32])
    stale = entries.line(place, w.log.leaves[place], salt, entered[place].body)
    return w.rewritten(entered, [*w.lines[:place], stale, *w.lines[place + 1 :]])


def entry_dropped(w: World) -> Handed | None:
    place = w.place()
    return w.rewritten([*w.log.entries[:place], *w.log.entries[place + 1 :]], [*w.lines[:place], *w.lines[place + 1 :]])


def entries_swapped(w: World) -> Handed | None:
    one, two = w.place(), w.rng.randrange(w.size)
    if one == two:
        return None
    entered, clumsy = list(w.log.entries), list(w.lines)
    entered[one], entered[two], clumsy[one], clumsy[two] = entered[two], entered[one], clumsy[two], clumsy[one]
    return w.rewritten(entered, clumsy)


def entry_duplicated(w: World) -> Handed | None:
    which, place = w.rng.randrange(w.size), w.place()
    entered = [*w.log.entries[:place], w.log.entries[which], *w.log.entries[place:]]
    return w.rewritten(entered, [*w.lines[:place], w.lines[which], *w.lines[place:]])


def entry_forged(w: World) -> Handed | None:
    forged, place = some(w.rng, 1)[0], w.rng.choice([w.place(), w.size])
    entered = [*w.log.entries[:place], forged, *w.log.entries[place:]]
    return w.rewritten(entered, [*w.lines[:place], entries.line(place, forged.leaf(), *forged), *w.lines[place:]])


def forked(w: World) -> Handed | None:
    place = w.rng.randrange(w.held)
    longer = w.rng.choice([w.held, w.size, w.size + w.rng.randint(1, 20)])
    fork = w.under(w.log.origin, [*w.log.entries[:place], *some(w.rng, longer - place)])
    same_size = w.honest.but(("ledger/checkpoint",), checkpoint=fork.checkpoint(w.held))
    return w.rng.choice([w.owned(fork.entries), w.owned(fork.entries), same_size])


def two_histories_of_one_size(w: World) -> Handed | None:
    """Shown side by side, to two people or at two times."""
    place = w.rng.randrange(w.size)
    fork = w.under(w.log.origin, [*w.log.entries[:place], *some(w.rng, w.size - place)])
    paths = w.rng.choice([("ledger", "other"), ("other", "ledger"), ("entry.tlog-proof", "other"), ("held", "other")])
    if paths[0] == "held":
        return w.honest.but(paths, held=False, other=fork.checkpoint(w.held)) if place < w.held else None
    return w.honest.but(paths, held=w.rng.random() < 0.5, other=fork.checkpoint())


def older_checkpoint_replayed(w: World) -> Handed | None:
    older = w.rng.randrange(w.size)
    with_all = w.honest.but(checkpoint=w.log.checkpoint(older))
    if older >= w.held:
        return with_all
    return w.rng.choice([
        with_all,
        w.honest.but(("ledger/checkpoint",), checkpoint=w.log.checkpoint(older)),
        w.honest.but(checkpoint=w.log.checkpoint(older), lines=w.lines[:older]),
    ])  # fmt: skip


def signed_by_another_key(w: World) -> Handed | None:
    thief, real = Ed25519PrivateKey.from_private_bytes(w.rng.randbytes(32)), Verifier.parse(w.pin)
    text = w.log.text()
    stranger = signed(w.log, text, thief)
    moved = w.log.checkpoint(w.rng.randrange(w.size)).rpartition("\n\n")[2]
    return w.with_checkpoint(w.rng.choice([
        stranger,
        signed(w.log, text, thief, key_id=real.key_id),
        signed(w.log, text, thief, name="log.example/logs/thief/1"),
        signed(w.log, text, name="log.example/logs/thief/1"),
        stranger + moved,
        f"{text}\n{moved}",
    ]))  # fmt: skip


def origin_of_another_controller(w: World) -> Handed | None:
    number = w.log.origin.rpartition("/")[2]
    origin = f"log.example/logs/{UUID(bytes=w.rng.randbytes(16))}/{number}"
    origin = w.rng.choice([origin, w.rng.choice(lookalikes(w, number))])
    if w.rng.random() < 0.3:
        return w.with_checkpoint(w.newest.replace(w.log.origin, origin, w.rng.choice([1, -1])))
    other = w.under(origin, w.rng.choice([w.log.entries, some(w.rng, w.size)]))
    paths = w.rng.choice([("ledger",), ("ledger/checkpoint",)])
    return w.honest.but(paths, w.rng.random() < 0.5, checkpoint=signed(other, other.text()), lines=other.lines())


def lookalikes(w: World, number: str) -> list[str]:
    own = w.log.origin.rpartition("/")[0]
    return [
        f"{own.upper()}/{number}", f"{own}\u200b/{number}", f"{own}//{number}", f"{own}/{number}/{number}",
        f"log.example/log/{own.rpartition('/')[2]}/{number}", f"evil.example/{own}/{number}", f"{own} /{number}",
        own, "", "/", "log.example/logs/statements",
    ]  # fmt: skip


def origin_of_another_generation(w: World) -> Handed | None:
    own, _, number = w.log.origin.rpartition("/")
    other = w.rng.choice([str(int(number) + 1), f"0{number}", f"{number}.", "", "-1", str(int(number) + 10**20)])
    if w.rng.random() < 0.3:
        return w.with_checkpoint(w.newest.replace(w.log.origin, f"{own}/{other}", w.rng.choice([1, -1])))
    log = w.under(f"{own}/{other}", w.rng.choice([w.log.entries, some(w.rng, w.size)]))
    paths = w.rng.choice([("ledger",), ("ledger/checkpoint",)])
    return w.honest.but(paths, checkpoint=signed(log, log.text()), lines=log.lines())


def back_dated_and_signed_anew(w: World) -> Handed | None:
    place, entered = w.rng.randrange(w.held), list(w.log.entries)
    body = json.loads(entered[place].body)
    at = datetime.fromisoformat(body["at"])
    body["at"] = (at - timedelta(seconds=w.rng.choice([1, 60, 86_400, 10**7]))).isoformat()
    entered[place] = Entry(entered[place].salt, json.dumps(body, separators=(",", ":"), ensure_ascii=False))
    return w.owned(entered)


def pruned_to_another_leaf(w: World) -> Handed | None:
    place = w.place()
    leaf, entry = w.log.leaves[place], w.log.entries[place]
    null = entries.line(place, leaf)
    line = w.rng.choice([
        entries.line(place, flipped(w.rng, leaf)), entries.line(place, b""), entries.line(place, leaf[:31]),
        entries.line(place, leaf + b"\0"), entries.line(place, leaf, entry.salt), entries.line(place, leaf, None, ""),
        entries.line(place, leaf, None, entry.body), entries.line(place, tree.EMPTY), null.replace(b"null", b"false"),
        null.replace(leaf.hex().encode(), b"null"), entries.line(place + 1, leaf),
        null.replace(leaf.hex().encode(), b64(leaf).encode()),
    ])  # fmt: skip
    return w.honest.but(lines=[*w.lines[:place], line, *w.lines[place + 1 :]])


def line_spelled_otherwise(w: World) -> Handed | None:
    """The same value, or nearly, in other bytes: what one reader takes so and another not."""
    place = w.place()
    line, name = w.lines[place], f'"index":{place}'.encode()
    turned = json.dumps(dict(reversed(json.loads(line).items())), separators=(",", ":"), ensure_ascii=False)
    other = w.rng.choice([
        line.replace(b'","', b'", "'), line.replace(name, name + b".0"), line.replace(name, name + b"e0"),
        line.replace(name, b'"index":-%d' % place), line.replace(name, b'"index":"%d"' % place), b" " + line,
        line.replace(name, name + b"," + name), line.replace(b"{", b'{"more":1,', 1), line[:-1] + b"\r\n", line[:-1],
        line + b"\n", b"\n" + line, b"\xef\xbb\xbf" + line, line.decode().encode("utf-16"), line[:-1] + b"\0\n",
        turned.encode() + b"\n", line.replace(b"leaf", b"\\u006ceaf"), line.replace(b"index", b"Index", 1),
        line[:-2] + b',"body":"x"}\n', b"[" * 100_000 + b"\n", b"9" * 5000 + b"\n", b"null\n", b"\xff\n", line + line,
        line.replace(b'"body":"', b'"body":"\\ud800', 1) if b'"body":"' in line else b"{}\n",
    ])  # fmt: skip
    return w.honest.but(lines=[*w.lines[:place], other, *w.lines[place + 1 :]])


def receipt_with_other_hashes(w: World) -> Handed | None:
    parsed, rng = receipt.parse(w.receipt), w.rng
    proof, more = list(parsed.proof), rng.choice([rng.randbytes(32), tree.EMPTY, w.log.leaves[w.index]])
    place = rng.randint(0, len(proof))
    ways = [[*proof[:place], more, *proof[place:]], [*proof, more]]
    if proof:
        place = rng.randrange(len(proof))
        one = proof[place]
        ways += [
            [*proof[:place], other, *proof[place + 1 :]]
            for other in (flipped(rng, one), flipped(rng, one), more, one[:31], one + b"\0", tree.EMPTY)
        ]
        ways += [
            [*proof[:place], *proof[place + 1 :]],
            [*proof[:place], one, *proof[place:]],
            proof[:place],
            proof[::-1],
        ]
    proof = rng.choice(ways)
    if proof == list(parsed.proof):
        return None
    return w.honest.but(("entry.tlog-proof",), receipt=packed(replace(parsed, proof=tuple(proof))))


def receipt_under_another_index(w: World) -> Handed | None:
    near = str(w.rng.randrange(w.size))
    far = w.rng.choice([w.size, w.size + w.index, w.index + (1 << w.size.bit_length()), 10**17, w.index ^ 1])
    spelled = w.rng.choice([
        f"0{w.index}", f"+{w.index}", f"-{w.index}", f"{w.index} ", f"{w.index}\nindex {w.index}", "", "١", f"{10**18}",
    ])  # fmt: skip
    index = w.rng.choice([near, near, str(far), spelled])
    changed = w.receipt.replace(f"index {w.index}\n", f"index {index}\n")
    return w.honest.but(("entry.tlog-proof",), receipt=changed)


def receipt_with_another_body(w: World) -> Handed | None:
    rng, (salt, body) = w.rng, w.log.entries[w.index]
    extra = rng.choice([
        entries.extra(salt, other_body(rng, body)), entries.extra(salt, other_body(rng, body)), b"", b"{}", b"\xff",
        entries.extra(flipped(rng, salt), body), w.log.extra(rng.randrange(w.size)), entries.extra(*some(rng, 1)[0]),
        entries.extra(salt[:31], body), w.log.extra(w.index).replace(b": ", b":"), w.log.extra(w.index) + b" ",
        w.log.extra(w.index)[:-1] + b', "body": "{}"}', json.dumps({"leaf": w.log.leaves[w.index].hex()}).encode(),
        entries.extra(salt, "\ud800"),
    ])  # fmt: skip
    return w.honest.but(("entry.tlog-proof",), receipt=packed(replace(receipt.parse(w.receipt), extra=extra)))


def receipt_spelled_otherwise(w: World) -> Handed | None:
    lines = w.receipt.splitlines(keepends=True)
    place = w.rng.randrange(len(lines))
    line = lines[place]
    other = w.rng.choice(
        ["", line * 2, line[:-1], f" {line}", line[:-1] + " \n", line[:-1] + "\r\n", f"\n{line}", "x\n"]
    )
    if place == len(lines) - 1 and other == line * 2:
        return None  # the same good signature twice says the same
    return w.honest.but(("entry.tlog-proof",), receipt="".join([*lines[:place], other, *lines[place + 1 :]]))


def receipt_of_another_checkpoint(w: World) -> Handed | None:
    place = w.rng.randrange(w.size)
    fork = w.under(w.log.origin, [*w.log.entries[:place], *some(w.rng, w.size - place)])
    other = w.rng.choice(
        [w.log.checkpoint(w.rng.randrange(w.size)), fork.checkpoint(), w.under("a/b/c").checkpoint(), ""]
    )
    parsed = receipt.parse(w.receipt)
    return w.honest.but(("entry.tlog-proof",), receipt=packed(replace(parsed, checkpoint=other)))


def checkpoint_with_lines_more_or_less(w: World) -> Handed | None:
    lines, text = w.newest.splitlines(keepends=True), w.log.text()
    place, more = w.rng.randrange(len(lines)), w.rng.choice(["\n", "more\n", "\x00", "\r\n", " ", "— \n", "\ufeff"])
    signature = w.rng.choice(["— x\n", f"— {w.log.origin}\n", "— x y z\n", "- x eA==\n", "— x+y eA==\n", "— x eA=\n"])
    raw = w.rng.choice([
        "".join([*lines[:place], *lines[place + 1 :]]), "".join([*lines[:place], *lines[place + 1 :]]),
        "".join([*lines[:place], more, *lines[place:]]), "".join([*lines[:place], more, *lines[place:]]),
        w.newest + more, w.newest + "\n", w.newest[:-1], w.newest.replace("\n", "\r\n"), w.newest * 2, "",
        w.newest + signature, w.newest[:-1] + " \n", lines[0] * 65 + w.newest, w.newest + "— x eA==\n" * 64,
    ])  # fmt: skip
    anew = w.rng.choice([
        text + "more\n", text + "more\n", text + "\n", "".join(lines[:2]), text[:-1], text * 2, "\n" + text, "",
        "".join([lines[0], lines[2], lines[1]]),
    ])  # fmt: skip
    return w.with_checkpoint(w.rng.choice([raw, signed(w.log, anew)]))


def checkpoint_with_a_number_not_canonical(w: World) -> Handed | None:
    size, text = str(w.size), w.log.text()
    number = w.rng.choice([
        f"0{size}", f"00{size}", f"+{size}", f"-{size}", f" {size}", f"{size} ", f"{size}.0", f"{size}e0", hex(w.size),
        f"{size}_0", f"0_{size}", "", "-0", f"1{'0' * 18}", f"{size}\t", f"{size}\u00a0", f"{size}\u2028", "NaN",
        size.translate({48 + n: 0xFF10 + n for n in range(10)}), size.translate({48 + n: 0x660 + n for n in range(10)}),
    ])  # fmt: skip
    changed = text.replace(f"\n{size}\n", f"\n{number}\n")
    return w.with_checkpoint(w.rng.choice([w.newest.replace(text, changed), signed(w.log, changed)]))


def checkpoint_with_another_number_or_root(w: World) -> Handed | None:
    """Signed, but of no tree at all; or not signed so. The receipt's own size it would have to fit is also changed."""
    rng, root = w.rng, tree.root_of(w.log.leaves)
    size = rng.choice([0, w.size + 1, w.size - 1, w.size + (1 << w.size.bit_length()), 10**17])
    text = rng.choice([(size, root), (w.size, flipped(rng, root)), (w.size, tree.EMPTY), (w.size, w.log.leaves[-1])])
    changed = Checkpoint(w.log.origin, *text).text()
    if changed == w.log.text():
        return None
    if rng.random() < 0.5:
        return w.with_checkpoint(w.newest.replace(w.log.text(), changed))
    return w.honest.but(checkpoint=signed(w.log, changed))


def checkpoint_with_wrong_base64(w: World) -> Handed | None:
    rng, text = w.rng, w.log.text()
    root, signature = text.split("\n")[2], w.newest[:-1].rpartition(" ")[2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    def wrong(good: str) -> str:
        raw = base64.b64decode(good)
        spare = good[:-2] + alphabet[alphabet.index(good[-2]) ^ rng.randint(1, 3)] + "="
        return rng.choice([
            good[:-1], spare, spare, good + "=", good + "==", good[:-4], good[:7] + " " + good[7:], b64(raw[:-1]),
            b64(raw + b"\0"), raw.hex(), good[:-1] + "A", "=" + good[:-1], "", "====", good[:-1] + "\u00e9",
            good[:9] + "-_" + good[11:], good[:8] + "=" + good[9:], good + b64(b"abc"),
        ])  # fmt: skip

    changed = text.replace(root, wrong(root))
    return w.with_checkpoint(
        rng.choice([
            w.newest.replace(text, changed), signed(w.log, changed), signed(w.log, changed),
            w.newest.replace(signature, wrong(signature)), w.newest.replace(signature, wrong(signature)),
        ])
    )  # fmt: skip


def signature_false(w: World) -> Handed | None:
    good = w.newest[:-1].rpartition(" ")[2]
    raw = base64.b64decode(good)
    scalar = int.from_bytes(raw[36:], "little") + ORDER
    other = w.rng.choice([
        flipped(w.rng, raw), flipped(w.rng, raw), raw[:36] + scalar.to_bytes(32, "little"), raw[:4] + bytes(64), raw[:4],
        raw[:4] + b"\x01" + bytes(63), bytes(4) + raw[4:], raw[4:], raw[:4] + w.log.key.sign(b""), raw[:36],
        base64.b64decode(w.log.checkpoint(w.rng.randrange(w.size))[:-1].rpartition(" ")[2]),
        raw[:4] + w.log.key.sign(w.log.text()[:-1].encode()), raw[:4] + w.log.key.sign(w.log.text().encode() + b"\n"),
    ])  # fmt: skip
    return w.with_checkpoint(w.newest.replace(good, b64(other)))


KINDS: list[Callable[[World], Handed | None]] = [
    truncated_below_the_checkpoint_held,
    export_truncated_checkpoint_kept,
    body_edited,
    salt_edited,
    entry_dropped,
    entries_swapped,
    entry_duplicated,
    entry_forged,
    forked,
    two_histories_of_one_size,
    older_checkpoint_replayed,
    signed_by_another_key,
    origin_of_another_controller,
    origin_of_another_generation,
    back_dated_and_signed_anew,
    pruned_to_another_leaf,
    line_spelled_otherwise,
    receipt_with_other_hashes,
    receipt_under_another_index,
    receipt_with_another_body,
    receipt_spelled_otherwise,
    receipt_of_another_checkpoint,
    checkpoint_with_lines_more_or_less,
    checkpoint_with_a_number_not_canonical,
    checkpoint_with_another_number_or_root,
    checkpoint_with_wrong_base64,
    signature_false,
]


def case(number: int) -> tuple[str, Handed, Handed]:
    """The kind, what is honest and what is handed over instead; the same for the same seed and number."""
    kind, rng = KINDS[number % len(KINDS)], random.Random(f"{SEED} mutation {number}")
    while True:
        world = World(rng)
        changed = kind(world)
        if changed and any(content != world.honest.files[name] for name, content in changed.files.items()):
            return kind.__name__, replace(world.honest, paths=changed.paths, held=changed.held), changed


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder for tens of thousands of small files, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def test_every_mutation_is_found(room: Path) -> None:
    say(f"SEED={SEED}")
    tried, alarms, missed = Counter[str](), list[str](), list[str]()
    for number in range(MUTATIONS):
        kind, honest, changed = case(number)
        tried[kind] += 1
        if not all(finding.ok for finding in honest.verified(room / "case")):
            alarms.append(f"{kind} {number}")
        findings = changed.verified(room / "case")
        if all(finding.ok for finding in findings):
            missed.append(f"{kind} {number}: {[finding.words for finding in findings]}")
        bad = {finding.file for finding in findings if not finding.ok}
        assert not [one for one in findings if one.file in bad and one.words.startswith("proves")], (SEED, kind, number)
    say("\n".join(f"{count:6} {kind}" for kind, count in tried.items()))
    assert not alarms, (SEED, alarms)
    assert not missed, (SEED, missed)
    assert tried.total() == MUTATIONS
    assert tried.keys() == {kind.__name__ for kind in KINDS}
    assert min(tried.values()) >= EACH


def test_honest_logs_raise_no_alarm(room: Path) -> None:
    """Each grows in steps; at each it is exported, pruned perhaps, and checked from every kind of file and checkpoint."""
    say(f"SEED={SEED}")
    checked, alarms = 0, list[str]()
    for number in range(HONEST):
        rng = random.Random(f"{SEED} honest {number}")
        whole = Log(
            some_origin(rng), Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)), some(rng, some_size(rng))
        )
        most = len(whole.entries)
        sizes = sorted({0, most, *(rng.randint(0, most) for _ in range(rng.randint(1, 2)))})
        pin = Signer(f"{whole.origin.rpartition('/')[0]}/1", whole.key).vkey
        for step, size in enumerate(sizes):
            log = whole.at(size)
            pruned = (
                frozenset(rng.sample(range(size), rng.randint(0, size))) if rng.random() < 0.3 else frozenset[int]()
            )
            handed = Handed(pin, {"held": log.checkpoint(rng.choice(sizes[: step + 1])).encode()}).but(
                ("ledger", rng.choice(["held", "ledger/checkpoint"])),
                held=rng.random() < 0.9,
                checkpoint=log.checkpoint(),
                lines=log.lines(pruned),
            )
            if size:
                index = rng.randrange(size)
                seen = log.receipt(index, rng.randint(index + 1, size))
                handed = handed.but((*handed.paths, "entry.tlog-proof"), handed.held, receipt=seen)
            findings = handed.verified(room / "honest")
            checked += 1
            alarms += [f"{number} at {size}: {finding.words}" for finding in findings if not finding.ok]
            said = sum(finding.words.startswith("proves that") for finding in findings)
            assert said == len(handed.paths), (SEED, number, size, findings)
    say(f"{HONEST} honest logs, {checked} times checked, {len(alarms)} false alarms")
    assert not alarms, (SEED, alarms)


# The standalone package


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adversary")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=PACKAGING, check=True, capture_output=True)
    (built,) = folder.glob("bailee_verify-*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_command_alone_finds_them_too(site: Path, tmp_path: Path) -> None:
    say(f"SEED={SEED}")
    libraries = str(Path(cryptography.__file__).parents[1])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTHON"))}

    def run(arguments: list[str]) -> tuple[int, str]:
        program = ALONE.format(wheel=str(site), libraries=libraries, arguments=arguments)
        ran = subprocess.run(
            [sys.executable, "-I", "-S", "-W", "error", "-c", program],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran.returncode, ran.stdout

    kinds = random.Random(f"{SEED} commands").sample(range(len(KINDS)), COMMANDS)
    numbers = [kind + len(KINDS) * (SEED % (MUTATIONS // len(KINDS))) for kind in kinds]
    wanted = []
    for number in numbers:
        kind, honest, changed = case(number)
        wanted.append((kind, number, 1, changed.written(tmp_path / f"changed-{number}")))
        if number in numbers[:5]:
            wanted.append((kind, number, 0, honest.written(tmp_path / f"honest-{number}")))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(run, [arguments for *_, arguments in wanted]))
    for (kind, number, code, _), (exited, out) in zip(wanted, answers, strict=True):
        assert (exited, "FINDING" in out) == (code, code == 1), (SEED, kind, number, out)


# What cannot be found, and what is needed to find it


def test_a_change_after_the_checkpoint_held_is_found_only_from_a_newer_one(tmp_path: Path) -> None:
    """The limit: the key's owner may rewrite what no one has kept a checkpoint of. Keep the newest, and keep it often."""
    rng = random.Random(f"{SEED} limit")
    for number in range(60):
        world = World(rng)
        if world.held == world.size:
            continue
        place = rng.randrange(world.held, world.size)
        entered = [*world.log.entries[:place], *some(rng, world.size - place)]
        other = world.under(world.log.origin, entered)
        handed = world.honest.but(checkpoint=other.checkpoint(), lines=other.lines())
        assert all(finding.ok for finding in handed.verified(tmp_path / "limit")), (SEED, number)
        for newer in (place + 1, world.size):
            kept = replace(handed, files=handed.files | {"held": world.log.checkpoint(newer).encode()})
            assert not all(finding.ok for finding in kept.verified(tmp_path / "limit")), (SEED, number, newer)
        just_before = replace(handed, files=handed.files | {"held": world.log.checkpoint(place).encode()})
        assert all(finding.ok for finding in just_before.verified(tmp_path / "limit")), (SEED, number)


def test_a_signature_line_of_a_stranger_changes_nothing(tmp_path: Path) -> None:
    """As C2SP signed notes have it: cosignatures may be added by anyone, and say nothing here."""
    world = World(random.Random(f"{SEED} strangers"))
    thief = Ed25519PrivateKey.from_private_bytes(bytes(32))
    added = signed(world.log, world.log.text(), thief, "witness.example/w").rpartition("\n\n")[2]
    assert all(finding.ok for finding in world.honest.but(checkpoint=world.newest + added).verified(tmp_path / "added"))
    alone = world.honest.but(checkpoint=f"{world.log.text()}\n{added}")
    assert not all(finding.ok for finding in alone.verified(tmp_path / "alone"))


def test_a_receipt_of_a_fork_is_found_from_the_checkpoint_held_at_its_size(tmp_path: Path) -> None:
    """Two roots for one size, one of them held: the receipt leads into another history than the one once signed."""
    rng = random.Random(f"{SEED} receipts")
    for number in range(30):
        world = World(rng)
        place = rng.randrange(world.held)
        fork = world.under(world.log.origin, [*world.log.entries[:place], *some(rng, world.held - place)])
        handed = world.honest.but(("entry.tlog-proof",), receipt=fork.receipt(rng.randrange(world.held)))
        beside = replace(handed, paths=("held", "entry.tlog-proof"), held=False)
        assert not all(finding.ok for finding in beside.verified(tmp_path / "receipt")), (SEED, number)
        assert not all(finding.ok for finding in handed.verified(tmp_path / "receipt")), (SEED, number)
