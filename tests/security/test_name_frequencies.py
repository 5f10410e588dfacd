"""The frequency attack on name tokens: what someone with the whole index, but no key, recovers of the names.

The attacker knows how frequent names are in the population (exactly as it was drawn), sees every tag with the record it
belongs to, and knows how tokens are made; only the key is missing. Three ways are tried, a guess for each token of a
row, and the row counts as recovered if one of them is right; at last a row counts where either way on tokens is right,
which no attacker could know. The same on tokens that are not smoothed shows that the attack works where there is
something to be had.
"""

import hmac
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pytest
from tests.french_names import Names

from bailee.vault import tokens
from bailee.vault.searching import normal, normal_whole_name

PEOPLE = 40_000
TYPE = "profile"
Row = tuple[str, str]
Index = list[frozenset[bytes]]


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(20)


@pytest.fixture(scope="module")
def rows(names: Names) -> list[Row]:
    return [(normal(given), normal(family)) for given, family in names.draw(PEOPLE)]


def indexed(rows: Sequence[Row], made: Callable[[str], set[bytes]]) -> Index:
    whole = [normal_whole_name(*row) for row in rows]
    known = {one: frozenset(made(one)) for one in set(whole)}
    return [known[one] for one in whole]


def expected(names: Names) -> list[tuple[str, float]]:
    """Every word with its share of the people, the commonest first."""
    shares: Counter[str] = Counter()
    for listed, weights in ((names.given, names.given_shares), (names.family, names.family_shares)):
        for one, share in zip(listed, weights, strict=True):
            for word in normal_whole_name(one).split():
                shares[word] += share
    return shares.most_common()


def by_rank(index: Index, words: Sequence[tuple[str, float]], variants: int) -> Mapping[bytes, str]:
    """The fullest bucket is the commonest word's (each of its variants being one), and so on down."""
    load = Counter(tag for tags in index for tag in tags)
    every = [word for word, _ in words[: len(load)] for _ in range(variants)]
    return {tag: word for (tag, _), word in zip(load.most_common(), every, strict=False)}


def by_excess(index: Index, words: Sequence[tuple[str, float]], variants: int) -> Mapping[bytes, str]:
    """What a bucket holds beyond the usual is one variant of the word that this many people have."""
    load = Counter(tag for tags in index for tag in tags)
    usual = sorted(load.values())[len(load) // 2]
    heavy = [(word, share * PEOPLE / variants) for word, share in words[:400]]
    return {tag: min(heavy, key=lambda one: abs(one[1] - max(count - usual, 0)))[0] for tag, count in load.items()}


def by_whole_name(rows: Sequence[Row], names: Names) -> set[int]:
    """The exact index of whole names, beside the tokens: the commonest tag is the commonest whole name, and so on."""
    pairs = [
        (given_share * family_share, normal_whole_name(given, family))
        for given, given_share in zip(names.given[:60], names.given_shares, strict=False)
        for family, family_share in zip(names.family[:200], names.family_shares, strict=False)
    ]
    whole = [normal_whole_name(*row) for row in rows]
    ranked = [one for one, _ in Counter(whole).most_common(len(pairs))]
    guess = dict(zip(ranked, (name for _, name in sorted(pairs, reverse=True)), strict=False))
    return {n for n, one in enumerate(whole) if set(guess.get(one, "").split()) & set(one.split())}


def recovered(rows: Sequence[Row], index: Index, names: Names, variants: int) -> dict[str, float]:
    """The share of rows of which a word is guessed right, for each attack, and where any of them is right."""
    words, right = expected(names), {"whole names": by_whole_name(rows, names)}
    for name, attack in {"rank": by_rank, "excess": by_excess}.items():
        guess = attack(index, words, variants)
        right[name] = {
            n
            for n, (row, tags) in enumerate(zip(rows, index, strict=True))
            if {guess.get(tag) for tag in tags} & {word for part in row for word in part.split()}
        }
    right["either of the two on tokens"] = right["rank"] | right["excess"]
    return {name: len(found) / len(rows) for name, found in right.items()}


def test_the_frequency_attack_recovers_less_than_one_row_in_twenty(names, rows, capsys):
    secret = b"any key is as good as another one"

    def bare(whole: str) -> set[bytes]:
        return {hmac.digest(secret, word.encode(), "sha256")[:16] for word in whole.split()}

    smoothed = recovered(rows, indexed(rows, lambda whole: tokens.tokens(secret, TYPE, whole)), names, tokens.VARIANTS)
    plain = recovered(rows, indexed(rows, bare), names, 1)
    with capsys.disabled():
        for title, found in (("smoothed", smoothed), ("not smoothed", plain)):
            said = ", ".join(f"{name} {share:.2%}" for name, share in found.items())
            sys.stdout.write(f"\nnames recovered, {title}: {said}")
        word = expected(names)[0][0]
        commonest = sum(word in row for row in rows) / len(rows)
        sys.stdout.write(f"\nand by saying the commonest name every time, without any index: {commonest:.2%}\n")
    assert max(smoothed.values()) < 0.05
    assert plain["rank"] > 3 * smoothed["rank"], "the attack finds what there is to find"
    assert plain["rank"] > 0.1


def test_every_bucket_is_used_and_none_shows_a_name(rows):
    load = Counter(tag for tags in indexed(rows, lambda whole: tokens.tokens(bytes(32), TYPE, whole)) for tag in tags)
    assert len(load) > tokens.BUCKETS * 0.95
    assert max(load.values()) < 12 * sum(load.values()) / len(load)
