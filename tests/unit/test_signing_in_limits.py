"""Limits on guessing: their arithmetic, and that no stranger can lock an owner out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailee.processing.accounts.signing_in import limits
from bailee.processing.accounts.signing_in.limits import RULES, Budget, Kind, Tally

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
ACCOUNT, HOME, DEVICE = "ada@example.org", limits.source_of("192.0.2.7"), b"device-of-ada"


class Desk:
    """A sign-in desk that keeps tallies as its callers are told to."""

    def __init__(self) -> None:
        self.kept: dict[bytes, Tally] = {}
        self.now = NOW

    def wait(self, budgets: tuple[Budget, ...]) -> float:
        return limits.longest_wait([(one, self.kept.get(one.name)) for one in budgets], self.now)

    def guess(self, budgets: tuple[Budget, ...], *, right: bool = False) -> bool:
        """False when it was not even looked at."""
        if self.wait(budgets) > 0:
            return False
        for one in budgets:
            self.kept[one.name] = limits.failed(self.kept.get(one.name), self.now, one.rule)
        if right:
            for one in budgets:
                left = limits.succeeded(self.kept[one.name], one.rule)
                self.kept.pop(one.name)
                if left is not None:
                    self.kept[one.name] = left
        return True

    def looked_at(self, budgets_of, period: timedelta, every: float) -> int:
        """How many guesses of a tireless attacker are looked at."""
        done, end = 0, self.now + period
        while self.now < end:
            done += self.guess(budgets_of(done))
            self.now += timedelta(seconds=every)
        return done


def test_waits_double_from_the_first_failure_that_costs_up_to_the_longest():
    rule = RULES[Kind.pair]
    waits = [limits.wait(n, NOW, NOW, rule) for n in range(20)]
    assert waits[: rule.free + 1] == [0] * (rule.free + 1)
    assert waits[rule.free + 1 : rule.free + 5] == [2, 4, 8, 16]
    assert waits[-1] == rule.longest == limits.wait(10**9, NOW, NOW, rule)
    assert limits.wait(rule.free + 3, NOW, NOW + timedelta(seconds=5), rule) == 3
    assert limits.wait(rule.free + 3, NOW, NOW + timedelta(seconds=8), rule) == 0


@given(st.sampled_from(list(RULES.values())), st.integers(0, limits.MOST * 2), st.floats(-1e7, 1e7), st.integers(0, 10))
def test_no_wait_is_negative_or_longer_than_the_longest(rule, failures, gone, more):
    at = NOW + timedelta(seconds=gone)
    found = limits.wait(failures, NOW, at, rule)
    assert 0 <= found <= rule.longest
    assert limits.wait(failures + more, NOW, at, rule) >= found
    after = limits.failed(Tally(failures, NOW), at, rule)
    assert 1 <= after.failures <= min(limits.MOST, failures + 1)
    assert after.failed_at == max(at, NOW)


def test_time_forgets_failures_one_by_one():
    rule, tally = RULES[Kind.account], Tally(4, NOW)
    assert [limits.left(tally, NOW + timedelta(seconds=rule.forget * n), rule) for n in range(6)] == [4, 3, 2, 1, 0, 0]
    assert limits.left(tally, NOW + limits.forgotten_after(tally, rule), rule) == 0


def test_asking_on_while_waiting_neither_counts_nor_lengthens():
    desk, drawn = Desk(), limits.budgets(ACCOUNT, HOME)
    while desk.guess(drawn):
        pass
    before = desk.wait(drawn)
    assert not any(desk.guess(drawn) for _ in range(1000))
    assert desk.wait(drawn) == before


def test_a_botnet_cannot_lock_an_owner_out_of_a_known_device():
    desk = Desk()
    desk.looked_at(lambda n: limits.budgets(ACCOUNT, f"bot-{n}"), timedelta(hours=6), 1)
    assert desk.wait(limits.budgets(ACCOUNT, "one more bot")) > 0
    assert desk.wait(limits.budgets(ACCOUNT, HOME, DEVICE)) == 0
    assert desk.guess(limits.budgets(ACCOUNT, HOME, DEVICE), right=True)
    assert desk.wait(limits.budgets(ACCOUNT, "one more bot")) > 0, "the owner's success hands out nothing"
    assert desk.wait(limits.budgets("other@example.org", "one more bot")) == 0


def test_a_neighbour_behind_the_same_address_cannot_either():
    desk = Desk()
    desk.looked_at(lambda n: limits.budgets(f"someone-{n}@example.org", HOME), timedelta(hours=1), 1)
    desk.guess(limits.budgets(ACCOUNT, HOME))
    assert desk.wait(limits.budgets(ACCOUNT, HOME)) > 0
    assert desk.wait(limits.budgets(ACCOUNT, HOME, DEVICE)) == 0


@pytest.mark.parametrize(
    ("drawn", "most"),
    [
        (lambda n: limits.budgets(ACCOUNT, HOME), 120),
        (lambda n: limits.budgets(ACCOUNT, f"bot-{n}"), 330),
        (lambda n: limits.budgets(f"{n}@example.org", HOME), 1_600),
        (lambda n: limits.budgets(ACCOUNT, HOME, b"stolen cookie"), 120),
        (lambda n: limits.code_budgets(ACCOUNT), 36),
        (lambda n: limits.code_budgets(ACCOUNT, b"stolen cookie"), 36),
    ],
)
def test_how_many_guesses_a_day_are_looked_at(drawn, most):
    found = Desk().looked_at(drawn, timedelta(days=1), 3)
    assert most * 0.6 < found <= most


def test_a_pause_buys_a_patient_guesser_of_codes_nothing():
    desk, total = Desk(), 0
    for _ in range(30):
        total += desk.looked_at(lambda n: limits.code_budgets(ACCOUNT), timedelta(hours=1), 5)
        desk.now += timedelta(hours=23)
    assert total < 30 * 24


def test_an_attackers_own_sign_ins_do_not_reset_the_source():
    desk = Desk()
    tried = 0
    for n in range(2_000):
        tried += desk.guess(limits.budgets(f"{n}@example.org", HOME))
        desk.guess(limits.budgets("attacker@example.org", HOME), right=True)
        desk.now += timedelta(seconds=1)
    assert tried < 150


def test_success_clears_what_is_the_owners_own():
    desk, own = Desk(), limits.budgets(ACCOUNT, HOME, DEVICE)
    for _ in range(8):
        desk.guess(own)
    desk.guess(own, right=True)
    assert desk.kept == {}
    unknown = limits.budgets(ACCOUNT, HOME)
    for _ in range(4):
        desk.guess(unknown)
    desk.guess(unknown, right=True)
    assert sorted(tally.failures for tally in desk.kept.values()) == [4, 4]


def test_names_do_not_run_into_each_other():
    names = [
        one.name for one in (*limits.budgets("ab", "c"), *limits.budgets("a", "bc"), *limits.budgets("a", "", b"bc"))
    ]
    names += [one.name for one in (*limits.code_budgets("ab"), *limits.code_budgets("a", b"b"))]
    assert len(set(names)) == len(names)
    assert limits.budgets("\ud800", "x")


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_a_source_is_one_household(address, source):
    assert limits.source_of(address) == source
