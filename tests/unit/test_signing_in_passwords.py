"""Passwords: argon2id off the loop, constant work, normal forms, and what speaks against a new one."""

import asyncio
import threading
import time
from datetime import UTC, datetime

import msgspec
import pytest
from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from zxcvbn import matching

from bailee.processing.accounts.signing_in.methods import Federated, Methods, Passkey, Totp
from bailee.processing.accounts.signing_in.passwords import LIGHT, PRODUCTION, Busy, Cost, Length, Passwords
from bailee.processing.accounts.signing_in.weakness import Weakness, judge, weakness, words

GOOD = "verbena-quarry-lantern-68"
AT = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture
def passwords():
    made = Passwords(LIGHT)
    yield made
    made.close()


def test_methods_come_back_as_they_were():
    key = Passkey(id="aWQ", public_key="cGs", sign_count=7, name="Phone", created_at=AT, transports=("usb",))
    full = Methods(
        address="ada@example.org", address_confirmed=True, password="$argon2id$x", password_changed_at=AT,
        totp=Totp("ABC", 5), recovery=(b"\x00\xff" * 16,), passkeys=(key,), federated=(Federated("https://i", "s"),),
    )  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(full), type=Methods) == full
    assert msgspec.json.decode(b'{"address":"a@b"}', type=Methods) == Methods(address="a@b")
    assert full.with_passkey(msgspec.structs.replace(key, sign_count=8)).passkeys[0].sign_count == 8
    assert len(full.with_passkey(msgspec.structs.replace(key, id="b3RoZXI")).passkeys) == 2
    assert full.without_passkey("aWQ").passkeys == ()
    assert full.is_federated("https://i", "s")
    assert not full.is_federated("https://j", "s")


async def test_a_password_is_kept_as_argon2id_and_opens_for_itself_alone(passwords):
    kept = await passwords.hash(GOOD)
    assert kept.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert GOOD not in kept
    assert kept != await passwords.hash(GOOD)
    assert await passwords.verify(kept, GOOD)
    for wrong in ("", GOOD + " ", GOOD.upper(), GOOD[:-1], GOOD + "\x00", "\ud800", "x" * 10_000):
        assert not await passwords.verify(kept, wrong)
    assert not await passwords.verify(None, GOOD)


async def test_what_looks_the_same_is_the_same(passwords):
    kept = await passwords.hash("Zoë café ﬁancée №12")
    assert await passwords.verify(kept, "Zoe\u0308 cafe\u0301 fiance\u0301e No12")


async def test_stored_nonsense_is_an_outage_and_never_a_sign_in(passwords):
    with pytest.raises(InvalidHashError):
        await passwords.verify("plain", "plain")


async def test_what_is_no_text_is_not_hashed(passwords):
    for bad in ("", "\ud800" * 12, "line\nbreak-in-password", "x" * 201):
        with pytest.raises(ValueError):
            await passwords.hash(bad)


async def test_older_parameters_ask_for_a_new_hash(passwords):
    other = Passwords(Cost(memory=128, passes=2, lanes=1))
    kept = await passwords.hash(GOOD)
    assert not passwords.needs_rehash(kept)
    assert other.needs_rehash(kept)
    assert await other.verify(kept, GOOD)
    other.close()


def test_production_parameters_are_those_promised():
    assert (PRODUCTION.memory, PRODUCTION.passes, PRODUCTION.lanes) == (65_536, 3, 4)


async def test_unknown_accounts_and_impossible_passwords_cost_the_same_work():
    passwords = Passwords(Cost(memory=16_384, passes=2, lanes=1))
    kept = await passwords.hash(GOOD)
    decoy = extract_parameters(passwords._decoy)
    assert decoy == extract_parameters(kept)
    cases = {
        "wrong": (kept, "wrong-password"),
        "unknown": (None, GOOD),
        "impossible": (kept, "\ud800"),
        "right": (kept, GOOD),
    }
    took: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(9):
        for name, (against, said) in cases.items():
            began = time.process_time()
            await passwords.verify(against, said)
            took[name].append(time.process_time() - began)
    least = {name: min(times) for name, times in took.items()}
    assert min(least.values()) > 0.5 * max(least.values()), least
    passwords.close()


async def test_the_loop_goes_on_and_too_much_at_once_is_refused():
    passwords = Passwords(LIGHT, threads=1, waiting=1)
    hold, seen = threading.Event(), []
    first = asyncio.ensure_future(passwords.run(lambda: (seen.append(threading.current_thread()), hold.wait(5))))
    second = asyncio.ensure_future(passwords.verify(None, GOOD))
    await asyncio.sleep(0.05)
    with pytest.raises(Busy):
        await passwords.verify(None, GOOD)
    second.cancel()
    await asyncio.sleep(0.01)
    third = asyncio.ensure_future(passwords.verify(None, GOOD))  # the place of who gave up
    first.cancel()
    await asyncio.sleep(0.01)
    with pytest.raises(Busy):  # given up, yet its thread is still at work
        await passwords.verify(None, GOOD)
    hold.set()
    assert await third is False
    await asyncio.sleep(0.05)
    assert passwords._under_way == 0
    assert seen[0] is not threading.main_thread()
    passwords.close()


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short-Xq9!", Weakness.too_short),
        ("q7" * 101, Weakness.too_long),
        ("\ufdfa" * 20, Weakness.too_long),
        ("q" * 1_000_000, Weakness.too_long),
        ("verbena\x00quarry-lantern", Weakness.not_text),
        ("verbena\ud800quarry-lantern", Weakness.not_text),
        ("password1234", Weakness.breached),
        ("Password12345", Weakness.guessable),
        ("aaaaaaaaaaaaaaaaaaaa", Weakness.guessable),
        ("qwertyuiopasdfgh", Weakness.guessable),
        ("ＰａｓｓｗｏｒｄPassword", Weakness.guessable),
        ("Lovelace1815ada", Weakness.personal),
        ("ada.lovelace@example.org", Weakness.personal),
        ("Ada.Lovelace:2026", Weakness.personal),
        ("ada-verbena-quarry-lantern", None),
        (GOOD, None),
        ("correct horse battery staple", None),
        ("ключ от старого сарая 4", None),
        ("a" * 40 + GOOD, None),
    ],
)
def test_what_speaks_against_a_password(password, why):
    known = words(["Ada Lovelace", "ada.lovelace@example.org"])
    assert judge(password, Length(), known) is why


def test_a_password_of_a_breach_is_refused_as_such_in_any_case_of_letters():
    long = [one for one in matching.RANKED_DICTIONARIES["passwords"] if len(one) >= 12]
    assert len(long) > 10
    assert {judge(one.upper(), Length(), []) for one in long} == {Weakness.breached}


async def test_words_about_one_person_do_not_reach_another(passwords):
    about = ["Wilhelmina Featherstonehaugh"]
    said = "wilhelminafeatherstonehaugh"
    both = await asyncio.gather(*(weakness(passwords, said, about if n % 2 else ()) for n in range(20)))
    assert both == [Weakness.personal if n % 2 else None for n in range(20)]
    assert "user_inputs" not in matching.RANKED_DICTIONARIES


def test_hostile_words_and_passwords_stay_within_bounds():
    assert len(words([" ".join(f"word{n}" for n in range(10_000))] * 3)) <= 32
    began = time.process_time()
    judge("4@8({[<369&#!1/|0$5+7%2" * 8, Length(), [])
    judge("1!|7l" * 40, Length(), [])
    assert time.process_time() - began < 5
