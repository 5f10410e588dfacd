"""Documents: signed by whom, amended how, different where."""

import msgspec
import pytest
from tests.agreed import NOW, agreement, documents, end, instruction

from bailee.contract.amendments import BrokenAmendment, amended
from bailee.contract.difference import difference, matrix
from bailee.contract.documents import Amendment, Changed, SignedDocument
from bailee.contract.reading import activation_gaps
from bailee.contract.signing import check_signatures, missing, signed_by, signers


def change(path: str, value: object) -> Amendment:
    return Amendment(
        format="bailee.dev/amendment/v1", since=NOW.date(), changes=(Changed(path=path, value=value, reason="r"),)
    )


def test_an_amendment_reaches_into_lists_by_name_and_by_number():
    assert amended(agreement(), change("services.access.operations", ["consult"])).services[0].operations == (
        "consult",
    )
    readings = "terms.return_and_destruction.destruction.readings"
    found = amended(agreement(), change(f"{readings}.0.value", "21 days"))
    assert found.terms.return_and_destruction.destruction.readings[0].value == "21 days"
    whole = msgspec.json.decode(agreement().canonical())["groups"][0]
    assert amended(agreement(), change("groups.user", whole)) == agreement()


@pytest.mark.parametrize(
    ("path", "value"),
    [("nothing", 1), ("services.nobody.id", "x"), ("services.99.id", "x"), ("title.deeper", 1), ("nowhere.at.all", 1),
     ("title", 7), ("services.nobody", {})],
)  # fmt: skip
def test_an_amendment_that_does_not_fit_is_refused(path, value):
    with pytest.raises(BrokenAmendment):
        amended(agreement(), change(path, value))


def test_differences_are_told_path_by_path_and_side_by_side():
    variant = amended(agreement(), change("terms.data_subject_requests.complaint.value", "48 hours"))
    variant = amended(variant, change("hosting.regions", ["FR"]))
    found = {one.path: (one.before, one.after) for one in difference(agreement(), variant)}
    assert found["terms.data_subject_requests.complaint.value"] == ("72 hours", "48 hours")
    rows = matrix(agreement(), {"a": variant, "b": agreement()})
    assert rows["terms.data_subject_requests.complaint.value"] == {"base": "72 hours", "a": "48 hours"}
    assert difference(agreement(), agreement()) == []


def test_what_keeps_a_document_from_being_filed_is_told():
    [whole] = documents()
    assert check_signatures(whole) == []
    assert check_signatures(msgspec.structs.replace(whole, signatures=())) == ["nobody has signed it"]
    loose = msgspec.structs.replace(whole, content=whole.content.replace(b'","', b'", "', 1))
    assert any("canonical" in one for one in check_signatures(loose))
    assert any("is not a" in one for one in check_signatures(msgspec.structs.replace(whole, content=b"{}")))
    garbled = msgspec.structs.replace(whole.signatures[0], signature="not base64!")
    assert any(
        "does not verify" in one for one in check_signatures(msgspec.structs.replace(whole, signatures=(garbled,)))
    )
    bare = tuple(msgspec.structs.replace(one, public_key="", signature="") for one in whole.signatures)
    assert any(
        "beside" in one for one in check_signatures(msgspec.structs.replace(whole, method="pdf", pdf_digest="0" * 64))
    )
    pdf = msgspec.structs.replace(whole, method="pdf", signatures=bare)
    assert any("PDF" in one for one in check_signatures(pdf))
    assert check_signatures(msgspec.structs.replace(pdf, pdf_digest="0" * 64)) == []


def test_only_those_who_signed_the_agreement_count_afterwards():
    [whole] = documents()
    known = signers(whole)
    given = instruction("i", NOW)
    assert signed_by(given, known)
    assert missing(given, agreement().signatories, frozenset())
    stranger = msgspec.structs.replace(given.signatures[0], public_key="AAAA")
    assert signed_by(msgspec.structs.replace(given, signatures=(stranger,)), known) == []


def test_one_document_has_one_digest_whoever_signed_it():
    [whole] = documents()
    assert msgspec.structs.replace(whole, signatures=()).digest == whole.digest
    assert SignedDocument(kind="end", content=whole.content, signatures=()).digest != whole.digest


def test_the_slot_of_an_officer_takes_a_contact_or_says_that_there_is_none():
    open_slot = amended(agreement(), change("parties.controller.dpo", None))
    assert [gap.path for gap in activation_gaps(open_slot)] == ["parties.controller.dpo"]


def test_an_end_by_a_stranger_ends_nothing():
    from uuid import uuid4

    from bailee.contract.force import compile_documents

    ended = end(uuid4(), NOW)
    stranger = msgspec.structs.replace(
        ended, signatures=(msgspec.structs.replace(ended.signatures[0], public_key="AAAA"),)
    )
    assert compile_documents([*documents(), stranger], NOW).ended_at is None
