"""Challenged instructions and orders of the law, as the ruling sees them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from tests.agreed import NOW, by, documents, end, instruction, withdrawal

from bailee.contract.challenges import Suspension, suspends
from bailee.contract.compulsion import Ban, Order, faults
from bailee.contract.documents import Confirmation
from bailee.contract.force import Beside, compile_documents
from bailee.contract.ruling import AccessRequest, Permit, PersonFacts, Refusal, Standing, narrow, rule
from bailee.contract.signing import check_signatures
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

CONTROLLER, PERSON, CHALLENGE = uuid4(), uuid4(), uuid4()
STAFF = Standing(confidential_until=NOW + timedelta(1), trained_until=NOW + timedelta(1))
STOPPED = Beside(suspensions=(Suspension(CHALLENGE, "mailing"),))


def asking(**parts) -> AccessRequest:
    kind = parts.pop("kind", ActorKind.controller_system)
    given = {"actor": Actor(id="a", kind=kind, credential=uuid4()), "controller": CONTROLLER,
             "operation": Operation.consult, "purpose": Purpose.prospecting}  # fmt: skip
    return AccessRequest(**given | parts)


def ruled(filed, beside, request, at=NOW, standing=STAFF):
    return rule(compile_documents(filed, at, beside), standing, request, at)


def confirmation(at, challenge=CHALLENGE, party="controller"):
    text = Confirmation(
        format="bailee.dev/confirmation/v1", instruction="mailing", challenge=challenge, at=at, reason="lawful"
    )
    return by(party, "confirmation", text)


def test_a_suspended_instruction_is_refused_by_the_clause_of_challenges_and_names_itself():
    filed = [*documents(), instruction("mailing", NOW)]
    assert isinstance(ruled(filed, Beside(), asking()), Permit)
    refusal = ruled(filed, STOPPED, asking())
    assert (refusal.clause, refusal.reason, refusal.instruction) == (
        "instructions.challenge", "instruction-suspended", "mailing",
    )  # fmt: skip
    assert refusal.remedy.endswith(".")


def test_a_suspension_touches_nothing_else():
    filed = [*documents(), instruction("mailing", NOW), instruction("other", NOW, purposes=("statistics",))]
    assert isinstance(ruled(filed, STOPPED, asking(purpose=Purpose.statistics)), Permit)
    assert isinstance(ruled(filed, STOPPED, asking(purpose=Purpose.account_management)), Permit)
    assert ruled(filed, STOPPED, asking(purpose=Purpose.risk)).reason == "purpose-not-agreed"


def test_what_another_instruction_allows_too_goes_on():
    filed = [*documents(), instruction("mailing", NOW), instruction("letters", NOW)]
    assert ruled(filed, STOPPED, asking()).instruction == "letters"


def test_a_service_of_the_agreement_is_never_suspended():
    beside = Beside(suspensions=(Suspension(CHALLENGE, "service:own-acts"),))
    assert isinstance(ruled(documents(), beside, asking(purpose=Purpose.account_management)), Permit)


@pytest.mark.parametrize("operation", [Operation.erase, Operation.restrict, Operation.return_])
def test_what_serves_rights_or_return_goes_on_under_a_challenge(operation):
    filed = [*documents(), instruction("mailing", NOW, operations=("consult", operation.value))]
    assert isinstance(ruled(filed, STOPPED, asking(operation=operation)), Permit)
    assert ruled(filed, STOPPED, asking()).reason == "instruction-suspended"


@pytest.mark.parametrize("purpose", [Purpose.security, Purpose.rights_of_persons])
def test_what_serves_security_or_rights_goes_on_under_a_challenge(purpose):
    filed = [*documents(), instruction("mailing", NOW, purposes=(purpose.value, "prospecting"))]
    assert isinstance(ruled(filed, STOPPED, asking(purpose=purpose)), Permit)
    assert ruled(filed, STOPPED, asking()).reason == "instruction-suspended"


def test_the_controllers_signed_confirmation_ends_a_suspension_at_its_instant():
    later = NOW + timedelta(hours=1)
    filed = [*documents(), instruction("mailing", NOW), confirmation(later)]
    assert ruled(filed, STOPPED, asking()).reason == "instruction-suspended"
    assert compile_documents(filed, NOW, STOPPED).valid_until == later
    assert isinstance(ruled(filed, STOPPED, asking(), later), Permit)


def test_a_confirmation_of_another_challenge_or_by_the_processor_ends_nothing():
    filed = [*documents(), instruction("mailing", NOW)]
    for document in (confirmation(NOW, uuid4()), confirmation(NOW, party="processor")):
        assert ruled([*filed, document], STOPPED, asking()).reason == "instruction-suspended"


def test_a_withdrawn_instruction_is_no_longer_suspended_but_gone():
    filed = [*documents(), instruction("mailing", NOW), withdrawal("mailing", NOW)]
    assert ruled(filed, STOPPED, asking()).reason == "purpose-not-agreed"


def test_only_a_term_lets_a_challenge_suspend():
    force = compile_documents(documents(), NOW)
    assert not suspends(force.agreement)
    terms = force.agreement.terms
    said = msgspec.structs.replace(terms.instructions.challenge_suspends, value="yes")
    own = msgspec.structs.replace(terms.instructions, challenge_suspends=said)
    terms = msgspec.structs.replace(terms, instructions=own)
    assert suspends(msgspec.structs.replace(force.agreement, terms=terms))


def test_what_replaces_an_instruction_ends_it_where_it_begins():
    later = NOW + timedelta(days=1)
    filed = [
        *documents(), instruction("mailing", NOW),
        instruction("letters", later, replaces="mailing", purposes=("statistics",)),
        instruction("itself", NOW, replaces="itself"),
    ]  # fmt: skip
    assert isinstance(ruled(filed, Beside(), asking(), later - timedelta(microseconds=1)), Permit)
    assert ruled(filed, Beside(), asking(purpose=Purpose.statistics), later).instruction == "letters"
    ids = {one.id for one in compile_documents(filed, later).instructions}
    assert {"letters", "itself"} <= ids
    assert "mailing" not in ids


def test_an_instant_without_its_zone_cannot_be_signed_into_force():
    document = instruction("mailing", datetime(2026, 11, 23))
    assert "in_force_from needs its time zone, such as 2026-01-31T00:00:00Z" in check_signatures(document)
    assert compile_documents([*documents(), document], NOW) is not None


def order(**more) -> Order:
    parts = {
        "id": uuid4(), "country": "FR", "law": "Code de procédure pénale, art. 60-1", "authority": "Tribunal of Annecy",
        "reference": "26/1234", "operations": (Operation.consult,), "categories": ("name", "email"),
        "groups": (PersonGroup.user,), "persons": (PERSON,), "actors": (ActorKind.processor_staff,), "place": "FR",
        "in_force_from": NOW, "in_force_until": NOW + timedelta(days=7),
    }  # fmt: skip
    return Order(**parts | more)


def under(**parts) -> AccessRequest:
    about = {"persons": (PERSON,), "purpose": Purpose.legal_obligation, "kind": ActorKind.processor_staff}
    return asking(**about | parts)


def test_an_order_is_a_path_of_its_own_and_names_itself():
    one = order()
    permit = ruled(documents(), Beside(orders=(one,)), under())
    assert (permit.clause, permit.instruction) == ("instructions.legal-compulsion", one.name)
    assert permit.categories == {"name", "email"}
    assert permit.by_group == {"user": frozenset({"name", "email"})}


@pytest.mark.parametrize(
    "parts",
    [
        {"persons": (uuid4(),)}, {"persons": (PERSON, uuid4())}, {"persons": ()}, {"operation": Operation.retrieve},
        {"kind": ActorKind.processor_system}, {"place": "US"}, {"recipient": "Somebody"},
        {"persons": (), "addresses": (Address(controller=CONTROLLER, person=uuid4(), type="profile", record=uuid4()),)},
    ],
)  # fmt: skip
def test_what_an_order_does_not_name_exactly_is_refused(parts):
    refusal = ruled(documents(), Beside(orders=(order(),)), under(**parts))
    assert (refusal.clause, refusal.reason) == ("instructions.legal-compulsion", "not-ordered")


def test_without_an_order_the_processor_serves_no_legal_obligation():
    filed = [*documents(), instruction("law", NOW, purposes=("legal-obligation",), actors=("processor_staff",))]
    assert ruled(filed, Beside(), under()).reason == "not-ordered"


def test_the_controllers_own_legal_obligations_are_not_touched_by_orders():
    filed = [*documents(), instruction("law", NOW, purposes=("legal-obligation",))]
    permit = ruled(filed, Beside(orders=(order(),)), asking(purpose=Purpose.legal_obligation))
    assert permit.clause == "instructions.documented"


def test_staff_under_an_order_are_bound_and_trained_like_any():
    beside = Beside(orders=(order(),))
    assert ruled(documents(), beside, under(), standing=Standing()).reason == "no-undertaking"


def test_an_order_holds_from_its_first_instant_and_no_longer_at_its_last():
    one = order(in_force_from=NOW, in_force_until=NOW + timedelta(days=1))
    beside, last = Beside(orders=(one,)), NOW + timedelta(days=1)
    for at, allowed in ((NOW - timedelta(microseconds=1), False), (NOW, True),
                        (last - timedelta(microseconds=1), True), (last, False)):  # fmt: skip
        standing = Standing(confidential_until=last + timedelta(1), trained_until=last + timedelta(1))
        assert isinstance(ruled(documents(), beside, under(), at, standing), Permit) is allowed
    assert compile_documents(documents(), NOW, beside).valid_until == last


def test_data_that_an_order_does_not_name_are_left_out_or_refused():
    beside = Beside(orders=(order(),))
    wanted = frozenset({"name", "phone"})
    assert ruled(documents(), beside, under(categories=wanted)).withheld == {"phone"}
    refusal = ruled(documents(), beside, under(categories=wanted, named=True))
    assert (refusal.clause, refusal.reason) == ("instructions.legal-compulsion", "category-not-ordered")
    for exact in (frozenset({"name"}), frozenset({"name", "email"})):
        assert ruled(documents(), beside, under(categories=exact, named=True)).categories == exact


def test_what_is_sent_goes_to_the_authority_that_the_order_names_and_to_nobody_else():
    one = order(operations=(Operation.transmit,), recipient="Tribunal of Annecy", persons=())
    beside = Beside(orders=(one,))
    sending = {"operation": Operation.transmit}
    assert isinstance(ruled(documents(), beside, under(recipient="Tribunal of Annecy", **sending)), Permit)
    for recipient in (None, "Another"):
        assert isinstance(ruled(documents(), beside, under(recipient=recipient, **sending)), Refusal)


def test_a_transfer_under_an_order_is_named_as_one():
    one = order(country="US", agreement="an agreement", place="US", persons=())
    assert one.transfers
    assert ruled(documents(), Beside(orders=(one,)), under(place="US")).clause == "transfers.compelled"
    given = order(operations=(Operation.transfer,), recipient="X")
    assert given.transfers
    permit = ruled(documents(), Beside(orders=(given,)), under(operation=Operation.transfer, recipient="X"))
    assert permit.clause == "transfers.compelled"
    assert not order().transfers


def test_the_row_does_not_stop_what_the_law_compels_but_for_the_groups_it_names():
    permit = ruled(documents(), Beside(orders=(order(),)), under())
    facts = PersonFacts(
        state="living", groups=frozenset({"user"}), restricted=True, objections=frozenset({"legal-obligation"}),
        class_purposes=frozenset({"support"}),
    )  # fmt: skip
    assert narrow(permit, facts).categories == {"name", "email"}
    partner = msgspec.structs.replace(facts, groups=frozenset({"partner"}))
    assert narrow(permit, partner).reason == "group-not-covered"
    assert narrow(permit, msgspec.structs.replace(facts, state="erasing")).reason == "unknown"


def test_the_row_does_not_stop_a_compelled_transfer_either():
    permit = ruled(documents(), Beside(orders=(order(country="US", agreement="x", place="US"),)), under(place="US"))
    facts = PersonFacts(
        state="living", groups=frozenset({"user"}), restricted=True, objections=frozenset(), class_purposes=frozenset()
    )
    assert permit.clause == "transfers.compelled"
    assert narrow(permit, facts).categories == {"name", "email"}


def test_after_the_end_an_order_opens_no_more_than_the_end_does():
    filed = [*documents(), end(CONTROLLER, NOW)]
    assert ruled(filed, Beside(orders=(order(),)), under()).reason == "contract-ended"


BAN = Ban(law="Code de procédure pénale, art. 11", public_interest="an investigation", until=NOW + timedelta(days=30))


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({}, []), ({"country": "EU"}, []), ({"ban": BAN}, []), ({"country": "EU", "ban": BAN}, []),
        ({"country": "US"}, ["third-country-without-agreement"]),
        ({"country": "US", "agreement": " "}, ["third-country-without-agreement"]),
        ({"country": "US", "agreement": "an agreement"}, []),
        ({"country": "US", "agreement": "an agreement", "ban": BAN}, ["only-law-of-the-union-forbids-telling"]),
        ({"in_force_until": NOW}, ["ends-before-it-begins"]),
        ({"in_force_until": NOW + timedelta(days=366)}, []),
        ({"in_force_until": NOW + timedelta(days=367)}, ["longer-than-a-year"]),
        ({"actors": (ActorKind.controller_staff,)}, ["not-the-processors-own-actors"]),
        ({"operations": (Operation.transmit,)}, ["no-recipient"]),
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_followed_says_why(more, fault):
    assert faults(order(**more)) == fault


def test_a_confirmation_is_dated_in_utc_and_read_back():
    document = confirmation(datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert check_signatures(document) == []
