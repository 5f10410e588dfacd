"""Name tokens: a name is found by each of its words, in one of 64 ways that its whole name draws."""

import secrets
from datetime import UTC, datetime

import pytest
from tests.unit.test_ruling import asking
from tests.unit.test_sealing import address, key

from bailee.contract.ruling import Permit
from bailee.ledger.appending import Recorded
from bailee.vault import confirming, profile, tokens
from bailee.vault.activity import shorten
from bailee.vault.amending import encode
from bailee.vault.renewed import renewed
from bailee.vault.sealing import Sealed, seal
from bailee.vault.searching import TAG, normal_whole_name, tags

SECRET = secrets.token_bytes(32)
NAME = frozenset({"name"})


def scope(categories: frozenset[str]) -> Recorded[Permit]:
    permit = Permit(asking(), "own-acts", "x", categories, {}, frozenset(), "", datetime.now(UTC))
    return Recorded(permit, None, 0)  # type: ignore[arg-type] -- no ledger is asked here


def sealed(data: object, mine) -> Sealed:
    return Sealed(address(), 3, mine.key_id, seal(mine, address(), 3, encode(data)))


def test_every_word_of_a_name_is_found_under_the_tags_that_are_sought():
    whole = normal_whole_name("Jean-Élie", "de La Tour")
    found = tokens.tokens(SECRET, "profile", whole)
    assert tokens.words_of(whole) == ("de", "elie", "jean", "la", "tour")
    assert 1 <= len(found) <= 5
    for word in tokens.words_of(whole):
        sought = tokens.sought(SECRET, "profile", word)
        assert 50 <= len(sought) <= tokens.VARIANTS
        assert found & set(sought)
    assert found <= set(tokens.every_bucket())
    assert found == tokens.tokens(SECRET, "profile", whole), "one name has one variant"
    assert found != tokens.tokens(secrets.token_bytes(32), "profile", whole)
    assert len(tokens.words_of(" ".join(map(str, range(40))))) == tokens.WORDS


def test_a_name_takes_one_variant_and_others_with_the_word_take_others():
    taken = {tokens.variant(SECRET, "profile", "martin", f"{n} martin") for n in range(400)}
    assert len(taken) > tokens.VARIANTS * 0.9
    assert taken <= set(range(tokens.VARIANTS))


def test_tokens_stand_beside_the_exact_tags_only_where_switched_on():
    data = {"given_name": "Ada", "family_name": "Byron", "email": "ada@example.org"}
    off, on = tags(SECRET, profile.TYPE, data), tags(SECRET, profile.TYPE.with_tokens(True), data)
    assert {len(one) for one in off} == {TAG}
    assert set(off) < set(on)
    assert {len(one) for one in set(on) - set(off)} == {2}
    assert profile.TYPE.with_tokens(True).with_tokens(False).name_tokens is False


def test_a_candidate_is_confirmed_or_not_and_only_on_a_search_that_covers_names():
    mine = key()
    box = sealed({"given_name": "Ada", "family_name": "Byron-King"}, mine)
    for words, holds in ((("ada",), True), (("king", "ada"), True), (("ada", "lovelace"), False), ((), True)):
        assert confirming.holds(scope(NAME), mine, profile.TYPE, box, field="name", words=words) is holds
    nameless = sealed({"email": "a@b.example"}, mine)
    assert not confirming.holds(scope(NAME), mine, profile.TYPE, nameless, field="name", words=("ada",))
    with pytest.raises(PermissionError):
        confirming.holds(scope(frozenset({"email"})), mine, profile.TYPE, box, field="name", words=("ada",))


def test_a_record_that_is_as_it_should_be_is_not_sealed_again_and_what_must_stay_stays():
    mine, index = key(), key()
    data = {"given_name": "Ada"}
    made = renewed(mine, index, profile.TYPE, sealed(data, mine), NAME, may_drop=False)
    assert made is not None
    assert (made.sealed, made.tags) == (None, tags(index.secret, profile.TYPE, data))
    assert renewed(mine, index, profile.TYPE, sealed(data, mine), frozenset(), may_drop=True) is None
    assert renewed(mine, index, profile.TYPE, sealed({"unknown": 1}, mine), NAME, may_drop=True) is None


@pytest.mark.parametrize(
    ("whole", "shortened"),
    [
        ("192.0.2.77", "192.0.2.0"), ("10.1.2.255", "10.1.2.0"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("fe80::1%eth0", "fe80::"), ("::ffff:192.0.2.77", "192.0.2.0"), ("", ""), ("unknown", ""), ("192.0.2.0", "192.0.2.0"),
    ],
)  # fmt: skip
def test_a_shortened_address_says_the_network_and_no_longer_the_machine(whole, shortened):
    assert shorten(whole) == shortened
    assert shorten(shortened) == shortened
