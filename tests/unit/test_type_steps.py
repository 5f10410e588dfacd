"""Steps between versions: each does what it says, twice does no more than once, and what would lose data is refused."""

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailee.vault.record_types import RecordType, RefusedType, declare
from bailee.vault.type_steps import Default, Drop, Move, Rename, Step, apply, gone, origins, schema_at

TAGS = {"x-category": "title", "x-purposes": ["account-management"]}
OTHER = {**TAGS, "x-category": "company"}
TEXT = {"type": "string", "maxLength": 50}
KNOWN = frozenset({"title", "company"})


def schema(required: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    found = {"type": "object", "additionalProperties": False, "x-erasure": "with-person", "properties": properties}
    return found | ({"required": list(required)} if required else {})


def text(**more: Any) -> dict[str, Any]:
    return TEXT | TAGS | more


def nested(required: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    inner = {"type": "object", "additionalProperties": False, "properties": properties, **TAGS}
    return inner | ({"required": list(required)} if required else {})


def versions(*told: tuple[dict[str, Any], list[Step]]) -> RecordType:
    made: RecordType | None = None
    for one, steps in told:
        made = declare("note", one, KNOWN, previous=made, steps=steps)
    assert made is not None
    return made


def refused(*told: tuple[dict[str, Any], list[Step]]) -> str:
    before = versions(*told[:-1]) if len(told) > 1 else None
    with pytest.raises(RefusedType) as caught:
        declare("note", told[-1][0], KNOWN, previous=before, steps=told[-1][1])
    return "\n".join(caught.value.problems)


def test_each_step_does_what_it_says_and_leaves_what_it_was_given():
    data = {"a": 1, "b": {"c": 2, "d": 3}, "e": 4}
    before = copy.deepcopy(data)
    steps = [Rename("a", "z"), Move("b/c", "f/g/h"), Default("y", "yes"), Drop("e")]
    assert apply(steps, data) == {"z": 1, "b": {"d": 3}, "f": {"g": {"h": 2}}, "y": "yes"}
    assert data == before
    assert apply(steps, {"y": "no"}) == {"y": "no"}
    assert apply(steps, {}) == {"y": "yes"}
    assert apply([Move("b/c", "c")], {"b": {"c": 1}}) == {"b": {}, "c": 1}
    assert apply([Move("b/c", "c")], {"b": 5}) == {"b": 5}
    assert apply([Move("b/c", "c")], {"b": {"d": 5}}) == {"b": {"d": 5}}
    assert apply([Move("x", "b/c")], {"x": 1, "b": {"c": 7}}) == {"b": {"c": 7}}
    assert apply([Move("x", "b/c")], {"x": 1, "b": {"d": 7}}) == {"b": {"d": 7, "c": 1}}
    assert apply([Rename("a", "z")], {"a": 1, "z": 2}) == {"z": 2}


def test_a_step_is_data_and_reads_as_it_is_written():
    sent = [
        {"step": "rename", "from": "a", "to": "b"}, {"step": "move", "from": "b/c", "to": "d"},
        {"step": "default", "field": "e", "value": 3}, {"step": "drop", "field": "f"},
    ]  # fmt: skip
    steps = msgspec.convert(sent, list[Step])
    assert steps == [Rename("a", "b"), Move("b/c", "d"), Default("e", 3), Drop("f")]
    assert msgspec.to_builtins(steps) == sent
    assert [gone(one) for one in steps] == ["a", "b/c", None, "f"]
    for wrong in ({"step": "rename", "from": "a"}, {"step": "move", "from": "/a", "to": "b"}, {"step": "turn"}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert([wrong], list[Step])


def test_tags_keep_the_first_name_through_every_renaming():
    made = versions(
        (schema(a=text(**{"x-search": "eq"})), []),
        (schema(b=text(**{"x-search": "eq"})), [Rename("a", "b")]),
        (schema(c=text(**{"x-search": "eq"}), n=text()) | {"x-search-name": ["n"]}, [Rename("b", "c")]),
    )
    assert made.version == 3
    assert (made.origin("c"), made.origin("n"), made.origin("name")) == ("a", "n", "name")
    assert origins([Rename("a", "b"), Drop("x"), Rename("y", "z")]) == {"b": "a", "z": "y"}


def test_a_version_that_stores_alike_leaves_everything_as_it_is():
    first = versions((schema(a=text()), []))
    assert versions((schema(a=text()), []), (schema(a=text(), b=text()), [])).stores_like(first)
    assert not versions((schema(a=text()), []), (schema(a=text(**{"x-search": "eq"})), [])).stores_like(first)
    assert not versions((schema(a=text()), []), (schema(a=text()) | {"x-search-name": ["a"]}, [])).stores_like(first)
    assert not versions((schema(a=text()), []), (schema(b=text()), [Rename("a", "b")])).stores_like(first)


@pytest.mark.parametrize(
    ("old", "steps", "new", "words"),
    [
        (schema(a=text()), [], schema(b=text()), "/a: it has no place"),
        (schema(a=text()), [Rename("x", "b")], schema(a=text(), b=text()), "/x: the version before has no such place"),
        (schema(a=text()), [Rename("a", "b")], schema(c=text()), "/b: the new version has no such place"),
        (schema(a=text(), b=text()), [Rename("a", "b")], schema(b=text()), "something there already"),
        (schema(a=text()), [Rename("a", "b"), Drop("a")], schema(b=text()), "/a: more than one step begins here"),
        (schema(a=text(), c=text()), [Rename("a", "b"), Rename("c", "b")], schema(b=text()), "/b: more than one step ends here"),
        (schema(a=text()), [Drop("a")], schema(a=text()), "given up and cannot be taken again"),
        (schema(a=text()), [Move("a", "b")], schema(b=text()), "is renamed, not moved"),
        (schema(a=nested(x=TEXT)), [Drop("a"), Move("a/x", "b")], schema(b=text()), "put this step before it"),
        (schema(a=nested(x=TEXT)), [Move("a/x", "b")], schema(a=nested(), b=text(**OTHER)), "does not become 'company'"),
        (schema(a=text()), [], schema(a=text(**OTHER)), "does not become 'company'"),
        (schema(a=text()), [Move("a", "b/x")], schema(b=text()), "/b/x: the new version has no such place"),
        (schema(a=text(), b=nested(("y",), y=TEXT)), [Move("a", "b/x")], schema(b=nested(("y",), x=TEXT, y=TEXT)), "may lack it as a whole"),
        (schema(a=text(), b={"type": ["object", "string"], "maxLength": 9, **TAGS}), [Move("a", "b/x")],
         schema(b={"type": ["object", "string"], "maxLength": 9, "additionalProperties": False, "properties": {"x": TEXT}, **TAGS}),
         "into objects alone"),
        (schema(a=text()), [Default("b", "x")], schema(a=text(), b=text()), "this version and all later ones require"),
        (schema(a=text()), [Default("b", "x")], schema(("b",), a=text()), "/b: the new version has no such place"),
        (schema(a=text()), [Default("b", 5)], schema(("b",), a=text(), b=text()), "does not fit its own property"),
        (schema(("a",), a=text()), [Default("a", "x")], schema(("a",), a=text()), "a default would never be used"),
        (schema(a=text()), [], schema(("a",), a=text()), "/a: newly required"),
        (schema(a=text()), [], schema(a={"type": "integer", **TAGS}), "'string' is not accepted any more"),
        (schema(a=text()), [], schema(a=text(maxLength=49)), "/a: maxLength is narrower"),
        (schema(a=text()), [], schema(a=text(minLength=1)), "/a: minLength is narrower"),
        (schema(a=text()), [], schema(a=text(enum=["x"])), "/a: fewer values"),
        (schema(a={"enum": ["x", 1], **TAGS}), [], schema(a={"enum": ["x"], **TAGS}), "is not accepted any more"),
        (schema(a={"enum": ["x", "y"], **TAGS}), [], schema(a={"const": "x", **TAGS}), "/a: fewer values"),
        (schema(a=nested(x=TEXT)), [], schema(a=nested()), "/a/x: it has no place"),
        (schema(a={"type": "array", "maxItems": 3, **TAGS}), [], schema(a={"type": "array", "maxItems": 3, "items": TEXT, **TAGS}), "items of any kind"),
        (schema(a={"type": "array", "maxItems": 3, "items": TEXT, **TAGS}), [],
         schema(a={"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 9}, **TAGS}), "/a/items: maxLength"),
        (schema(a={"type": "array", "maxItems": 3, "items": TEXT, **TAGS}), [],
         schema(a={"type": "array", "maxItems": 3, "uniqueItems": True, "items": TEXT, **TAGS}), "uniqueItems"),
    ],
)  # fmt: skip
def test_what_would_lose_or_refuse_data_is_refused_with_its_place(old, steps, new, words):
    assert words in refused((old, []), (new, steps))


def test_a_first_version_has_no_steps():
    assert "nothing before it" in refused((schema(a=text()), [Drop("b")]))


def test_a_default_stays_required_under_whatever_name_until_it_is_dropped():
    first, second = (schema(a=text()), []), (schema(("b",), a=text(), b=text()), [Default("b", "x")])
    assert "all later ones require" in refused(first, second, (schema(a=text(), b=text()), []))
    assert "all later ones require" in refused(first, second, (schema(a=text(), c=text()), [Rename("b", "c")]))
    inside = schema(a=text(), c=nested(x=TEXT))
    assert "rename or drop it" in refused(first, second, (inside, [Move("b", "c/x")]))
    renamed = versions(first, second, (schema(("c",), a=text(), c=text()), [Rename("b", "c")]))
    assert renamed.upgraded({}) == {"c": "x"}
    dropped = versions(first, second, (schema(a=text()), [Drop("b")]))
    assert dropped.upgraded({"a": "1"}) == {"a": "1"}


def test_wider_is_welcome():
    made = versions(
        (schema(("a",), a=text(minLength=2), b={"type": "integer", "minimum": 3, "maximum": 5, **TAGS},
                c={"enum": ["x"], **TAGS}, d=nested(("y",), y=TEXT), e={"type": "array", "maxItems": 2, "items": TEXT, **TAGS}), []),
        (schema(a=text(maxLength=90), b={"type": "number", "minimum": 0, "maximum": 9, **TAGS},
                c={"enum": ["x", None, True, 1.5, [], {}], **TAGS}, d=nested(y=TEXT, z=TEXT),
                e={"type": "array", "maxItems": 5, "items": TEXT | {"maxLength": 80}, **TAGS}), []),
        (schema(a=text(maxLength=90), b={"type": ["number", "null"], "minimum": 0, "maximum": 9, **TAGS},
                c={"enum": ["x", None, True, 1.5, [], {}, "y"], **TAGS}, d=nested(y=TEXT, z=TEXT),
                e={"type": "array", "maxItems": 5, "items": TEXT | {"maxLength": 80}, **TAGS}), []),
    )  # fmt: skip
    assert made.version == 3
    assert made.fits({"b": None, "c": "y"})


def test_a_required_property_stays_required_where_it_goes():
    made = versions(
        (schema(("a", "b"), a=text(), b=nested(("x",), x=TEXT, y=TEXT)), []),
        (schema(("c", "b"), c=text(), b=nested(y=TEXT), d=text()), [Rename("a", "c"), Move("b/x", "d")]),
    )
    assert made.upgraded({"a": "1", "b": {"x": "2", "y": "3"}}) == {"c": "1", "b": {"y": "3"}, "d": "2"}
    assert made.upgraded({"a": "1", "b": {"x": "2"}}) == {"c": "1", "b": {}, "d": "2"}
    assert made.fits(made.upgraded({"a": "1", "b": {"x": "2"}}))


OLD = schema(("a",), a=text(), b=nested(x=TEXT, y=TEXT), c={"type": "integer", **TAGS})
NEW = schema(("aa", "n"), aa=text(), b=nested(y=TEXT), bx=text(), d=nested(c={"type": "integer"}), n=text())
NEWER = schema(("aa", "m"), aa=text(), place=nested(y=TEXT), bx=text(), m=text())
MADE = versions(
    (OLD, []),
    (NEW, [Rename("a", "aa"), Move("b/x", "bx"), Move("c", "d/c"), Default("n", "none")]),
    (NEWER, [Rename("b", "place"), Drop("d"), Rename("n", "m")]),
)
WORD = st.text(max_size=5)


@given(
    st.fixed_dictionaries(
        {"a": WORD},
        optional={"b": st.fixed_dictionaries({}, optional={"x": WORD, "y": WORD}), "c": st.integers()},
    )
)
def test_whatever_was_held_fits_the_newest_version_and_twice_is_as_good_as_once(data):
    once = MADE.upgraded(data)
    assert MADE.fits(once)
    assert MADE.upgraded(once) == once
    assert once["aa"] == data["a"]
    assert once.get("bx") == data.get("b", {}).get("x")
    assert "c" not in once


@given(st.fixed_dictionaries({"aa": WORD, "m": WORD}, optional={"bx": WORD, "place": st.fixed_dictionaries({}, optional={"y": WORD})}))  # fmt: skip
def test_what_is_new_already_stays_as_it_is(data):
    assert MADE.fits(data)
    assert MADE.upgraded(data) == data


def test_a_value_is_moved_along_objects_that_are_there_and_into_none_that_is_not():
    old = schema(("b",), a=text(), b=nested(("y",), y=TEXT))
    made = versions((old, []), (schema(("b",), b=nested(("y",), x=TEXT, y=TEXT)), [Move("a", "b/x")]))
    assert made.upgraded({"a": "1", "b": {"y": "2"}}) == {"b": {"x": "1", "y": "2"}}
    assert "/c/x: the new version has no such place" in refused(
        (old, []), (schema(("b",), b=old["properties"]["b"]), [Move("a", "c/x")])
    )
    assert apply([1], {"a": 1}) == {"a": 1}  # type: ignore[list-item] -- what is no step does nothing


def test_a_place_that_is_not_there_has_no_schema():
    assert schema_at(OLD, ["b", "x"]) == TEXT
    assert schema_at(OLD, ["b", "z"]) is None
    assert schema_at({"properties": {"a": True}}, ["a"]) is None
