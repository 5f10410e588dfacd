"""Verification, offline, of what a processor hands over: what it proves and what not, in words."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from . import entries, receipt, statement
from .checkpoint import Checkpoint, open_checkpoint
from .merkle import Edge, Invalid
from .note import Verifier

SIMULATED = "made under simulated time: it says nothing about real days"
WORDS = {
    "checkpoint": "proves that the log's key signed these entries in this order; not what they say, nor that "
    "everyone was shown the same log (keep checkpoints, compare with --checkpoint)",
    "receipt": "proves that this entry cannot be changed or removed unnoticed; not that what it says is true",
    "bundle": "proves that no byte was changed, added or lost since it was signed; not that it holds all that "
    "was held (compare the counts), nor what sealed parts hold (open them with age here, verify again)",
    "certificate": "proves that the processor stated this and cannot take it back; not that no copy is left "
    "outside the stores it lists; attested rests on a person's word, unknown on nothing",
    "envelope": "proves that the processor stated this and cannot take it back; not who wrote the message: that is "
    "for its controller to check",
    "ledger": "proves that these are all entries of the signed log, in order, and the bodies recorded; not "
    "that they are true, nor that everyone was shown the same log",
}
LARGEST = 1 << 28
KINDS = {".json": "document", ".ndjson": "ledger", ".tlog-proof": "receipt"}
PART = re.compile(r"part-[0-9]{4,9}\.age").fullmatch


class Finding(NamedTuple):
    file: str
    kind: str
    ok: bool
    words: str


def verify_paths(
    paths: Iterable[str | Path], keys: Iterable[str] = (), checkpoint: str | Path | None = None
) -> list[Finding]:
    """Check artefacts by pinned keys and an older checkpoint; ValueError or OSError if asked the impossible."""
    pins, held = [Verifier.parse(key) for key in keys], Path(checkpoint) if checkpoint else None
    seen: dict[Any, bytes] = {}  # the root of every (origin, size) that was signed: two of them are a fork
    return [one for path in paths for file in _files(Path(path)) for one in _Check(file, pins, held, seen)]


def _files(path: Path) -> list[Path]:
    if path.stat() and not path.is_dir():  # stat raises where there is nothing
        return [path.with_name(path.name.removesuffix(".note"))]
    known = [path / name for name in ("manifest.json", "certificate.json", "entries.ndjson")]
    found = [file for file in known if file.is_file()] or sorted(path.glob("receipts/*.tlog-proof"))
    return found or known[-1:]


def _read(file: Path) -> bytes:
    if not file.is_file() or file.stat().st_size > LARGEST or file.suffix == ".zip":
        raise Invalid(f"{file.name} is missing, too large, or a zip: unpack it, and verify the folder")
    return file.read_bytes()


class _Check:
    def __init__(self, file: Path, keys: list[Verifier], held: Path | None, seen: dict[Any, bytes]) -> None:
        self.file, self.keys, self.held, self.seen = file, keys, held, seen
        self.kind = KINDS.get(file.suffix, "checkpoint")

    def __iter__(self) -> Iterator[Finding]:
        fine = True
        try:
            for ok, words in self._claims():
                fine = fine and ok
                yield Finding(str(self.file), self.kind, ok, words if ok else f"not so: {words}")
        except (ValueError, RecursionError, OSError) as problem:
            fine = False
            yield Finding(str(self.file), self.kind, False, str(problem))
        if fine:
            yield Finding(str(self.file), self.kind, True, WORDS[self.kind])

    def _claims(self) -> Iterator[tuple[bool, str]]:
        self.raw = _read(self.file.with_name("checkpoint") if self.kind == "ledger" else self.file)
        self.document = entries.read_object(self.raw) if self.kind == "document" else {}
        if not self.keys:
            yield True, "unpinned: the key came with the artefact; pin the one in the signed agreement with --key"
            beside = self.file.with_name("keys.json")
            found = (entries.read_object(_read(beside)) if beside.is_file() else {}) | self.document
            if "verifier_key" not in found:
                raise Invalid("there is no key to check it with: pass the one in the signed agreement as --key")
            self.keys = [Verifier.parse(str(found["verifier_key"]))]
        self.older = self._first(open_checkpoint(_read(self.held).decode(), self.keys)) if self.held else None
        if self.kind == "receipt":
            yield True, "{}: {}".format(*self._proven(self.raw.decode()))
        else:
            yield from self._document() if self.document else self._log()

    def _first(self, head: Checkpoint) -> Checkpoint:
        if self.seen.setdefault(head[:2], head.root) != head.root:
            raise Invalid(f"a fork: two different logs of {head.size} entries are signed as {head.origin}")
        return head

    def _log(self) -> Iterator[tuple[bool, str]]:
        newest = self._first(open_checkpoint(self.raw.decode(), self.keys))
        older = self.older or newest
        own = {key.name.rsplit("/", 1)[0] for key in self.keys}
        yield newest.origin.rsplit("/", 1)[0] in own, f"{newest.origin}, of {newest.size} entries, is the key's log"
        whole = older.origin == newest.origin and older.size <= newest.size
        yield whole, f"it counts no fewer than the {older.size} entries of {older.origin} known to be signed"
        yield from self._export(newest, older) if self.kind == "ledger" else []

    def _export(self, newest: Checkpoint, older: Checkpoint) -> Iterator[tuple[bool, str]]:
        edge, pruned, simulated = Edge(), 0, False
        with self.file.open("rb") as stream:
            for leaf, body in entries.read_lines(iter(lambda: stream.readline(LARGEST), b"")):
                edge.append(leaf)
                if edge.size == older.size and edge.root() != older.root:
                    raise Invalid(f"altered, or a fork: the first {edge.size} entries are not those once signed")
                simulated = simulated or '"simulated":true' in (body or "").replace(" ", "")
                pruned += body is None
        yield (edge.size, edge.root()) == newest[1:], f"these are all {newest.size} signed entries and no other"
        yield True, f"{pruned} of them are pruned to their hash" + f"; {SIMULATED}" * simulated

    def _proven(self, text: str) -> tuple[str, dict[str, Any]]:
        parsed = receipt.parse(text)
        salt, body = entries.read_extra(parsed.extra)
        head = self._first(receipt.verify(parsed, entries.leaf_data(salt, body), self.keys))
        act = entries.read_object(body)
        where = f"entry {parsed.index} of {head.origin}, signed at {head.size} entries"
        return where + f"; {SIMULATED}" * (act.get("simulated") is True), act

    def _document(self) -> Iterator[tuple[bool, str]]:
        form = re.fullmatch(r"bailee\.dev/(bundle|certificate|envelope)/v1", str(self.document.get("format")))
        if not form:
            raise Invalid("neither a bundle's manifest nor a certificate nor an envelope")
        self.kind = form[1]
        note = _read(self.file.with_name(f"{self.file.name}.note")).decode()
        statement.verify(note, statement.text_of(self.kind, self.file.name, self.raw), self.keys)
        yield from [(True, SIMULATED)] * (self.document.get("simulated") is True)
        yield from {"bundle": self._bundle, "certificate": self._certificate}.get(self.kind, self._envelope)()

    def _envelope(self) -> Iterator[tuple[bool, str]]:
        match self.document:
            case {"subject_request_id": str(name), "received_at": str(at), "original": {"name": str(file), **said}}:
                answered = "unanswered" if self.document.get("not_answered") else "answered"
                yield True, f"request {name!a}, received at {at!a}, {answered}"
            case _:
                raise Invalid("the envelope lacks its request, the time of receipt or the message's digest")
        beside = self.file.with_name(Path(file).name)
        if beside.is_file():
            yield sha256(_read(beside)).hexdigest() == said.get("sha256"), f"{beside.name!a} is the message as it came"
        if (receipt := self.file.with_suffix(".tlog-proof")).is_file():
            where, act = self._proven(_read(receipt).decode())
            same = isinstance(told := act.get("details"), dict) and told.get("request") == name
            yield same, f"it is recorded as {where}"

    def _certificate(self) -> Iterator[tuple[bool, str]]:
        where, act = self._proven(_read(self.file.with_suffix(".tlog-proof")).decode())
        yield act.get("digest") == sha256(self.raw).hexdigest(), f"its digest is recorded as {where}"
        match self.document:
            case {"controller": {"id": str(controller)}, "proofs": {**proofs}, "stores": [*stores]}:
                states = Counter(str(store.get("state")) for store in stores if isinstance(store, dict))
            case _:
                raise Invalid("the certificate lacks its controller, proofs or stores")
        for name, text in proofs.items():
            where, act = self._proven(str(text))
            yield (act.get("kind"), act.get("controller")) == (name, controller), f"{name!a} is {where}"
        yield proofs.keys() >= {"ended", "destroyed"}, f"the end and the destruction are proven for {controller!a}"
        known = 0 < len(stores) == states.total() and states.keys() <= {"proven", "attested", "unknown"}
        yield known, f"every store is proven, attested or unknown: {dict(states)}"

    def _bundle(self) -> Iterator[tuple[bool, str]]:
        here = {file.name: file for file in self.file.parent.glob("part-*") if file.is_file()}
        wanted, sizes, parts = dict[str, Any](), dict[str, Any](), self.document.get("parts")
        for part in parts if isinstance(parts, list) else [parts]:
            match part:
                case {"name": str(name), "size": size, "sha256": age, "plain_sha256": tar} if PART(name):
                    sizes[name], wanted[name], wanted[f"{name[:-4]}.tar"] = size, age, tar
                case _:
                    raise Invalid(f"the manifest lists {part!a}, which is no part")
        altered = [name for name in wanted.keys() & here if sha256(_read(here[name])).hexdigest() != wanted[name]]
        altered += [name for name in sizes.keys() & here if here[name].stat().st_size != sizes[name]]
        for names, words in (
            (sizes.keys() - here, f"all {len(sizes)} parts are here"),
            (altered, "each is as it was signed, sealed or opened"),
            ([name for name in here.keys() - sizes if name.endswith(".age")], "no part was added"),
        ):
            yield not names, f"{words} {sorted(names) or ''}".rstrip()
