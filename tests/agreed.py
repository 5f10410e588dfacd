"""A signed agreement and what may be filed with it, for tests of the contract that need no server."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.cli.demo import parties
from bailee.contract.agreement import Agreement
from bailee.contract.documents import (
    Amendment,
    Changed,
    End,
    InstructionText,
    SignedDocument,
    Text,
    Withdrawal,
    content_of,
)
from bailee.contract.force import InForce, compile_documents
from bailee.contract.reading import read_agreement
from bailee.contract.signing import Signatory, sign
from bailee.infra import samples

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGNED = NOW - timedelta(days=10)
PROCESSOR = Ed25519PrivateKey.generate()


@cache
def company() -> parties.Company:
    made = parties.companies()[0]
    made.verifier_key = "tests.example/00000000-0000-0000-0000-000000000000/1+00000000+AAAA"
    return made


@cache
def agreement() -> Agreement:
    return parties.filled(read_agreement(samples.agreement().read_text()), company())


@cache
def documents() -> tuple[SignedDocument, ...]:
    return (parties.signed(agreement(), company(), PROCESSOR, SIGNED),)


@cache
def in_force() -> InForce:
    found = compile_documents(documents(), NOW)
    assert found is not None
    return found


def by(party: str, kind: str, text: Text, at: datetime = SIGNED) -> SignedDocument:
    document = SignedDocument(kind=kind, content=content_of(text), signatures=())  # type: ignore[arg-type]
    for required in agreement().signatories:
        if party in (required.party, "both"):
            key = PROCESSOR if required.party == "processor" else company().signing
            document = sign(document, Signatory(party=required.party, role=required.role, name="N"), key, at)
    return document


def instruction(id: str, since: datetime, until: datetime | None = None, **more: Any) -> SignedDocument:
    parts: dict[str, Any] = {
        "purposes": ("prospecting",), "operations": ("consult",), "categories": ("email", "name"), "groups": ("user",),
        "actors": ("controller_system",), "reason": "spring",
    }  # fmt: skip
    text = InstructionText(
        format="bailee.dev/instruction/v1", id=id, in_force_from=since, in_force_until=until, **parts | more
    )
    return by("controller", "instruction", text)


def withdrawal(id: str, at: datetime) -> SignedDocument:
    return by("controller", "withdrawal", Withdrawal(format="bailee.dev/withdrawal/v1", instruction=id, at=at))


def end(controller: UUID, at: datetime) -> SignedDocument:
    return by("controller", "end", End(format="bailee.dev/end/v1", controller=controller, at=at, reason="over"))


def amendment(since: datetime, party: str = "both", **values: Any) -> SignedDocument:
    changes = tuple(Changed(path=path.replace("__", "."), value=value, reason="r") for path, value in values.items())
    return by(party, "amendment", Amendment(format="bailee.dev/amendment/v1", since=since.date(), changes=changes))
