"""The ruling: may this access happen? A pure decision; the default is to refuse.

The rules are tried in the order in which they stand in `rule`, and the first that is broken refuses,
naming its clause, a reason and what to do. A permit names the instruction that covers it. The ruling is
made on addresses, before anything is read; the row may later only narrow it.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from bailee.contract.compulsion import Reach, compelled
from bailee.contract.engagements import Engagement, engaged, is_labelled
from bailee.contract.force import Cover, InForce
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.places import is_eu
from bailee.vocabulary.purposes import Purpose

AFTER_THE_END = frozenset(
    {
        Operation.store, Operation.retrieve, Operation.return_, Operation.export, Operation.erase, Operation.delete,
        Operation.destruct, Operation.monitor,
    }
)  # fmt: skip
WHILE_RESTRICTED = frozenset(
    {Operation.store, Operation.restrict, Operation.erase, Operation.destruct, Operation.return_}
)
SENDING = frozenset({Operation.transmit, Operation.transfer})
PROCESSORS = frozenset(kind for kind in ActorKind if kind.of_processor)
BOUND = PROCESSORS | {ActorKind.person}
LIVING, UNKNOWN = "living", "unknown"
BY_LAW = frozenset({"instructions.legal-compulsion", "transfers.compelled"})


class AccessRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An access asked for. `named`: the categories were asked for by name, so each must be covered."""

    actor: Actor
    controller: UUID
    operation: Operation
    purpose: Purpose
    categories: frozenset[str] = frozenset()
    addresses: tuple[Address, ...] = ()
    persons: tuple[UUID, ...] = ()
    place: str = "FR"
    recipient: str | None = None
    named: bool = False


class Permit(msgspec.Struct, frozen=True):
    """Allowed: by which instruction and clause, for which categories (per group, and in all), as ruled at an instant."""

    request: AccessRequest
    instruction: str
    clause: str
    categories: frozenset[str]
    by_group: Mapping[str, frozenset[str]]
    withheld: frozenset[str]
    agreement: str
    at: datetime


class Refusal(msgspec.Struct, frozen=True):
    """Refused: by which clause, why (a stable code), and what to do about it."""

    request: AccessRequest
    clause: str
    reason: str
    remedy: str
    instruction: str | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What clauses have written about an actor; nothing written means nothing granted."""

    confidential_until: datetime | None = None
    trained_until: datetime | None = None
    destination_consented_until: datetime | None = None


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a person's row says, and the purposes of the record's policy class.

    `exceptions` name what may be done although restricted, as `purpose/operation`.
    """

    state: str
    groups: frozenset[str]
    restricted: bool
    objections: frozenset[str]
    exceptions: frozenset[str] = frozenset()
    class_purposes: frozenset[str]


def rule(in_force: InForce | None, standing: Standing, request: AccessRequest, at: datetime) -> Permit | Refusal:
    """Rule on a request at an instant."""
    if in_force is None or at < in_force.valid_from or (in_force.valid_until and at >= in_force.valid_until):
        return Refusal(request, "instructions.documented", "no-agreement", NO_AGREEMENT)
    if in_force.ended_at is not None and request.operation not in AFTER_THE_END:
        return Refusal(request, "end.return", "contract-ended", ENDED)
    kind = request.actor.kind
    if kind in BOUND and (refusal := _bound(in_force, standing, request, at)):
        return refusal
    if _under_law(request):
        return _compelled(in_force, request, at)
    cover = in_force.covers.get((request.purpose, request.operation, kind))
    if cover is None:
        return _uncovered(in_force, request)
    return _permit(in_force, cover, request, at)


def narrow(permit: Permit, facts: PersonFacts) -> Permit | Refusal:
    """What the row leaves of a permit. It can only become less."""
    request = permit.request
    if facts.state != LIVING:
        return Refusal(request, "roles.ownership", UNKNOWN, "There is no such person.")
    by_law = permit.clause in BY_LAW  # an order of the law binds whatever the row says of purposes and restriction
    if facts.restricted and not by_law and not _goes_on(request, facts.exceptions):
        return Refusal(request, "rights.tools", "restricted", RESTRICTED, permit.instruction)
    if request.purpose in facts.objections and not by_law:
        return Refusal(request, "rights.tools", "objected", OBJECTED, permit.instruction)
    if request.purpose not in facts.class_purposes and request.purpose not in ALWAYS and not by_law:
        return Refusal(request, "purposes.limited", "purpose-not-of-record", NOT_OF_RECORD, permit.instruction)
    kept = frozenset(c for group in facts.groups for c in permit.by_group.get(group, ())) & permit.categories
    if not kept:
        return Refusal(request, "purposes.limited", "group-not-covered", GROUP, permit.instruction)
    if kept == permit.categories:
        return permit
    return msgspec.structs.replace(permit, categories=kept, withheld=permit.withheld | (permit.categories - kept))


def _goes_on(request: AccessRequest, exceptions: frozenset[str]) -> bool:
    """Whether a restriction lets this through: storage and what ends it, or an exception on one of its grounds."""
    return request.operation in WHILE_RESTRICTED or f"{request.purpose}/{request.operation}" in exceptions


def extend(permit: Permit, addresses: tuple[Address, ...], persons: tuple[UUID, ...] = ()) -> Permit:
    """The same ruling for the addresses that a set read found."""
    request = msgspec.structs.replace(permit.request, addresses=addresses, persons=persons or permit.request.persons)
    return msgspec.structs.replace(permit, request=request)


def _bound(in_force: InForce, standing: Standing, request: AccessRequest, at: datetime) -> Refusal | None:
    """What binds these actors whatever is instructed: their own data only, undertaking, training, place."""
    kind = request.actor.kind
    if kind is ActorKind.person:
        return None if _own(request) else Refusal(request, "roles.ownership", "not-own-data", NOT_OWN)
    if kind is ActorKind.processor_staff and (refusal := _staff(standing, request, at)):
        return refusal
    return None if _under_law(request) else _processor(in_force, standing, request, at)


def _under_law(request: AccessRequest) -> bool:
    """Whether the processor asks on the ground of an order: the only way in which it serves a legal obligation."""
    return request.actor.kind in PROCESSORS and request.purpose is Purpose.legal_obligation


def _compelled(in_force: InForce, request: AccessRequest, at: datetime) -> Permit | Refusal:
    """The path of compulsion orders: exactly what one names, and no instruction beside it counts."""
    asked = Reach(
        actor=request.actor, operation=request.operation, addresses=request.addresses, persons=request.persons,
        recipient=request.recipient, place=request.place,
    )  # fmt: skip
    order = compelled(in_force.orders, asked, at)
    if order is None:
        return Refusal(request, "instructions.legal-compulsion", "not-ordered", NOT_ORDERED)
    covered = frozenset(order.categories)
    if request.named and not request.categories <= covered:
        return Refusal(request, "instructions.legal-compulsion", "category-not-ordered", BEYOND, order.name)
    abroad = request.operation is Operation.transfer or not is_eu(request.place)
    return Permit(
        request,
        order.name,
        "transfers.compelled" if abroad else "instructions.legal-compulsion",
        request.categories if request.named else covered,
        {str(group): covered for group in order.groups},
        request.categories - covered,
        in_force.digest,
        at,
    )


def _own(request: AccessRequest) -> bool:
    """Whether a person asks about nobody but themselves: the label of a person's actor is that person's id."""
    asked = {str(person) for person in request.persons} | {str(address.person) for address in request.addresses}
    return asked == {request.actor.id}


def _staff(standing: Standing, request: AccessRequest, at: datetime) -> Refusal | None:
    if standing.confidential_until is None or at >= standing.confidential_until:
        return Refusal(request, "staff.confidentiality", "no-undertaking", NO_UNDERTAKING)
    if standing.trained_until is None or at >= standing.trained_until:
        return Refusal(request, "staff.training", "not-trained", NOT_TRAINED)
    return None


def _processor(in_force: InForce, standing: Standing, request: AccessRequest, at: datetime) -> Refusal | None:
    if request.purpose.owner == "controller":
        return Refusal(request, "purposes.controller", "purpose-of-controller", OF_CONTROLLER)
    chain = _chain(in_force, request, at)
    if None in chain:
        return Refusal(request, "subprocessors.consent", "sub-processor-not-engaged", NOT_ENGAGED)
    if chain and all(one is not None and request.place in one.places for one in chain):
        return None
    consented = standing.destination_consented_until
    if not is_eu(request.place) and (consented is None or at >= consented):
        return Refusal(request, "transfers.consent", "place-outside-eu", OUTSIDE)
    return None


def _chain(in_force: InForce, request: AccessRequest, at: datetime) -> list[Engagement | None]:
    """The sub-processors that take part, as who asks or as who receives; None for each that is not engaged here."""
    labels = (name for name in (request.actor.id, request.recipient) if name is not None and is_labelled(name))
    return [engaged(in_force.engagements, label, at) for label in labels]


def _uncovered(in_force: InForce, request: AccessRequest) -> Refusal:
    suspended = in_force.suspended.get((request.purpose, request.operation, request.actor.kind))
    if suspended is not None:
        return Refusal(request, "instructions.challenge", "instruction-suspended", SUSPENDED, suspended)
    if request.purpose not in in_force.purposes:
        return Refusal(request, "purposes.limited", "purpose-not-agreed", NOT_AGREED)
    if request.actor.kind is ActorKind.processor_staff and request.operation.autonomous:
        return Refusal(request, "autonomy.self-service", "controllers-own-act", OWN_ACT)
    return Refusal(request, "purposes.limited", "operation-not-covered", NOT_COVERED)


def _permit(in_force: InForce, cover: Cover, request: AccessRequest, at: datetime) -> Permit | Refusal:
    covered = cover.categories
    if request.actor.kind in PROCESSORS:
        covered = _reaching(in_force, cover, request, at)
        if not covered:
            return Refusal(request, "instructions.documented", "recipient-not-named", RECIPIENT, cover.first.id)
    asked = request.categories
    if request.named and not asked <= covered:
        return Refusal(request, "purposes.limited", "category-not-covered", CATEGORY, cover.first.id)
    decisive = cover.decided_by[min(asked)] if request.named and asked else cover.first
    return Permit(
        request,
        decisive.id,
        decisive.clause,
        asked if request.named else covered,
        cover.by_group,
        asked - covered,
        in_force.digest,
        at,
    )


def _reaching(in_force: InForce, cover: Cover, request: AccessRequest, at: datetime) -> frozenset[str]:
    """What of a cover goes to whom the processor asks for: a recipient that is named, a sub-processor that is engaged."""
    covered = cover.categories
    if (request.recipient is not None or request.operation in SENDING) and not is_labelled(request.recipient):
        covered = cover.recipients.get(request.recipient or "", frozenset())
    for one in _chain(in_force, request, at):
        covered &= one.categories if one is not None else frozenset()
    return covered


# Served whatever a record is held for: what is held is stored, and a right reaches all of it.
ALWAYS = frozenset({Purpose.contract_administration, Purpose.storage_and_backup, Purpose.rights_of_persons})

NO_AGREEMENT = "Sign an agreement and fill its open slots: without one in force nothing may be done."
ENDED = "The contract has ended: the data can be returned and destroyed, nothing else."
NO_UNDERTAKING = "Record this person's undertaking of confidentiality first."
NOT_TRAINED = "Record this person's training in data protection first."
OF_CONTROLLER = "This purpose is the controller's own: its staff and systems may pursue it, the processor may not."
OUTSIDE = "Obtain the controller's written consent for this destination, and a transfer mechanism, first."
NOT_AGREED = "Ask the controller for a signed instruction that covers this purpose."
NOT_ENGAGED = (
    "Propose this sub-processor to the controller first: nothing goes to it before the controller is told or, outside the "
    "European Union, has consented in writing."
)
OWN_ACT = "This is the controller's and its users' own act: they do it by console or API."
NOT_COVERED = "Ask the controller for a signed instruction that covers this operation for this purpose."
CATEGORY = "Ask for fewer fields, or ask the controller for a signed instruction that covers these data."
RECIPIENT = "Ask the controller for a signed instruction that names this recipient."
RESTRICTED = "Processing is restricted for this person: the controller lifts the restriction, or nothing but storage."
OBJECTED = "This person has objected to this purpose."
SUSPENDED = "This instruction was challenged: it waits for the controller to confirm or withdraw it in writing."
NOT_ORDERED = (
    "No order in force covers this: the processor does what an order names exactly, for its days, and no more."
)
BEYOND = "The order does not name these data: ask for those that it names."
NOT_OWN = "A person may see and correct their own data, and nobody else's."
NOT_OF_RECORD = "These data are not held for this purpose."
GROUP = "The instruction does not cover persons of these groups."
