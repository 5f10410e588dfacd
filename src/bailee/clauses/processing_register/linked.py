"""Linked: a register as JSON-LD in the terms of the W3C Data Privacy Vocabulary 2.3. Pure.

The context stands in the document: nothing is fetched to read it. What the vocabulary has no term for (how often
something really happened) has one of our own, below `OURS`.
"""

from typing import Any

from bailee.clauses.processing_register import sheets
from bailee.clauses.processing_register.events import Activity, Declared, PartyOf, Register, Tally
from bailee.clauses.processing_register.straying import by_part
from bailee.vocabulary.categories import CATALOGUE
from bailee.vocabulary.operations import DPV, Operation
from bailee.vocabulary.purposes import Purpose

OURS = "https://bailee.dev/register#"
GROUPS = {"user": "User", "administrator": "User", "employee": "Employee", "partner": "DataSubject"}
REF = {"@type": "@id"}
DATED = {"@type": "http://www.w3.org/2001/XMLSchema#dateTime"}
CONTEXT: dict[str, Any] = {
    "dpv": DPV, "dct": "http://purl.org/dc/terms/", "bailee": OURS, "xsd": "http://www.w3.org/2001/XMLSchema#",
    "id": "@id", "type": "@type",
    "purposes": {"@id": "dpv:hasPurpose", **REF}, "operations": {"@id": "dpv:hasProcessing", **REF},
    "data": {"@id": "dpv:hasPersonalData", **REF}, "persons": {"@id": "dpv:hasDataSubject", **REF},
    "processes": "dpv:hasProcess", "controller": "dpv:hasDataController", "processor": "dpv:hasDataProcessor",
    "recipients": "dpv:hasRecipient", "measures": "dpv:hasTechnicalOrganisationalMeasure",
    "storage": "dpv:hasStorageCondition", "duration": "dpv:hasDuration", "name": "dpv:hasName",
    "address": "dpv:hasAddress", "contact": "dpv:hasContact", "officer": "dpv:hasDataProtectionOfficer", "representative": "dpv:hasRepresentative",
    "title": "dct:title", "description": "dct:description", "identifier": "dct:identifier",
    "createdAt": {"@id": "dct:created", **DATED}, "asOf": {"@id": "dct:valid", **DATED},
    "country": "bailee:country", "guarantee": "bailee:guarantee", "digest": "bailee:digest",
    "since": {"@id": "bailee:inForceSince", **DATED}, "until": {"@id": "bailee:inForceUntil", **DATED},
    "timesUsed": "bailee:timesUsed", "lastUsedAt": {"@id": "bailee:lastUsedAt", **DATED},
    "labels": "bailee:category", "transfers": "bailee:transfer",
}  # fmt: skip


def linked(register: Register) -> dict[str, Any]:
    """The register as a tree of nodes, each with an IRI of its own."""
    declared, own = register.declared, f"urn:uuid:{register.controller}"
    used = {id: tally for (id, part, _), tally in by_part(sheets.seen(register)).items() if not part}
    shared = {
        "controller": _party(declared.controller, f"{own}#controller", "dpv:DataController"),
        "processor": _party(declared.processor, f"{own}#processor", "dpv:DataProcessor"),
        "measures": [_measure(one.id, one.words, own) for one in declared.measures],
        "transfers": [_transfer(declared, n, own) for n in range(len(declared.transfers))],
        "storage": [_storage(one.term, one.period, own) for one in declared.kept],
        "recipients": [
            {"id": f"{own}#company-{n}", "type": ["dpv:DataSubProcessor"], "name": one.name, "country": one.country,
             "description": one.role}
            for n, one in enumerate(declared.companies)
        ],
    }  # fmt: skip
    return {
        "@context": CONTEXT, "id": f"{own}#register-{register.digest[:16]}", "type": ["dpv:ROPA"],
        "title": declared.title, "identifier": register.digest, "digest": register.digest,
        "createdAt": register.made_at.isoformat(), "asOf": register.at.isoformat(), **shared,
        "processes": [
            _process(one, n, own, used.get(one.id)) for n, one in enumerate(declared.activities)
        ],
    }  # fmt: skip


def _process(one: Activity, number: int, own: str, used: Tally | None) -> dict[str, Any]:
    """A category of processing. The number keeps apart the parts of one instruction that go on."""
    node: dict[str, Any] = {
        "id": f"{own}#process-{number}", "type": ["dpv:Process"], "identifier": one.id,
        "purposes": [Purpose(code).iri for code in one.purposes],
        "operations": [Operation(code).iri for code in one.operations],
        "data": sorted({_category(code) for code in one.categories}), "labels": list(one.categories),
        "persons": sorted({DPV + GROUPS[code] for code in one.groups}),
        "recipients": [
            {"id": f"{own}#process-{number}-recipient-{n}", "type": ["dpv:Recipient"], "name": name}
            for n, name in enumerate(one.recipients)
        ],
        "since": one.since.isoformat(), "timesUsed": used.times if used else 0,
    }  # fmt: skip
    node |= {"until": one.until.isoformat()} if one.until else {}
    node |= {"lastUsedAt": used.last_at.isoformat()} if used else {}
    if one.kept:
        node["storage"] = [
            {"id": f"{own}#process-{number}-kept", "type": ["dpv:StorageDuration"], "duration": one.kept}
        ]
    return node


def _party(one: PartyOf, id: str, kind: str) -> dict[str, Any]:
    node: dict[str, Any] = {"id": id, "type": [kind], "name": one.name, "address": one.address, "country": one.country}
    if one.officer:
        node["officer"] = {
            "id": f"{id}-officer", "type": ["dpv:DataProtectionOfficer"], "name": one.officer.name,
            "contact": one.officer.email,
        }  # fmt: skip
    if one.representative:
        node["representative"] = {
            "id": f"{id}-representative", "type": ["dpv:Representative"], "name": one.representative.name,
            "contact": one.representative.email,
        }  # fmt: skip
    return node


def _measure(id: str, words: dict[str, str], own: str) -> dict[str, Any]:
    told = [{"@value": text, "@language": language} for language, text in sorted(words.items())]
    return {
        "id": f"{own}#measure-{id}", "type": ["dpv:TechnicalOrganisationalMeasure"], "identifier": id,
        "description": told,
    }  # fmt: skip


def _storage(term: str, period: str, own: str) -> dict[str, Any]:
    return {"id": f"{own}#kept-{term}", "type": ["dpv:StorageDuration"], "identifier": term, "duration": period}


def _transfer(declared: Declared, number: int, own: str) -> dict[str, Any]:
    one = declared.transfers[number]
    return {
        "id": f"{own}#transfer-{number}", "type": [f"{OURS}Transfer"], "name": one.recipient, "country": one.country,
        "guarantee": one.guarantee,
    }  # fmt: skip


def _category(id: str) -> str:
    """The category's term; of one that a controller added, only that it is personal data."""
    return CATALOGUE[id].iri if id in CATALOGUE else f"{DPV}PersonalData"
