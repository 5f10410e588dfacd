"""Authenticator codes, recovery codes, sealed tokens, known devices."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4
from xml.etree import ElementTree

import pyotp
import pytest

from bailee.processing.accounts.signing_in import authenticators, challenges, devices, recovery, tickets
from bailee.processing.accounts.signing_in.challenges import Purpose, Seals, Unusable
from bailee.processing.accounts.signing_in.methods import Totp

NOW = datetime(2026, 3, 4, 12, 0, 5, tzinfo=UTC)
STEP = timedelta(seconds=30)


def code(totp: Totp, at: datetime) -> str:
    return pyotp.TOTP(totp.secret).at(at)


def test_the_vectors_of_rfc_6238():
    seed = Totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")  # "12345678901234567890"
    for seconds, right in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        assert authenticators.accept(seed, right, datetime.fromtimestamp(seconds, UTC))


def test_a_code_of_the_step_before_and_after_is_right_and_further_ones_are_not():
    totp = authenticators.fresh()
    for steps, right in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        assert bool(authenticators.accept(totp, code(totp, NOW + steps * STEP), NOW)) is right


def test_a_used_code_and_every_earlier_one_are_refused_for_good():
    totp = authenticators.fresh()
    used = authenticators.accept(totp, code(totp, NOW), NOW)
    assert used
    assert used.secret == totp.secret
    assert authenticators.accept(used, code(totp, NOW), NOW) is None
    assert authenticators.accept(used, code(totp, NOW), NOW + STEP) is None
    assert authenticators.accept(used, code(totp, NOW - STEP), NOW) is None
    assert authenticators.accept(used, code(totp, NOW + STEP), NOW + STEP)


def test_a_used_step_of_the_future_does_not_lock_out_and_replay_is_still_refused():
    totp = authenticators.fresh()
    ahead = authenticators.accept(totp, code(totp, NOW + STEP), NOW)
    assert ahead
    assert authenticators.accept(ahead, code(totp, NOW), NOW) is None
    assert authenticators.accept(ahead, code(totp, NOW + 2 * STEP), NOW + 2 * STEP)


def test_codes_are_read_as_typed_and_nothing_else_passes():
    totp = authenticators.fresh()
    right = code(totp, NOW)
    assert authenticators.accept(totp, f" {right[:3]} {right[3:]}", NOW)
    wide = right.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    other = code(authenticators.fresh(), NOW)
    for wrong in ("", right[:5], right + "0", wide, "\ud800", "9" * 100_000, other if other != right else "x"):
        assert authenticators.accept(totp, wrong, NOW) is None


def test_the_provisioning_address_says_whose_it_is_and_a_name_cannot_break_out():
    totp = authenticators.fresh()
    uri = authenticators.provisioning_uri(totp, address="a:b&secret=X?@example.org", issuer="Acme: Co&issuer=Evil")
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parse_qs(parts.query) == {"secret": [totp.secret], "issuer": ["Acme  Co&issuer=Evil"]}
    assert unquote(parts.path) == "/Acme  Co&issuer=Evil:a b&secret=X?@example.org"
    assert pyotp.parse_uri(uri).secret == totp.secret


def test_the_qr_code_is_inline_svg_that_asks_for_nothing_and_has_no_style():
    uri = authenticators.provisioning_uri(authenticators.fresh(), address="ada@example.org", issuer="Bailee")
    svg = authenticators.qr_code(uri, title="</title><script>alert(1)</script>")
    tree = ElementTree.fromstring(svg)
    assert {one.tag for one in tree.iter()} == {"svg", "title", "g", "path"}
    assert not re.search(r"style|href|url\(|script>", svg.replace("&lt;", "").replace("script&gt;", ""))
    assert tree.findtext("title") == "</title><script>alert(1)</script>"


def test_the_secret_can_be_typed():
    totp = authenticators.fresh()
    shown = authenticators.readable(totp)
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", shown)
    assert shown.replace(" ", "") == totp.secret


def test_each_recovery_code_is_good_once_however_it_is_typed():
    codes, kept = recovery.fresh()
    assert len(set(codes)) == len(set(kept)) == 10
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", one) for one in codes)
    for n, one in enumerate(codes):
        typed = one.lower().replace("0", "o").replace("1", "l").replace("-", " ")
        left = recovery.use(kept, typed)
        assert left is not None
        assert len(left) == 9 - n
        assert recovery.use(left, one) is None
        kept = left
    assert kept == ()
    assert recovery.use((), codes[0]) is None


def test_what_is_no_recovery_code_is_refused_and_digests_say_nothing():
    codes, kept = recovery.fresh()
    for wrong in (
        "",
        "-",
        codes[0][:-1],
        codes[0] + "0",
        "U" * 16,
        "ı" * 16,
        "\ud800",
        "0" * 100_000,
        recovery.fresh()[0][0],
    ):
        assert recovery.use(kept, wrong) is None
    assert all(len(one) == 32 for one in kept)


def test_a_token_opens_for_its_purpose_alone_and_not_when_changed():
    seals = Seals(secrets.token_bytes(32))
    token = seals.seal(Purpose.openid, b"content")
    assert seals.open(Purpose.openid, token) == b"content"
    assert token != seals.seal(Purpose.openid, b"content")
    assert all(seals.open(other, token) is None for other in Purpose if other is not Purpose.openid)
    assert Seals(secrets.token_bytes(32)).open(Purpose.openid, token) is None
    for place in range(len(token) - 1):  # the last character carries bits that no byte has
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert seals.open(Purpose.openid, changed) is None
    for bad in ("", "A", "é", "\x00", "=" * 50, "A" * 60, "A" * 1_000_000):
        assert seals.open(Purpose.openid, bad) is None


def test_an_older_key_still_opens_and_a_short_one_is_no_key():
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    token = Seals(old).seal(Purpose.openid, b"x")
    assert Seals(new, old).open(Purpose.openid, token) == b"x"
    assert Seals(old).open(Purpose.openid, Seals(new, old).seal(Purpose.openid, b"x")) is None
    for keys in ((), (b"short",), (new, b"")):
        with pytest.raises(ValueError):
            Seals(*keys)


def test_a_challenge_is_of_one_purpose_and_expires():
    seals, person = Seals(secrets.token_bytes(32)), uuid4()
    made, token = challenges.begin(seals, Purpose.second_factor, NOW, controller=uuid4(), person=person)
    assert challenges.read(seals, Purpose.second_factor, token, NOW) == made
    assert len(made.challenge) == 32
    last = NOW + timedelta(minutes=5)
    assert challenges.read(seals, Purpose.second_factor, token, last - timedelta(seconds=1)) == made
    assert challenges.read(seals, Purpose.second_factor, token, last) is Unusable.expired
    assert challenges.read(seals, Purpose.passkey_sign_in, token, NOW) is Unusable.unknown


def test_a_ticket_counts_for_five_minutes_and_a_challenge_is_none():
    seals = Seals(secrets.token_bytes(32))
    stood = tickets.standing("argon2", 3)
    made = tickets.Ticket(uuid4(), uuid4(), NOW + tickets.LASTS, stood)
    text = tickets.seal(seals, made)
    assert tickets.read(seals, text, NOW + timedelta(minutes=4, seconds=59)) == made
    assert tickets.read(seals, text, NOW + timedelta(minutes=5)) is None
    assert tickets.read(Seals(secrets.token_bytes(32)), text, NOW) is None
    assert tickets.read(seals, challenges.begin(seals, Purpose.passkey_sign_in, NOW)[1], NOW) is None
    others = {tickets.standing("argon2", 4), tickets.standing("argon3", 3), tickets.standing(None, 3)}
    assert len({stood} | others) == 4


def test_a_device_knows_its_accounts_for_a_while_and_the_last_few():
    seals = Seals(secrets.token_bytes(32))
    controller, people = uuid4(), [uuid4() for _ in range(10)]
    device = devices.fresh()
    for n, person in enumerate(people):
        device = device.signed_in(controller, person, NOW + timedelta(days=n))
    cookie = devices.seal(seals, device)
    assert len(cookie) < 3_000
    read = devices.read(seals, cookie)
    assert read == device
    later = NOW + timedelta(days=10)
    assert [read.knows(controller, one, later) for one in people] == [False] * 2 + [True] * 8
    assert not read.knows(uuid4(), people[-1], later)
    assert not read.knows(controller, people[-1], later + timedelta(days=180))
    assert not read.knows(controller, people[-1], later, since=later)
    assert read.knows(controller, people[-1], later, since=NOW)
    again = read.signed_in(controller, people[5], later)
    assert len(again.accounts) == 8
    assert again.accounts[0].person == people[5]
    assert devices.read(seals, seals.seal(Purpose.openid, b"{}")) is None
    assert devices.read(seals, "nonsense") is None
