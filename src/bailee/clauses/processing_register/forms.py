"""Forms: a register as a file of each kind, all from the one document that its digest names."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

from bailee.clauses.processing_register import linked, printed, tabled
from bailee.clauses.processing_register.events import Form, Register
from bailee.contract.agreement import canonical

MEDIA: dict[Form, str] = {
    "pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json",
    "json-ld": "application/ld+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
ENDING: dict[Form, str] = {"pdf": "pdf", "csv": "csv", "xlsx": "xlsx", "json": "json", "json-ld": "jsonld"}


def made(register: Register, form: Form, language: str) -> bytes:
    """The file. The same register gives the same bytes."""
    if form == "json":
        return document(register)
    if form == "json-ld":
        return msgspec.json.encode(linked.linked(register))
    if form == "pdf":
        return printed.printed(register, language)
    return tabled.workbook(register, language) if form == "xlsx" else tabled.tabled(register, language)


def document(register: Register) -> bytes:
    """The register as canonical JSON: what the digest of a given copy is of."""
    return canonical(register)


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def named(at: datetime, form: Form) -> str:
    """What a file is called: nothing of whom it is about."""
    return f"register-{at:%Y-%m-%d}.{ENDING[form]}"


def files(register: Register, forms: Iterable[Form], language: str) -> dict[Form, bytes]:
    """A file of each form."""
    return {form: made(register, form, language) for form in dict.fromkeys(forms)}
