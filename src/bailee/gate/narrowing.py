"""Narrowing: what a row leaves of a permit. It can only become less.

Rows that are alike (same facts about the person, same policy class) narrow a permit alike: what the
ruling said once of such a row is remembered with the dossier, and goes when the dossier goes. An exception from a
restriction says itself when it ends: it lets nothing through from that instant on, whoever has closed it or not.
"""

from datetime import datetime
from functools import lru_cache

import msgspec

from bailee.contract.ruling import Permit, PersonFacts, Refusal, narrow
from bailee.gate.archive import Dossier
from bailee.vault.holding import Row, sealed_row
from bailee.vault.opening import Selected, View
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.purposes import Purpose

UNKNOWN = "unknown"
NONE: frozenset[str] = frozenset()
REMEMBERED = 4096


def select(
    dossier: Dossier, permit: Permit, address: Address, row: Row | None, at: datetime
) -> Selected | Refusal | None:
    """The row as it may be opened, the refusal it narrows to, or None when it is as good as unknown."""
    if row is None or row["version"] is None or over(row, at):
        return None
    found = view(dossier, permit, address.type, _as_of(row["facts"], at), row["class_id"])
    if isinstance(found, View):
        return Selected(sealed_row(address, row), found, row["created_at"], row["updated_at"])
    if found is None or found.reason == UNKNOWN:
        return None
    return msgspec.structs.replace(found, request=permit.request)


def over(row: Row, at: datetime) -> bool:
    """Whether a record's time is over: from its last instant on it answers like one that is not there."""
    expires_at = row["expires_at"]
    return expires_at is not None and expires_at <= at


def facts_of(row: Row, class_purposes: frozenset[str], at: datetime) -> PersonFacts:
    """What a person's row says at an instant, for the ruling to narrow by."""
    return msgspec.structs.replace(_facts(_as_of(row["facts"], at)), class_purposes=class_purposes)


def excepted(allows: str, ends_at: datetime) -> str:
    """An exception from a restriction as a person's row has it: `purpose/operation`, and the instant at which it ends."""
    return f"{allows}@{ends_at.isoformat()}"


def view(dossier: Dossier, permit: Permit, type_name: str, facts: str, class_id: int) -> View | Refusal | None:
    """What a row of a class may show, what is said of its person being `facts`; None for a type that is unknown."""
    request, facts = permit.request, _as_of(facts, permit.at)
    alike = (request.operation, request.purpose, request.actor.kind, permit.categories, type_name, facts, class_id)
    known = dossier.views.get(alike)
    if known is not None and known[0] is permit.by_group:
        return known[1]
    found = _narrowed(dossier, permit, type_name, facts, class_id)
    if len(dossier.views) >= REMEMBERED:
        dossier.views.clear()
    dossier.views[alike] = permit.by_group, found
    return found


def _narrowed(dossier: Dossier, permit: Permit, type_name: str, facts: str, class_id: int) -> View | Refusal | None:
    record_type = dossier.types.get(type_name)
    if record_type is None:
        return None
    policy = dossier.classes.get(class_id)
    said = msgspec.structs.replace(_facts(facts), class_purposes=frozenset(policy.purposes) if policy else NONE)
    narrowed = narrow(permit, said)
    if isinstance(narrowed, Refusal):
        return narrowed
    request = permit.request
    reaching = Purpose.rights_of_persons if request.operation is Operation.return_ else request.purpose
    visible = record_type.visible(reaching, narrowed.categories)  # a return, like a right, reaches all that is covered
    fields = None if record_type.sees_all(visible) else visible
    return View(narrowed.categories, fields, record_type.upgraded if record_type.steps else None)


def _as_of(facts: str, at: datetime) -> str:
    """What is said of a person at an instant: of their exceptions those that have not ended, without their ends."""
    if "@" not in facts:
        return facts
    state, restriction, rest = facts.split("|", 2)
    restricted, _, exceptions = restriction.partition(":")
    each = [one.partition("@") for one in exceptions.split(",")]
    left = [allows for allows, _, ends_at in each if not ends_at or at < datetime.fromisoformat(ends_at)]
    return f"{state}|{restricted}{':' if left else ''}{','.join(left)}|{rest}"


@lru_cache(maxsize=REMEMBERED)
def _facts(said: str) -> PersonFacts:
    """`bailee.facts` read back: state|restricted:exceptions|groups|objections."""
    state, restriction, groups, objections = said.split("|")
    restricted, _, exceptions = restriction.partition(":")
    return PersonFacts(
        state=state,
        groups=frozenset(groups.split(",")) - {""},
        restricted=restricted == "restricted",
        objections=frozenset(objections.split(",")) - {""},
        exceptions=frozenset(exceptions.split(",")) - {""},
        class_purposes=NONE,
    )
