"""Passkeys, against a software authenticator that makes real responses, and lies where an attacker would."""

import asyncio
import json
import random
import secrets
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.authenticator import PRESENT, VERIFIED, Authenticator, b64, unb64
from webauthn.helpers.encode_cbor import encode_cbor

from bailee.processing.accounts.signing_in import challenges
from bailee.processing.accounts.signing_in.challenges import Purpose, Seals, Unusable
from bailee.processing.accounts.signing_in.methods import Methods, Passkey
from bailee.processing.accounts.signing_in.passkeys import MOST, Passkeys, Refused, Site, Whose, owner

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
ORIGIN = "https://console.example.org"
SITE = Site("example.org", "Bailee", (ORIGIN, "https://www.example.org"))


class Spent:
    """The caller's store: an atomic insert per controller."""

    def __init__(self) -> None:
        self.seen: dict[tuple[object, bytes], datetime] = {}

    async def __call__(self, controller, challenge, until) -> bool:
        await asyncio.sleep(0)
        known = len(self.seen)
        self.seen.setdefault((controller, challenge), until)
        return len(self.seen) > known


class Desk:
    """Two accounts of two controllers, and the site they sign in to."""

    def __init__(self) -> None:
        self.seals, self.spent = Seals(secrets.token_bytes(32)), Spent()
        self.passkeys = Passkeys(SITE, self.seals, self.spent)
        self.ada, self.eve = Whose(uuid4(), uuid4()), Whose(uuid4(), uuid4())
        self.methods = {self.ada: Methods(address="ada@example.org"), self.eve: Methods(address="eve@example.net")}

    def add(self, whose: Whose, device: Authenticator, at: datetime = NOW, **lies):
        begun = self.passkeys.register(whose, self.methods[whose], NOW, label=self.methods[whose].address)
        return self.added(whose, begun.token, device.create(begun.options, **lies), at)

    def added(self, whose: Whose, token: str, response: str, at: datetime = NOW):
        done = asyncio.run(
            self.passkeys.registered(whose, self.methods[whose], token, response, name=" My\nphone ", now=at)
        )
        return self.kept(whose, done)

    def sign_in(self, device: Authenticator, at: datetime = NOW, **lies):
        begun = self.passkeys.sign_in(NOW)
        return self.signed_in(begun.token, device.get(begun.options, **lies), at)

    def signed_in(self, token: str, response: str, at: datetime = NOW):
        whose = owner(response)
        if whose is None:
            return None
        methods = self.methods.get(whose, Methods(address=""))
        return self.kept(whose, asyncio.run(self.passkeys.signed_in(whose, methods, token, response, at)))

    def step_up(self, whose: Whose, device: Authenticator, **lies):
        begun = self.passkeys.step_up(whose, self.methods[whose], NOW)
        response = device.get(begun.options, **lies)
        done = asyncio.run(self.passkeys.stepped_up(whose, self.methods[whose], begun.token, response, NOW))
        return self.kept(whose, done)

    def kept(self, whose: Whose, done):
        if isinstance(done, Passkey):
            self.methods[whose] = self.methods[whose].with_passkey(done)
        return done


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def phone(desk: Desk) -> Authenticator:
    """Ada's, registered."""
    made = Authenticator(ORIGIN)
    assert isinstance(desk.add(desk.ada, made), Passkey)
    return made


def test_the_options_ask_for_a_discoverable_verified_unattested_passkey_and_name_no_one(desk, phone):
    options = json.loads(desk.passkeys.register(desk.ada, desk.methods[desk.ada], NOW, label="ada@example.org").options)
    assert options["rp"] == {"id": "example.org", "name": "Bailee"}
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert unb64(options["user"]["id"]) == desk.ada.controller.bytes + desk.ada.person.bytes
    assert [one["id"] for one in options["excludeCredentials"]] == [b64(phone.id)]
    asked = json.loads(desk.passkeys.sign_in(NOW).options)
    assert asked["userVerification"] == "required"
    assert not asked.get("allowCredentials")


def test_a_passkey_signs_in_without_anything_typed(desk, phone):
    kept = desk.methods[desk.ada].passkeys[0]
    assert (kept.name, kept.transports, kept.created_at) == ("My phone", ("internal",), NOW)
    for n in (1, 2):
        used = desk.sign_in(phone)
        assert isinstance(used, Passkey)
        assert (used.sign_count, used.used_at) == (n, NOW)
    assert isinstance(desk.step_up(desk.ada, phone), Passkey)
    assert isinstance(desk.step_up(desk.ada, phone, handle=None), Passkey)


def test_a_passkey_that_does_not_count_stays_usable(desk):
    synced = Authenticator(ORIGIN)
    synced.counts = False
    desk.add(desk.ada, synced)
    assert all(isinstance(desk.sign_in(synced), Passkey) for _ in range(3))


LIES = [
    {"origin": "https://console.example.org.evil.net"},
    {"origin": "http://console.example.org"},
    {"origin": "https://evil.example.org"},
    {"rp": "evil.net"},
    {"flags": PRESENT},
    {"flags": VERIFIED},
    {"flags": 0},
    {"challenge": b64(bytes(32))},
    {"kind": "payment.get"},
]


@pytest.mark.parametrize("lie", [*LIES, {"kind": "webauthn.get"}, {"cose": b""}, {"cose": encode_cbor([1])}], ids=str)
def test_a_registration_that_lies_is_refused(desk, lie):
    assert desk.add(desk.ada, Authenticator(ORIGIN), **lie) is Refused.not_verified
    assert desk.methods[desk.ada].passkeys == ()


@pytest.mark.parametrize(
    "cose",
    [
        {1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)},  # no point of the curve
        {1: 2, 3: -35, -1: 2, -2: bytes(48), -3: bytes(48)},  # an algorithm that was not offered
        {1: 4, 3: 5, -1: b"k" * 32},  # a shared secret
        {3: -7},
        {1: 3, 3: -257, -1: b"", -2: b""},
        {1: 1, 3: -8, -1: 6, -2: b"short"},
    ],
)
def test_a_key_that_could_not_verify_anything_is_refused_at_registration(desk, cose):
    assert desk.add(desk.ada, Authenticator(ORIGIN), cose=encode_cbor(cose)) is Refused.not_verified


@pytest.mark.parametrize(
    "lie",
    [*LIES, {"kind": "webauthn.create"}, {"key": ec.generate_private_key(ec.SECP256R1())}],
    ids=lambda lie: " ".join(lie) if "key" in lie else str(lie),
)
def test_a_sign_in_that_lies_is_refused(desk, phone, lie):
    assert desk.sign_in(phone, **lie) is Refused.not_verified
    assert isinstance(desk.sign_in(phone), Passkey)


def test_a_cloned_passkey_is_found_out_by_its_counter(desk, phone):
    thief = phone.copy()
    assert isinstance(desk.sign_in(phone), Passkey)
    assert isinstance(desk.sign_in(phone), Passkey)
    assert desk.sign_in(thief) is Refused.copied
    thief.counts, thief.count = False, 0
    assert desk.sign_in(thief) is Refused.copied, "nor by saying that it does not count"
    thief.count = 99
    assert desk.sign_in(thief, key=ec.generate_private_key(ec.SECP256R1())) is Refused.not_verified
    thief.count = 0
    forged = desk.sign_in(thief, key=ec.generate_private_key(ec.SECP256R1()))
    assert forged is Refused.not_verified, "whoever lacks the key cannot make a passkey look copied"


def test_a_passkey_opens_its_own_account_alone(desk, phone):
    eves = Authenticator(ORIGIN)
    desk.add(desk.eve, eves)
    assert desk.sign_in(eves, handle=desk.ada.handle) is Refused.unknown_passkey
    assert desk.step_up(desk.ada, eves) is Refused.other_account
    assert desk.step_up(desk.ada, eves, handle=None) is Refused.unknown_passkey
    eves.id = phone.id  # the victim's credential id, one's own key
    assert desk.sign_in(eves, handle=desk.ada.handle) is Refused.not_verified
    assert desk.step_up(desk.ada, eves, handle=desk.ada.handle) is Refused.not_verified
    other_controller = Whose(desk.eve.controller, desk.ada.person)
    assert desk.sign_in(phone, handle=other_controller.handle) is Refused.unknown_passkey


def test_the_account_asked_about_has_to_be_the_one_that_the_response_names(desk, phone):
    begun = desk.passkeys.sign_in(NOW)
    response = phone.get(begun.options)
    done = asyncio.run(desk.passkeys.signed_in(desk.eve, desk.methods[desk.ada], begun.token, response, NOW))
    assert done is Refused.malformed


def test_one_may_not_add_a_passkey_to_someone_else(desk):
    begun = desk.passkeys.register(desk.eve, desk.methods[desk.eve], NOW, label="eve")
    response = Authenticator(ORIGIN).create(begun.options)
    assert desk.added(desk.ada, begun.token, response) is Unusable.unknown
    assert desk.methods[desk.ada].passkeys == ()


def test_the_same_passkey_is_not_added_twice_and_not_without_end(desk, phone):
    assert desk.add(desk.ada, phone) is Refused.already_registered
    some = desk.methods[desk.ada].passkeys[0]
    full = tuple(msgspec.structs.replace(some, id=f"id{n}") for n in range(MOST))
    desk.methods[desk.ada] = Methods(address="a", passkeys=full)
    assert desk.add(desk.ada, Authenticator(ORIGIN)) is Refused.too_many


def test_a_challenge_is_used_once(desk, phone):
    begun = desk.passkeys.sign_in(NOW)
    first = phone.get(begun.options)
    assert isinstance(desk.signed_in(begun.token, first), Passkey)
    desk.methods[desk.ada] = desk.methods[desk.ada].with_passkey(
        msgspec.structs.replace(desk.methods[desk.ada].passkeys[0], sign_count=0)
    )
    assert desk.signed_in(begun.token, first) is Unusable.spent
    assert desk.signed_in(begun.token, phone.get(begun.options)) is Unusable.spent
    other = desk.passkeys.register(desk.ada, desk.methods[desk.ada], NOW, label="ada")
    made = Authenticator(ORIGIN)
    assert isinstance(desk.added(desk.ada, other.token, made.create(other.options)), Passkey)
    made.id = secrets.token_bytes(32)
    assert desk.added(desk.ada, other.token, made.create(other.options)) is Unusable.spent


async def test_of_two_at_once_one_signs_in(desk):
    phone = Authenticator(ORIGIN)
    begun = desk.passkeys.register(desk.ada, desk.methods[desk.ada], NOW, label="ada")
    made = await desk.passkeys.registered(
        desk.ada, desk.methods[desk.ada], begun.token, phone.create(begun.options), name="", now=NOW
    )
    assert isinstance(made, Passkey)
    assert made.name == "Passkey"
    methods = desk.methods[desk.ada].with_passkey(made)
    asked = desk.passkeys.sign_in(NOW)
    response = phone.get(asked.options)
    done = await asyncio.gather(
        *(desk.passkeys.signed_in(desk.ada, methods, asked.token, response, NOW) for _ in range(5))
    )
    assert sum(isinstance(one, Passkey) for one in done) == 1
    assert sum(one is Unusable.spent for one in done) == 4


def test_nothing_is_spent_by_whoever_proves_nothing(desk, phone):
    before = len(desk.spent.seen)
    desk.sign_in(phone, origin="https://evil.net")
    desk.sign_in(phone, key=ec.generate_private_key(ec.SECP256R1()))
    assert len(desk.spent.seen) == before


def test_a_challenge_expires(desk, phone):
    late = NOW + timedelta(minutes=5)
    assert desk.sign_in(phone, at=late) is Unusable.expired
    assert desk.add(desk.ada, Authenticator(ORIGIN), at=late) is Unusable.expired


def test_a_challenge_of_another_purpose_is_not_taken(desk, phone):
    step_up = desk.passkeys.step_up(desk.ada, desk.methods[desk.ada], NOW)
    assert desk.signed_in(step_up.token, phone.get(step_up.options)) is Unusable.unknown
    _, token = challenges.begin(desk.seals, Purpose.openid, NOW)
    assert desk.signed_in(token, phone.get(step_up.options)) is Unusable.unknown
    mine = Passkeys(SITE, Seals(secrets.token_bytes(32)), desk.spent).sign_in(NOW)
    assert desk.signed_in(mine.token, phone.get(mine.options)) is Unusable.unknown, "a token of our own making only"
    one, other = desk.passkeys.sign_in(NOW), desk.passkeys.sign_in(NOW)
    assert desk.signed_in(one.token, phone.get(other.options)) is Refused.not_verified


def test_an_unknown_account_is_answered_like_an_unknown_passkey(desk, phone):
    assert desk.sign_in(phone, handle=Whose(uuid4(), uuid4()).handle) is Refused.unknown_passkey
    desk.methods[desk.ada] = Methods(address="ada@example.org")
    assert desk.sign_in(phone) is Refused.unknown_passkey


@pytest.mark.parametrize(
    "response",
    ["", "null", "[]", "{}", "[" * 30_000, '{"id":1,"response":{}}', '{"id":"a","response":[]}', "x" * 40_000,
     '{"id":"a","response":{"userHandle":"%%"}}', '{"id":"a","response":{"userHandle":"AAAA"}}',
     '{"id":"a","response":{"userHandle":"\\ud800"}}', '{"id":"a","response":{"userHandle":"é"}}', "\ud800"],
)  # fmt: skip
def test_what_is_no_response_belongs_to_nobody(desk, response):
    assert owner(response) is None
    begun = desk.passkeys.register(desk.ada, desk.methods[desk.ada], NOW, label="ada")
    assert desk.added(desk.ada, begun.token, response) in (Refused.malformed, Refused.not_verified)


def test_no_mutilated_response_passes_or_breaks_anything(desk, phone):
    chance = random.Random(5)
    for n in range(400):
        if n % 2:
            begun, made = desk.passkeys.sign_in(NOW), phone
            good = json.loads(made.get(begun.options))
        else:
            begun = desk.passkeys.register(desk.ada, desk.methods[desk.ada], NOW, label="ada")
            good = json.loads(Authenticator(ORIGIN).create(begun.options))
        part = chance.choice([one for one in good["response"] if one not in ("userHandle", "transports")])
        raw = bytearray(unb64(good["response"][part]))
        if chance.random() < 0.5:
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        else:
            del raw[chance.randrange(len(raw)) :]
        good["response"][part] = b64(bytes(raw))
        bad = json.dumps(good)
        if n % 2:
            assert desk.signed_in(begun.token, bad) is Refused.not_verified
        else:
            done = desk.added(desk.ada, begun.token, bad)  # unattested: some bits (counter, id, key) are free to choose
            assert isinstance(done, Passkey | Refused)
            desk.methods[desk.ada] = Methods(address="a", passkeys=desk.methods[desk.ada].passkeys[:1])
