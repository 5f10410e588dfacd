"""Similarity: known values, symmetry, accents, order, and what is said of each pair."""

import random
import string

import pytest

from bailee.processing.accounts.reconciling.similarity import alike, jaro_winkler, similarity, whole_names

ELODIE = {
    "given_name": "Élodie", "family_name": "Kerouédan", "email": "elodie@alpages.example", "phone": "+33612345678",
    "company": "Alpages", "external_id": "crm-1", "user_name": "elodie",
    "postal_address": {"street": "12 rue du Lac", "postal_code": "74000", "city": "Annecy", "country": "FR"},
}  # fmt: skip


def codes(one, other):
    return {c.code: c.points for c in similarity(one, other).contributions}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("martha", "marhta", 0.9611),
        ("dixon", "dicksonx", 0.8133),
        ("dwayne", "duane", 0.84),
        ("", "a", 0.0),
        ("a", "a", 1.0),
    ],
)
def test_jaro_winkler_has_its_published_values(one, other, expected):
    assert jaro_winkler(one, other) == pytest.approx(expected, abs=1e-4)
    assert jaro_winkler(other, one) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Élodie Kerouédan", "KEROUEDAN  elodie"),
        ("Jean-Pierre O'Brien", "jean pierre o brien"),
        ("François Ångström", "angstrom francois"),
        ("ＡＬＩＣＥ Martin", "alice martin"),
    ],
)
def test_accents_case_order_and_signs_do_not_matter(one, other):
    assert whole_names(one, other) == 1.0


def test_names_are_told_apart_by_how_much_they_differ():
    degrees = [
        whole_names("Jon Smith", "John Smith"), whole_names("J. Smith", "John Smith"),
        whole_names("Paul Smith", "Lucie Smith"), whole_names("Anna Berg", "Max Durand"),
    ]  # fmt: skip
    assert degrees == sorted(degrees, reverse=True)
    assert degrees[1] > 0.8 > degrees[2] > 0.6 > degrees[3]
    assert whole_names("", "Anna") == whole_names(". -", "Anna") == 0.0


def test_the_same_profile_is_very_likely_the_same_person():
    found = similarity(ELODIE, ELODIE)
    assert (found.score, found.level) == (100, "very-likely")
    assert [c.code for c in found.contributions][:2] == ["same-email", "same-own-id"]


def test_every_reason_has_its_code():
    assert codes({"email": "A@x.example"}, {"email": "a@X.example"}) == {"same-email": 45}
    assert codes({"external_id": "1"}, {"external_id": "2"}) == {"other-own-id": -20}
    near = {"postal_address": ELODIE["postal_address"] | {"street": "12, rue du lac"}}
    assert codes({"postal_address": ELODIE["postal_address"]}, near) == {"similar-address": 10}
    far = {"postal_address": ELODIE["postal_address"] | {"street": "21 rue du Lac"}}
    assert codes({"postal_address": ELODIE["postal_address"]}, far) == {"same-town": 3}
    moved = {"postal_address": {"street": "12 rue du Lac", "city": "Lyon", "postal_code": "69001"}}
    assert codes({"postal_address": ELODIE["postal_address"]}, moved) == {}
    assert codes({}, ELODIE) == {}


def test_a_couple_with_one_phone_is_less_than_likely_and_namesakes_are_only_possible():
    home = {"family_name": "Martin", "phone": "+33123456789", "postal_address": ELODIE["postal_address"]}
    couple = similarity(home | {"given_name": "Paul"}, home | {"given_name": "Lucie"})
    assert couple.level == "possible"
    namesakes = similarity({"given_name": "Ana", "family_name": "Li"}, {"given_name": "Ana", "family_name": "Li"})
    assert namesakes.level == "possible"
    assert (
        similarity(
            {"email": "sales@x.example", "given_name": "Al"}, {"email": "sales@x.example", "given_name": "Zoë"}
        ).level
        == "unlikely"
    )


def test_it_is_symmetric_bounded_and_takes_anything():
    seeded = random.Random(7)
    letters = string.ascii_letters + " -'éß\u202eЖ漢" + "\U0001f600"
    for _ in range(300):
        pair = [
            {f: "".join(seeded.choices(letters, k=seeded.randrange(60))) for f in ("given_name", "family_name", "email", "phone")}
            | {"postal_address": {"street": "".join(seeded.choices(letters + "0123456789", k=20)), "city": "x"}}
            for _ in range(2)
        ]  # fmt: skip
        found = similarity(*pair)
        assert 0 <= found.score <= 100
        assert found == similarity(*reversed(pair))
    assert similarity({"email": 5, "postal_address": []}, {"email": 5, "postal_address": None}).score == 0


def test_long_values_are_bounded_in_time():
    long = {
        "given_name": "a b " * 100,
        "family_name": "c" * 200,
        "postal_address": {"city": "x", "street": "1 " * 2000},
    }
    assert similarity(long, {**long, "family_name": "d" * 200}).score <= 100


def test_alike_compares_texts_and_addresses():
    assert alike("É", "e")
    assert not alike(None, None)
    assert alike({"city": "Annecy"}, {"city": "ANNECY"})
    assert not alike({"city": "Annecy"}, {"city": "Annecy", "country": "FR"})
