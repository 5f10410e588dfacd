"""The platform's own agreement is read whole: every paragraph of the signed text has someone who answers for it.

`agreements/platform/anchors.yaml` names each paragraph by place and digest, never by its words. The text belongs to
the parties; whoever holds it sets BAILEE_AGREEMENT_SOURCE to its file, and the digests are computed again from it.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from bailee.contract.agreement import Agreement
from bailee.contract.clauses import BY_ID
from bailee.contract.reading import read_agreement
from bailee.contract.terms.term import Term

PLATFORM = Path(__file__).parents[2] / "agreements" / "platform"
SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
SHA256 = re.compile(r"[0-9a-f]{64}")
CONTROLLER_DUTIES = "parties.controller-duties"

# Clauses that no paragraph of the text asks for, with the law that does.
CLAUSES_OF_LAW = {"rights.recipients": "GDPR Art. 19: recipients are told of rectification, erasure, restriction"}


def anchor_file() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((PLATFORM / "anchors.yaml").read_text("utf-8"))
    return document


def paragraphs() -> list[dict[str, Any]]:
    return [paragraph for section in anchor_file()["sections"] for paragraph in section["paragraphs"]]


def clauses_claimed(paragraph: dict[str, Any]) -> set[str]:
    own = {CONTROLLER_DUTIES} if paragraph.get("controller_duty") else set()
    return own | set(paragraph.get("claimed_by", []))


def agreement() -> Agreement:
    return read_agreement((PLATFORM / "agreement.yaml").read_text("utf-8"))


def places() -> set[str]:
    return {paragraph["anchor"] for paragraph in paragraphs()}


def terms_of(agreement: Agreement) -> Iterator[tuple[str, Term]]:
    for clause in agreement.terms.__struct_fields__:
        room = getattr(agreement.terms, clause)
        for name in room.__struct_fields__:
            if isinstance(term := getattr(room, name), Term):
                yield f"{clause}.{name}", term


def anchors_named(part: Any) -> Iterator[str]:
    """Every anchor that any part of the agreement names, wherever it stands."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "anchor" and value is not None:
                yield value
            elif key == "anchors":
                yield from value
            else:
                yield from anchors_named(value)
    elif isinstance(part, list):
        for member in part:
            yield from anchors_named(member)


def normalised(line: str) -> str:
    return " ".join(line.split())


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_every_paragraph_is_claimed_by_a_clause_or_a_service_or_is_the_controllers_duty() -> None:
    unread = [
        paragraph["anchor"]
        for paragraph in paragraphs()
        if not (clauses_claimed(paragraph) or paragraph.get("service"))
    ]
    assert unread == []


def test_a_paragraph_says_nothing_but_its_place_its_digest_and_who_answers() -> None:
    for paragraph in paragraphs():
        assert set(paragraph) <= {"anchor", "sha256", "claimed_by", "service", "controller_duty"}, paragraph
        assert SHA256.fullmatch(paragraph["sha256"]), paragraph
        assert paragraph.get("controller_duty", True) is True, paragraph
        claims = paragraph.get("claimed_by", ["-"])
        assert claims, paragraph
        assert len(claims) == len(set(claims)), paragraph


def test_anchors_are_unique_and_count_up_from_one_in_each_section() -> None:
    document = anchor_file()
    slugs = [section["slug"] for section in document["sections"]]
    assert len(slugs) == len(set(slugs))
    for section in document["sections"]:
        assert re.fullmatch(SLUG, section["slug"])
        assert SHA256.fullmatch(section["heading_sha256"])
        places = [paragraph["anchor"] for paragraph in section["paragraphs"]]
        assert places == [f"{section['slug']}.{n}" for n in range(1, len(places) + 1)]
    assert len(paragraphs()) == document["paragraphs"]


def test_no_two_paragraphs_of_a_section_have_the_same_text() -> None:
    for section in anchor_file()["sections"]:
        repeated = [d for d, n in Counter(p["sha256"] for p in section["paragraphs"]).items() if n > 1]
        assert repeated == [], section["slug"]


def test_every_claim_names_a_clause_of_the_register() -> None:
    unknown = {(p["anchor"], clause) for p in paragraphs() for clause in clauses_claimed(p) if clause not in BY_ID}
    assert unknown == set()


def test_every_clause_of_the_register_answers_a_paragraph_or_names_the_law_it_comes_from() -> None:
    claimed = {clause for paragraph in paragraphs() for clause in clauses_claimed(paragraph)}
    assert set(BY_ID) - claimed == set(CLAUSES_OF_LAW)


def test_every_service_of_the_anchors_is_a_service_of_the_agreement_which_names_that_paragraph() -> None:
    services = {service.id: set(service.anchors) for service in agreement().services}
    for paragraph in paragraphs():
        if service := paragraph.get("service"):
            assert service in services, paragraph
            assert paragraph["anchor"] in services[service], paragraph


def test_every_anchor_that_the_agreement_names_exists() -> None:
    named = set(anchors_named(msgspec.to_builtins(agreement())))
    assert named
    assert named - places() == set()


def test_every_dated_term_has_an_existing_anchor_and_a_clause_which_claims_that_paragraph() -> None:
    claims = {paragraph["anchor"]: clauses_claimed(paragraph) for paragraph in paragraphs()}
    for path, term in terms_of(agreement()):
        assert term.anchor in claims, path
        assert term.clause in claims[term.anchor], f"{path}: {term.anchor} is not claimed by {term.clause}"


def test_the_digests_are_those_of_the_text_that_the_parties_hold() -> None:
    source = os.environ.get("BAILEE_AGREEMENT_SOURCE")
    if not source:
        pytest.skip("BAILEE_AGREEMENT_SOURCE names no file: the parties' text is not at hand to hash again")
    lines = [text for text in map(normalised, Path(source).read_text("utf-8").splitlines()) if text]
    document = anchor_file()
    expected = [document["title_sha256"]]
    for section in document["sections"]:
        expected += [section["heading_sha256"], *(paragraph["sha256"] for paragraph in section["paragraphs"])]
    assert [digest(text) for text in lines] == expected
