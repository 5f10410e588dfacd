"""The platform's own agreement says what the text says: its numbers, words, services and slots, and no more."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bailee.contract.agreement import Agreement
from bailee.contract.conflicts import conflicts
from bailee.contract.instructions import Asked, covers, standing_instructions
from bailee.contract.reading import activation_gaps, read_agreement
from bailee.vocabulary.categories import CATALOGUE
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.operations import AUTONOMOUS, Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.places import EU27
from bailee.vocabulary.purposes import Purpose

FILE = Path(__file__).parents[2] / "agreements" / "platform" / "agreement.yaml"
DAY = datetime(2026, 6, 1, tzinfo=UTC)
OF_THE_CONTRACT = {
    "data_subject_requests.complaint": "72 hours",
    "data_subject_requests.forward": "on receipt",
    "sub_processors.objection": "7 days",
    "sub_processors.objection_scope": "outside-eu",
    "retention.controller_most": "10 years",
    "retention.processor_most": "30 days",
    "return_and_destruction.destruction": "30 days",
    "audits.notice": "15 working-days",
    "audits.costs": "controller",
    "instructions.challenge_suspends": "no",
}
OURS = {
    "breach_notice.notice": "24 hours",
    "confidentiality.training_valid": "12 months",
    "contact_data.kept": "1 year",
    "contact_data.officer_copy": "no",
    "impact_assessments.assistance": "10 working-days",
    "processing_register.on_request": "2 working-days",
    "retention.technical": "6 months",
    "retention.technical_addresses": "30 days",
    "return_and_destruction.retrieval": "30 days",
    "security_measures.review": "12 months",
    "sub_processors.objection_effect": "exclude",
    "transfers.adequacy_notice": "24 hours",
}


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    return read_agreement(FILE.read_text("utf-8"))


def covered(agreement: Agreement, actor: ActorKind, purpose: Purpose, operation: Operation) -> set[str]:
    """The categories that the standing instructions cover, for an end user's data."""
    return {
        category
        for category in CATALOGUE
        for one in standing_instructions(agreement, DAY)
        if covers(one, Asked(purpose=purpose, operation=operation, actor=actor, category=category, group="user"), DAY)
    }


@pytest.mark.parametrize(("path", "value"), sorted((OF_THE_CONTRACT | OURS).items()))
def test_every_number_and_choice_is_that_of_the_text_or_marked_as_ours(
    agreement: Agreement, path: str, value: str
) -> None:
    clause, name = path.split(".")
    term = getattr(getattr(agreement.terms, clause), name)
    assert (term.value, term.ours) == (value, path in OURS)


def test_the_slots_left_empty_are_those_that_the_text_leaves_to_other_documents(agreement: Agreement) -> None:
    sides = [
        f"parties.{side}.{f}" for side in ("processor", "controller") for f in ("name", "country", "address", "dpo")
    ]
    notices = [f"addresses.{kind}" for kind in agreement.addresses.__struct_fields__]
    others = ["reversibility.recipient_key", "ledger.verifier_key", "terms.audits.conditions"]
    assert {gap.path for gap in activation_gaps(agreement)} == {*sides, *notices, *others}


def test_the_agreement_breaks_no_law_term_whether_or_not_the_data_act_applies(agreement: Agreement) -> None:
    assert {law.applies for law in agreement.law_terms} == {"always", "data-act"}
    assert conflicts(agreement) == []
    assert conflicts(msgspec.structs.replace(agreement, data_act="applies")) == []


def test_every_category_group_and_controllers_purpose_of_the_words_is_in_the_agreement(agreement: Agreement) -> None:
    assert set(agreement.category_ids()) == set(CATALOGUE)
    assert {item.group for item in agreement.groups} == set(PersonGroup)
    own = {purpose for purpose in Purpose if purpose.owner == "controller"}
    assert {item.purpose for item in agreement.controller_purposes} == own
    assert set(agreement.hosting.regions) == EU27


def test_destruction_and_audit_notice_have_both_readings(agreement: Agreement) -> None:
    destruction = agreement.terms.return_and_destruction.destruction
    strict, generous = destruction.reading(destruction.strict), destruction.reading(destruction.generous)
    assert strict is not None
    assert generous is not None
    assert (strict.anchor, generous.anchor) == ("duration.4", "data-retention.4")
    notice = agreement.terms.audits.notice
    assert (notice.strict, notice.generous) == ("jours-ouvres", "jours-ouvrables")


def test_the_nine_autonomous_operations_are_open_to_the_controller_and_to_persons_and_to_no_staff(
    agreement: Agreement,
) -> None:
    nine = {*AUTONOMOUS, Operation.consult, Operation.use}
    for operation in nine:
        for actor in (ActorKind.controller_system, ActorKind.controller_staff, ActorKind.person):
            assert "email" in covered(agreement, actor, Purpose.account_management, operation), (actor, operation)
    for operation in nine - {Operation.consult}:
        for purpose in Purpose:
            assert covered(agreement, ActorKind.processor_staff, purpose, operation) == set()


def test_staff_may_only_consult_and_only_for_support(agreement: Agreement) -> None:
    services = [s for s in agreement.services if ActorKind.processor_staff in s.actors]
    assert [(s.purposes, s.operations) for s in services] == [((Purpose.support,), (Operation.consult,))]
    seen = covered(agreement, ActorKind.processor_staff, Purpose.support, Operation.consult)
    assert seen.isdisjoint({"profile-photo", "postal-address", "birth-date"})


def test_no_controllers_purpose_is_on_until_an_instruction_says_so(agreement: Agreement) -> None:
    used = {purpose for service in agreement.services for purpose in service.purposes}
    assert used == {
        Purpose.account_management, Purpose.storage_and_backup, Purpose.support, Purpose.security,
        Purpose.rights_of_persons,
    }  # fmt: skip


def test_a_date_of_birth_can_be_shown_returned_or_destroyed_and_nothing_else(agreement: Agreement) -> None:
    reached = {
        operation
        for actor in ActorKind
        for purpose in Purpose
        for operation in Operation
        if "birth-date" in covered(agreement, actor, purpose, operation)
    }
    shown = {Operation.consult, Operation.retrieve, Operation.export, Operation.return_, Operation.restrict}
    assert reached == shown | {Operation.delete, Operation.erase, Operation.destruct, Operation.anonymise}


def test_everything_held_can_be_returned_and_destroyed(agreement: Agreement) -> None:
    system, purpose = ActorKind.processor_system, Purpose.storage_and_backup
    for operation in (Operation.return_, Operation.destruct):
        assert covered(agreement, system, purpose, operation) == set(CATALOGUE)


def test_no_third_party_is_designated_by_the_agreement_itself(agreement: Agreement) -> None:
    assert [service.id for service in agreement.services if service.recipients] == []
