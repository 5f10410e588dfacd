"""Bodies of entries, written in two parts: together they are the JSON that the whole would be."""

from datetime import UTC, datetime
from types import MappingProxyType
from uuid import uuid4

import msgspec
import pytest

from bailee.contract.ruling import AccessRequest, Permit
from bailee.ledger.entries import Bodies, Body, Change, Withheld
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

AT = datetime(2026, 11, 25, tzinfo=UTC)
OF = uuid4()
ACTOR = Actor(id="system:crm", kind=ActorKind.controller_system, credential=uuid4())


def permit(*addresses: Address, persons=(), categories=frozenset({"language"})) -> Permit:
    request = AccessRequest(
        actor=ACTOR, controller=OF, operation=Operation.consult, purpose=Purpose.account_management,
        addresses=addresses, persons=persons,
    )  # fmt: skip
    return Permit(
        request, "instruction-1", "purposes.limited", categories, MappingProxyType({}), frozenset(), "digest", AT
    )


def at(type_name: str = "profile") -> Address:
    return Address(OF, uuid4(), type_name, uuid4())


NAMES = ["profile", 'a"quoted', "back\\slash", "line\nbreak", "é", "\u2028"]


@pytest.mark.parametrize("name", NAMES)
def test_a_body_is_the_json_of_its_fields_whatever_a_type_is_called(name):
    one, other = at(name), at()
    facts = [
        permit(one), permit(one, other), permit(persons=(one.person,)), Change(permit(one), one, 7, b"\x01" * 32),
        Change(permit(one), one, 8), Withheld(permit(one), 'a "reason"'),
    ]  # fmt: skip
    bodies = Bodies(AT, simulated=False)
    for fact in facts:
        whole = b"".join(bodies.of(fact))
        read = msgspec.json.decode(whole, type=Body)
        assert msgspec.json.decode(msgspec.json.encode(read)) == msgspec.json.decode(whole)
        ruled = fact if isinstance(fact, Permit) else fact.permit
        assert read.records == tuple((a.person, a.type, a.record) for a in ruled.request.addresses)
        if isinstance(fact, Change):
            assert (read.version, read.digest) == (fact.version, fact.digest.hex() if fact.digest else "")
        if isinstance(fact, Withheld):
            assert read.reason == fact.reason


def test_what_is_shared_is_shared_only_by_those_that_share_it():
    """Two accesses that differ in their categories alone do not get each other's."""
    bodies = Bodies(AT, simulated=False)
    one = msgspec.json.decode(b"".join(bodies.of(permit(at(), categories=frozenset({"language"})))), type=Body)
    other = msgspec.json.decode(b"".join(bodies.of(permit(at(), categories=frozenset({"email"})))), type=Body)
    alike = bodies.of(permit(at(), categories=frozenset({"ema" + "il"})))
    assert (one.categories, other.categories) == (("language",), ("email",))
    assert alike[0] is bodies.of(permit(at(), categories=frozenset({"email"})))[0]
