"""The flow-down matrix: which obligations of the agreement must bind a sub-processor too, and how each was judged. Pure.

GDPR Art. 28(4). The same in substance suffices: a large host's standard terms are assessed, not copied. What nobody has
judged is no better than a gap: both keep a sub-processor from being approved.
"""

import base64
import binascii
from collections.abc import Sequence

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bailee.clauses.sub_processors.events import Judgement
from bailee.contract.agreement import canonical

DOMAIN = b"bailee.dev/judgement/v1\n"
# What the processor owes its controllers and a sub-processor must owe the processor in turn, by the agreement's clauses.
OBLIGATIONS = (
    "roles.ownership", "instructions.documented", "instructions.challenge", "instructions.legal-compulsion",
    "purposes.limited", "staff.confidentiality", "staff.training", "security.by-design", "security.measures",
    "security.no-regression", "breach.notify", "breach.content", "rights.forward", "rights.tools", "residency.eu",
    "subprocessors.list", "subprocessors.consent", "subprocessors.flow-down", "transfers.consent", "transfers.compelled",
    "retention.processor-max", "register.art30-2", "audits.respond", "dpia.assist", "end.return", "end.destroy",
)  # fmt: skip


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the matrix: an obligation, its judgement, and whether the signature under that one holds."""

    clause: str
    judgement: Judgement | None
    holds: bool

    @property
    def blocks(self) -> bool:
        """Whether this row keeps the sub-processor from being approved."""
        return self.judgement is None or not self.holds or self.judgement.verdict == "gap"


def matrix(judgements: Sequence[Judgement]) -> list[Row]:
    """Every obligation with the latest judgement on it."""
    latest = {one.clause: one for one in judgements}
    return [
        Row(clause=clause, judgement=latest.get(clause), holds=clause in latest and holds(latest[clause]))
        for clause in OBLIGATIONS
    ]


def blocking(judgements: Sequence[Judgement]) -> list[str]:
    """The clauses that keep a sub-processor from being approved."""
    return [row.clause for row in matrix(judgements) if row.blocks]


def signed(judgement: Judgement, key: Ed25519PrivateKey) -> Judgement:
    """The judgement with its human's signature."""
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    bound = msgspec.structs.replace(judgement, public_key=public)
    made = base64.b64encode(key.sign(_message(bound))).decode()
    return msgspec.structs.replace(bound, signature=made)


def holds(judgement: Judgement) -> bool:
    """Whether it says what was signed."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(judgement.public_key, validate=True))
        key.verify(base64.b64decode(judgement.signature, validate=True), _message(judgement))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _message(judgement: Judgement) -> bytes:
    return DOMAIN + canonical(msgspec.structs.replace(judgement, signature=""))
