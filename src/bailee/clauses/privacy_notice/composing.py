"""Composing: the facts of a notice out of what is in force and what the controller filled in; and what is missing. Pure."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bailee.clauses.privacy_notice.events import Company, Filled, OfPurpose, Purposed, Told
from bailee.contract.agreement import Contact
from bailee.contract.force import InForce
from bailee.vocabulary.languages import Language
from bailee.vocabulary.places import is_eu
from bailee.vocabulary.purposes import Purpose

BY_MACHINE = Purpose.profiling


@cache
def authorities() -> dict[str, Any]:
    """The supervisory authorities by country, with the day they were collected on."""
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("authorities.yaml").read_text(encoding="utf-8"))
    return found


def purposes(force: InForce, group: str) -> dict[str, set[str]]:
    """The purposes that are pursued with data of a group, and the categories each uses."""
    found: dict[str, set[str]] = {}
    for one in force.instructions:
        if group in one.groups and (one.in_force_until is None or one.in_force_until > force.valid_from):
            for purpose in one.purposes:
                found.setdefault(purpose, set()).update(one.categories)
    return {purpose: found[purpose] for purpose in map(str, Purpose) if purpose in found}


def compose(force: InForce, filled: Filled, group: str, language: Language) -> Told:
    """What a person of a group is told, in a language."""
    agreement = force.agreement
    party, officer = agreement.parties.controller, agreement.parties.controller.dpo
    known = purposes(force, group)
    told = tuple(
        _purposed(purpose, known[purpose], filled.purposes.get(purpose, OfPurpose()), language) for purpose in known
    )
    hosts = agreement.hosting.sub_processors
    companies = tuple(Company(name=one.name, role=one.role, country=one.country) for one in hosts)
    authority = authorities()["authorities"].get(party.country or "", {})
    return Told(
        controller=party.name or "", address=party.address or "", contact=filled.contact,
        officer=officer.name if isinstance(officer, Contact) else "",
        officer_mail=officer.email if isinstance(officer, Contact) else "",
        processor=agreement.parties.processor.name or "", purposes=told, recipients=_recipients(force, group),
        companies=companies, outside=tuple(one for one in companies if not is_eu(one.country)),
        end_period=agreement.terms.return_and_destruction.destruction.value,
        consent=any(one.ground == "consent" for one in told), obligatory=filled.obligatory.get(language, ""),
        source=filled.source.get(language, ""), automated=filled.automated.get(language, ""),
        profiles=BY_MACHINE in known, authority=authority.get("name", ""), authority_site=authority.get("site", ""),
    )  # fmt: skip


def gaps(force: InForce, filled: Filled, language: Language) -> tuple[str, ...]:
    """What the law asks for and nobody has filled in, as codes: `contact`, `ground/prospecting`..."""
    found = [] if filled.contact else ["contact"]
    for purpose in _all_purposes(force):
        one = filled.purposes.get(purpose, OfPurpose())
        found += [] if one.ground else [f"ground/{purpose}"]
        found += [] if one.kept.get(language) else [f"kept/{purpose}"]
        if one.ground == "legitimate-interests" and not one.interests.get(language):
            found.append(f"interests/{purpose}")
    if BY_MACHINE in _all_purposes(force) and not filled.automated.get(language):
        found.append("automated")
    return tuple(found if filled.obligatory.get(language) else [*found, "obligatory"])


def _all_purposes(force: InForce) -> list[str]:
    groups = {str(item.group) for item in force.agreement.groups}
    return list(dict.fromkeys(purpose for group in sorted(groups) for purpose in purposes(force, group)))


def _purposed(purpose: str, categories: set[str], filled: OfPurpose, language: Language) -> Purposed:
    return Purposed(
        purpose=purpose, categories=tuple(sorted(categories)), ground=filled.ground,
        interests=filled.interests.get(language, "") if filled.ground == "legitimate-interests" else "",
        kept=filled.kept.get(language, ""),
    )  # fmt: skip


def _recipients(force: InForce, group: str) -> tuple[str, ...]:
    return tuple(sorted({name for one in force.instructions if group in one.groups for name in one.recipients}))
