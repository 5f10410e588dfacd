"""Agreements read from files: strict, every problem at once, with places; and back again, byte for byte."""

import copy
import json
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bailee.cli.demo import parties
from bailee.contract.agreement import Agreement, canonical
from bailee.contract.conflicts import conflicts
from bailee.contract.reading import activation_gaps, read_agreement, read_amendment, read_instruction
from bailee.contract.triggers import TRIGGERS
from bailee.contract.yaml import SIZE, BrokenDocument, parse
from bailee.infra import samples

TEXT = samples.agreement().read_text()
TREE: dict[str, Any] = yaml.safe_load(TEXT.replace("2026-01-01", '"2026-01-01"'))


def problems(text: str) -> list[str]:
    with pytest.raises(BrokenDocument) as broken:
        read_agreement(text)
    return [str(one) for one in broken.value.problems]


def test_the_sample_reads_and_names_every_slot_that_is_still_empty():
    gaps = [one.path for one in activation_gaps(read_agreement(TEXT))]
    assert "addresses.breach" in gaps
    assert "reversibility.recipient_key" in gaps
    assert "parties.controller.dpo" in gaps


def test_a_filled_agreement_has_no_gap():
    company = parties.companies()[0]
    company.verifier_key = "x+00000000+AAAA"
    assert activation_gaps(parties.filled(read_agreement(TEXT), company)) == []


def test_every_problem_is_told_at_once_with_its_place():
    broken = TEXT.replace("data_act:", "data_akt:").replace("language: en", "language: klingon")
    told = problems(broken)
    assert any("data_akt" in one for one in told)
    assert any("klingon" in one for one in told)
    assert all(one.split(" ")[0].count(":") == 1 for one in told)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("a: [", "not YAML"),
        ("a: &x 1\nb: *x", "anchors"),
        ("a: 1\na: 2", "twice"),
        ("? [1]\n: 2", "plain word"),
        ("a: 1.5", "whole number"),
        ("a: !!python/object:os.system x", "text"),
        ("x" * (SIZE + 1), "larger"),
        ("[" * 3000, "not YAML"),
        ("a: " + "".join(f"\n{' ' * n}k:" for n in range(1, 30)) + " 1", "deeper"),
    ],
)
def test_what_is_not_plain_yaml_is_refused(text, word):
    assert any(word in one for one in problems(text)), problems(text)


def test_null_true_and_numbers_are_what_they_look_like():
    assert parse("a: null\nb: true\nc: 7\nd: false\ne: 2026-01-01\nf: -3").value == {
        "a": None, "b": True, "c": 7, "d": False, "e": "2026-01-01", "f": "-3",
    }  # fmt: skip


def changed(**paths: Any) -> str:
    tree = copy.deepcopy(TREE)
    for path, value in paths.items():
        place: Any = tree
        *way, last = path.split("__")
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place[int(last) if last.isdigit() else last] = value
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)


@pytest.mark.parametrize(
    ("paths", "word"),
    [
        ({"data__0__category": "shoe-size"}, "no data category"),
        ({"services__0__categories__0": "custom-shoes"}, "do not list"),
        ({"services__1__id": "access"}, "twice"),
        ({"services__0__purposes": ["prospecting"]}, "controller's own"),
        ({"groups": [{"group": "user", "anchors": ["categories-of-people-concerned.2"]}]}, "do not list"),
        ({"terms__return_and_destruction__destruction__value": "9 fortnights"}, "period"),
        ({"terms__return_and_destruction__destruction__strict": "nobody"}, "names one of them"),
        ({"terms__breach_notice__notice": {"value": "24 hours", "clause": "breach.notify"}}, "has an anchor"),
        (
            {
                "custom_duties": [
                    {"id": "d", "trigger": "t", "period": "soon", "owed_to": "controller", "evidence": "e"}
                ]
            },
            "period",
        ),
        (
            {
                "custom_duties": [
                    {
                        "id": "d",
                        "trigger": "t",
                        "period": "1 day",
                        "reminders": ["soon"],
                        "owed_to": "controller",
                        "evidence": "e",
                    }
                ]
            },
            "reminders",
        ),
        ({"time_zone": "Europe/Lutetia"}, "no time zone"),
        ({"time_zone": "../etc/passwd"}, "no time zone"),
        ({"holidays": "XX"}, "no holiday calendar"),
        ({"holidays": "FR-00"}, "no holiday calendar"),
        (
            {
                "custom_duties": [
                    {"id": "d", "trigger": "t", "period": "1 day", "owed_to": "controller", "evidence": "e"}
                ]
            },
            "no trigger",
        ),
        ({"law_terms__0__about": "nothing.here"}, "no term of the agreement"),
        ({"in_force_from": "yesterday"}, "in_force_from"),
        ({"title": 7}, "type"),
        ({"parties__controller__dpo": 7}, "forms"),
        ({"parties__controller__dpo": {"name": "x", "email": "nope"}}, "form"),
    ],
)
def test_what_a_schema_cannot_say_is_checked_as_well(paths, word):
    told = problems(changed(**paths))
    assert any(word in one for one in told), told


def test_custom_duties_that_start_with_something_known_are_read_in_order():
    duty = {"trigger": next(iter(TRIGGERS)), "period": "1 day", "owed_to": "controller", "evidence": "e"}
    found = read_agreement(changed(custom_duties=[{"id": "first", **duty}, {"id": "second", **duty}]))
    assert [one.id for one in found.custom_duties] == ["first", "second"]


def test_canonical_bytes_read_back_to_the_very_same_agreement():
    found = read_agreement(TEXT)
    again = msgspec.json.decode(found.canonical(), type=Agreement)
    assert again == found
    assert again.digest == found.digest
    assert json.loads(found.canonical()) == json.loads(canonical(again))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(TREE)),
    st.one_of(st.none(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=2)),
)
def test_any_changed_part_is_refused_or_changes_the_digest(name, value):
    tree = copy.deepcopy(TREE)
    tree[name] = value
    try:
        found = read_agreement(yaml.safe_dump(tree, allow_unicode=True))
    except BrokenDocument:
        return
    assert found.digest != read_agreement(TEXT).digest or value == TREE[name] or TREE[name] in ([], None)


def test_the_laws_term_wins_over_a_longer_one_and_the_data_act_counts_where_it_applies():
    base = read_agreement(changed(terms__data_subject_requests__answer__value="3 months"))
    told = [str(one) for one in conflicts(base)]
    assert any("the law's term wins" in one for one in told), told
    assert len(conflicts(read_agreement(changed(data_act="applies")))) >= len(conflicts(read_agreement(TEXT)))


INSTRUCTION = """
format: bailee.dev/instruction/v1
id: spring-mailing
purposes: [prospecting]
operations: [consult]
categories: [email]
groups: [user]
actors: [controller_system]
in_force_from: "2026-03-01T00:00:00Z"
reason: the spring mailing
"""


def test_an_instruction_is_read_and_its_mistakes_are_told_with_places():
    assert read_instruction(INSTRUCTION).id == "spring-mailing"
    with pytest.raises(BrokenDocument) as broken:
        read_instruction(INSTRUCTION.replace("[email]", "[shoes]").replace("00:00:00Z", "00:00:00"))
    assert {one.path for one in broken.value.problems} == {"categories.0", "in_force_from"}


def test_an_amendment_is_read():
    text = "format: bailee.dev/amendment/v1\nsince: 2026-05-01\nchanges:\n  - {path: title, value: Other, reason: r}\n"
    assert read_amendment(text).changes[0].path == "title"


def test_what_the_schema_lets_through_and_the_struct_does_not_is_still_told():
    told = problems(TEXT.replace("in_force_from: 2026-01-01", "in_force_from: 2026-13-45"))
    assert any("in_force_from" in one for one in told)


def test_a_file_nested_beyond_all_measure_is_refused():
    told = problems("{a: " * 6000 + "1" + "}" * 6000)
    assert told


def test_a_control_character_is_refused_and_a_place_that_is_not_there_is_told_by_its_nearest():
    assert any("can be read" in one or "not YAML" in one for one in problems("a: \x00"))
    assert str(parse("a:\n  b: 1").problem(("a", "b", "c"), "m")) == "2:3 a.b.c: m"
    assert str(parse("1").problem((), "m")).endswith("m")


def test_an_instant_that_does_not_exist_is_refused():
    with pytest.raises(BrokenDocument):
        read_instruction(INSTRUCTION.replace("2026-03-01T00", "2026-03-01T99"))
