"""What an auditor is shown of instructions: each that is on file, with its state, its sentence and its history. Pure."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET

from bailee.contract.agreement import Agreement
from bailee.contract.amendments import amended
from bailee.contract.challenges import suspended
from bailee.contract.documents import Amendment, InstructionText, SignedDocument, Withdrawal, read_content
from bailee.contract.force import Found, midnight, read_documents
from bailee.gate.archive import Dossier

State = Literal["coming", "in-force", "suspended", "over"]


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction on file: what was signed, by whom, and how it stands."""

    text: InstructionText
    digest: str
    signatories: tuple[str, ...]
    signed_at: datetime
    until: datetime | None
    withdrawn: bool
    replaced_by: str
    state: State


def filed(dossier: Dossier, at: datetime) -> list[Filed]:
    """Every instruction that has force or had it, the newest first."""
    found = read_documents(dossier.documents, at)
    if found is None:
        return []
    stopped = suspended(dossier.beside.suspensions, found.texts, at)
    listed = [
        _filed(document, text, found, stopped, at)
        for document in dossier.documents
        if document.kind == "instruction" and isinstance(text := read_content(document), InstructionText)
        and text in found.texts
    ]  # fmt: skip
    return listed[::-1]


def _filed(
    document: SignedDocument, text: InstructionText, found: Found, stopped: frozenset[str], at: datetime
) -> Filed:
    withdrawals = [one.at for one in found.texts if isinstance(one, Withdrawal) and one.instruction == text.id]
    later = [
        one for one in found.texts
        if isinstance(one, InstructionText) and one.replaces is not UNSET and one.replaces == text.id != one.id
    ]  # fmt: skip
    ends = [text.in_force_until, *withdrawals, *(one.in_force_from for one in later)]
    until = min((one for one in ends if one is not None), default=None)
    state: State = "suspended" if text.id in stopped else "in-force"
    if at < text.in_force_from:
        state = "coming"
    if until is not None and until <= at:
        state = "over"
    return Filed(
        text=text, digest=document.digest, signatories=tuple(one.name for one in document.signatures),
        signed_at=max(one.signed_at for one in document.signatures), until=until,
        withdrawn=bool(withdrawals) and min(withdrawals) == until,
        replaced_by=min(later, key=lambda one: one.in_force_from).id if later else "", state=state,
    )  # fmt: skip


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """The agreement as of a day: as it was signed, or as an amendment made it."""

    since: datetime
    agreement: Agreement
    reasons: dict[str, str]


def versions(dossier: Dossier, at: datetime) -> list[Version]:
    """Every version of the agreement in force, those to come included, the oldest first."""
    found = read_documents(dossier.documents, at)
    if found is None:
        return []
    agreement = found.agreement
    made = [Version(since=found.since, agreement=agreement, reasons={})]
    amendments = [text for text in found.texts if isinstance(text, Amendment)]
    for amendment in sorted(amendments, key=lambda one: one.since):
        agreement = amended(agreement, amendment)
        reasons = {change.path: change.reason for change in amendment.changes}
        made.append(Version(since=midnight(amendment.since), agreement=agreement, reasons=reasons))
    return made
