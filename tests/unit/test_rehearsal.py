"""Recorded traffic ruled again: what a proposal would allow or refuse, and what the ledger does not say."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from tests.agreed import NOW, agreement, documents, instruction

from bailee.contract.amendments import BrokenAmendment
from bailee.contract.documents import Amendment, Changed, InstructionText, Withdrawal, read_content
from bailee.contract.force import compile_documents
from bailee.contract.rehearsal import Traffic, as_if, rehearse
from bailee.contract.ruling import AccessRequest, rule
from bailee.ledger.entries import Act, Bodies, Repeated
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

SPAN = (NOW - timedelta(days=30), NOW)


def body(force, *, count=0, actor="system:crm", kind=ActorKind.controller_system, **parts) -> bytes:
    given = {"actor": Actor(id=actor, kind=kind, credential=uuid4()), "controller": uuid4(),
             "operation": Operation.consult, "purpose": Purpose.account_management}  # fmt: skip
    from bailee.contract.rehearsal import TRUSTED

    fact = rule(force, TRUSTED, AccessRequest(**given | parts), NOW)
    head, tail = Bodies(NOW, False).of(Repeated(fact, count) if count else fact)
    return head + tail


@pytest.fixture
def force():
    return compile_documents([*documents(), instruction("mailing", NOW)], NOW)


def report(force, proposal, *bodies, filed=None, most=100):
    traffic = Traffic(most=most)
    for one in bodies:
        traffic.add(one)
    after = as_if(filed or [*documents(), instruction("mailing", NOW)], proposal, NOW)
    return rehearse(traffic, force, after, SPAN)


def withdrawn(at=NOW) -> Withdrawal:
    return Withdrawal(format="bailee.dev/withdrawal/v1", instruction="mailing", at=at)


def proposed(**more) -> InstructionText:
    return read_content(instruction("study", NOW + timedelta(days=9), **more))


def test_a_withdrawal_would_refuse_what_it_allowed_and_says_by_which_clause(force):
    mailing = body(force, purpose=Purpose.prospecting)
    found = report(force, withdrawn(NOW + timedelta(days=3)), mailing, mailing, body(force))
    assert [(row.effect, row.purpose, row.count) for row in found.rows] == [
        ("refused", "prospecting", 2), ("same", "account-management", 1),
    ]  # fmt: skip
    assert found.rows[0].clause == "purposes.limited"
    assert found.by_purpose["prospecting"]["refused"] == 2
    assert (found.changes, found.replayed, found.entries) == (2, 3, 3)


def test_an_instruction_would_allow_what_was_refused_repeats_included(force):
    asked = {"purpose": Purpose.statistics}
    refused = [body(force, **asked), body(force, count=40, **asked)]
    found = report(force, proposed(purposes=("statistics",)), *refused)
    assert [(row.effect, row.count, row.decided_by) for row in found.rows] == [("allowed", 41, "study")]


def test_what_stays_refused_is_no_change(force):
    found = report(force, proposed(), body(force, purpose=Purpose.risk))
    assert [row.effect for row in found.rows] == ["same"]
    assert found.changes == 0


def test_more_and_less_data_are_told_by_name(force):
    mailing = body(force, purpose=Purpose.prospecting)
    wider = report(force, proposed(categories=("phone",)), mailing)
    assert (wider.rows[0].effect, wider.rows[0].gained) == ("wider", ("phone",))
    only_email = proposed(categories=("email",), replaces="mailing")
    narrower = report(force, only_email, mailing)
    assert (narrower.rows[0].effect, narrower.rows[0].lost) == ("narrower", ("name",))


def test_who_asked_for_fields_by_name_is_not_said_to_be_shown_more(force):
    named = body(force, purpose=Purpose.prospecting, categories=frozenset({"email"}), named=True)
    assert report(force, proposed(categories=("phone",)), named).rows[0].effect == "same"


def test_an_amendment_counts_as_if_its_day_had_come(force):
    services = [msgspec.to_builtins(one) for one in agreement().services if one.id != "own-acts"]
    change = Changed(path="services", value=services, reason="r")
    amendment = Amendment(format="bailee.dev/amendment/v1", since=(NOW + timedelta(days=90)).date(), changes=(change,))
    assert report(force, amendment, body(force, operation=Operation.combine)).rows[0].effect == "refused"
    broken = msgspec.structs.replace(amendment, changes=(Changed(path="no.where", value=1, reason="r"),))
    with pytest.raises(BrokenAmendment):
        report(force, broken, body(force))


def test_a_whole_agreement_can_be_proposed(force):
    whole = msgspec.structs.replace(
        agreement(), services=tuple(one for one in agreement().services if one.id != "own-acts")
    )
    assert report(force, whole, body(force, operation=Operation.combine)).rows[0].effect == "refused"


def test_an_instruction_that_is_over_is_rehearsed_as_if_it_had_begun(force):
    over = read_content(
        instruction("study", NOW - timedelta(days=9), NOW - timedelta(days=1), purposes=("statistics",))
    )
    assert report(force, over, body(force, purpose=Purpose.statistics)).rows[0].effect == "allowed"


def test_persons_are_one_crowd_and_systems_are_told_apart(force):
    one, two = uuid4(), uuid4()
    entries = [body(force, actor=str(who), kind=ActorKind.person, persons=(who,)) for who in (one, two)]
    entries += [body(force, actor=name) for name in ("system:crm", "system:erp")]
    found = report(force, proposed(), *entries)
    rows = {(row.actor_kind, row.actor): row.count for row in found.rows}
    assert rows == {("person", ""): 2, ("controller_system", "system:crm"): 1, ("controller_system", "system:erp"): 1}


def test_what_could_not_be_replayed_is_counted(force):
    act = b"".join(Bodies(NOW, False).of(Act("signed", uuid4(), "tests")))
    untrained = msgspec.json.encode(msgspec.json.decode(body(force, purpose=Purpose.risk)) | {"reason": "not-trained"})
    found = report(force, proposed(), None, act, untrained, body(force), body(force, actor="system:erp"), most=1)
    assert (found.pruned, found.others, found.not_of_instructions, found.beyond) == (1, 1, 1, 1)
    assert found.replayed == 1


def test_without_an_agreement_nothing_would_be_allowed_before_or_after():
    assert as_if([], proposed(), NOW) is None
    traffic = Traffic()
    traffic.add(body(compile_documents(documents(), NOW)))
    found = rehearse(traffic, None, None, SPAN)
    assert not found.in_force
    assert [row.effect for row in found.rows] == ["same"]
