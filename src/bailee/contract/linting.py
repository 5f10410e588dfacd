"""Reading an instruction before it is signed: what a careful reader would ask about, each with its clause. Pure.

A finding never blocks but where the ruling could never allow what is written (`never`): then signing would promise
what cannot be. All others (`warn`, `note`) are shown, and the signer decides: the controller answers for its
instructions (clause instructions.written).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

import msgspec
from msgspec import UNSET

from bailee.contract.agreement import Agreement
from bailee.contract.conflicts import DAYS
from bailee.contract.documents import InstructionText
from bailee.contract.findings import KNOWN
from bailee.contract.wording import ACTORS, CATEGORIES, GROUPS, OPERATIONS, PURPOSES, phrases
from bailee.vocabulary.categories import CATALOGUE
from bailee.vocabulary.languages import language_of
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.periods import Period
from bailee.vocabulary.places import is_eu
from bailee.vocabulary.purposes import Purpose

Severity = Literal["never", "warn", "note"]
ORDER: tuple[Severity, ...] = ("never", "warn", "note")
# Marks of the special categories (GDPR Art. 9) in the labels of what controllers add, in both languages.
SPECIAL = (
    "health", "santé", "sante", "medic", "médic", "disab", "handicap", "ethni", "racial", "religi", "belief",
    "politic", "politiq", "union-member", "syndic", "sexual", "sexuel", "orientation", "genetic", "génétiq", "genetiq",
    "biometr", "biométr",
)  # fmt: skip
SENDING = frozenset({Operation.transmit, Operation.transfer})
KEEPING = frozenset({Operation.store, Operation.collect, Operation.copy, Operation.export, Operation.download})
PARTS = ("purposes", "operations", "categories", "groups", "actors", "recipients")
# Of which vocabulary what a finding is about is a word; and of which it is a period.
VOCABULARY = {
    "purpose-of-controller": PURPOSES, "purpose-not-agreed": PURPOSES, "controllers-own-act": OPERATIONS,
    "category-not-agreed": CATEGORIES, "special-category": CATEGORIES, "group-not-agreed": GROUPS,
    "wider-than-replaced": {**PURPOSES, **OPERATIONS, **CATEGORIES, **GROUPS, **ACTORS},
}  # fmt: skip
PERIODS = frozenset({"retention-above-ceiling"})


class Finding(msgspec.Struct, frozen=True):
    """Something to look at: a stable code, how grave, by which clause, about what."""

    code: str
    severity: Severity
    clause: str
    about: str = ""

    def words(self, language: str) -> str:
        """What was found."""
        return KNOWN[self.code].words[language == "fr"].format(about=self._about(language))

    def remedy(self, language: str) -> str:
        """What to do about it."""
        return KNOWN[self.code].remedy[language == "fr"].format(about=self._about(language))

    def _about(self, language: str) -> str:
        """What it is about in words, where that is of the vocabulary; names and what could not be read stay as they are."""
        if self.code in PERIODS:
            return Period.parse(self.about).said(language_of(language))
        known = phrases(VOCABULARY.get(self.code, {}), language_of(language))
        return ", ".join(known.get(one, one) for one in self.about.split(", "))


def lint(
    agreement: Agreement, text: InstructionText, others: Iterable[InstructionText] = (), *, at: datetime
) -> list[Finding]:
    """Everything to look at before signing, the gravest first. `others` are the instructions on file."""
    known = {one.id: one for one in others}
    found = [
        *_impossible(text), *_of_processor(text), *_data(agreement, text), *_whom(agreement, text),
        *_profiling(text), *_abroad(agreement, text), *_kept(agreement, text), *_period(text, at), *_other(text, known),
    ]  # fmt: skip
    return sorted(found, key=lambda one: ORDER.index(one.severity))


def impossible(findings: Iterable[Finding]) -> bool:
    """Whether something is written that the ruling could never allow."""
    return any(one.severity == "never" for one in findings)


def _impossible(text: InstructionText) -> Iterator[Finding]:
    own = [purpose for purpose in text.purposes if purpose.owner == "controller"]
    if own and any(actor.of_processor for actor in text.actors):
        yield Finding("purpose-of-controller", "never", "purposes.processor", _listed(own))
    if text.in_force_until is not None and text.in_force_until <= text.in_force_from:
        yield Finding("never-in-force", "never", "instructions.documented")
    if SENDING & set(text.operations) and not text.recipients and any(actor.of_processor for actor in text.actors):
        yield Finding("no-recipient", "never", "instructions.documented")


def _of_processor(text: InstructionText) -> Iterator[Finding]:
    autonomous = [operation for operation in text.operations if operation.autonomous]
    if ActorKind.processor_staff in text.actors and autonomous:
        yield Finding("controllers-own-act", "warn", "autonomy.self-service", _listed(autonomous))


def _data(agreement: Agreement, text: InstructionText) -> Iterator[Finding]:
    labels = {item.category: item.label or "" for item in agreement.data}
    unlisted = [one for one in text.categories if one not in labels]
    if unlisted:
        yield Finding("category-not-agreed", "warn", "data.custom", _listed(unlisted))
    special = [one for one in text.categories if one not in CATALOGUE and _is_special(f"{one} {labels.get(one, '')}")]
    if special:
        yield Finding("special-category", "warn", "purposes.controller", _listed(special))
    if "birth-date" in text.categories and KEEPING & set(text.operations):
        yield Finding("birth-date-kept", "warn", "data.majority")


def _is_special(label: str) -> bool:
    return any(mark in label.lower() for mark in SPECIAL)


def _whom(agreement: Agreement, text: InstructionText) -> Iterator[Finding]:
    groups = {item.group for item in agreement.groups}
    unlisted = [group for group in text.groups if group not in groups]
    if unlisted:
        yield Finding("group-not-agreed", "warn", "data.groups", _listed(unlisted))
    purposes = {item.purpose for item in agreement.controller_purposes}
    purposes |= {purpose for service in agreement.services for purpose in service.purposes}
    unnamed = [purpose for purpose in text.purposes if purpose not in purposes]
    if unnamed:
        yield Finding("purpose-not-agreed", "warn", "purposes.limited", _listed(unnamed))


def _profiling(text: InstructionText) -> Iterator[Finding]:
    if Purpose.profiling not in text.purposes:
        return
    if text.legal_ground is UNSET:
        yield Finding("profiling-without-ground", "warn", "purposes.controller")
    if text.safeguards is UNSET:
        yield Finding("profiling-without-safeguards", "warn", "purposes.controller")
    if "profile-photo" in text.categories:
        yield Finding("profiling-of-faces", "warn", "purposes.controller")


def _abroad(agreement: Agreement, text: InstructionText) -> Iterator[Finding]:
    if Operation.transfer in text.operations:
        yield Finding("third-country", "warn", "transfers.consent")
    hosts = {host.name: host.country for host in agreement.hosting.sub_processors}
    outside = [name for name in text.recipients if name in hosts and not is_eu(hosts[name])]
    if outside:
        yield Finding("recipient-outside-eu", "warn", "transfers.consent", _listed(outside))
    unknown = [name for name in text.recipients if name not in hosts]
    if unknown:
        yield Finding("recipient-somewhere", "note", "transfers.mechanism", _listed(unknown))


def _kept(agreement: Agreement, text: InstructionText) -> Iterator[Finding]:
    if text.retention is UNSET:
        return
    most = agreement.terms.retention.controller_most.value
    try:
        length, ceiling = (period.amount * DAYS[period.unit] for period in map(Period.parse, (text.retention, most)))
    except ValueError:
        yield Finding("retention-unreadable", "warn", "retention.controller-max", text.retention)
        return
    if length > ceiling:
        yield Finding("retention-above-ceiling", "warn", "retention.controller-max", most)


def _period(text: InstructionText, at: datetime) -> Iterator[Finding]:
    if text.in_force_until is None:
        yield Finding("open-ended", "note", "retention.necessary")
    elif text.in_force_until <= at:
        yield Finding("over-already", "warn", "instructions.documented")
    if text.in_force_from.astimezone(UTC).date() < at.astimezone(UTC).date():
        yield Finding("begins-before-signature", "note", "instructions.documented")


def _other(text: InstructionText, known: dict[str, InstructionText]) -> Iterator[Finding]:
    if text.id in known and known[text.id] != text:
        yield Finding("id-in-use", "never", "instructions.documented", text.id)
    if text.replaces is UNSET:
        return
    replaced = known.get(text.replaces)
    if replaced is None:
        yield Finding("replaces-nothing", "warn", "instructions.documented", text.replaces)
        return
    wider = [word for part in PARTS for word in getattr(text, part) if word not in getattr(replaced, part)]
    if wider:
        yield Finding("wider-than-replaced", "warn", "purposes.limited", _listed(wider))


def _listed(words: Iterable[object]) -> str:
    return ", ".join(map(str, words))
