"""The papers of a request: what stays sealed of it. What was asked, by whom, what is ordered, what was answered. Pure."""

import hashlib
import secrets
from typing import Any
from uuid import UUID

import msgspec

from bailee.vocabulary.languages import Language

# Grounds to keep what someone wants erased: Art. 17(3)(a) to (e), and a hold.
KEEPING = ("expression", "legal-obligation", "public-health", "archiving", "legal-claims", "hold")
# Grounds to restrict: Art. 18(1)(a) to (d).
RESTRICTING = ("accuracy", "unlawful", "legal-claims", "objection-weighed")
# Grounds to process someone restricted all the same: Art. 18(2).
EXCEPTING = ("consent", "legal-claims", "rights-of-others", "public-interest")
# Grounds to refuse: Art. 11(2), 12(2) and 12(5), and what the right itself says.
REFUSING = ("not-identified", "unfounded", "excessive", "not-held", "exempt", "rights-of-others", "does-not-apply")


class Correction(msgspec.Struct, frozen=True):
    """A record to be corrected: a merge patch (RFC 7396)."""

    type: str
    record: UUID
    patch: dict[str, Any]


class Kept(msgspec.Struct, frozen=True):
    """A record or file that stays although erasure was asked for: on which ground, and why, in words for the person."""

    record: UUID
    ground: str
    reason: str


class Target(msgspec.Struct, frozen=True):
    """Another controller that takes data over: the name that the instruction gives it, its endpoint and country."""

    recipient: str
    url: str
    country: str


class Weighed(msgspec.Struct, frozen=True):
    """An objection that does not prevail for a purpose, with the compelling grounds that are told to the person."""

    purpose: str
    grounds: str


class Review(msgspec.Struct, frozen=True):
    """A decision made by a machine, looked at by a human: what they found, and what was changed."""

    decision: str
    reviewer: str
    changed: bool
    result: str


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done about a request. Each right uses its own part; `at_once` answers without a further look."""

    corrections: tuple[Correction, ...] = ()
    kept: tuple[Kept, ...] = ()
    ground: str = ""
    purposes: tuple[str, ...] = ()
    weighed: tuple[Weighed, ...] = ()
    review: Review | None = None
    target: Target | None = None
    at_once: bool = False


TAKEN = "taken"  # of the work: from which version to which nothing happened but that the pack was taken


class Papers(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed under the request's own key. `work` is how far the work is, and what came of it."""

    salt: str
    asked: str
    name: str = ""
    contact: str = ""
    language: Language = "en"
    order: Order | None = None
    work: dict[str, Any] = {}
    asked_identity: str = ""
    extension: str = ""
    answer: str = ""
    ground: str = ""
    trouble: str = ""

    @property
    def commitment(self) -> str:
        """What the ledger keeps of the request's words: a salted digest, open to whoever holds the papers."""
        return digest(self.salt, self.asked)


def digest(salt: str, text: str) -> str:
    """SHA-256 of a salt and a text."""
    return hashlib.sha256(bytes.fromhex(salt) + text.encode()).hexdigest()


def salt() -> str:
    """A new salt."""
    return secrets.token_hex(16)
