"""A User and what is held of it: nothing is lost on the way there and back, whatever a directory sends."""

import random

import pytest
from scim2_models import InvalidFilterException, ScimFilter

from bailee.processing.accounts.scim.filters import SEARCHED, understood
from bailee.processing.accounts.scim.mapping import CORE, ENTERPRISE, OURS, Told, Unfit, from_kept, patch, to_kept
from bailee.vault import profile, scim_attributes
from bailee.vault.amending import merge

TEXTS = ["Zoé", "a\nb", "x" * 300, "\u202eabc", "12 rue", "FR", "France", "+33612345678", "0612345678", "00 33 6 12 34 56 78",
         "tel:+1-201-555-0123", "not-a-tag!", "fr-FR", "a@b.example", "a b", " ", "%"]  # fmt: skip
LISTS = {
    "emails": ("value", "type", "display"),
    "phoneNumbers": ("value", "type"),
    "addresses": ("streetAddress", "locality", "postalCode", "region", "country", "formatted", "type"),
    "photos": ("value", "type"),
}


def some_user(dice: random.Random) -> dict:
    def text() -> str:
        return dice.choice(TEXTS)

    user = {"schemas": [CORE], "userName": "zoe", "active": True}
    user |= {name: text() for name in ("nickName", "title", "preferredLanguage", "displayName") if dice.random() < 0.6}
    names = ("familyName", "givenName", "honorificPrefix", "formatted", "middleName")
    name = {one: text() for one in names if dice.random() < 0.6}
    if name:
        user["name"] = name
    work = {one: text() for one in ("organization", "department") if dice.random() < 0.6}
    for attribute, keys in LISTS.items():
        entries = [{key: text() for key in keys if dice.random() < 0.7} for _ in range(dice.randrange(4))]
        entries = [entry for entry in entries if entry]
        if entries and dice.random() < 0.5:
            dice.choice(entries)["primary"] = True
        if entries:
            user[attribute] = entries
    if work:
        user["schemas"].append(ENTERPRISE)
        user[ENTERPRISE] = work
    return user


@pytest.mark.parametrize("seed", range(300))
def test_what_is_sent_comes_back_and_both_records_fit_their_types(seed):
    user = some_user(random.Random(seed))
    kept = to_kept(user)
    profile.TYPE.check(kept.profile)
    scim_attributes.TYPE.check(kept.scim)
    assert from_kept(kept, Told(True, {})) == user


@pytest.mark.parametrize("seed", range(100))
def test_a_patch_leads_from_one_profile_to_the_other(seed):
    before, after = (to_kept(some_user(random.Random(f"{seed}{n}"))).profile for n in "ab")
    assert {name: value for name, value in merge(before, patch(before, after)).items() if value != {}} == after
    assert patch(after, after) == {}


def test_a_profile_changed_elsewhere_is_what_is_shown():
    kept = to_kept({"userName": "z", "active": True, "emails": [{"value": "old@a.example", "type": "home"}]})
    kept.profile["email"] = "new@a.example"
    assert from_kept(kept, Told(True, {}))["emails"] == [{"value": "new@a.example", "type": "home"}]
    del kept.profile["email"]
    assert "emails" not in from_kept(kept, Told(True, {}))
    bare = to_kept({"userName": "z", "active": True})
    bare.profile["phone"] = "+33612345678"
    assert from_kept(bare, Told(None, {"personGroups": "partner"})) == {
        "userName": "z", "phoneNumbers": [{"value": "+33612345678", "type": "work", "primary": True}],
        OURS: {"personGroups": "partner"}, "schemas": [CORE, OURS],
    }  # fmt: skip


def test_civility_is_the_prefix_and_a_job_title_is_not():
    kept = to_kept({"userName": "z", "title": "Chief", "name": {"honorificPrefix": "Mme"}, "active": True})
    assert kept.profile["title"] == "Mme"
    assert kept.scim["core"] == {"title": "Chief"}


def test_a_password_is_never_kept_and_too_much_is_refused():
    kept = to_kept({"userName": "z", "password": "secret", "active": True})
    assert kept.scim == {}
    for more in ({"nickName": "x" * 70_000}, {"externalId": "x" * 201}, {"userName": "a\rb"}):
        with pytest.raises(Unfit):
            to_kept({"userName": "z", "active": True} | more)


def test_a_filter_becomes_searches_bounds_and_a_rest():
    query = understood(
        ScimFilter('userName eq "a" and emails.value eq "b" and active eq true and id sw "0"').ast, SEARCHED, "groups"
    )
    assert query.sought == (("user_name", "a"), ("email", "b"))
    assert query.bounds.active is True
    assert [str(term) for term in query.rest] == ['id sw "0"']
    with pytest.raises(InvalidFilterException):
        understood(ScimFilter('userName eq "a" or active eq true').ast, SEARCHED, "groups")
