"""Knowing: the facts of a controller's processing, out of what is in force. Pure."""

from datetime import datetime
from typing import Any

from bailee.clauses.impact_assessments.events import Company, Facts, Measure, Purposed
from bailee.contract.agreement import Contact
from bailee.contract.force import InForce
from bailee.vocabulary.places import is_eu
from bailee.vocabulary.purposes import Purpose


def facts(force: InForce, measures: tuple[Measure, ...], at: datetime) -> Facts:
    """All that is known and can be said of it, as of an instant."""
    agreement = force.agreement
    terms = agreement.terms
    return Facts(
        at=at, controller=agreement.parties.controller.name or "", processor=agreement.parties.processor.name or "",
        controller_officer=_officer(agreement.parties.controller.dpo),
        processor_officer=_officer(agreement.parties.processor.dpo), agreement=agreement.title,
        version=agreement.version, signed_at=force.since, purposes=_purposes(force),
        categories=tuple(item.category for item in agreement.data),
        groups=tuple(str(item.group) for item in agreement.groups), regions=agreement.hosting.regions,
        companies=tuple(
            Company(name=one.name, role=one.role, country=one.country, inside=is_eu(one.country))
            for one in agreement.hosting.sub_processors
        ),
        destroyed=terms.return_and_destruction.destruction.value, technical=terms.retention.technical.value,
        technical_addresses=terms.retention.technical_addresses.value,
        controller_most=terms.retention.controller_most.value, answer=terms.data_subject_requests.answer.value,
        measures=measures,
    )  # fmt: skip


def _purposes(force: InForce) -> tuple[Purposed, ...]:
    """What is done for each purpose, all instructions of it together, in the order of the vocabulary."""
    found: dict[str, dict[str, set[str]]] = {}
    for one in force.instructions:
        for purpose in one.purposes:
            known = found.setdefault(str(purpose), {})
            for name in ("categories", "groups", "operations", "actors", "recipients"):
                known.setdefault(name, set()).update(map(str, getattr(one, name)))
    order = [purpose for purpose in map(str, Purpose) if purpose in found]
    return tuple(
        Purposed(purpose=purpose, **{name: tuple(sorted(held)) for name, held in found[purpose].items()})
        for purpose in order
    )


def _officer(dpo: Any) -> str:
    return f"{dpo.name} <{dpo.email}>" if isinstance(dpo, Contact) else ""
