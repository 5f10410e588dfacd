"""The ruling: pure, by clause, and the compiled table agrees with the readable definition."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agreed import NOW, documents, end, in_force, instruction, withdrawal

from bailee.contract.force import compile_documents, compiled
from bailee.contract.instructions import Asked, Instruction, covers
from bailee.contract.ruling import AccessRequest, Permit, PersonFacts, Refusal, Standing, extend, narrow, rule
from bailee.vocabulary.ids import Address
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose

NOBODY = Standing()
CONTROLLER = uuid4()


def asking(**parts) -> AccessRequest:
    given = {
        "actor": Actor(id="system:crm", kind=parts.pop("kind", ActorKind.controller_system), credential=uuid4()),
        "controller": CONTROLLER, "operation": Operation.consult, "purpose": Purpose.account_management,
    }  # fmt: skip
    return AccessRequest(**given | parts)


def test_a_service_of_the_agreement_is_a_standing_instruction():
    permit = rule(in_force(), NOBODY, asking(), NOW)
    assert isinstance(permit, Permit)
    assert (permit.instruction, permit.clause) == ("service:own-acts", "instructions.contract-counts")


@pytest.mark.parametrize(
    ("request_", "standing", "clause", "reason"),
    [
        (asking(purpose=Purpose.prospecting), NOBODY, "purposes.limited", "purpose-not-agreed"),
        (asking(operation=Operation.monitor), NOBODY, "purposes.limited", "operation-not-covered"),
        (asking(kind=ActorKind.processor_system, purpose=Purpose.profiling), NOBODY, "purposes.controller", "purpose-of-controller"),
        (asking(kind=ActorKind.processor_system, place="US"), NOBODY, "transfers.consent", "place-outside-eu"),
        (asking(kind=ActorKind.processor_system, place="NO"), NOBODY, "transfers.consent", "place-outside-eu"),
        (asking(kind=ActorKind.processor_staff, purpose=Purpose.support), NOBODY, "staff.confidentiality", "no-undertaking"),
        (asking(kind=ActorKind.processor_staff, purpose=Purpose.support),
         Standing(confidential_until=NOW + timedelta(1)), "staff.training", "not-trained"),
        (asking(kind=ActorKind.processor_staff, purpose=Purpose.support, operation=Operation.modify),
         Standing(confidential_until=NOW + timedelta(1), trained_until=NOW + timedelta(1)), "autonomy.self-service", "controllers-own-act"),
        (asking(kind=ActorKind.processor_staff, purpose=Purpose.support, operation=Operation.monitor),
         Standing(confidential_until=NOW + timedelta(1), trained_until=NOW + timedelta(1)), "purposes.limited", "operation-not-covered"),
        (asking(kind=ActorKind.processor_system, operation=Operation.combine), NOBODY, "purposes.limited", "operation-not-covered"),
        (asking(categories=frozenset({"shoe-size"}), named=True), NOBODY, "purposes.limited", "category-not-covered"),
        (asking(kind=ActorKind.processor_system, operation=Operation.transmit), NOBODY, "instructions.documented", "recipient-not-named"),
        (asking(kind=ActorKind.processor_system, operation=Operation.transmit, recipient="Somebody Ltd"), NOBODY, "instructions.documented", "recipient-not-named"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused_by_its_clause_with_what_to_do(request_, standing, clause, reason):
    refusal = rule(in_force(), standing, request_, NOW)
    assert isinstance(refusal, Refusal)
    assert (refusal.clause, refusal.reason) == (clause, reason)
    assert refusal.remedy.endswith(".")


def test_staff_from_elsewhere_need_the_destination_consented_and_then_pass():
    staff = Standing(confidential_until=NOW + timedelta(1), trained_until=NOW + timedelta(1))
    request = asking(kind=ActorKind.processor_staff, purpose=Purpose.support, place="CH")
    assert rule(in_force(), staff, request, NOW).clause == "transfers.consent"
    consented = msgspec.structs.replace(staff, destination_consented_until=NOW + timedelta(1))
    assert isinstance(rule(in_force(), consented, request, NOW), Permit)


def test_fields_not_asked_for_by_name_are_left_out_and_named():
    wanted = frozenset({"email", "shoe-size"})
    permit = rule(in_force(), NOBODY, asking(categories=wanted), NOW)
    assert permit.withheld == {"shoe-size"}
    for exact in (frozenset({"email"}), permit.categories):
        named = rule(in_force(), NOBODY, asking(categories=exact, named=True), NOW)
        assert (named.categories, named.withheld) == (exact, frozenset())
    nothing = rule(in_force(), NOBODY, asking(named=True), NOW)
    assert (nothing.categories, nothing.instruction) == (frozenset(), permit.instruction)


def test_a_person_reaches_their_own_data_and_nobody_elses():
    me, other = uuid4(), uuid4()
    myself = Actor(id=str(me), kind=ActorKind.person, credential=uuid4())
    mine = Address(controller=CONTROLLER, person=me, type="profile", record=uuid4())
    theirs = Address(controller=CONTROLLER, person=other, type="profile", record=uuid4())
    assert isinstance(rule(in_force(), NOBODY, asking(actor=myself, addresses=(mine,)), NOW), Permit)
    for parts in ({"addresses": (theirs,)}, {"addresses": (mine, theirs)}, {"persons": (other,)}, {}):
        refusal = rule(in_force(), NOBODY, asking(actor=myself, **parts), NOW)
        assert (refusal.clause, refusal.reason) == ("roles.ownership", "not-own-data")


def test_a_controller_names_its_own_recipients_freely_and_they_are_recorded():
    permit = rule(in_force(), NOBODY, asking(recipient="Its own partner"), NOW)
    assert permit.request.recipient == "Its own partner"


def test_an_instruction_opens_a_purpose_from_its_first_instant_until_its_last():
    filed = [*documents(), instruction("mailing", NOW, NOW + timedelta(days=1))]
    request = asking(purpose=Purpose.prospecting)
    for at, allowed in ((NOW - timedelta(microseconds=1), False), (NOW, True), (NOW + timedelta(days=1), False)):
        force = compile_documents(filed, at)
        assert isinstance(rule(force, NOBODY, request, at), Permit) is allowed
    last = NOW + timedelta(days=1, microseconds=-1)
    permit = rule(compile_documents(filed, last), NOBODY, request, last)
    assert (permit.instruction, permit.clause) == ("mailing", "instructions.documented")


def test_an_instruction_of_the_controllers_names_its_recipients():
    filed = [*documents(), instruction("mailing", NOW, recipients=("Letterhouse Ltd",))]
    force = compile_documents(filed, NOW)
    request = asking(purpose=Purpose.prospecting, recipient="Letterhouse Ltd")
    assert isinstance(rule(force, NOBODY, request, NOW), Permit)


def test_the_processor_sends_to_the_recipient_that_an_instruction_names_and_to_no_other():
    given = instruction(
        "pass-on", NOW, purposes=("account-management",), operations=("transmit",), actors=("processor_system",),
        recipients=("Letterhouse Ltd",),
    )  # fmt: skip
    force = compile_documents([*documents(), given], NOW)
    sending = {"kind": ActorKind.processor_system, "operation": Operation.transmit}
    permit = rule(force, NOBODY, asking(recipient="Letterhouse Ltd", **sending), NOW)
    assert permit.categories == {"email", "name"}
    assert rule(force, NOBODY, asking(recipient="Another Ltd", **sending), NOW).reason == "recipient-not-named"


def test_a_withdrawn_instruction_ends_at_its_instant():
    later = NOW + timedelta(hours=1)
    filed = [
        *documents(),
        instruction("mailing", NOW),
        withdrawal("mailing", later),
        withdrawal("mailing", later + timedelta(1)),
    ]
    request = asking(purpose=Purpose.prospecting)
    assert isinstance(rule(compile_documents(filed, NOW), NOBODY, request, NOW), Permit)
    assert rule(compile_documents(filed, later), NOBODY, request, later).reason == "purpose-not-agreed"


def test_after_the_end_only_return_and_destruction_remain():
    later = NOW + timedelta(hours=1)
    filed = [*documents(), end(CONTROLLER, later)]
    assert isinstance(rule(compile_documents(filed, NOW), NOBODY, asking(), NOW), Permit)
    force = compile_documents(filed, later)
    refusal = rule(force, NOBODY, asking(), later)
    assert (refusal.clause, refusal.reason) == ("end.return", "contract-ended")
    returning = asking(kind=ActorKind.processor_system, operation=Operation.return_, purpose=Purpose.storage_and_backup)
    assert isinstance(rule(force, NOBODY, returning, later), Permit)


def test_a_ruling_is_never_made_outside_the_interval_it_was_compiled_for():
    force = compile_documents([*documents(), end(CONTROLLER, NOW + timedelta(hours=1))], NOW)
    for at in (NOW + timedelta(hours=1), force.valid_from - timedelta(microseconds=1)):
        refusal = rule(force, NOBODY, asking(), at)
        assert (refusal.clause, refusal.reason) == ("instructions.documented", "no-agreement")
    assert isinstance(rule(force, NOBODY, asking(), force.valid_from), Permit)
    assert rule(None, NOBODY, asking(), NOW).reason == "no-agreement"


FACTS = {"state": "living", "groups": frozenset({"user"}), "restricted": False, "objections": frozenset(),
         "class_purposes": frozenset({"account-management"})}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "clause", "reason"),
    [
        ({"state": "erasing"}, "roles.ownership", "unknown"),
        ({"state": "erased"}, "roles.ownership", "unknown"),
        ({"restricted": True}, "rights.tools", "restricted"),
        ({"objections": frozenset({"account-management"})}, "rights.tools", "objected"),
        ({"class_purposes": frozenset({"support"})}, "purposes.limited", "purpose-not-of-record"),
        ({"groups": frozenset()}, "purposes.limited", "group-not-covered"),
    ],
)
def test_the_row_can_only_narrow_a_permit(facts, clause, reason):
    permit = rule(in_force(), NOBODY, asking(), NOW)
    refusal = narrow(permit, PersonFacts(**FACTS | facts))
    assert (refusal.clause, refusal.reason) == (clause, reason)


def test_of_a_permit_the_row_leaves_what_its_groups_are_covered_for_and_names_the_rest_as_withheld():
    given = [
        instruction("names", NOW, groups=("partner",), categories=("name",)),
        instruction("mails", NOW, groups=("user",), categories=("email", "name")),
    ]
    request = asking(purpose=Purpose.prospecting, categories=frozenset({"email", "name", "shoe-size"}))
    permit = rule(compile_documents([*documents(), *given], NOW), NOBODY, request, NOW)
    assert (permit.categories, permit.withheld) == ({"email", "name"}, {"shoe-size"})
    facts = FACTS | {"class_purposes": frozenset({"prospecting"})}
    assert narrow(permit, PersonFacts(**facts)) is permit, "nothing is left out, nothing is made anew"
    less = narrow(permit, PersonFacts(**facts | {"groups": frozenset({"partner"})}))
    assert (less.categories, less.withheld) == ({"name"}, {"email", "shoe-size"})
    both = narrow(permit, PersonFacts(**facts | {"groups": frozenset({"partner", "user"})}))
    assert both.categories == {"email", "name"}


@pytest.mark.parametrize("what", [rule(in_force(), NOBODY, asking(), NOW), asking(), NOBODY, PersonFacts(**FACTS),
                                  rule(in_force(), NOBODY, asking(purpose=Purpose.prospecting), NOW)])  # fmt: skip
def test_what_is_asked_known_and_ruled_is_never_changed_afterwards(what):
    for field in type(what).__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(what, field, getattr(what, field))


@pytest.mark.parametrize("kind", [AccessRequest, Standing, PersonFacts])
def test_what_is_alike_in_kind_is_given_by_name_alone(kind):
    with pytest.raises(TypeError, match="positional"):
        kind(*[None] * len(kind.__struct_fields__))


@pytest.mark.parametrize(
    ("field", "reason"), [("confidential_until", "no-undertaking"), ("trained_until", "not-trained")]
)
def test_what_staff_and_a_destination_need_holds_until_its_last_instant_and_not_at_it(field, reason):
    later = NOW + timedelta(days=1)
    staff = Standing(confidential_until=later, trained_until=later)
    request = asking(kind=ActorKind.processor_staff, purpose=Purpose.support)
    short = msgspec.structs.replace(staff, **{field: NOW})
    assert rule(in_force(), short, request, NOW).reason == reason
    assert isinstance(rule(in_force(), short, request, NOW - timedelta(microseconds=1)), Permit)
    abroad = msgspec.structs.replace(staff, destination_consented_until=NOW)
    request = msgspec.structs.replace(request, place="CH")
    assert rule(in_force(), abroad, request, NOW).reason == "place-outside-eu"
    assert isinstance(rule(in_force(), abroad, request, NOW - timedelta(microseconds=1)), Permit)


def test_an_exception_from_a_restriction_lets_one_operation_for_one_purpose_through_and_nothing_else():
    restricted = FACTS | {"restricted": True, "exceptions": frozenset({"account-management/consult"})}
    permit = rule(in_force(), NOBODY, asking(), NOW)
    assert permit.request.operation == "consult"
    assert narrow(permit, PersonFacts(**restricted)).categories == permit.categories
    for other in ("account-management/export", "prospecting/consult"):
        refusal = narrow(permit, PersonFacts(**restricted | {"exceptions": frozenset({other})}))
        assert refusal.reason == "restricted"


def test_a_permit_narrowed_by_nothing_stays_and_one_is_extended_by_the_addresses_found():
    permit = rule(in_force(), NOBODY, asking(), NOW)
    kept = narrow(permit, PersonFacts(**FACTS))
    assert kept.categories == permit.categories
    address = Address(controller=CONTROLLER, person=uuid4(), type="profile", record=uuid4())
    assert extend(kept, (address,)).request.addresses == (address,)
    assert extend(kept, (), (address.person,)).request.persons == (address.person,)


words = st.sampled_from
instructions = st.lists(
    st.builds(
        Instruction,
        id=st.text("abc", min_size=1, max_size=4), clause=st.just("c"),
        purposes=st.frozensets(words(["p", "q"]), min_size=1), operations=st.frozensets(words(["o", "r"]), min_size=1),
        categories=st.frozensets(words(["x", "y", "z"]), min_size=1), groups=st.frozensets(words(["g", "h"]), min_size=1),
        actors=st.frozensets(words(["a", "b"]), min_size=1), recipients=st.just(frozenset()),
        in_force_from=st.just(NOW), in_force_until=st.none(),
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(instructions, words(["p", "q"]), words(["o", "r"]), words(["a", "b"]), words(["x", "y", "z"]), words(["g", "h"]))
def test_the_compiled_table_covers_exactly_what_some_instruction_covers(
    listed, purpose, operation, actor, category, group
):
    asked = Asked(purpose=purpose, operation=operation, actor=actor, category=category, group=group)
    cover = compiled(listed).get((purpose, operation, actor))
    by_table = cover is not None and category in cover.by_group.get(group, ())
    assert by_table == any(covers(one, asked, NOW) for one in listed)


def test_a_decision_takes_as_long_among_a_hundred_thousand_instructions_as_among_ten():
    few, many = _force(10), _force(20_000)
    assert few.covers.keys() == many.covers.keys()
    request = asking()
    assert type(rule(few, NOBODY, request, NOW)) is type(rule(many, NOBODY, request, NOW)) is Permit


def _force(count: int):
    force = in_force()
    extra = tuple(
        msgspec.structs.replace(force.instructions[0], id=f"i{n}", actors=frozenset({"processor_system"}))
        for n in range(count)
    )
    everything = (*force.instructions, *extra)
    return msgspec.structs.replace(force, instructions=everything, covers=compiled(everything))


def test_times_are_aware():
    assert datetime(2026, 1, 1, tzinfo=UTC) < NOW
