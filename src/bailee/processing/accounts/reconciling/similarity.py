"""Similarity of two profiles: a score from 0 to 100, and what it is made of. Pure.

Every contribution has a stable code and its points, so that a page can say why; points against are part of it. The
numbers are chosen so that one strong sign (the same e-mail address) is worth a look, and two make a duplicate likely.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bailee.vault.searching import normal

EMAIL, OWN_ID, USER_NAME, PHONE, NAME, ADDRESS, COMPANY = 45, 40, 35, 25, 30, 15, 5
OTHER_OWN_ID, OTHER_NAME = -20, -20
ALIKE, UNLIKE = 0.8, 0.6  # whole names above the first are alike, below the second are not
VERY_LIKELY, LIKELY, POSSIBLE = 75, 50, 30
INITIAL = 0.9
PREFIX, WEIGHT = 4, 0.1  # Winkler's: how much of a common beginning counts, and how much
LONGEST = 200
WORDS = 12


class Contribution(msgspec.Struct, frozen=True):
    """One reason: its code (`same-email`, `similar-name`...), and the points that it gives or takes."""

    code: str
    points: int


class Similarity(msgspec.Struct, frozen=True):
    """How alike two profiles are: the score from 0 to 100, and its reasons, the weightiest first."""

    score: int
    contributions: tuple[Contribution, ...]

    @property
    def level(self) -> str:
        """`very-likely`, `likely`, `possible`, or `unlikely` where nobody need look."""
        for least, word in ((VERY_LIKELY, "very-likely"), (LIKELY, "likely"), (POSSIBLE, "possible")):
            if self.score >= least:
                return word
        return "unlikely"


def similarity(one: Mapping[str, Any], other: Mapping[str, Any]) -> Similarity:
    """Compare two profiles; a field that either lacks says nothing."""
    found = [
        _same(one, other, "email", "same-email", EMAIL),
        _same(one, other, "phone", "same-phone", PHONE),
        _same(one, other, "user_name", "same-user-name", USER_NAME),
        _same(one, other, "company", "same-company", COMPANY),
        _own_id(one, other),
        _name(one, other),
        _address(one.get("postal_address"), other.get("postal_address")),
    ]
    told = sorted((c for c in found if c is not None and c.points), key=lambda c: (-abs(c.points), c.code))
    return Similarity(max(0, min(100, sum(c.points for c in told))), tuple(told))


def alike(one: object, other: object) -> bool:
    """Whether two values of a field say the same: accents, case and spaces do not matter."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(alike(one[part], other[part]) for part in one)
    return isinstance(one, str) and isinstance(other, str) and normal(one) == normal(other)


def whole_names(one: str, other: str) -> float:
    """How alike two whole names are, from 0 to 1: their words paired off whatever their order, an initial for its word."""
    left, right = _words(one), _words(other)
    if not left or not right:
        return 0.0
    if len(left) > len(right):
        left, right = right, left
    pairs = sorted(((_word(a, b), i, j) for i, a in enumerate(left) for j, b in enumerate(right)), reverse=True)
    lefts, rights, total = set[int](), set[int](), 0.0
    for degree, i, j in pairs:
        if i not in lefts and j not in rights:
            lefts.add(i)
            rights.add(j)
            total += degree
    return 2 * total / (len(left) + len(right))


def jaro_winkler(one: str, other: str) -> float:
    """Jaro's similarity with Winkler's weight on a common beginning, from 0 to 1 (Winkler 1990)."""
    one, other = one[:LONGEST], other[:LONGEST]
    jaro = _jaro(one, other)
    common = 0
    for a, b in zip(one[:PREFIX], other[:PREFIX], strict=False):
        if a != b:
            break
        common += 1
    return jaro + common * WEIGHT * (1 - jaro)


def _jaro(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    reach = max(0, max(len(one), len(other)) // 2 - 1)
    taken = [False] * len(other)
    matched: list[str] = []
    for i, sign in enumerate(one):
        for j in range(max(0, i - reach), min(len(other), i + reach + 1)):
            if not taken[j] and other[j] == sign:
                taken[j] = True
                matched.append(sign)
                break
    if not matched:
        return 0.0
    crossed = [sign for j, sign in enumerate(other) if taken[j]]
    moved = sum(a != b for a, b in zip(matched, crossed, strict=True)) / 2
    count = len(matched)
    return (count / len(one) + count / len(other) + (count - moved) / count) / 3


def _word(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if min(len(one), len(other)) == 1:
        return INITIAL if one[0] == other[0] else 0.0
    return jaro_winkler(one, other)


def _words(name: str) -> Sequence[str]:
    return normal(name).replace("-", " ").replace(".", " ").replace("'", " ").split()[:WORDS]


def _same(one: Mapping[str, Any], other: Mapping[str, Any], field: str, code: str, points: int) -> Contribution | None:
    return Contribution(code, points) if alike(one.get(field), other.get(field)) else None


def _own_id(one: Mapping[str, Any], other: Mapping[str, Any]) -> Contribution | None:
    left, right = one.get("external_id"), other.get("external_id")
    if not left or not right:
        return None
    return Contribution("same-own-id", OWN_ID) if alike(left, right) else Contribution("other-own-id", OTHER_OWN_ID)


def _name(one: Mapping[str, Any], other: Mapping[str, Any]) -> Contribution | None:
    left, right = (" ".join(str(p.get(f, "")) for f in ("given_name", "family_name")).strip() for p in (one, other))
    if not left or not right:
        return None
    degree = whole_names(left, right)
    if degree == 1.0:
        return Contribution("same-name", NAME)
    if degree >= ALIKE:
        return Contribution("similar-name", round(NAME * (0.4 + 0.5 * (degree - ALIKE) / (1 - ALIKE))))
    return Contribution("other-name", OTHER_NAME) if degree < UNLIKE else None


def _address(one: object, other: object) -> Contribution | None:
    """Nothing is said of addresses in different towns: people move."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return None
    if not (alike(one.get("postal_code"), other.get("postal_code")) or alike(one.get("city"), other.get("city"))):
        return None
    streets = [normal(str(part.get("street", ""))) for part in (one, other)]
    if all(streets) and streets[0] == streets[1]:
        return Contribution("same-address", ADDRESS)
    if all(streets) and _numbers(streets[0]) == _numbers(streets[1]) and jaro_winkler(*streets) >= 0.9:
        return Contribution("similar-address", round(ADDRESS * 0.7))
    return Contribution("same-town", round(ADDRESS * 0.2))


def _numbers(street: str) -> list[str]:
    """The numbers of a street's line: number 12 is not number 21, however alike the lines are."""
    return [word for word in street.replace(",", " ").split() if any(sign.isdigit() for sign in word)]
