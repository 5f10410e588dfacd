"""The envelope: what a forwarded message is, for the controller's machines. Signed by the log's key as a statement.

A superset of OpenDSR 2.0's request: its fields keep their names and meaning where they exist. The schema stands beside
this module and is served at /opendsr/envelope.schema.json. Pure.
"""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec

from bailee.clauses.direct_requests.classifying import Classified
from bailee.clauses.direct_requests.rights import REQUESTS, iri
from bailee.proof.signing import Signer, state

FORMAT: Literal["bailee.dev/envelope/v1"] = "bailee.dev/envelope/v1"
SCHEMA = Path(__file__).with_name("envelope.schema.json")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """By what the person is known, as OpenDSR writes it. `verified` is always false: the controller checks."""

    identity_type: str
    identity_value: str
    identity_format: Literal["raw"] = "raw"
    verified: bool = False


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """A right that the message seems to be about."""

    article: str
    iri: str
    score: int


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """The message as it came, which is attached under this name."""

    name: str
    size: int
    sha256: str


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The whole. `receipt` names the entry of the controller's ledger whose receipt proves the time of receipt."""

    format: Literal["bailee.dev/envelope/v1"] = FORMAT
    regulation: Literal["gdpr"] = "gdpr"
    api_version: Literal["2.0"] = "2.0"
    subject_request_id: UUID
    subject_request_type: str | None
    subject_identities: tuple[Identity, ...]
    submitted_time: datetime
    received_at: datetime
    forwarded_at: datetime
    channel: str
    controller: UUID
    processor: str
    verdict: str
    rights: tuple[Right, ...]
    reasons: tuple[str, ...]
    persons: tuple[UUID, ...]
    not_answered: bool
    acknowledged: bool
    original: Original | None
    receipt: str
    verifier_key: str
    simulated: bool = False


def rights_of(found: Classified) -> tuple[Right, ...]:
    """The rights with their terms and scores."""
    return tuple(Right(article=one, iri=iri(one), score=found.scores.get(one, 0)) for one in found.kinds)


def request_type(kinds: tuple[str, ...]) -> str | None:
    """OpenDSR's type, where the message asks for exactly one that OpenDSR knows."""
    types = {REQUESTS[one] for one in kinds if one in REQUESTS}
    return next(iter(types)) if len(types) == 1 else None


def original(name: str, content: bytes) -> Original:
    """How an attached message is named in its envelope."""
    return Original(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def signed(signer: Signer, name: str, envelope: Envelope) -> tuple[bytes, bytes]:
    """The envelope's bytes, and the signed note that stands beside them as NAME.note."""
    content = msgspec.json.format(msgspec.json.encode(envelope), indent=2)
    return content, state(signer, "envelope", name, content).encode()


def schema() -> dict[str, Any]:
    """The envelope's JSON Schema."""
    found: dict[str, Any] = msgspec.json.decode(SCHEMA.read_bytes())
    return found
