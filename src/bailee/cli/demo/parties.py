"""The demo's companies: a processor, two controllers, their keys, and the sample agreement filled for each."""

from datetime import datetime
from typing import Any

import msgspec
import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.contract.agreement import Agreement
from bailee.contract.amendments import amended
from bailee.contract.documents import Amendment, Changed, End, SignedDocument, content_of
from bailee.contract.signing import Signatory, sign

PROCESSOR = "Passerelle SAS"


class Company(msgspec.Struct):
    """A controller of the demo: its name, its place, and the two keys it keeps for itself."""

    name: str
    country: str
    domain: str
    address: str
    signing: Ed25519PrivateKey
    opening: pyrage.x25519.Identity
    id: str = ""
    verifier_key: str = ""
    credential: str = ""


def companies() -> list[Company]:
    """Two controllers, with fresh keys."""
    return [
        Company(name, country, domain, address, Ed25519PrivateKey.generate(), pyrage.x25519.Identity.generate())
        for name, country, domain, address in (
            ("Coopérative des Alpages", "FR", "alpages.example", "4 place du Marché, 74000 Annecy"),
            ("Harbour Chandlers Ltd", "IE", "chandlers.example", "11 Quay Street, Galway"),
        )
    ]


def filled(base: Agreement, company: Company) -> Agreement:
    """The sample agreement with the quotation's slots filled for one controller."""
    slots: dict[str, Any] = {
        "parties.processor.name": PROCESSOR,
        "parties.processor.country": "FR",
        "parties.processor.address": "20 rue des Passeurs, 44000 Nantes",
        "parties.processor.dpo": {"name": "The data protection officer", "email": "dpo@passerelle.example"},
        "parties.controller.name": company.name,
        "parties.controller.country": company.country,
        "parties.controller.address": company.address,
        "parties.controller.dpo": "none appointed",
        "reversibility.recipient_key": str(company.opening.to_public()),
        "terms.audits.conditions": "the audit article of this agreement itself",
        "ledger.verifier_key": company.verifier_key,
    }
    for kind in base.addresses.__struct_fields__:
        slots[f"addresses.{kind}"] = f"privacy@{company.domain}"
    changes = tuple(Changed(path=path, value=value, reason="quotation") for path, value in slots.items())
    return amended(base, Amendment(format="bailee.dev/amendment/v1", since=base.in_force_from, changes=changes))


def signed(agreement: Agreement, company: Company, processor: Ed25519PrivateKey, at: datetime) -> SignedDocument:
    """The agreement signed by everyone it requires."""
    document = SignedDocument(kind="agreement", content=agreement.canonical(), signatures=())
    for required in agreement.signatories:
        key = processor if required.party == "processor" else company.signing
        name = "A. Passeur" if required.party == "processor" else f"For {company.name}"
        document = sign(document, Signatory(party=required.party, role=required.role, name=name), key, at)
    return document


def ended(company: Company, agreement: Agreement, at: datetime) -> SignedDocument:
    """The controller's signed end of the contract."""
    text = End(format="bailee.dev/end/v1", controller=company.id, at=at, reason="the subscription ends")  # type: ignore[arg-type]  # a UUID's text
    role = next(one.role for one in agreement.signatories if one.party == "controller")
    document = SignedDocument(kind="end", content=content_of(text), signatures=())
    return sign(document, Signatory(party="controller", role=role, name=f"For {company.name}"), company.signing, at)


def wire(document: SignedDocument) -> dict[str, Any]:
    """The document as the API takes it."""
    return {
        "kind": document.kind,
        "content": document.content.decode(),
        "signatures": msgspec.to_builtins(document.signatures),
        "method": document.method,
    }
