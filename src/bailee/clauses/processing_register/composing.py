"""Composing: what is declared of the processing for a controller, out of the documents that had force at an instant. Pure.

What was signed later counts for nothing, whatever day it names: a register of the past says what stood then.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from bailee.clauses.processing_register.events import (
    Activity,
    Carried,
    Company,
    Declared,
    Kept,
    Measure,
    Named,
    PartyOf,
)
from bailee.clauses.processing_register.sources import Officers
from bailee.contract.agreement import Agreement, Contact, Party, canonical
from bailee.contract.documents import InstructionText, SignedDocument
from bailee.contract.force import NOTHING, Beside, Found, InForce, composed, read_documents
from bailee.contract.instructions import Instruction
from bailee.contract.terms.term import Term
from bailee.vocabulary.categories import CUSTOM
from bailee.vocabulary.places import EEA


def in_force(
    documents: Sequence[SignedDocument], at: datetime, beside: Beside = NOTHING
) -> tuple[Found, InForce] | None:
    """What had force at an instant by what was signed then; None where nothing had. Orders of the law are not part of a
    register: they are told in their own room, and some may not be told."""
    known = [one for one in documents if one.signatures and max(s.signed_at for s in one.signatures) <= at]
    found = read_documents(known, at)
    return None if found is None else (found, composed(found, at, Beside(suspensions=beside.suspensions)))


def compose(
    found: Found, force: InForce, officers: Officers, *, companies: Iterable[Company], transfers: Iterable[Carried],
    measures: Iterable[Measure],
) -> Declared:  # fmt: skip
    """What Art. 30(2) asks for, as of the instant that `force` is of."""
    agreement = force.agreement
    stopped = frozenset(force.suspended.values())
    texts = {one.id: one for one in found.texts if isinstance(one, InstructionText)}
    activities = tuple(_activity(one, texts.get(one.id), one.id in stopped) for one in force.instructions)
    parties = agreement.parties
    return Declared(
        title=agreement.title, agreement=force.digest, version=agreement.version, since=force.since,
        ended_at=force.ended_at,
        controller=_party(parties.controller, officers.controller),
        processor=_party(parties.processor, officers.processor),
        activities=activities, companies=tuple(companies), transfers=tuple(transfers), measures=tuple(measures),
        kept=tuple(_kept(agreement)), regions=tuple(sorted(agreement.hosting.regions)),
        labels={one.category: one.label for one in agreement.data if one.label and one.category.startswith(CUSTOM)},
        stopped=tuple(sorted(stopped - {one.id for one in activities})),
    )  # fmt: skip


def digest(declared: Declared) -> str:
    """SHA-256 of what is declared, in canonical JSON: the same words, the same digest."""
    return hashlib.sha256(canonical(declared)).hexdigest()


def gaps(declared: Declared) -> tuple[str, ...]:
    """What the law asks for and the register cannot say, as codes: `guarantee/<recipient>`, `address/controller`..."""
    sides = (("controller", declared.controller), ("processor", declared.processor))
    found = [f"{part}/{side}" for side, one in sides for part in ("name", "address") if not getattr(one, part)]
    found += [
        f"representative/{side}" for side, one in sides if one.country not in (*EEA, "") and not one.representative
    ]
    found += [f"guarantee/{one.recipient}" for one in declared.transfers if one.needed and not one.guarantee]
    return tuple(found)


def _activity(one: Instruction, text: InstructionText | None, suspended: bool) -> Activity:
    return Activity(
        id=one.id, clause=one.clause, purposes=_listed(one.purposes), operations=_listed(one.operations),
        categories=_listed(one.categories), groups=_listed(one.groups), actors=_listed(one.actors),
        recipients=_listed(one.recipients), since=one.in_force_from, until=one.in_force_until,
        kept=text.retention if text and isinstance(text.retention, str) else "", reason=text.reason if text else "",
        suspended=suspended,
    )  # fmt: skip


def _listed(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(found))


def _party(party: Party, officer: Named | None) -> PartyOf:
    spoken = party.representative
    return PartyOf(
        name=party.name or "", country=party.country or "", address=party.address or "", officer=officer,
        representative=Named(spoken.name, spoken.email) if isinstance(spoken, Contact) else None,
    )  # fmt: skip


def _kept(agreement: Agreement) -> Iterable[Kept]:
    """The terms that say how long: of retention, and of the end."""
    terms = agreement.terms
    for clause, of in (("retention", terms.retention), ("return_and_destruction", terms.return_and_destruction)):
        for name in of.__struct_fields__:
            term = getattr(of, name)
            if isinstance(term, Term):
                yield Kept(f"{clause}.{name}", term.value)
