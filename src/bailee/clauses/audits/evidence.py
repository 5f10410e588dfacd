"""What an auditor is shown: each clause in scope with its mechanism, how it stands, and its proofs. Pure.

An entry belongs to a clause that it names, or under whose mechanism its kind of act falls. The manifest is a bundle of
no parts, signed like any other: `bailee-verify` checks its signature, and the receipts that lie beside it.
"""

import hashlib
import io
import zipfile
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from bailee.clauses.audits.events import Audit
from bailee.contract.clauses import BY_ID
from bailee.contract.documents import SignedDocument
from bailee.ledger.reading import Entry
from bailee.obligations.promises import Obligation

FORMAT, KIND = "bailee.dev/bundle/v1", "audit-evidence"
MANIFEST, RECEIPTS = "manifest.json", "receipts"
PROOFS = 20  # of each clause, the latest
# The clauses under whose mechanism acts fall that name none themselves.
KINDS: Mapping[str, tuple[str, ...]] = {
    "signed": ("instructions.written", "instructions.contract-counts"), "agreement-signed": ("instructions.written",),
    "instruction-signed": ("instructions.written", "instructions.documented"),
    "instruction-challenged": ("instructions.challenge",), "challenge-answered": ("instructions.challenge",),
    "type-declared": ("data.custom",), "erased": ("rights.tools", "retention.processor-max"),
    "handed-over": ("liability.handover",), "account-invited": ("services.access", "accounts.lifecycle"),
    "account-suspend": ("accounts.lifecycle",), "access-reviewed": ("services.access",),
    "roles-given": ("services.access",), "credential-issued": ("services.access",),
    "credential-revoked": ("services.access",), "signed-in": ("data.technical",),
    "sign-in-refused": ("security.confidentiality",), "keys-turned": ("services.storage", "security.confidentiality"),
    "standing-written": ("staff.confidentiality", "staff.training"), "privacy-notice-made": ("rights.inform",),
    "privacy-notice-shown": ("rights.inform",), "request-received": ("rights.forward",),
    "request-forwarded": ("rights.forward",), "request-opened": ("rights.tools",),
    "restriction-excepted": ("rights.tools",), "contact-confirmed": ("parties.addresses",),
    "officer-named": ("parties.dpo",), "returned": ("end.return",), "destroyed": ("end.destroy",),
    "audit-asked": ("audits.respond", "audits.notice"), "audit-stepped": ("audits.respond",),
    "audit-evidence-made": ("audits.evidence",), "audit-costs-told": ("audits.costs",),
}  # fmt: skip


class Proof(msgspec.Struct, frozen=True):
    """An entry that is shown, with its receipt."""

    index: int
    kind: str
    at: str
    receipt: str

    @property
    def file(self) -> str:
        """The name of its receipt in the pack."""
        return f"{RECEIPTS}/{self.index:09}.tlog-proof"


class Seen(msgspec.Struct, frozen=True):
    """What was found in the ledger: the latest entries of each clause, and how many there are; from which index on."""

    chosen: Mapping[str, tuple[Entry, ...]]
    counts: Mapping[str, int]
    start: int


def clauses_of(body: bytes) -> frozenset[str]:
    """The clauses that an entry is about."""
    said = msgspec.json.decode(body)
    details = said.get("details") or {}
    named = {said.get("clause"), details.get("clause")} - {None, ""}
    return frozenset(named) | frozenset(KINDS.get(said.get("kind", ""), ()))


class Looking:
    """Goes through a ledger, an entry at a time, and keeps the latest of each clause."""

    def __init__(self, scope: Iterable[str], start: int) -> None:
        self._start = start
        self._latest: dict[str, deque[Entry]] = {one: deque(maxlen=PROOFS) for one in scope}
        self._counts: Counter[str] = Counter()

    def look(self, entry: Entry) -> None:
        """Take an entry in; one that is pruned, or may not be shown, says nothing."""
        if entry.opened is not None:
            for clause in clauses_of(entry.opened.body) & self._latest.keys():
                self._latest[clause].append(entry)
                self._counts[clause] += 1

    def seen(self) -> Seen:
        """What there is."""
        return Seen({clause: tuple(one) for clause, one in self._latest.items()}, dict(self._counts), self._start)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a manifest is made of: the same facts give the same bytes."""

    controller: UUID
    name: str
    audit: Audit
    made_at: datetime
    simulated: bool
    checkpoint: str
    verifier_key: str
    seen: Seen
    receipts: Mapping[int, str]
    documents: Sequence[SignedDocument]
    obligations: Sequence[Obligation]


def manifest(facts: Facts) -> bytes:
    """The manifest's bytes."""
    audit = facts.audit
    proofs = {one.index: one for one in _proofs(facts)}
    document = {
        "format": FORMAT,
        "kind": KIND,
        "controller": {"id": facts.controller, "name": facts.name},
        "audit": {
            "id": audit.id, "by": audit.by, "first": audit.first, "last": audit.last, "systems": audit.scope.systems,
            "asked_at": audit.asked_at, "notice": audit.notice,
        },
        "made_at": facts.made_at,
        "simulated": facts.simulated,
        "checkpoint": facts.checkpoint,
        "looked_at": {"from": facts.seen.start, "proofs_of_each_clause": PROOFS},
        "documents": [
            {"kind": one.kind, "digest": one.digest, "signed_at": [sign.signed_at for sign in one.signatures]}
            for one in facts.documents
        ],
        "clauses": [_clause(one, facts) for one in audit.scope.clauses],
        "questions": [
            {"n": one.n, "text": one.text, "answer": one.answer, "references": one.references, "answered_at": one.answered_at}
            for one in audit.questions
        ],
        "receipts": [
            {"name": one.file, "sha256": hashlib.sha256(one.receipt.encode()).hexdigest()} for one in proofs.values()
        ],
        "parts": [],
        "verifier_key": facts.verifier_key,
    }  # fmt: skip
    return msgspec.json.format(msgspec.json.encode(document))


def packed(facts: Facts, content: bytes, note: str) -> bytes:
    """The whole pack as a zip: the same facts give the same bytes."""
    files = {
        "README.txt": README.encode(), MANIFEST: content, f"{MANIFEST}.note": note.encode(),
        f"{RECEIPTS}/keys.json": msgspec.json.encode({"verifier_key": facts.verifier_key}),
    } | {one.file: one.receipt.encode() for one in _proofs(facts)}  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, files[name])
    return out.getvalue()


def _clause(id: str, facts: Facts) -> dict[str, Any]:
    known, promised = BY_ID[id], [one for one in facts.obligations if one.promise.clause == id]
    late = [one for one in promised if one.infringed_at is not None]
    return {
        "id": id, "promise": known.promise, "law": known.law, "state": known.state, "mechanism": known.mechanism,
        "obligations": {
            "open": sum(one.state == "open" for one in promised), "late": len(late),
            "kept": sum(one.state == "discharged" and one.infringed_at is None for one in promised),
        },
        "entries": facts.seen.counts.get(id, 0),
        "proofs": [
            {"index": one.index, "kind": one.kind, "at": one.at, "receipt": one.file}
            for one in _proofs(facts, facts.seen.chosen[id])
        ],
    }  # fmt: skip


def _proofs(facts: Facts, entries: Sequence[Entry] | None = None) -> list[Proof]:
    if entries is None:
        entries = [one for chosen in facts.seen.chosen.values() for one in chosen]
    found = {}
    for one in entries:
        assert one.opened is not None
        said = msgspec.json.decode(one.opened.body)
        found[one.index] = Proof(one.index, said["kind"], said["at"], facts.receipts[one.index])
    return [found[index] for index in sorted(found)]


def is_pack(folder: Path) -> bool:
    """Whether a folder is an unpacked evidence pack, whatever it holds."""
    return _read(folder).get("kind") == KIND


def amiss(folder: Path) -> list[str]:
    """The receipts that a pack's manifest lists and that are not as it lists them; and those that it does not list."""
    listed = {str(one.get("name")): one.get("sha256") for one in _read(folder).get("receipts", ())}
    here = {
        f"{RECEIPTS}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.glob(f"{RECEIPTS}/*.tlog-proof")
    }
    return sorted(name for name in listed.keys() | here.keys() if listed.get(name) != here.get(name))


def _read(folder: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError):
        return {}


README = """An evidence pack of an audit under GDPR Art. 28(3)(h).

manifest.json        each clause in scope: what was promised, by which mechanism it is kept, how it stands, its proofs
manifest.json.note   the signature over it
receipts/            one file for each entry of the ledger that is shown: what it says, and that it stands in the signed log

Unpack it, and verify it without any server:

    bailee verify --key KEY FOLDER
    bailee-verify --key KEY FOLDER FOLDER/receipts/*.tlog-proof

KEY is the verifier key in the signed agreement. Entries name persons and actors by ids alone.
"""
