"""A negotiated agreement is its base plus dated deviations, each with its reason; both load, and they compare."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from bailee.contract.agreement import Agreement
from bailee.contract.amendments import BrokenAmendment, amended
from bailee.contract.conflicts import conflicts
from bailee.contract.difference import difference
from bailee.contract.documents import Amendment, Changed
from bailee.contract.reading import activation_gaps, read_agreement, read_amendment

PLATFORM = Path(__file__).parents[2] / "agreements" / "platform"


@pytest.fixture(scope="module")
def base() -> Agreement:
    return read_agreement((PLATFORM / "agreement.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def deviations() -> Amendment:
    return read_amendment((PLATFORM / "variants" / "example-negotiated.yaml").read_text("utf-8"))


def test_the_variant_gives_an_agreement_that_is_consistent_and_ready_to_be_activated(
    base: Agreement, deviations: Amendment
) -> None:
    variant = amended(base, deviations)
    assert read_agreement(variant.canonical().decode()) == variant
    assert activation_gaps(variant) == []
    assert variant.digest != base.digest


def test_the_difference_shows_each_deviation_and_nothing_else(base: Agreement, deviations: Amendment) -> None:
    differing = {found.path for found in difference(base, amended(base, deviations))}
    for change in deviations.changes:
        assert any(alike(path, change.path) for path in differing), change.path
    for path in differing:
        assert any(alike(path, change.path) for change in deviations.changes), path


def test_the_negotiated_numbers_are_in_force_in_the_variant(base: Agreement, deviations: Amendment) -> None:
    terms = amended(base, deviations).terms
    assert terms.return_and_destruction.destruction.value == "21 days"
    assert {reading.value for reading in terms.return_and_destruction.destruction.readings} == {"21 days"}
    assert terms.sub_processors.objection.value == "30 days"
    assert base.terms.return_and_destruction.destruction.value == "30 days"


def test_twenty_one_days_conflict_with_the_data_act_where_it_applies(base: Agreement, deviations: Amendment) -> None:
    variant = amended(base, deviations)
    assert conflicts(variant) == []
    under_the_act = conflicts(msgspec.structs.replace(variant, data_act="applies"))
    assert {found.law.id for found in under_the_act} >= {"data-act-retrieval", "data-act-erasure"}


def test_a_deviation_at_a_place_that_the_base_does_not_have_is_refused(base: Agreement) -> None:
    stray = Changed(path="terms.return_and_destruction.burning.value", value="1 day", reason="made up")
    with pytest.raises(BrokenAmendment, match="burning"):
        amended(base, Amendment(format="bailee.dev/amendment/v1", since=date(2026, 3, 1), changes=(stray,)))


def alike(found: str, changed: str) -> bool:
    """Whether a difference is at a deviation's path or inside it (readings and companies go by name there)."""
    found_steps, changed_steps = found.split("."), changed.split(".")
    return all(a == b or b.isdigit() for a, b in zip(found_steps, changed_steps, strict=False))
