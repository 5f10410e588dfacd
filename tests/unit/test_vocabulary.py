"""The words: identifiers, operations, purposes, categories, places, periods."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailee.vocabulary.categories import CATALOGUE, is_category
from bailee.vocabulary.ids import new_id
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.periods import Period
from bailee.vocabulary.places import EEA, EU27, is_eu
from bailee.vocabulary.purposes import Purpose


def test_ids_are_uuids_of_version_7_in_order_of_time_and_never_twice():
    made = [new_id() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(one.version == 7 and one.variant == "specified in RFC 4122" for one in made)
    assert [one.int >> 64 for one in made] == sorted(one.int >> 64 for one in made)
    assert len({one.int >> 64 for one in made}) > 100, "they are in order within a millisecond too"


def test_every_operation_and_purpose_has_its_standard_term():
    assert Operation.make_available.iri == "https://w3id.org/dpv#MakeAvailable"
    assert Operation.return_.iri == "https://w3id.org/dpv#MakeAvailable"
    assert all(purpose.iri.startswith("https://w3id.org/dpv#") for purpose in Purpose)


def test_the_nine_autonomous_operations_are_the_controllers_own():
    assert {o.value for o in Operation if o.autonomous} == {
        "collect", "adapt", "modify", "download", "query", "disclose", "delete", "erase", "combine",
    }  # fmt: skip


def test_six_purposes_are_the_processors_and_the_rest_the_controllers():
    assert sum(purpose.owner == "processor" for purpose in Purpose) == 6
    assert Purpose.profiling.owner == "controller"


def test_categories_are_those_of_the_catalogue_and_those_a_controller_adds():
    assert is_category("email")
    assert is_category("custom-shoe-size")
    assert not is_category("shoe-size")
    assert all(category.fr and category.en and category.iri for category in CATALOGUE.values())


def test_the_union_is_its_twenty_seven_members_and_no_more():
    assert len(EU27) == 27
    assert {"IS", "LI", "NO"} == EEA - EU27
    assert is_eu("FR")
    assert not any(is_eu(country) for country in ("NO", "CH", "GB", "US", "", "fr"))


def test_whose_hand_an_actor_is():
    assert [kind for kind in ActorKind if kind.of_processor] == [ActorKind.processor_system, ActorKind.processor_staff]


@given(st.integers(1, 99999), st.sampled_from(["hours", "days", "working-days", "months", "years"]))
def test_periods_read_back_as_they_are_written(amount, unit):
    period = Period(amount, unit)
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    "text", ["", "30", "days", "0 days", "-1 days", "30  days", "30 fortnights", "1.5 days", "30 DAYS"]
)
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match="is not a period"):
        Period.parse(text)
