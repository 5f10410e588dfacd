"""The default is to refuse: nothing, nobody, not yet and no longer are all refused."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from tests.agreed import NOW, SIGNED, agreement, amendment, by, documents, end, in_force, instruction

from bailee.contract.documents import SignedDocument
from bailee.contract.force import compile_documents
from bailee.contract.reading import activation_gaps
from bailee.contract.ruling import AccessRequest, Refusal, Standing, rule
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import Actor, ActorKind
from bailee.vocabulary.purposes import Purpose


def asking(kind: ActorKind, operation: Operation, purpose: Purpose) -> AccessRequest:
    return AccessRequest(
        actor=Actor(id="a", kind=kind, credential=uuid4()), controller=uuid4(), operation=operation, purpose=purpose
    )


@pytest.mark.parametrize("kind", ActorKind)
@pytest.mark.parametrize("purpose", Purpose)
def test_without_an_agreement_nobody_may_do_anything(kind, purpose):
    for operation in Operation:
        refusal = rule(None, Standing(), asking(kind, operation, purpose), NOW)
        assert isinstance(refusal, Refusal)
        assert refusal.clause == "instructions.documented"


def test_what_no_instruction_names_is_refused_and_what_one_names_is_allowed():
    force, allowed = in_force(), 0
    trusted = Standing(confidential_until=NOW + timedelta(1), trained_until=NOW + timedelta(1))
    for kind in ActorKind:
        for operation in Operation:
            for purpose in Purpose:
                answer = rule(force, trusted, asking(kind, operation, purpose), NOW)
                named = (purpose, operation, kind) in force.covers and kind is not ActorKind.person
                if kind is ActorKind.processor_system and operation in (Operation.transmit, Operation.transfer):
                    named = False
                assert isinstance(answer, Refusal) is not named
                allowed += named
    assert 0 < allowed < len(ActorKind) * len(Operation) * len(Purpose) / 3


def test_before_the_last_signature_there_is_no_agreement():
    assert compile_documents(documents(), SIGNED - timedelta(microseconds=1)) is None
    assert compile_documents(documents(), SIGNED) is not None


def test_an_agreement_with_a_missing_or_false_signature_has_no_force():
    [whole] = documents()
    one = msgspec.structs.replace(whole, signatures=whole.signatures[:1])
    none = msgspec.structs.replace(whole, signatures=())
    first, *rest = whole.signatures
    false = msgspec.structs.replace(whole, signatures=(msgspec.structs.replace(first, name="Another"), *rest))
    for document in (one, none, false):
        assert compile_documents([document], NOW) is None


def test_an_agreement_with_an_open_slot_has_no_force():
    open_slot = msgspec.structs.replace(
        agreement(), ledger=msgspec.structs.replace(agreement().ledger, verifier_key=None)
    )
    assert activation_gaps(open_slot)
    document = SignedDocument(kind="agreement", content=open_slot.canonical(), signatures=())
    assert compile_documents([_signed_by_all(document)], NOW) is None


def _signed_by_all(document: SignedDocument) -> SignedDocument:
    from tests.agreed import PROCESSOR, company

    from bailee.contract.signing import Signatory, sign

    for required in agreement().signatories:
        key = PROCESSOR if required.party == "processor" else company().signing
        document = sign(document, Signatory(party=required.party, role=required.role, name="N"), key, SIGNED)
    return document


def test_an_instruction_that_only_the_processor_signed_has_no_force():
    from bailee.contract.documents import read_content

    text = read_content(instruction("mailing", NOW))
    force = compile_documents([*documents(), by("processor", "instruction", text)], NOW)
    assert "prospecting" not in force.purposes


def test_an_amendment_needs_both_and_counts_from_its_day():
    both = amendment(NOW + timedelta(days=1), title="Amended")
    alone = amendment(NOW - timedelta(days=1), "controller", title="Alone")
    assert compile_documents([*documents(), both, alone], NOW).agreement.title == agreement().title
    assert compile_documents([*documents(), both, alone], NOW + timedelta(days=1)).agreement.title == "Amended"


def test_the_end_of_a_contract_is_an_end_even_if_it_comes_twice():
    controller = uuid4()
    filed = [*documents(), end(controller, NOW), end(controller, NOW + timedelta(5))]
    assert compile_documents(filed, NOW).ended_at == NOW
    assert compile_documents(filed, NOW - timedelta(1)).ended_at is None
